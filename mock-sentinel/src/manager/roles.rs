//! Role assignments as resources.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, Stored, invalid};
use crate::arm::{ArmError, checks};
use crate::http::Reply;
use crate::roles::{Assignment, Definition, reaches};

/// Most role assignments of a subscription.
/// Source: <https://learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits>, read 2026-11-25.
const ASSIGNMENTS_MAX: usize = 4_000;

/// The kinds of principal that may hold a role. Source: `principalType` of api-version 2022-04-01 in
/// <https://github.com/Azure/bicep-types-az>, `generated/authorization`, read 2026-11-29.
const PRINCIPALS: [&str; 7] =
    ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device", "AgentUser", "AgentServicePrincipal"];

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    call.shared.state().roles.get(&call.target.id()).map(|assignment| shown(call, assignment))
}

/// Those at the scope, above and below it; `$filter` narrows them.
pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    let filter = call.filter.as_deref().unwrap_or_default();
    let scope = &call.target.scope;
    let principal = quoted(filter, "principalId eq").or_else(|| quoted(filter, "assignedTo("));
    let at_scope = filter.to_ascii_lowercase().contains("atscope()");
    let state = call.shared.state();
    state
        .roles
        .iter()
        .filter(|assignment| {
            let above = reaches(&assignment.scope, scope);
            (above || (!at_scope && reaches(scope, &assignment.scope)))
                && principal.is_none_or(|principal| assignment.principal_id.eq_ignore_ascii_case(principal))
        })
        .map(|assignment| shown(call, assignment))
        .collect()
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    let assignment = read(call)?;
    let mut state = call.shared.state();
    if state.directory.principal(&assignment.principal_id).is_none() {
        let message = format!(
            "Principal {} does not exist in the directory {}. Check that you have the correct principal ID.",
            assignment.principal_id.chars().take(64).collect::<String>(),
            state.directory.tenant_id
        );
        return Err(Reply::error(400, "PrincipalNotFound", &message, &message));
    }
    let known = state.roles.get(&assignment.id()).cloned();
    call.check_count("role assignments", ASSIGNMENTS_MAX, state.roles.len(), known.is_some())?;
    if let Some(known) = &known {
        if !known.is_equal(&assignment) {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(Reply::error(400, "RoleAssignmentUpdateNotPermitted", message, message));
        }
    } else if let Some(other) = state.roles.iter().find(|other| other.is_equal(&assignment)) {
        let message = format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            other.name.replace('-', "")
        );
        return Err(Reply::error(409, "RoleAssignmentExists", &message, &message));
    }
    let since = known.as_ref().map_or(assignment.since, |known| known.since);
    let assignment = Assignment { since, ..assignment };
    let resource = shown(call, &assignment);
    let created = state.roles.put(assignment);
    Ok(Stored { created, resource })
}

/// What it was.
pub(super) fn delete(call: &Call<'_>) -> Option<Value> {
    let removed = call.shared.state().roles.remove(&call.target.id());
    removed.map(|assignment| shown(call, &assignment))
}

fn read(call: &Call<'_>) -> Result<Assignment, Reply> {
    let name = &call.target.name;
    if Uuid::parse_str(name).is_err() {
        let name: String = name.chars().take(64).collect();
        let message = format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.");
        return Err(Reply::error(400, "InvalidRoleAssignmentId", &message, &message));
    }
    let properties = &call.body["properties"];
    checks::one_of(&properties["principalType"], &PRINCIPALS, "properties.principalType")
        .map_err(|error| invalid(&error))?;
    let text = |key: &str| match properties[key].as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_lowercase()),
        _ => {
            let message =
                format!("The request to create the role assignment is not valid: 'properties.{key}' is required.");
            Err(invalid(&ArmError::new("BadRequestFormat", message)))
        }
    };
    let (role, principal_id) = (text("roleDefinitionId")?, text("principalId")?);
    let role = role.rsplit('/').next().unwrap_or_default().to_owned();
    if Definition::find(&role).is_none() {
        let role: String = role.chars().take(64).collect();
        let message = format!("The specified role definition with ID '{role}' does not exist.");
        return Err(Reply::error(404, "RoleDefinitionDoesNotExist", &message, &message));
    }
    let mut said = json!({});
    for key in ["principalType", "description", "condition", "conditionVersion"] {
        if !properties[key].is_null() {
            said[key] = properties[key].clone();
        }
    }
    let (scope, since) = (call.target.scope.clone(), call.shared.clock.now());
    Ok(Assignment { name: name.clone(), scope, role, principal_id, since, said })
}

/// The text in quotes that follows a word of a filter.
pub(super) fn quoted<'a>(filter: &'a str, word: &str) -> Option<&'a str> {
    let at = filter.to_ascii_lowercase().find(&word.to_ascii_lowercase())?;
    filter.get(at + word.len()..)?.trim_start().strip_prefix('\'')?.split('\'').next()
}

fn shown(call: &Call<'_>, assignment: &Assignment) -> Value {
    let subscription = call.shared.world.workspace.subscription();
    let mut properties = assignment.said.clone();
    properties["roleDefinitionId"] =
        json!(format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}", assignment.role));
    properties["principalId"] = json!(assignment.principal_id);
    properties["scope"] = json!(if assignment.scope.is_empty() { "/" } else { &assignment.scope });
    json!({
        "id": assignment.id(),
        "name": assignment.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": properties,
    })
}
