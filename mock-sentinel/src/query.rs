//! The Log Analytics query API.
//!
//! Shapes, codes and limits: the API's pages on requests, responses, options, batches and errors, read 2026-11-22.

#![warn(clippy::wildcard_enum_match_arm)]

mod admission;
mod batch;
mod encode;
mod errors;
mod options;
mod request;
mod run;
mod timespan;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::call::CallId;
use crate::http::{Reply, body};
use crate::identity::token::Claims;
use crate::state::Shared;
use errors::QueryError;
use options::Options;
use request::QueryRequest;

pub(crate) use admission::{ConcurrencyLimit, Rates};

/// Most bytes of a request's body.
const BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/workspaces/{workspace}/query", get(by_url).post(by_body))
        .route("/v1/$batch", post(batch::batch))
        .route("/v1/%24batch", post(batch::batch))
        .route("/v1/subscriptions/{*resource}", get(by_url_of_resource).post(by_body_of_resource))
}

/// The same query for the resource with this id, which is the workspace: rows of other resources are not distinguished here.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/azure-resource-queries>, read 2026-11-29.
async fn by_url_of_resource(
    state: State<Arc<Shared>>,
    Path(resource): Path<String>,
    id: Extension<CallId>,
    request: Request,
) -> Reply {
    by_url(state, Path(queried(&resource)), id, request).await
}

async fn by_body_of_resource(
    state: State<Arc<Shared>>,
    Path(resource): Path<String>,
    id: Extension<CallId>,
    request: Request,
) -> Reply {
    by_body(state, Path(queried(&resource)), id, request).await
}

fn queried(resource: &str) -> String {
    format!("/subscriptions/{}", resource.strip_suffix("/query").unwrap_or_default())
}

/// A query through Azure Resource Manager, which has admitted the caller.
pub(crate) async fn through_manager(
    shared: &Arc<Shared>,
    caller: &Claims,
    workspace: &str,
    parts: Parts,
    body: Body,
) -> Reply {
    let id = parts.extensions.get().copied().unwrap_or(CallId { request_id: uuid::Uuid::nil() });
    let principal = match run::may_read(shared, caller, workspace) {
        Ok(principal) => principal,
        Err(error) => {
            let bytes = body::drain(body, BODY_BYTES_MAX).await;
            return error.reply(id).bytes(bytes);
        }
    };
    if parts.method == http::Method::GET {
        return respond(shared, &principal, id, &parts, QueryRequest::default()).await;
    }
    posted(shared, &principal, id, &parts, body).await
}

async fn by_url(
    State(shared): State<Arc<Shared>>,
    Path(workspace): Path<String>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, _) = request.into_parts();
    match run::authorize(&shared, &workspace, &parts.headers) {
        Ok(principal) => respond(&shared, &principal, id, &parts, QueryRequest::default()).await,
        Err(error) => error.reply(id),
    }
}

async fn by_body(
    State(shared): State<Arc<Shared>>,
    Path(workspace): Path<String>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    let principal = match run::authorize(&shared, &workspace, &parts.headers) {
        Ok(principal) => principal,
        Err(error) => {
            let bytes = body::drain(body, BODY_BYTES_MAX).await;
            return error.reply(id).bytes(bytes);
        }
    };
    posted(&shared, &principal, id, &parts, body).await
}

async fn posted(shared: &Arc<Shared>, principal: &str, id: CallId, parts: &Parts, body: Body) -> Reply {
    let held = match shared.body_memory.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => return QueryError::Body(error).reply(id),
    };
    let text = &held.bytes;
    if text.is_empty() || !is_json(&parts.headers) {
        return Reply::empty(200, "no JSON body or content type: the service responds 200 without a body");
    }
    match QueryRequest::parse(text) {
        Ok(request) => respond(shared, principal, id, parts, request).await.bytes(text.len() as u64),
        Err(error) => error.reply(id),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("application/json")
}

async fn respond(shared: &Arc<Shared>, principal: &str, id: CallId, parts: &Parts, request: QueryRequest) -> Reply {
    let options = Options::parse(&parts.headers, &shared.world.query);
    let outcome = match request.merge_url(parts.uri.query()) {
        Ok(request) => run::run(shared, principal, request, &options, shared.world.query.bytes_max).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(run::Outcome::Empty) => Reply::empty(204, "the workspace has no data"),
        Ok(run::Outcome::Response { body, rows, reason }) => {
            let mut reply = Reply::text(200, "application/json; charset=utf-8", body.into_body(), reason).rows(rows);
            if let Some(applied) = options.applied() {
                reply = reply.header("preference-applied", &applied);
            }
            reply
        }
        Err(error) => error.reply(id),
    }
}
