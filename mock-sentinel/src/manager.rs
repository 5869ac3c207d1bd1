//! Azure Resource Manager, as far as a connector's deployment needs it: workspace tables, data collection endpoints and
//! rules, role assignments. What was loaded at start can be read here; what is put here takes effect at once.
//!
//! Shapes, validation errors and role ids: the resources' reference pages, the tutorial of the Logs Ingestion API, the
//! built-in roles table and user reports of validation errors, read 2026-11-22.

mod access;
mod endpoints;
mod path;
mod roles;
mod rules;
mod tables;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::routing::any;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::arm::ArmError;
use crate::http::{Reply, body, query};
use crate::identity::entra::{Scheme, authority};
use crate::server::Shared;
use path::{Kind, Target};

/// Most bytes of a resource.
const BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub(crate) use roles::RoleAssignment;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/subscriptions/{*resource}", any(answer))
}

/// One call to a resource.
struct Call<'a> {
    shared: &'a Shared,
    target: Target,
    /// Where the caller reached us: the host that endpoints are given.
    host: String,
    body: Value,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Read,
    Write,
    Delete,
}

impl Action {
    fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Read),
            Method::PUT => Some(Self::Write),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, scheme: Option<Extension<Scheme>>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let host = authority(scheme, &parts.headers);
    let (action, target) = match admit(&shared, &parts) {
        Ok(admitted) => admitted,
        Err(reply) => {
            let bytes = body::drain(body, BODY_BYTES_MAX).await;
            return reply.bytes(bytes);
        }
    };
    let held = match shared.room.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => {
            let message = format!("The body could not be read: {error}.");
            return Reply::error(error.status(), "InvalidRequestContent", message, error.to_string());
        }
    };
    let call = Call { shared: &shared, target, host, body: Value::Null };
    act(&call, action, &held.bytes).bytes(held.bytes.len() as u64)
}

/// Everything that needs no body: version, token, path, permission.
fn admit(shared: &Shared, parts: &Parts) -> Result<(Action, Target), Reply> {
    check_version(parts.uri.query())?;
    let principal = access::authenticate(shared, &parts.headers)?;
    let action = Action::of(&parts.method).ok_or_else(|| {
        let message = format!("The HTTP method '{}' is not supported for this resource.", parts.method);
        Reply::error(405, "MethodNotAllowed", &message, &message)
    })?;
    let target = Target::parse(parts.uri.path(), &shared.world.workspace)?;
    access::authorize(shared, &principal, action, &target)?;
    Ok((action, target))
}

fn act(call: &Call<'_>, action: Action, text: &[u8]) -> Reply {
    let body = match action {
        Action::Write => match resource_body(text) {
            Ok(body) => body,
            Err(reply) => return reply,
        },
        Action::Read | Action::Delete => Value::Null,
    };
    let call = Call { body, target: call.target.clone(), host: call.host.clone(), ..*call };
    match (call.target.kind, action) {
        (Kind::Workspace, Action::Read) => tables::workspace(&call),
        (Kind::Workspace, _) => {
            let message = "The workspace is part of the world; change it there.";
            Reply::error(405, "MethodNotAllowed", message, message)
        }
        (Kind::Table, Action::Read) => tables::get(&call),
        (Kind::Table, Action::Write) => tables::put(&call),
        (Kind::Table, Action::Delete) => tables::delete(&call),
        (Kind::Rule, Action::Read) => rules::get(&call),
        (Kind::Rule, Action::Write) => rules::put(&call),
        (Kind::Rule, Action::Delete) => rules::delete(&call),
        (Kind::Endpoint, Action::Read) => endpoints::get(&call),
        (Kind::Endpoint, Action::Write) => endpoints::put(&call),
        (Kind::Endpoint, Action::Delete) => endpoints::delete(&call),
        (Kind::RoleAssignment, Action::Read) => roles::get(&call),
        (Kind::RoleAssignment, Action::Write) => roles::put(&call),
        (Kind::RoleAssignment, Action::Delete) => roles::delete(&call),
    }
}

/// The resource in a request: a JSON object, whatever is in it.
fn resource_body(text: &[u8]) -> Result<Value, Reply> {
    let why = match serde_json::from_slice(text) {
        Ok(body @ Value::Object(_)) => return Ok(body),
        Ok(_) => "a resource is a JSON object".to_owned(),
        Err(error) => error.to_string(),
    };
    let message = format!("The request content was invalid and could not be deserialized: '{why}'.");
    Err(Reply::error(400, "InvalidRequestContent", &message, &message))
}

fn check_version(url: Option<&str>) -> Result<(), Reply> {
    let refuse = |code: &str, message: String| Err(Reply::error(400, code, &message, &message));
    match query::get(url, "api-version") {
        None => refuse(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.".to_owned(),
        ),
        Some(version) if is_version(&version) => Ok(()),
        Some(version) => refuse("InvalidApiVersionParameter", format!("The api-version '{version}' is invalid.")),
    }
}

/// `2023-03-11` or `2021-09-01-preview`.
fn is_version(text: &str) -> bool {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok()
}

impl Call<'_> {
    /// The resource as the answer shows it: what was put, under its id, with `properties` added to.
    fn resource(&self, source: &Value, added: Value) -> Value {
        let mut properties = source["properties"].clone();
        if let (Some(properties), Value::Object(added)) = (properties.as_object_mut(), added) {
            properties.extend(added);
            properties.insert("provisioningState".to_owned(), json!("Succeeded"));
        }
        let mut resource = json!({
            "id": self.target.id(),
            "name": self.target.name(),
            "type": self.target.kind.arm_type(),
            "properties": properties,
        });
        for key in ["location", "kind", "tags"] {
            if !source[key].is_null() {
                resource[key] = source[key].clone();
            }
        }
        resource
    }

    /// Endpoints, rules and workspace must share a region.
    fn check_location(&self) -> Result<(), Reply> {
        let own = &self.shared.world.workspace.location;
        let plain = |name: &str| name.replace(' ', "").to_lowercase();
        let (code, message) = match self.body["location"].as_str() {
            Some(given) if plain(given) == plain(own) => return Ok(()),
            Some(given) => (
                "InvalidLocation",
                format!(
                    "The location is '{}'; it must be the workspace's, '{own}'.",
                    given.chars().take(64).collect::<String>()
                ),
            ),
            None => ("LocationRequired", format!("The location property is required for this definition: '{own}'.")),
        };
        Err(Reply::error(400, code, &message, &message))
    }

    /// Refuses one more of what there may be so many of.
    fn check_count(&self, what: &str, most: usize, count: usize, known: bool) -> Result<(), Reply> {
        if known || count < most {
            return Ok(());
        }
        let message =
            format!("{} cannot be created: there are {count} {what}, at most {most} are allowed.", self.target.name());
        Err(Reply::error(400, "ResourceLimitExceeded", &message, &message))
    }

    fn not_found(&self) -> Reply {
        let message = format!(
            "The Resource '{}/{}' under resource group '{}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix",
            self.target.kind.arm_type(),
            self.target.name(),
            self.shared.world.workspace.resource_group,
        );
        Reply::error(404, "ResourceNotFound", &message, &message)
    }

    fn stored(&self, created: bool, resource: &Value) -> Reply {
        let (status, word) = if created { (201, "created") } else { (200, "updated") };
        Reply::json(status, resource, format!("{} {word}", self.target.id()))
    }

    /// 200 when it was there, 204 when it was not, as deletions answer.
    fn deleted(&self, was_there: bool) -> Reply {
        Reply::empty(if was_there { 200 } else { 204 }, format!("{} deleted", self.target.id()))
    }
}

fn invalid(error: &ArmError) -> Reply {
    Reply::json(400, &error.body(), error.to_string()).header("x-ms-error-code", error.code)
}

/// The caller's token, from its header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}
