//! What is done to a resource, and by whom it is carried out.

use http::Method;
use serde_json::{Value, json};

use super::kind::Kind;
use super::path::Aim;
use super::resources::{self, delete, find, list, patch};
use super::{Call, Stored, deployments, not_served};
use crate::arm::relaxed;
use crate::http::Reply;

/// What is done to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Read,
    /// Checks whether it exists.
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
                Some(_) => Reply::empty(204, format!("{id} exists")),
                None => Reply::empty(404, format!("{id} does not exist")),
            }),
            Self::List => {
                let all = list(call);
                Ok(Reply::json(200, &json!({"value": all}), format!("{} listed", all.len())))
            }
            Self::Write if call.target.kind == Kind::Deployment => {
                deployments::put(call).map(|stored| stored.reply(call))
            }
            Self::Write => resources::put(call).map(|stored| stored.reply(call)),
            Self::Patch => match find(call) {
                Some(_) => patch(call).map(|resource| Stored { created: false, resource }.reply(call)),
                None => Err(call.not_found()),
            },
            Self::Delete => delete(call).map(|removed| match removed {
                Some(Value::Null) => Reply::empty(200, format!("{id} deleted")),
                Some(resource) => Reply::json(200, &resource, format!("{id} deleted")),
                None => Reply::empty(204, format!("{id} did not exist")),
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
    /// Saved searches respond 200 whether they are new or not, and so do tables, which may also respond 202 and be ready later.
    /// Sources: `stable/2020-08-01/SavedSearches.json` and `stable/2022-10-01/Tables.json` of Microsoft.OperationalInsights in
    /// <https://github.com/Azure/azure-rest-api-specs>, read 2026-11-29.
    fn reply(self, call: &Call<'_>) -> Reply {
        let word = if self.created { "created" } else { "updated" };
        let status =
            if self.created && !matches!(call.target.kind, Kind::Table | Kind::SavedSearch) { 201 } else { 200 };
        Reply::json(status, &self.resource, format!("{} {word}", call.target.id()))
    }
}
