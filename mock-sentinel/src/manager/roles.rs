//! Role assignments: who may send to a rule, who may read the workspace.

use serde_json::{Value, json};

use super::Call;
use crate::http::Reply;
use crate::server::State;

/// Monitoring Metrics Publisher: may send to the rule it is assigned on.
const PUBLISHER: &str = "3913510d-42f4-4e42-8a64-420c390055eb";
/// Reader, Log Analytics Reader and Log Analytics Contributor: may query the workspace they are assigned on.
const READERS: [&str; 3] = [
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "73c42c96-874c-492b-b04d-ab87d138a893",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
];

/// Most role assignments of a subscription.
/// Source: <https://learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits>, read 2026-11-25.
const ASSIGNMENTS_MAX: usize = 4_000;

/// A role assignment as it was put.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoleAssignment {
    scope: String,
    role: String,
    principal_id: String,
    source: Value,
}

pub(super) fn get(call: &Call<'_>) -> Reply {
    let state = call.shared.state();
    match state.role_assignments.get(&key(call)) {
        Some(assignment) => Reply::json(200, &shown(call, assignment), "role assignment"),
        None => call.not_found(),
    }
}

pub(super) fn put(call: &Call<'_>) -> Reply {
    let properties = &call.body["properties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default().to_lowercase();
    let role = text("roleDefinitionId").rsplit('/').next().unwrap_or_default().to_owned();
    let assignment = RoleAssignment {
        scope: call.target.scope.to_lowercase(),
        role,
        principal_id: text("principalId"),
        source: call.body.clone(),
    };
    if assignment.role != PUBLISHER && !READERS.contains(&assignment.role.as_str()) {
        let message = format!("The specified role definition with ID '{}' does not exist.", assignment.role);
        return Reply::error(404, "RoleDefinitionDoesNotExist", &message, &message);
    }
    let now = call.shared.clock.now();
    let mut state = call.shared.state();
    if state.directory.principal(&assignment.principal_id).is_none() {
        let message = format!(
            "Principal {} does not exist in the directory {}. Check that you have the correct principal ID.",
            assignment.principal_id, state.directory.tenant_id
        );
        return Reply::error(400, "PrincipalNotFound", &message, &message);
    }
    let (known, count) = (state.role_assignments.contains_key(&key(call)), state.role_assignments.len());
    if let Err(reply) = call.check_count("role assignments", ASSIGNMENTS_MAX, count, known) {
        return reply;
    }
    let same = |(name, other): (&String, &RoleAssignment)| *name != key(call) && other.is_same(&assignment);
    if state.role_assignments.iter().any(same) {
        let message = "The role assignment already exists.";
        return Reply::error(409, "RoleAssignmentExists", message, message);
    }
    for rule in rules_in(&state, &assignment) {
        state.rules.assign(&rule, &assignment.principal_id, now);
    }
    set_reader(&mut state, &assignment, true);
    let created = state.role_assignments.insert(key(call), assignment.clone()).is_none();
    drop(state);
    call.stored(created, &shown(call, &assignment))
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let mut state = call.shared.state();
    let removed = state.role_assignments.remove(&key(call));
    if let Some(assignment) = &removed {
        for rule in rules_in(&state, assignment) {
            state.rules.unassign(&rule, &assignment.principal_id);
        }
        set_reader(&mut state, assignment, false);
    }
    drop(state);
    call.deleted(removed.is_some())
}

/// The rules that an assignment of Monitoring Metrics Publisher reaches: the one it is on, or all in the group.
fn rules_in(state: &State, assignment: &RoleAssignment) -> Vec<String> {
    if assignment.role != PUBLISHER {
        return Vec::new();
    }
    let on = |name: &str| assignment.scope.ends_with(&format!("/datacollectionrules/{}", name.to_lowercase()));
    let everywhere = !assignment.scope.contains("/providers/");
    state.rules.iter().filter(|rule| everywhere || on(&rule.name)).map(|rule| rule.immutable_id.clone()).collect()
}

fn set_reader(state: &mut State, assignment: &RoleAssignment, reader: bool) {
    let on_workspace = assignment.scope.contains("/workspaces/") || !assignment.scope.contains("/providers/");
    if on_workspace && READERS.contains(&assignment.role.as_str()) {
        state.directory.set_reader(&assignment.principal_id, reader);
    }
}

impl RoleAssignment {
    fn is_same(&self, other: &Self) -> bool {
        (&self.scope, &self.role, &self.principal_id) == (&other.scope, &other.role, &other.principal_id)
    }
}

fn key(call: &Call<'_>) -> String {
    call.target.id().to_lowercase()
}

fn shown(call: &Call<'_>, assignment: &RoleAssignment) -> Value {
    call.resource(&assignment.source, json!({"scope": call.target.scope}))
}
