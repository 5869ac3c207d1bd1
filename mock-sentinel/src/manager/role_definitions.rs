//! The roles that can be assigned, as tools look them up by name.

use serde_json::{Value, json};

use super::Call;
use crate::roles::Definition;

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    Definition::find(&call.target.name).map(|role| shown(call, role))
}

/// All roles, or those that `$filter` names: `roleName eq 'Reader'`, `type eq 'BuiltInRole'`.
pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    let filter = call.filter.as_deref().unwrap_or_default();
    let (name, kind) = (super::roles::quoted(filter, "roleName eq"), super::roles::quoted(filter, "type eq"));
    let is = |wanted: Option<&str>, own: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(own));
    Definition::all()
        .iter()
        .filter(|role| is(name, role.name) && is(kind, role.kind))
        .map(|role| shown(call, role))
        .collect()
}

fn shown(call: &Call<'_>, role: &Definition) -> Value {
    let subscription = call.shared.world.workspace.subscription();
    json!({
        "id": format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
        "name": role.id,
        "type": call.target.kind.arm_type(),
        "properties": {
            "roleName": role.name,
            "type": role.kind,
            "description": role.name,
            "assignableScopes": ["/"],
            "permissions": [{"actions": role.actions, "notActions": role.not_actions,
                "dataActions": role.data_actions, "notDataActions": []}],
        },
    })
}
