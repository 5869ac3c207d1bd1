//! Resource ids: which resource a path means. Azure compares them without regard to case.

use percent_encoding::percent_decode_str;

use crate::http::Reply;
use crate::world::Workspace;

/// The kinds of resource served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Workspace,
    Table,
    Rule,
    Endpoint,
    RoleAssignment,
}

/// The resource a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: Kind,
    /// The id of what it belongs to: the resource group, the workspace, or what a role is assigned on.
    pub(super) scope: String,
    name: String,
}

impl Kind {
    pub(super) fn arm_type(self) -> &'static str {
        match self {
            Self::Workspace => "Microsoft.OperationalInsights/workspaces",
            Self::Table => "Microsoft.OperationalInsights/workspaces/tables",
            Self::Rule => "Microsoft.Insights/dataCollectionRules",
            Self::Endpoint => "Microsoft.Insights/dataCollectionEndpoints",
            Self::RoleAssignment => "Microsoft.Authorization/roleAssignments",
        }
    }
}

impl Target {
    /// The resource that a path names.
    pub(super) fn parse(path: &str, workspace: &Workspace) -> Result<Self, Reply> {
        let decoded: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        check_home(&segments, workspace)?;
        let known = roles(&segments).or_else(|| resource(&segments));
        known.ok_or_else(|| {
            let message = format!(
                "The requested path '{}' is not a resource served here: workspaces, their tables, data collection rules, \
                 data collection endpoints, role assignments.",
                path.chars().take(300).collect::<String>()
            );
            Reply::error(404, "InvalidResourceType", &message, &message)
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The resource's id.
    pub(super) fn id(&self) -> String {
        let Self { scope, name, .. } = self;
        match self.kind {
            Kind::Table => format!("{scope}/tables/{name}"),
            kind => format!("{scope}/providers/{}/{name}", kind.arm_type()),
        }
    }
}

fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

/// Refuses subscriptions and resource groups other than the world's.
fn check_home(segments: &[&str], workspace: &Workspace) -> Result<(), Reply> {
    let refuse = |code: &str, message: String| Err(Reply::error(404, code, &message, &message));
    match segments {
        [_, subscription, ..] if !is(subscription, &workspace.subscription_id) => {
            refuse("SubscriptionNotFound", format!("The subscription '{subscription}' could not be found."))
        }
        [_, _, groups, group, ..] if is(groups, "resourceGroups") && !is(group, &workspace.resource_group) => {
            refuse("ResourceGroupNotFound", format!("Resource group '{group}' could not be found."))
        }
        _ => Ok(()),
    }
}

/// A role assignment on whatever stands before it.
fn roles(segments: &[&str]) -> Option<Target> {
    let (scope, tail) = segments.split_at_checked(segments.len().checked_sub(4)?)?;
    match tail {
        [providers, namespace, kind, name]
            if is(providers, "providers")
                && is(namespace, "Microsoft.Authorization")
                && is(kind, "roleAssignments") =>
        {
            let scope = format!("/{}", scope.join("/"));
            Some(Target { kind: Kind::RoleAssignment, scope, name: (*name).to_owned() })
        }
        _ => None,
    }
}

fn resource(segments: &[&str]) -> Option<Target> {
    let (group, tail) = segments.split_at_checked(4)?;
    let scope = format!("/{}", group.join("/"));
    let target = |kind, scope: String, name: &str| Some(Target { kind, scope, name: name.to_owned() });
    match tail {
        [providers, namespace, rest @ ..] if is(providers, "providers") && is(namespace, "Microsoft.Insights") => {
            match rest {
                [kind, name] if is(kind, "dataCollectionRules") => target(Kind::Rule, scope, name),
                [kind, name] if is(kind, "dataCollectionEndpoints") => target(Kind::Endpoint, scope, name),
                _ => None,
            }
        }
        [providers, namespace, workspaces, name, rest @ ..]
            if is(providers, "providers")
                && is(namespace, "Microsoft.OperationalInsights")
                && is(workspaces, "workspaces") =>
        {
            match rest {
                [] => target(Kind::Workspace, scope, name),
                [tables, table] if is(tables, "tables") => {
                    let scope = format!("{scope}/providers/Microsoft.OperationalInsights/workspaces/{name}");
                    target(Kind::Table, scope, table)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Option<(Kind, String)> {
        let workspace =
            Workspace { subscription_id: "s".to_owned(), resource_group: "g".to_owned(), ..Workspace::default() };
        Target::parse(path, &workspace).ok().map(|target| (target.kind, target.id()))
    }

    #[test]
    fn ids_are_read_without_regard_to_case_and_given_back_in_full() {
        for (path, kind, id) in [
            (
                "/subscriptions/S/resourcegroups/G/providers/microsoft.insights/datacollectionrules/r",
                Kind::Rule,
                "/subscriptions/S/resourcegroups/G/providers/Microsoft.Insights/dataCollectionRules/r",
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/tables/A_CL",
                Kind::Table,
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/tables/A_CL",
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r/providers/Microsoft.Authorization/roleAssignments/x",
                Kind::RoleAssignment,
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r/providers/Microsoft.Authorization/roleAssignments/x",
            ),
        ] {
            assert_eq!(parse(path), Some((kind, id.to_owned())));
        }
    }

    #[test]
    fn other_homes_and_other_kinds_are_refused() {
        for path in [
            "/subscriptions/other/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r",
            "/subscriptions/s/resourceGroups/other/providers/Microsoft.Insights/dataCollectionRules/r",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v",
            "/subscriptions/s",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
