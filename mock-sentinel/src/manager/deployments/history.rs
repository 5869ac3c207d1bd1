//! The deployments that were made.

use serde_json::Value;

use crate::manager::Call;
use crate::manager::kind::Kind;

pub(in crate::manager) fn find(call: &Call<'_>) -> Option<Value> {
    call.shared.state().deployments.get(&call.target.name.to_lowercase()).cloned()
}

/// The deployments of the group. Their steps are not kept.
pub(in crate::manager) fn list(call: &Call<'_>) -> Vec<Value> {
    if call.target.kind == Kind::DeploymentOperation {
        return Vec::new();
    }
    call.shared.state().deployments.values().cloned().collect()
}

pub(in crate::manager) fn delete(call: &Call<'_>) -> bool {
    call.shared.state().deployments.remove(&call.target.name.to_lowercase()).is_some()
}
