//! Resource ids: which resource, or which list of them, a path means. Azure compares them without regard to case, and so ids are
//! given back as the world writes them.

use percent_encoding::percent_decode_str;

use super::kind::Kind;
use crate::http::Reply;
use crate::world::Workspace;

/// Most characters of a path.
const PATH_MAX: usize = 2_048;

/// The resource a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: Kind,
    /// The id of what it belongs to: the resource group, the workspace, or what a role is assigned on.
    pub(super) scope: String,
    pub(super) name: String,
}

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    One(Target),
    /// All of a kind in a scope; the target's name is empty.
    All(Target),
    /// Something done to a resource, such as `register`.
    Verb(Target, String),
}

impl Aim {
    /// What a path means. Only the world's subscription exists; the caller checks the resource group.
    pub(super) fn parse(path: &str, workspace: &Workspace) -> Result<Self, Reply> {
        let decoded: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let known = if path.len() > PATH_MAX { None } else { top(&segments, workspace)? };
        known.ok_or_else(|| {
            let message = format!(
                "The requested path '{}' is not a resource served here: subscriptions, resource groups, deployments, workspaces, \
                 their tables and saved searches, data collection rules, data collection endpoints, role assignments and definitions.",
                path.chars().take(300).collect::<String>()
            );
            Reply::error(404, "InvalidResourceType", &message, &message)
        })
    }

    pub(super) fn target(&self) -> &Target {
        match self {
            Self::One(target) | Self::All(target) | Self::Verb(target, _) => target,
        }
    }
}

impl Target {
    pub(super) fn new(kind: Kind, scope: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, scope: scope.into(), name: name.into() }
    }

    /// The resource's id.
    pub(super) fn id(&self) -> String {
        let Self { scope, name, .. } = self;
        match self.kind {
            Kind::Tenant => format!("/tenants/{name}"),
            Kind::Subscription => format!("/subscriptions/{name}"),
            Kind::Location => format!("{scope}/locations/{name}"),
            Kind::Group => format!("{scope}/resourceGroups/{name}"),
            Kind::Provider => format!("{scope}/providers/{name}"),
            Kind::Any => format!("{scope}/resources/{name}"),
            Kind::Table => format!("{scope}/tables/{name}"),
            Kind::SavedSearch => format!("{scope}/savedSearches/{name}"),
            Kind::DeploymentOperation => format!("{scope}/operations/{name}"),
            kind => format!("{scope}/providers/{}/{name}", kind.arm_type()),
        }
    }

    /// The name of the resource group in the scope.
    pub(super) fn group(&self) -> Option<&str> {
        let (_, rest) = self.scope.split_once("/resourceGroups/")?;
        rest.split('/').next()
    }
}

fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

fn top(segments: &[&str], workspace: &Workspace) -> Result<Option<Aim>, Reply> {
    match segments {
        [tenants] if is(tenants, "tenants") => Ok(Some(Aim::All(Target::new(Kind::Tenant, "", "")))),
        [subscriptions] if is(subscriptions, "subscriptions") => {
            Ok(Some(Aim::All(Target::new(Kind::Subscription, "", ""))))
        }
        [providers, tail @ ..] if is(providers, "providers") => Ok(provided(tail, String::new(), workspace)),
        [subscriptions, id, tail @ ..] if is(subscriptions, "subscriptions") => {
            if !is(id, &workspace.subscription_id) {
                let message = format!("The subscription '{id}' could not be found.");
                return Err(Reply::error(404, "SubscriptionNotFound", &message, &message));
            }
            Ok(in_subscription(tail, workspace))
        }
        _ => Ok(None),
    }
}

fn in_subscription(segments: &[&str], workspace: &Workspace) -> Option<Aim> {
    let scope = workspace.subscription();
    let all = |kind, scope: String| Some(Aim::All(Target::new(kind, scope, "")));
    match segments {
        [] => Some(Aim::One(Target::new(Kind::Subscription, "", &workspace.subscription_id))),
        [locations] if is(locations, "locations") => all(Kind::Location, scope),
        [resources] if is(resources, "resources") => all(Kind::Any, scope),
        [groups] if is(groups, "resourceGroups") => all(Kind::Group, scope),
        [groups, name] if is(groups, "resourceGroups") => {
            Some(Aim::One(Target::new(Kind::Group, scope, as_written(name, workspace))))
        }
        [groups, name, tail @ ..] if is(groups, "resourceGroups") => {
            let group = format!("{scope}/resourceGroups/{}", as_written(name, workspace));
            match tail {
                [resources] if is(resources, "resources") => all(Kind::Any, group),
                [providers, tail @ ..] if is(providers, "providers") => provided(tail, group, workspace),
                _ => None,
            }
        }
        [providers] if is(providers, "providers") => all(Kind::Provider, scope),
        [providers, name] if is(providers, "providers") => Some(Aim::One(Target::new(Kind::Provider, scope, *name))),
        [providers, name, verb] if is(providers, "providers") && (is(verb, "register") || is(verb, "unregister")) => {
            Some(Aim::Verb(Target::new(Kind::Provider, scope, *name), verb.to_lowercase()))
        }
        [providers, tail @ ..] if is(providers, "providers") => provided(tail, scope, workspace),
        _ => None,
    }
}

/// What follows `/providers/`: a namespace, then types and names in turn; or another scope, and `/providers/` once more.
fn provided(tail: &[&str], scope: String, workspace: &Workspace) -> Option<Aim> {
    if let Some(at) = tail.iter().rposition(|segment| is(segment, "providers")) {
        let (before, after) = tail.split_at(at);
        let Some(Aim::One(below)) = plain(before, scope, workspace) else { return None };
        return plain(after.get(1..)?, below.id(), workspace);
    }
    plain(tail, scope, workspace)
}

fn plain(tail: &[&str], scope: String, workspace: &Workspace) -> Option<Aim> {
    let (namespace, pairs) = tail.split_first()?;
    let types: Vec<&str> = pairs.iter().step_by(2).copied().collect();
    let names: Vec<&str> = pairs.iter().skip(1).step_by(2).copied().collect();
    if let Some(kind) = Kind::of(namespace, &types) {
        let scope = parent(kind, &names, scope, workspace);
        return Some(match names.get(types.len() - 1) {
            Some(name) => Aim::One(Target::new(kind, scope, as_written_in(kind, name, workspace))),
            None => Aim::All(Target::new(kind, scope, "")),
        });
    }
    // Verbs stand where a type would: `workspaces/{name}/query`, `workspaces/{name}/api/query`, `deployments/{name}/validate`.
    let kind = Kind::of(namespace, types.get(..1)?)?;
    let name = names.first()?;
    let verb = pairs.get(2..)?.join("/").to_lowercase();
    Some(Aim::Verb(Target::new(kind, scope, as_written_in(kind, name, workspace)), verb))
}

/// What a resource of a nested type is in.
fn parent(kind: Kind, names: &[&str], scope: String, workspace: &Workspace) -> String {
    let above = match kind {
        Kind::Table | Kind::SavedSearch => Kind::Workspace,
        Kind::DeploymentOperation => Kind::Deployment,
        _ => return scope,
    };
    let name = names.first().copied().unwrap_or_default();
    Target::new(above, scope, as_written_in(above, name, workspace)).id()
}

/// The world's resource group in the world's spelling.
fn as_written(group: &str, workspace: &Workspace) -> String {
    if is(group, &workspace.resource_group) { workspace.resource_group.clone() } else { group.to_owned() }
}

fn as_written_in(kind: Kind, name: &str, workspace: &Workspace) -> String {
    if kind == Kind::Workspace && is(name, &workspace.name) { workspace.name.clone() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Option<(Kind, String)> {
        let workspace = Workspace {
            subscription_id: "s".to_owned(),
            resource_group: "g".to_owned(),
            name: "w".to_owned(),
            ..Workspace::default()
        };
        Aim::parse(path, &workspace).ok().map(|aim| match aim {
            Aim::One(target) => (target.kind, target.id()),
            Aim::All(target) => (target.kind, format!("all in {}", target.scope)),
            Aim::Verb(target, verb) => (target.kind, format!("{verb} {}", target.id())),
        })
    }

    #[test]
    fn ids_are_read_without_regard_to_case_and_given_back_in_the_worlds_spelling() {
        const GROUP: &str = "/subscriptions/s/resourceGroups/g";
        let rule = format!("{GROUP}/providers/Microsoft.Insights/dataCollectionRules/r");
        let workspace = format!("{GROUP}/providers/Microsoft.OperationalInsights/workspaces/w");
        for (path, kind, id) in [
            ("/subscriptions", Kind::Subscription, "all in ".to_owned()),
            ("/subscriptions/S", Kind::Subscription, "/subscriptions/s".to_owned()),
            ("/subscriptions/S/resourcegroups", Kind::Group, "all in /subscriptions/s".to_owned()),
            ("/subscriptions/S/resourcegroups/G", Kind::Group, GROUP.to_owned()),
            (
                "/subscriptions/S/resourcegroups/G/providers/microsoft.insights/datacollectionrules/r",
                Kind::Rule,
                rule.clone(),
            ),
            (
                "/subscriptions/s/providers/Microsoft.Insights/dataCollectionRules",
                Kind::Rule,
                "all in /subscriptions/s".to_owned(),
            ),
            (&format!("{workspace}/tables/A_CL"), Kind::Table, format!("{workspace}/tables/A_CL")),
            (&format!("{workspace}/savedsearches/a%20b"), Kind::SavedSearch, format!("{workspace}/savedSearches/a b")),
            (&format!("{workspace}/tables"), Kind::Table, format!("all in {workspace}")),
            (&format!("{workspace}/api/query"), Kind::Workspace, format!("api/query {workspace}")),
            (
                &format!("{rule}/providers/Microsoft.Authorization/roleAssignments/x"),
                Kind::RoleAssignment,
                format!("{rule}/providers/Microsoft.Authorization/roleAssignments/x"),
            ),
            (
                "/subscriptions/s/providers/Microsoft.Insights/register",
                Kind::Provider,
                "register /subscriptions/s/providers/Microsoft.Insights".to_owned(),
            ),
            (
                "/providers/Microsoft.Authorization/roleDefinitions/d",
                Kind::RoleDefinition,
                "/providers/Microsoft.Authorization/roleDefinitions/d".to_owned(),
            ),
        ] {
            assert_eq!(parse(path), Some((kind, id)), "{path}");
        }
    }

    #[test]
    fn other_subscriptions_and_other_kinds_are_refused() {
        for path in [
            "/subscriptions/other/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v",
            "/subscriptions/s/resourceGroups/g/providers",
            "/subscriptions/s/providers/providers/providers",
            "/elsewhere",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
