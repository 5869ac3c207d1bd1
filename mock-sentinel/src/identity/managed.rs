//! Managed identity: tokens from the host, in the forms of IMDS, App Service and Azure Arc.
//!
//! Sources: the pages on using a VM's, App Service's and Arc's managed identity, and the Python client's source, read
//! 2026-11-22. The response of App Service to a wrong `X-IDENTITY-HEADER` is not published.

use std::io::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Resource;
use super::token::{Grant, Proof};
use crate::http::{Reply, query};
use crate::state::Shared;
use crate::world::{App, ArcHost};

/// The versions that Azure Arc's agent serves, which distinguish its calls from those of IMDS.
const ARC_VERSIONS: [&str; 2] = ["2020-06-01", "2019-11-01"];

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/metadata/identity/oauth2/token", get(host)).route("/msi/token", get(app_service))
}

/// IMDS, or the agent of Azure Arc, which listens on the same path.
async fn host(State(shared): State<Arc<Shared>>, parts: Parts) -> Reply {
    if parts.headers.get("metadata").is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"true")) {
        return refused(400, "bad_request_102", "Required metadata header not specified");
    }
    let version = query::get(parts.uri.query(), "api-version").unwrap_or_default();
    match &shared.world.identity.managed.arc {
        Some(arc) if ARC_VERSIONS.contains(&version.as_str()) => on_arc(&shared, arc, &parts),
        _ if version.is_empty() => refused(400, "invalid_request", "The api-version is missing"),
        _ => match issue(&shared, &parts, &["client_id", "object_id", "msi_res_id", "mi_res_id"]) {
            Ok(token) => token.imds(),
            Err(reply) => reply,
        },
    }
}

/// App Service, Functions and Container Apps.
async fn app_service(State(shared): State<Arc<Shared>>, parts: Parts) -> Reply {
    let header = parts.headers.get("x-identity-header").and_then(|value| value.to_str().ok());
    if header != Some(shared.world.identity.managed.identity_header.as_str()) {
        let body = json!({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or not valid."});
        return Reply::json(401, &body, "X-IDENTITY-HEADER missing or wrong");
    }
    if query::get(parts.uri.query(), "api-version").is_none() {
        let body = json!({"statusCode": 400, "message": "The api-version is missing."});
        return Reply::json(400, &body, "no api-version");
    }
    match issue(&shared, &parts, &["client_id", "principal_id", "object_id", "mi_res_id"]) {
        Ok(token) => token.app_service(),
        Err(reply) => reply,
    }
}

/// The agent proves that the caller may read a file that only administrators and the agent may read.
fn on_arc(shared: &Shared, arc: &ArcHost, parts: &Parts) -> Reply {
    let expected = shared.state().arc_secret.clone();
    let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| secret.trim().to_owned())
    });
    if given.is_some() && given == expected {
        shared.state().arc_secret = None;
        return match issue(shared, parts, &[]) {
            Ok(token) => token.imds(),
            Err(reply) => reply,
        };
    }
    match challenge(shared, arc) {
        Ok(file) => refused(401, "unauthorized", "Present the content of the file named in WWW-Authenticate")
            .header("www-authenticate", &format!("Basic realm={file}")),
        Err(error) => {
            let why = format!("could not write the key file below {}: {error}", arc.token_folder.display());
            refused(500, "unknown", &why)
        }
    }
}

/// Writes a new secret to a file and names the file.
fn challenge(shared: &Shared, arc: &ArcHost) -> std::io::Result<String> {
    let (name, secret) = {
        let mut state = shared.state();
        (state.random_id(), STANDARD.encode(state.random_id().as_bytes()))
    };
    std::fs::create_dir_all(&arc.token_folder)?;
    let path = arc.token_folder.join(format!("{name}.key"));
    std::fs::File::create(&path)?.write_all(secret.as_bytes())?;
    shared.state().arc_secret = Some(secret);
    Ok(path.display().to_string())
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({"error": error, "error_description": description}), description)
}

/// A token of a managed identity, with what the responses say about it.
struct Issued {
    access_token: String,
    client_id: String,
    resource: String,
    now: Timestamp,
    seconds: i64,
}

fn issue(shared: &Shared, parts: &Parts, selectors: &[&str]) -> Result<Issued, Reply> {
    let resource = query::get(parts.uri.query(), "resource").unwrap_or_default();
    if Resource::named(&resource).is_none() {
        let shown: String = resource.chars().take(128).collect();
        let text = format!("AADSTS50001: The application named {shown} was not found in the tenant.");
        return Err(refused(400, "invalid_resource", &text));
    }
    let app = select(shared, parts, selectors)?;
    let unique = shared.state().random_id();
    let now = shared.clock.now();
    let life = shared.world.identity.managed.token_life;
    let access_token = shared.signer.mint(&Grant {
        tenant_id: &shared.world.identity.tenant_id,
        client_id: &app.client_id,
        object_id: &app.object_id,
        audience: &resource,
        proof: Proof::Assertion,
        life,
        now,
        unique,
    });
    Ok(Issued { access_token, client_id: app.client_id, resource, now, seconds: life.as_secs() })
}

/// The identity asked for: the system-assigned one (the default app) unless a selector names another.
fn select(shared: &Shared, parts: &Parts, selectors: &[&str]) -> Result<App, Reply> {
    let state = shared.state();
    let named = selectors.iter().find_map(|name| query::get(parts.uri.query(), name));
    let app = match &named {
        None => state.directory.default_app(),
        Some(named) => state.directory.apps().iter().find(|app| {
            [&app.client_id, &app.object_id, &app.name].into_iter().any(|own| named.eq_ignore_ascii_case(own))
                || named.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&app.name))
        }),
    };
    app.cloned().ok_or_else(|| refused(400, "invalid_request", "Identity not found"))
}

impl Issued {
    fn reason(&self) -> String {
        format!("token of a managed identity, resource {}", self.resource)
    }

    fn expires_on(&self) -> String {
        self.now.as_second().saturating_add(self.seconds).to_string()
    }

    /// IMDS writes every number as a string.
    fn imds(&self) -> Reply {
        let body: Value = json!({
            "access_token": self.access_token,
            "client_id": self.client_id,
            "refresh_token": "",
            "expires_in": self.seconds.to_string(),
            "expires_on": self.expires_on(),
            "ext_expires_in": self.seconds.to_string(),
            "not_before": self.now.as_second().to_string(),
            "resource": self.resource,
            "token_type": "Bearer",
        });
        Reply::json(200, &body, self.reason())
    }

    fn app_service(&self) -> Reply {
        let body = json!({
            "access_token": self.access_token,
            "client_id": self.client_id,
            "expires_on": self.expires_on(),
            "resource": self.resource,
            "token_type": "Bearer",
        });
        Reply::json(200, &body, self.reason())
    }
}
