//! The workspace itself: part of the world, changed in its tags, retention, capacity and network access.

use serde_json::{Value, json};

use super::{Call, Stored, invalid};
use crate::arm::{ArmError, checks};
use crate::http::Reply;

/// The pricing tiers. Source: `WorkspaceSku` of api-version 2025-07-01 in <https://github.com/Azure/bicep-types-az>,
/// `generated/operationalinsights`, read 2026-11-29.
const SKUS: [&str; 8] =
    ["Free", "Standard", "Premium", "PerNode", "PerGB2018", "Standalone", "CapacityReservation", "LACluster"];

/// What of a workspace can be changed; the rest is taken and passed over.
const CHANGED: [&str; 6] = [
    "sku",
    "retentionInDays",
    "workspaceCapping",
    "features",
    "publicNetworkAccessForIngestion",
    "publicNetworkAccessForQuery",
];

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    let is_own = call.target.name.eq_ignore_ascii_case(&call.shared.world.workspace.name) && call.is_in_own_group();
    is_own.then(|| shown(call))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    vec![shown(call)]
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    let own = &call.shared.world.workspace.name;
    if find(call).is_none() {
        let message = format!("'{}' cannot be created: this mock has one workspace, '{own}'.", call.target.name);
        return Err(Reply::error(400, "ResourceLimitExceeded", &message, &message));
    }
    call.check_location()?;
    change(call).map(|resource| Stored { created: false, resource })
}

pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    change(call)
}

/// Takes what the body says; what it does not say stays.
fn change(call: &Call<'_>) -> Result<Value, Reply> {
    let mut changed = call.shared.state().workspace.clone();
    call.take_tags(&mut changed);
    if let Value::Object(properties) = &call.body["properties"] {
        for (key, value) in properties.iter().filter(|(key, _)| CHANGED.contains(&key.as_str())) {
            changed["properties"][key] = value.clone();
        }
    }
    check(&call.body, &changed).map_err(|error| invalid(&error))?;
    call.shared.state().workspace = changed;
    Ok(shown(call))
}

fn check(body: &Value, changed: &Value) -> Result<(), ArmError> {
    if !(body["properties"].is_null() || body["properties"].is_object()) {
        return Err(ArmError::new("InvalidRequestContent", "The workspace is not valid: 'properties' is an object."));
    }
    let properties = &changed["properties"];
    checks::tags(&changed["tags"])?;
    checks::one_of(&properties["sku"]["name"], &SKUS, "properties.sku.name")?;
    checks::days(&properties["retentionInDays"], 30, 730, "properties.retentionInDays")?;
    for key in ["publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"] {
        checks::one_of(&properties[key], &checks::NETWORK_ACCESS, &format!("properties.{key}"))?;
    }
    Ok(())
}

fn shown(call: &Call<'_>) -> Value {
    let workspace = &call.shared.world.workspace;
    let source = call.shared.state().workspace.clone();
    call.in_own_group().resource(&workspace.name, &source, json!({"customerId": workspace.id}))
}
