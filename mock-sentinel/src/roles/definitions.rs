//! The roles that can be assigned, with the actions they grant.
//!
//! Sources: the pages general, privileged, monitor and security of
//! <https://github.com/MicrosoftDocs/azure-docs/tree/main/articles/role-based-access-control/built-in-roles>, read 2026-11-29. Of
//! each role, the actions on the resources served here.

/// Something done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right<'a> {
    /// Management of the resource, such as `Microsoft.Insights/dataCollectionRules/read`.
    Action(&'a str),
    /// Use of the data in it.
    Data(&'a str),
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) actions: &'static [&'static str],
    pub(crate) not_actions: &'static [&'static str],
    pub(crate) data_actions: &'static [&'static str],
}

/// Monitoring Metrics Publisher: may send to rules.
pub(crate) const PUBLISHER: &str = "3913510d-42f4-4e42-8a64-420c390055eb";
/// Log Analytics Reader: may read everything that is monitored.
pub(crate) const LOG_ANALYTICS_READER: &str = "73c42c96-874c-492b-b04d-ab87d138a893";
/// What an app of the world holds that may change resources: everything but reading what the workspace stores.
pub(crate) const DEPLOYER: &str = "de910fe2-0000-4000-8000-6d69726f0006";

const fn built_in(id: &'static str, name: &'static str, actions: &'static [&'static str]) -> Definition {
    Definition { id, name, kind: "BuiltInRole", actions, not_actions: &[], data_actions: &[] }
}

const fn except(mut role: Definition, not_actions: &'static [&'static str]) -> Definition {
    role.not_actions = not_actions;
    role
}

const fn with_data(mut role: Definition, data_actions: &'static [&'static str]) -> Definition {
    role.data_actions = data_actions;
    role
}

const fn custom(mut role: Definition) -> Definition {
    role.kind = "CustomRole";
    role
}

const INSIGHTS: &str = "Microsoft.OperationalInsights/*";
const QUERIES: &str = "Microsoft.OperationalInsights/workspaces/query/*/read";
const QUERY_ALL: &str = "Microsoft.OperationalInsights/workspaces/query/read";
const SHARED_KEYS: &str = "Microsoft.OperationalInsights/workspaces/sharedKeys/read";
const RULES: &str = "Microsoft.Insights/dataCollectionRules/*";
const ENDPOINTS: &str = "Microsoft.Insights/dataCollectionEndpoints/*";
const SAVED_SEARCHES: &str = "Microsoft.OperationalInsights/workspaces/savedSearches/*";
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments/*";
const READ_GROUPS: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const READ_ROLES: &str = "Microsoft.Authorization/*/read";
const READ_WORKSPACES: &str = "Microsoft.OperationalInsights/workspaces/*/read";

const ALL: [Definition; 14] = [
    built_in("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", &["*"]),
    except(
        built_in("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", &["*"]),
        &["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
    ),
    built_in("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", &["*/read"]),
    built_in(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*"],
    ),
    built_in(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        &["*/read", "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"],
    ),
    with_data(
        built_in(PUBLISHER, "Monitoring Metrics Publisher", &["Microsoft.Insights/Register/Action", READ_GROUPS]),
        &["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
    ),
    built_in(
        "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
        "Monitoring Contributor",
        &["*/read", RULES, ENDPOINTS, "Microsoft.OperationalInsights/workspaces/write", SAVED_SEARCHES, DEPLOYMENTS],
    ),
    built_in("43d0d8ad-25c7-4714-9337-8ba259a9fe05", "Monitoring Reader", &["*/read"]),
    built_in("92aaf0da-9dab-42b6-94a3-d43ce8d16293", "Log Analytics Contributor", &["*/read", INSIGHTS, DEPLOYMENTS]),
    except(built_in(LOG_ANALYTICS_READER, "Log Analytics Reader", &["*/read"]), &[SHARED_KEYS]),
    built_in(
        "ab8e14d6-4a74-4a29-9ba8-549422addade",
        "Microsoft Sentinel Contributor",
        &[READ_WORKSPACES, SAVED_SEARCHES, QUERY_ALL, QUERIES, READ_ROLES, DEPLOYMENTS, READ_GROUPS],
    ),
    built_in(
        "8d289c81-5878-46d4-8554-54e1e3d8b5cb",
        "Microsoft Sentinel Reader",
        &[READ_WORKSPACES, QUERY_ALL, QUERIES, READ_ROLES, DEPLOYMENTS, READ_GROUPS],
    ),
    built_in(
        "3e150937-b8fe-4cfb-8069-0eaf05ecd056",
        "Microsoft Sentinel Responder",
        &[READ_WORKSPACES, QUERY_ALL, QUERIES, READ_ROLES, DEPLOYMENTS, READ_GROUPS],
    ),
    custom(except(built_in(DEPLOYER, "Deployer of the world", &["*"]), &[QUERY_ALL])),
];

impl Definition {
    pub(crate) fn all() -> &'static [Self] {
        &ALL
    }

    /// The role with this GUID.
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|role| role.id.eq_ignore_ascii_case(id))
    }

    pub(super) fn grants(&self, right: Right<'_>) -> bool {
        let any = |patterns: &[&str], action: &str| patterns.iter().any(|pattern| fits(pattern, action));
        match right {
            Right::Action(action) => any(self.actions, action) && !any(self.not_actions, action),
            Right::Data(action) => any(self.data_actions, action),
        }
    }
}

/// Whether an action fits a pattern with at most one `*`, whatever its case.
fn fits(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == action,
        Some((head, tail)) => {
            action.len() >= head.len() + tail.len() && action.starts_with(head) && action.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_grants_what_its_table_says() {
        let query = Right::Action("Microsoft.OperationalInsights/workspaces/query/read");
        let send = Right::Data("Microsoft.Insights/Telemetry/Write");
        let write = Right::Action("Microsoft.Insights/dataCollectionRules/write");
        let assign = Right::Action("Microsoft.Authorization/roleAssignments/write");
        for (role, rights) in [
            ("Owner", [true, false, true, true]),
            ("Contributor", [true, false, true, false]),
            ("Reader", [true, false, false, false]),
            ("User Access Administrator", [true, false, false, true]),
            ("Monitoring Metrics Publisher", [false, true, false, false]),
            ("Monitoring Contributor", [true, false, true, false]),
            ("Log Analytics Contributor", [true, false, false, false]),
            ("Log Analytics Reader", [true, false, false, false]),
            ("Microsoft Sentinel Reader", [true, false, false, false]),
            ("Deployer of the world", [false, false, true, true]),
        ] {
            let found = ALL.iter().find(|known| known.name == role).unwrap();
            assert_eq!([query, send, write, assign].map(|right| found.grants(right)), rights, "{role}");
        }
    }
}
