//! The resources of every kind: each operation goes to the file of its kind.

use serde_json::Value;

use super::deployments::history;
use super::kind::Kind;
use super::{
    Call, Stored, endpoints, groups, not_served, role_definitions, roles, rules, searches, subscriptions, tables,
    workspaces,
};
use crate::http::Reply;

/// The resource as it is shown, if it exists.
pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    if matches!(call.target.kind, Kind::Rule | Kind::Endpoint | Kind::Deployment) && !call.is_in_own_group() {
        return None;
    }
    match call.target.kind {
        Kind::Tenant | Kind::Subscription | Kind::Location | Kind::Provider | Kind::Any => subscriptions::find(call),
        Kind::Group => groups::find(call),
        Kind::Deployment => history::find(call),
        Kind::Workspace => workspaces::find(call),
        Kind::Table => tables::find(call),
        Kind::SavedSearch => searches::find(call),
        Kind::Rule => rules::find(call),
        Kind::Endpoint => endpoints::find(call),
        Kind::RoleAssignment => roles::find(call),
        Kind::RoleDefinition => role_definitions::find(call),
        Kind::DeploymentOperation => None,
    }
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    let own =
        call.target.group().is_none_or(|group| group.eq_ignore_ascii_case(&call.shared.world.workspace.resource_group));
    match call.target.kind {
        Kind::Tenant | Kind::Subscription | Kind::Location | Kind::Provider => subscriptions::list(call),
        Kind::Group => groups::list(call),
        Kind::RoleAssignment => roles::list(call),
        Kind::RoleDefinition => role_definitions::list(call),
        _ if !own => Vec::new(),
        Kind::Any => of_any_kind(call),
        Kind::Deployment | Kind::DeploymentOperation => history::list(call),
        Kind::Workspace => workspaces::list(call),
        Kind::Table => tables::list(call),
        Kind::SavedSearch => searches::list(call),
        Kind::Rule => rules::list(call),
        Kind::Endpoint => endpoints::list(call),
    }
}

/// Workspaces, endpoints and rules as the lists of resources show them: without their properties.
fn of_any_kind(call: &Call<'_>) -> Vec<Value> {
    let scope = call.shared.world.workspace.group();
    let wanted = call.filter.as_deref().and_then(|filter| filter.split_once("resourceType eq ")).map(|(_, kind)| kind);
    let all = [Kind::Workspace, Kind::Endpoint, Kind::Rule].into_iter().flat_map(|kind| {
        let target = super::Target::new(kind, scope.clone(), "");
        list(&Call { target, host: call.host.clone(), filter: None, body: Value::Null, ..*call })
    });
    let shown = all.map(|mut resource| {
        resource.as_object_mut().map(|object| object.remove("properties"));
        resource
    });
    shown
        .filter(|resource| {
            wanted.is_none_or(|wanted| {
                let kind = wanted.trim_start_matches('\'').split('\'').next().unwrap_or_default();
                resource["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind))
            })
        })
        .collect()
}

/// Puts the resource in the call's body: any but a deployment, which puts others.
pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    call.check_size(&call.body)?;
    match call.target.kind {
        Kind::Group => groups::put(call),
        Kind::Workspace => workspaces::put(call),
        Kind::Table => tables::put(call),
        Kind::SavedSearch => searches::put(call),
        Kind::Rule => rules::put(call),
        Kind::Endpoint => endpoints::put(call),
        Kind::RoleAssignment => roles::put(call),
        kind => Err(not_served(&format!("A {} cannot be put here.", kind.arm_type()))),
    }
}

/// Checks what can be checked of the resource in the call's body before others of its template are put.
pub(super) fn check(call: &Call<'_>) -> Result<(), Reply> {
    call.check_size(&call.body)?;
    match call.target.kind {
        Kind::Table => tables::check(call),
        Kind::SavedSearch => searches::check(call),
        Kind::Rule => rules::check(call),
        Kind::Endpoint | Kind::Workspace => call.check_location(),
        _ => Ok(()),
    }
}

/// Changes a part of an existing resource.
pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    call.check_size(&call.body)?;
    match call.target.kind {
        Kind::Group => groups::patch(call),
        Kind::Workspace => workspaces::patch(call),
        Kind::Table => tables::patch(call),
        Kind::Rule => rules::patch(call),
        Kind::Endpoint => endpoints::patch(call),
        kind => Err(not_served(&format!("A {} does not support PATCH.", kind.arm_type()))),
    }
}

/// Deletes a resource. `None` when it did not exist; null, or the deleted resource where Azure returns it.
pub(super) fn delete(call: &Call<'_>) -> Result<Option<Value>, Reply> {
    let was_there = |was_there: bool| was_there.then_some(Value::Null);
    if find(call).is_none() {
        return Ok(None);
    }
    match call.target.kind {
        Kind::Group => groups::delete(call).map(was_there),
        Kind::Deployment => Ok(was_there(history::delete(call))),
        Kind::Workspace => Err(not_served("The workspace is part of the world: it cannot be deleted here.")),
        Kind::Table => Ok(was_there(tables::delete(call))),
        Kind::SavedSearch => Ok(was_there(searches::delete(call))),
        Kind::Rule => Ok(was_there(rules::delete(call))),
        Kind::Endpoint => Ok(was_there(endpoints::delete(call))),
        Kind::RoleAssignment => Ok(roles::delete(call)),
        kind => Err(not_served(&format!("A {} cannot be deleted here.", kind.arm_type()))),
    }
}
