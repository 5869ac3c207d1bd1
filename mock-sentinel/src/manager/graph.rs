//! The directory, as far as tools look up whom a role is for: service principals by application id, name or object id.
//!
//! Shapes: `api-reference/v1.0/api/serviceprincipal-get.md` of <https://github.com/microsoftgraph/microsoft-graph-docs-contrib>,
//! read 2026-11-29; what `az role` and `az ad sp` ask for, tried 2026-11-29.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::routing::{get, post};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{bearer, roles};
use crate::http::{Reply, body, query};
use crate::identity::Resource;
use crate::state::Shared;
use crate::world::App;

/// Most bytes of a list of ids.
const BODY_BYTES_MAX: u64 = 256 * 1024;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1.0/servicePrincipals", get(list))
        .route("/v1.0/servicePrincipals/{id}", get(one))
        .route("/v1.0/directoryObjects/getByIds", post(by_ids))
}

async fn list(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    if let Err(reply) = authenticate(&shared, request.headers()) {
        return reply;
    }
    let filter = query::get(request.uri().query(), "$filter").unwrap_or_default();
    let wanted = roles::quoted(&filter, " eq");
    let state = shared.state();
    let found = state.directory.apps().iter().filter(|app| wanted.is_none_or(|wanted| is_named(app, wanted)));
    let found: Vec<Value> = found.map(principal).collect();
    Reply::json(200, &json!({"value": found}), format!("{} service principals", found.len()))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Reply {
    if let Err(reply) = authenticate(&shared, request.headers()) {
        return reply;
    }
    if let Some(app) = shared.state().directory.principal(&id) {
        return Reply::json(200, &principal(app), "service principal");
    }
    let id: String = id.chars().take(64).collect();
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Reply::error(404, "Request_ResourceNotFound", &message, &message)
}

async fn by_ids(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    if let Err(reply) = authenticate(&shared, &parts.headers) {
        let bytes = body::drain(body, BODY_BYTES_MAX).await;
        return reply.bytes(bytes);
    }
    let held = match shared.body_memory.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => return Reply::error(error.status(), "BadRequest", format!("{error}."), error.to_string()),
    };
    let asked: Value = serde_json::from_slice(&held.bytes).unwrap_or_default();
    let Some(ids) = asked["ids"].as_array() else {
        let message = "The request needs 'ids', a list of object ids.";
        return Reply::error(400, "Request_BadRequest", message, message);
    };
    let state = shared.state();
    let found = ids.iter().filter_map(|id| state.directory.principal(id.as_str()?)).map(principal).collect::<Vec<_>>();
    Reply::json(200, &json!({"value": found}), format!("{} directory objects", found.len()))
}

/// A token for the directory, or for the resource manager: this host serves both.
fn authenticate(shared: &Shared, headers: &HeaderMap) -> Result<(), Reply> {
    let tenant_id = &shared.world.identity.tenant_id;
    let verify = |resource| shared.signer.verify(bearer(headers), resource, tenant_id, shared.clock.now());
    let verified = verify(Resource::Elsewhere).or_else(|_| verify(Resource::Manager));
    verified.map(|_| ()).map_err(|refusal| {
        let message = format!("Access token is empty or not valid: {refusal}.");
        Reply::error(401, "InvalidAuthenticationToken", &message, &message)
    })
}

fn is_named(app: &App, wanted: &str) -> bool {
    [&app.client_id, &app.name, &app.object_id].into_iter().any(|known| known.eq_ignore_ascii_case(wanted))
}

fn principal(app: &App) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": app.object_id,
        "appId": app.client_id,
        "displayName": app.name,
        "servicePrincipalNames": [app.client_id],
        "servicePrincipalType": "Application",
    })
}
