//! Data collection endpoints. Every one of them is the host that the caller reached.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Call;
use crate::http::Reply;

/// Names the endpoints' immutable ids.
const ID_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_6463_6500_0001);

/// Most endpoints in a world, so that it stays bounded.
const ENDPOINTS_MAX: usize = 1_000;

pub(super) fn get(call: &Call<'_>) -> Reply {
    let state = call.shared.state();
    match state.endpoints.get(&key(call)) {
        Some(source) => Reply::json(200, &shown(call, source), "data collection endpoint"),
        None => call.not_found(),
    }
}

pub(super) fn put(call: &Call<'_>) -> Reply {
    let known = call.shared.state().endpoints.contains_key(&key(call));
    let count = call.shared.state().endpoints.len();
    let checked = call.check_location();
    if let Err(reply) =
        checked.and_then(|()| call.check_count("data collection endpoints", ENDPOINTS_MAX, count, known))
    {
        return reply;
    }
    let mut source = call.body.clone();
    if !source["properties"].is_object() {
        source["properties"] = json!({});
    }
    let created = call.shared.state().endpoints.insert(key(call), source.clone()).is_none();
    call.stored(created, &shown(call, &source))
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    call.deleted(call.shared.state().endpoints.remove(&key(call)).is_some())
}

fn key(call: &Call<'_>) -> String {
    call.target.name().to_lowercase()
}

fn shown(call: &Call<'_>, source: &Value) -> Value {
    let immutable_id = Uuid::new_v5(&ID_SPACE, key(call).as_bytes()).simple();
    let added = json!({
        "immutableId": format!("dce-{immutable_id}"),
        "logsIngestion": {"endpoint": call.host},
        "metricsIngestion": {"endpoint": call.host},
        "configurationAccess": {"endpoint": call.host},
    });
    call.resource(source, added)
}
