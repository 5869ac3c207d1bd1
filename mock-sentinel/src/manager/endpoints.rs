//! Data collection endpoints. Every one of them is the host that the caller reached.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, Stored, invalid};
use crate::arm::EndpointResource;
use crate::http::Reply;

/// Names the endpoints' immutable ids.
const ID_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_6463_6500_0001);

/// Most endpoints in a world, so that it stays bounded.
const ENDPOINTS_MAX: usize = 1_000;

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    let state = call.shared.state();
    state.endpoints.get(&call.target.name.to_lowercase()).map(|endpoint| shown(call, endpoint))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    call.shared.state().endpoints.values().map(|endpoint| shown(call, endpoint)).collect()
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    call.check_location()?;
    let endpoint = EndpointResource::parse(&call.target.name, &call.body).map_err(|error| invalid(&error))?;
    let key = endpoint.name.to_lowercase();
    let mut state = call.shared.state();
    let known = state.endpoints.contains_key(&key);
    call.check_count("data collection endpoints", ENDPOINTS_MAX, state.endpoints.len(), known)?;
    let resource = shown(call, &endpoint);
    state.endpoints.insert(key, endpoint);
    Ok(Stored { created: !known, resource })
}

/// Takes other tags; the rest of an endpoint is changed by putting it.
pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    let key = call.target.name.to_lowercase();
    let known = call.shared.state().endpoints.get(&key).cloned();
    let EndpointResource { name, mut source } = known.ok_or_else(|| call.not_found())?;
    call.take_tags(&mut source);
    let endpoint = EndpointResource::parse(&name, &source).map_err(|error| invalid(&error))?;
    let resource = shown(call, &endpoint);
    call.shared.state().endpoints.insert(key, endpoint);
    Ok(resource)
}

pub(super) fn delete(call: &Call<'_>) -> bool {
    let mut state = call.shared.state();
    state.roles.forget(&call.target.id());
    state.endpoints.remove(&call.target.name.to_lowercase()).is_some()
}

fn shown(call: &Call<'_>, EndpointResource { name, source }: &EndpointResource) -> Value {
    let immutable_id = Uuid::new_v5(&ID_SPACE, name.to_lowercase().as_bytes()).simple();
    let added = json!({
        "immutableId": format!("dce-{immutable_id}"),
        "logsIngestion": {"endpoint": call.host},
        "metricsIngestion": {"endpoint": call.host},
        "configurationAccess": {"endpoint": call.host},
    });
    call.in_own_group().resource(name, source, added)
}
