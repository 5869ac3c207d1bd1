//! Role assignments, evaluated when a right is used.
//!
//! Rights are additive and inherited. What a principal may do to a resource is the union of all its assignments whose
//! scope is a prefix of the resource's id.
//! Source: <https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/role-based-access-control/overview.md>, read 2026-11-29.

mod definitions;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use definitions::{DEPLOYER, Definition, LOG_ANALYTICS_READER, PUBLISHER, Right};

/// The data action that an upload needs on its rule.
pub(crate) const SEND: Right<'static> = Right::Data("Microsoft.Insights/Telemetry/Write");
/// The action that a query needs on its workspace.
pub(crate) const QUERY: Right<'static> = Right::Action("Microsoft.OperationalInsights/workspaces/query/read");

/// Names the assignments that a world begins with.
const ID_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_726f_6c65_0001);

/// A role that a principal holds on a scope and everything below it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    /// Its own name, a GUID.
    pub(crate) name: String,
    /// The id of what it is on.
    pub(crate) scope: String,
    /// The role definition's GUID, in lower case.
    pub(crate) role: String,
    /// The principal's object id, in lower case.
    pub(crate) principal_id: String,
    pub(crate) since: Timestamp,
    /// `principalType`, `description` and what else was said about it.
    pub(crate) said: Value,
}

/// All assignments, by id in lower case.
#[derive(Debug, Default)]
pub(crate) struct Assignments(BTreeMap<String, Assignment>);

impl Assignment {
    /// One that exists from the start, or that the control plane made: its name is derived from its content.
    pub(crate) fn given(scope: &str, role: &str, principal_id: &str, since: Timestamp) -> Self {
        let (role, principal_id) = (role.to_lowercase(), principal_id.to_lowercase());
        let named = format!("{} {role} {principal_id}", scope.to_lowercase());
        Self {
            name: Uuid::new_v5(&ID_SPACE, named.as_bytes()).to_string(),
            scope: scope.to_owned(),
            role,
            principal_id,
            since,
            said: json!({"principalType": "ServicePrincipal"}),
        }
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", self.scope, self.name)
    }

    /// Whether both give the same role on the same scope to the same principal.
    pub(crate) fn is_equal(&self, other: &Self) -> bool {
        self.scope.eq_ignore_ascii_case(&other.scope)
            && (&self.role, &self.principal_id) == (&other.role, &other.principal_id)
    }

    fn grants(&self, right: Right<'_>) -> bool {
        Definition::find(&self.role).is_some_and(|role| role.grants(right))
    }
}

impl Assignments {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Assignment> {
        self.0.get(&id.to_lowercase())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.0.values()
    }

    /// Adds it, or replaces the one with the same id. Returns whether it was added.
    pub(crate) fn put(&mut self, assignment: Assignment) -> bool {
        self.0.insert(assignment.id().to_lowercase(), assignment).is_none()
    }

    /// Adds it unless an equal one exists.
    pub(crate) fn give(&mut self, assignment: Assignment) {
        if !self.iter().any(|known| known.is_equal(&assignment)) {
            self.put(assignment);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Assignment> {
        self.0.remove(&id.to_lowercase())
    }

    /// Takes a role on exactly this scope away from a principal.
    pub(crate) fn take(&mut self, scope: &str, role: &str, principal_id: &str) {
        let gone = Assignment::given(scope, role, principal_id, Timestamp::MIN);
        self.0.retain(|_, known| !known.is_equal(&gone));
    }

    /// Removes the assignments on a deleted resource and below it.
    pub(crate) fn forget(&mut self, resource: &str) {
        self.0.retain(|_, known| !reaches(resource, &known.scope));
    }

    /// Whether a principal may do this to a resource now: an assignment counts from `delay` after it was made.
    pub(crate) fn allow(
        &self,
        principal_id: &str,
        right: Right<'_>,
        resource: &str,
        now: Timestamp,
        delay: SignedDuration,
    ) -> bool {
        self.of(principal_id).any(|assignment| {
            assignment.grants(right)
                && reaches(&assignment.scope, resource)
                && assignment.since.saturating_add(delay).is_ok_and(|effective| effective <= now)
        })
    }

    /// The assignments of a principal.
    pub(crate) fn of(&self, principal_id: &str) -> impl Iterator<Item = &Assignment> {
        self.iter().filter(move |assignment| assignment.principal_id.eq_ignore_ascii_case(principal_id))
    }
}

/// Whether a scope is a resource itself or something above it.
pub(crate) fn reaches(scope: &str, resource: &str) -> bool {
    let scope = scope.trim_end_matches('/');
    let (head, tail) = match resource.get(..scope.len()) {
        Some(head) => (head, &resource[scope.len()..]),
        None => return false,
    };
    head.eq_ignore_ascii_case(scope) && (tail.is_empty() || tail.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g";
    const RULE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r";

    #[test]
    fn a_scope_reaches_what_is_below_it_and_nothing_beside_it() {
        for (scope, resource, expected) in [
            ("/", RULE, true),
            ("/subscriptions/S", RULE, true),
            (GROUP, RULE, true),
            (RULE, RULE, true),
            (RULE, GROUP, false),
            ("/subscriptions/s/resourceGroups/g2", RULE, false),
            (GROUP, "/subscriptions/s/resourceGroups/g2/providers/x", false),
        ] {
            assert_eq!(reaches(scope, resource), expected, "{scope} {resource}");
        }
    }

    #[test]
    fn rights_are_the_union_of_all_assignments_and_each_ends_alone() {
        let mut all = Assignments::default();
        let now = Timestamp::UNIX_EPOCH;
        let may = |all: &Assignments| all.allow("P", SEND, RULE, now, SignedDuration::ZERO);
        all.give(Assignment::given(RULE, PUBLISHER, "p", now));
        all.give(Assignment::given(GROUP, PUBLISHER, "p", now));
        all.give(Assignment::given(&GROUP.to_uppercase(), PUBLISHER, "P", now));
        assert_eq!((all.len(), may(&all)), (2, true));
        all.take(RULE, PUBLISHER, "p");
        assert!(may(&all), "the one on the group is left");
        assert!(!all.allow("p", SEND, RULE, now, SignedDuration::from_secs(1)), "not in effect yet");
        assert!(!all.allow("p", QUERY, RULE, now, SignedDuration::ZERO), "another right");
        all.forget("/subscriptions/s");
        assert!(!may(&all));
    }
}
