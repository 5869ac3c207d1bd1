//! The Log Analytics query API.
//!
//! Shapes, codes and limits: the API's pages on requests, responses, options, batches and errors, read 2026-11-22.

mod admission;
mod encode;
mod errors;
mod options;
mod request;
mod run;
mod timespan;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::http::front::CallId;
use crate::http::{Reply, body};
use crate::server::Shared;
use errors::QueryError;
use options::Options;
use request::QueryRequest;

pub(crate) use admission::{Rates, Turnstile};

/// Most bytes of a request's body.
const BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/workspaces/{workspace}/query", get(by_url).post(by_body))
        .route("/v1/$batch", post(request::batch))
        .route("/v1/%24batch", post(request::batch))
}

async fn by_url(
    State(shared): State<Arc<Shared>>,
    Path(workspace): Path<String>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, _) = request.into_parts();
    answer(&shared, &workspace, id, &parts, QueryRequest::default()).await
}

async fn by_body(
    State(shared): State<Arc<Shared>>,
    Path(workspace): Path<String>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    let text = match read(body).await {
        Ok(text) => text,
        Err(error) => return error.reply(id),
    };
    if text.is_empty() || !is_json(&parts.headers) {
        return Reply::empty(200, "no JSON body or no JSON content type: the service answers 200 without a body");
    }
    match QueryRequest::parse(&text) {
        Ok(request) => answer(&shared, &workspace, id, &parts, request).await.bytes(text.len() as u64),
        Err(error) => error.reply(id),
    }
}

async fn read(body: Body) -> Result<bytes::Bytes, QueryError> {
    body::read(body, BODY_BYTES_MAX).await.map_err(|error| QueryError::Body(format!("{error:?}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("application/json")
}

async fn answer(shared: &Arc<Shared>, workspace: &str, id: CallId, parts: &Parts, request: QueryRequest) -> Reply {
    let options = Options::parse(&parts.headers);
    let outcome = match request.merge_url(parts.uri.query()) {
        Ok(request) => match run::authorize(shared, workspace, &parts.headers) {
            Ok(principal) => run::run(shared, &principal, request, &options).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    match outcome {
        Ok(run::Outcome::Empty) => Reply::empty(204, "the workspace holds no data"),
        Ok(run::Outcome::Answer { body, rows, reason }) => {
            let mut reply = Reply::text(200, "application/json; charset=utf-8", body, reason).rows(rows);
            if let Some(applied) = options.applied() {
                reply = reply.header("preference-applied", &applied);
            }
            reply
        }
        Err(error) => error.reply(id),
    }
}
