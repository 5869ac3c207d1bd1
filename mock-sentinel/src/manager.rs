//! Azure Resource Manager, as far as a connector's deployment and its tools need it: subscriptions, resource groups, template
//! deployments, the workspace and its tables, data collection endpoints and rules, role assignments. What was loaded at start can
//! be read here; what is put here takes effect at once.
//!
//! Shapes, validation errors and role ids: the resources' reference pages, the tutorial of the Logs Ingestion API, the
//! built-in roles table and user reports of validation errors, read 2026-11-22; what the tools send and take: azure-cli 2.91 and
//! the management clients, tried 2026-11-29.

mod access;
mod act;
mod deployments;
mod endpoints;
mod graph;
mod groups;
mod kind;
mod metadata;
mod path;
mod resources;
mod role_definitions;
mod roles;
mod rules;
mod searches;
mod subscriptions;
mod tables;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::routing::{any, get};
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Value, json};

use crate::arm::ArmError;
use crate::http::{Reply, body, near_miss, query};
use crate::identity::entra::{Scheme, authority};
use crate::identity::token::Claims;
use crate::state::Shared;
use act::Act;
use kind::Kind;
use path::{Aim, Target};

/// Most bytes of a resource.
const BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The api-versions that a route takes, by the kind of resource in its path.
pub(crate) fn versions_of(path: &str) -> &'static [&'static str] {
    Kind::in_path(path).unwrap_or(Kind::Any).versions()
}

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/metadata/endpoints", get(metadata::endpoints))
        .route("/tenants", any(handle))
        .route("/subscriptions", any(handle))
        .route("/subscriptions/{*resource}", any(handle))
        .route("/providers/{*resource}", any(handle))
        .merge(graph::routes())
}

/// One call to a resource.
struct Call<'a> {
    shared: &'a Shared,
    claims: &'a Claims,
    target: Target,
    /// Where the caller reached us: the host that endpoints are given.
    host: String,
    /// `$filter`, in lists.
    filter: Option<String>,
    body: Value,
}

/// A resource after it was put, and whether it was created.
struct Stored {
    created: bool,
    resource: Value,
}

async fn handle(State(shared): State<Arc<Shared>>, scheme: Option<Extension<Scheme>>, request: Request) -> Reply {
    if !near_miss::RESOURCE_METHODS.contains(request.method()) {
        return near_miss::wrong_method_of(request.method(), request.uri().path());
    }
    let (parts, body) = request.into_parts();
    let admitted = match admit(&shared, &parts) {
        Ok(admitted) => admitted,
        Err(reply) => {
            let bytes = body::drain(body, BODY_BYTES_MAX).await;
            return reply.bytes(bytes);
        }
    };
    let (claims, act, aim) = admitted;
    if act == Act::Query {
        return crate::query::through_manager(&shared, &claims, aim.target().name.as_str(), parts, body).await;
    }
    let held = match shared.body_memory.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => {
            let message = format!("The body could not be read: {error}.");
            return Reply::error(error.status(), "InvalidRequestContent", message, error.to_string());
        }
    };
    let body = match act.body(&held.bytes) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let call = Call {
        shared: &shared,
        claims: &claims,
        target: aim.target().clone(),
        host: authority(scheme, &parts.headers),
        filter: query::get(parts.uri.query(), "$filter"),
        body,
    };
    act.carry_out(&call).unwrap_or_else(|refused| refused).bytes(held.bytes.len() as u64)
}

/// Every check that needs no body: version, token, path, permission, and whether the resource group exists.
fn admit(shared: &Shared, parts: &Parts) -> Result<(Claims, Act, Aim), Reply> {
    let version = version(parts.uri.query())?;
    let claims = access::authenticate(shared, &parts.headers)?;
    let workspace = &shared.world.workspace;
    let aim = Aim::parse(parts.uri.path(), workspace)?;
    let act = Act::of(&parts.method, &aim)?;
    if act != Act::Query {
        aim.target().kind.check_version(&version, &workspace.location)?;
    }
    access::authorize(shared, &claims, &act.right(&aim), &aim)?;
    check_group(shared, aim.target(), &act)?;
    Ok((claims, act, aim))
}

/// The api-version, if it is one at all.
fn version(url: Option<&str>) -> Result<String, Reply> {
    let refuse = |code: &str, message: String| Err(Reply::error(400, code, &message, &message));
    match query::get(url, "api-version") {
        None => refuse(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.".to_owned(),
        ),
        Some(version) if is_version(&version) => Ok(version),
        Some(version) => {
            let version: String = version.chars().take(64).collect();
            refuse("InvalidApiVersionParameter", format!("The api-version '{version}' is invalid."))
        }
    }
}

/// `2023-03-11` or `2021-09-01-preview`.
fn is_version(text: &str) -> bool {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok()
}

/// Resource groups must be there, and only the world's holds resources.
fn check_group(shared: &Shared, target: &Target, act: &Act) -> Result<(), Reply> {
    let Some(group) = target.group() else { return Ok(()) };
    let own = &shared.world.workspace.resource_group;
    let is_there = shared.state().groups.contains_key(&group.to_lowercase());
    let refuse = |status: u16, code: &str, message: String| Err(Reply::error(status, code, &message, &message));
    if !is_there {
        return refuse(404, "ResourceGroupNotFound", format!("Resource group '{group}' could not be found."));
    }
    if *act == Act::Write && !group.eq_ignore_ascii_case(own) {
        let message = format!("This mock keeps resources in the resource group '{own}' only, not in '{group}'.");
        return refuse(400, "ResourceGroupNotServed", message);
    }
    Ok(())
}

impl Call<'_> {
    /// The resource as the response shows it: what was put, under its id, with `properties` added to.
    fn resource(&self, name: &str, source: &Value, added: Value) -> Value {
        let target = Target { name: name.to_owned(), ..self.target.clone() };
        let mut properties = source["properties"].clone();
        if let (Some(properties), Value::Object(added)) = (properties.as_object_mut(), added) {
            properties.extend(added);
            properties.insert("provisioningState".to_owned(), json!("Succeeded"));
        }
        let mut resource = json!({
            "id": target.id(),
            "name": name,
            "type": target.kind.arm_type(),
            "properties": properties,
        });
        for key in ["location", "kind", "tags"] {
            if !source[key].is_null() {
                resource[key] = source[key].clone();
            }
        }
        resource
    }

    /// The same call as if it were about the world's resource group, where all resources are.
    fn in_own_group(&self) -> Call<'_> {
        let target = Target { scope: self.shared.world.workspace.group(), ..self.target.clone() };
        Call { target, host: self.host.clone(), filter: None, body: Value::Null, ..*self }
    }

    fn is_in_own_group(&self) -> bool {
        self.target.scope.eq_ignore_ascii_case(&self.shared.world.workspace.group())
    }

    /// Gives a resource the tags in the body, if there are any.
    fn take_tags(&self, source: &mut Value) {
        if !self.body["tags"].is_null() {
            source["tags"] = self.body["tags"].clone();
        }
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

    /// Rejects a resource beyond the maximum count of its kind.
    fn check_count(&self, what: &str, most: usize, count: usize, known: bool) -> Result<(), Reply> {
        if known || count < most {
            return Ok(());
        }
        let message =
            format!("{} cannot be created: there are {count} {what}, at most {most} are allowed.", self.target.name);
        Err(Reply::error(400, "ResourceLimitExceeded", &message, &message))
    }

    /// Refuses what is too large to be kept.
    fn check_size(&self, kept: &Value) -> Result<(), Reply> {
        let (bytes, most) = (kept.to_string().len(), self.target.kind.bytes_max());
        if bytes <= most {
            return Ok(());
        }
        let message = format!(
            "The request content has {bytes} bytes; this mock keeps at most {most} of a {}.",
            self.target.kind.arm_type()
        );
        Err(Reply::error(413, "RequestEntityTooLarge", &message, &message))
    }

    fn not_found(&self) -> Reply {
        let (group, name) = (&self.shared.world.workspace.resource_group, &self.target.name);
        let (code, message) = match self.target.kind {
            Kind::Group => ("ResourceGroupNotFound", format!("Resource group '{name}' could not be found.")),
            Kind::RoleAssignment => ("RoleAssignmentNotFound", format!("The role assignment '{name}' is not found.")),
            Kind::RoleDefinition => (
                "RoleDefinitionDoesNotExist",
                format!("The specified role definition with ID '{name}' does not exist."),
            ),
            Kind::Deployment => ("DeploymentNotFound", format!("Deployment '{name}' could not be found.")),
            Kind::Provider => (
                "InvalidResourceNamespace",
                format!("The resource namespace '{name}' is invalid: this mock does not serve it."),
            ),
            kind => (
                "ResourceNotFound",
                format!(
                    "The Resource '{}/{name}' under resource group '{group}' was not found. For more details please go to \
                     https://aka.ms/ARMResourceNotFoundFix",
                    kind.arm_type(),
                ),
            ),
        };
        Reply::error(404, code, &message, &message)
    }
}

/// Rejects a method that this mock does not support.
fn not_served(message: &str) -> Reply {
    Reply::error(405, "MethodNotAllowed", message, message)
}

fn invalid(error: &ArmError) -> Reply {
    Reply::json(400, &error.body(), error.to_string()).header("x-ms-error-code", error.code)
}

/// The caller's token, from its header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}
