//! What is done to a resource, and by whom it is carried out.

use http::Method;
use serde_json::{Value, json};

use super::kind::Kind;
use super::path::Aim;
use super::{
    Call, Stored, deployments, endpoints, groups, not_served, role_definitions, roles, rules, searches, subscriptions,
    tables, workspaces,
};
use crate::arm::relaxed;
use crate::http::Reply;

/// What is done to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Read,
    /// Asks whether it is there.
    Exists,
    List,
    Write,
    Patch,
    Delete,
    /// Something else, such as `register`.
    Verb(String),
    /// A query of the workspace.
    Query,
}

impl Act {
    /// What a method does on a path.
    pub(super) fn of(method: &Method, aim: &Aim) -> Result<Self, Reply> {
        let act = match (method, aim) {
            (&Method::GET | &Method::POST, Aim::Verb(target, verb)) if is_query(target.kind, verb) => Self::Query,
            (&Method::POST, Aim::Verb(target, verb)) if is_served(target.kind, verb) => Self::Verb(verb.clone()),
            (_, Aim::Verb(target, verb)) => {
                let message = format!(
                    "'{verb}' of '{}' is not served here by {method}.",
                    target.id().chars().take(300).collect::<String>()
                );
                return Err(Reply::error(404, "InvalidResourceType", &message, &message));
            }
            (&Method::GET, Aim::All(_)) => Self::List,
            (&Method::GET, Aim::One(_)) => Self::Read,
            (&Method::HEAD, Aim::One(_)) => Self::Exists,
            (&Method::PUT, Aim::One(_)) => Self::Write,
            (&Method::PATCH, Aim::One(_)) => Self::Patch,
            (&Method::DELETE, Aim::One(_)) => Self::Delete,
            _ => {
                let message = format!("The HTTP method '{method}' is not supported for this resource.");
                return Err(not_served(&message));
            }
        };
        Ok(act)
    }

    /// The last part of the action that a role must allow.
    pub(super) fn right(&self, aim: &Aim) -> String {
        match self {
            Self::Read | Self::Exists | Self::List => "read".to_owned(),
            Self::Query => "query/read".to_owned(),
            // Tags are written with the resource.
            Self::Write | Self::Patch => "write".to_owned(),
            Self::Delete => "delete".to_owned(),
            Self::Verb(_) if aim.target().kind == Kind::Provider => "read".to_owned(),
            Self::Verb(verb) => format!("{verb}/action"),
        }
    }

    /// The body, where one is needed: a JSON object.
    pub(super) fn body(&self, text: &[u8]) -> Result<Value, Reply> {
        match self {
            Self::Write | Self::Patch => resource_body(text),
            Self::Verb(_) if !text.is_empty() => resource_body(text),
            _ => Ok(Value::Null),
        }
    }

    /// Does it.
    pub(super) fn carry_out(&self, call: &Call<'_>) -> Result<Reply, Reply> {
        let id = call.target.id();
        match self {
            Self::Read => match find(call) {
                Some(resource) => Ok(Reply::json(200, &resource, format!("{id} read"))),
                None => Err(call.not_found()),
            },
            Self::Exists => Ok(match find(call) {
                Some(_) => Reply::empty(204, format!("{id} is there")),
                None => Reply::empty(404, format!("{id} is not there")),
            }),
            Self::List => {
                let all = list(call);
                Ok(Reply::json(200, &json!({"value": all}), format!("{} listed", all.len())))
            }
            Self::Write => put(call).map(|stored| stored.reply(call)),
            Self::Patch => match find(call) {
                Some(_) => patch(call).map(|resource| Stored { created: false, resource }.reply(call)),
                None => Err(call.not_found()),
            },
            Self::Delete => delete(call).map(|removed| match removed {
                Some(Value::Null) => Reply::empty(200, format!("{id} deleted")),
                Some(resource) => Reply::json(200, &resource, format!("{id} deleted")),
                None => Reply::empty(204, format!("{id} was not there")),
            }),
            Self::Verb(verb) => match (call.target.kind, verb.as_str()) {
                (Kind::Deployment, "validate") => deployments::validate(call),
                (Kind::Deployment, "whatif") => deployments::what_if(call),
                (Kind::Provider, _) => match find(call) {
                    Some(provider) => Ok(Reply::json(200, &provider, format!("{id}: {verb}"))),
                    None => Err(call.not_found()),
                },
                _ => Err(call.not_found()),
            },
            Self::Query => Err(call.not_found()),
        }
    }
}

fn is_query(kind: Kind, verb: &str) -> bool {
    kind == Kind::Workspace && matches!(verb, "query" | "api/query")
}

fn is_served(kind: Kind, verb: &str) -> bool {
    matches!((kind, verb), (Kind::Provider, "register" | "unregister") | (Kind::Deployment, "validate" | "whatif"))
}

/// The resource in a request: a JSON object, whatever is in it.
fn resource_body(text: &[u8]) -> Result<Value, Reply> {
    let why = match std::str::from_utf8(text)
        .map_err(|error| error.to_string())
        .and_then(|text| relaxed::read(text).map_err(|error| error.to_string()))
    {
        Ok(body @ Value::Object(_)) => return Ok(body),
        Ok(_) => "a resource is a JSON object".to_owned(),
        Err(why) => why,
    };
    let message = format!("The request content was invalid and could not be deserialized: '{why}'.");
    Err(Reply::error(400, "InvalidRequestContent", &message, &message))
}

impl Stored {
    /// Saved searches answer 200 whether they are new or not, and so do tables, which may also answer 202 and be ready later.
    /// Sources: `stable/2020-08-01/SavedSearches.json` and `stable/2022-10-01/Tables.json` of Microsoft.OperationalInsights in
    /// <https://github.com/Azure/azure-rest-api-specs>, read 2026-11-29.
    fn reply(self, call: &Call<'_>) -> Reply {
        let word = if self.created { "created" } else { "updated" };
        let status =
            if self.created && !matches!(call.target.kind, Kind::Table | Kind::SavedSearch) { 201 } else { 200 };
        Reply::json(status, &self.resource, format!("{} {word}", call.target.id()))
    }
}

/// The resource as it is shown, if it is there.
pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    if matches!(call.target.kind, Kind::Rule | Kind::Endpoint | Kind::Deployment) && !call.is_in_own_group() {
        return None;
    }
    match call.target.kind {
        Kind::Tenant | Kind::Subscription | Kind::Location | Kind::Provider | Kind::Any => subscriptions::find(call),
        Kind::Group => groups::find(call),
        Kind::Deployment => deployments::find(call),
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

fn list(call: &Call<'_>) -> Vec<Value> {
    let own =
        call.target.group().is_none_or(|group| group.eq_ignore_ascii_case(&call.shared.world.workspace.resource_group));
    match call.target.kind {
        Kind::Tenant | Kind::Subscription | Kind::Location | Kind::Provider => subscriptions::list(call),
        Kind::Group => groups::list(call),
        Kind::RoleAssignment => roles::list(call),
        Kind::RoleDefinition => role_definitions::list(call),
        _ if !own => Vec::new(),
        Kind::Any => of_any_kind(call),
        Kind::Deployment | Kind::DeploymentOperation => deployments::list(call),
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

/// Puts the resource in the call's body.
pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    if call.target.kind != Kind::Deployment {
        call.check_size(&call.body)?;
    }
    match call.target.kind {
        Kind::Group => groups::put(call),
        Kind::Deployment => deployments::put(call),
        Kind::Workspace => workspaces::put(call),
        Kind::Table => tables::put(call),
        Kind::SavedSearch => searches::put(call),
        Kind::Rule => rules::put(call),
        Kind::Endpoint => endpoints::put(call),
        Kind::RoleAssignment => roles::put(call),
        kind => Err(not_served(&format!("A {} cannot be put here.", kind.arm_type()))),
    }
}

/// Changes a part of a resource that is there.
fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    call.check_size(&call.body)?;
    match call.target.kind {
        Kind::Group => groups::patch(call),
        Kind::Workspace => workspaces::patch(call),
        Kind::Table => tables::patch(call),
        Kind::Rule => rules::patch(call),
        Kind::Endpoint => endpoints::patch(call),
        kind => Err(not_served(&format!("A {} takes no PATCH.", kind.arm_type()))),
    }
}

/// Deletes a resource. Nothing when it was not there; null, or what it was where Azure shows that.
fn delete(call: &Call<'_>) -> Result<Option<Value>, Reply> {
    let was_there = |was_there: bool| was_there.then_some(Value::Null);
    if find(call).is_none() {
        return Ok(None);
    }
    match call.target.kind {
        Kind::Group => groups::delete(call).map(was_there),
        Kind::Deployment => Ok(was_there(deployments::delete(call))),
        Kind::Workspace => Err(not_served("The workspace is part of the world: it cannot be deleted here.")),
        Kind::Table => Ok(was_there(tables::delete(call))),
        Kind::SavedSearch => Ok(was_there(searches::delete(call))),
        Kind::Rule => Ok(was_there(rules::delete(call))),
        Kind::Endpoint => Ok(was_there(endpoints::delete(call))),
        Kind::RoleAssignment => Ok(roles::delete(call)),
        kind => Err(not_served(&format!("A {} cannot be deleted here.", kind.arm_type()))),
    }
}
