//! Many queries at once.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use faults::Object;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::QueryError;
use super::options::Options;
use super::request::QueryRequest;
use super::{BODY_BYTES_MAX, run};
use crate::call::CallId;
use crate::http::Reply;
use crate::http::response_memory::BufferedResponse;
use crate::state::Shared;

/// Most queries in a batch.
const BATCH_MAX: usize = 100;

#[derive(Debug, Deserialize)]
struct Batch {
    requests: Vec<Object<BatchItem>>,
}

#[derive(Debug, Deserialize)]
struct BatchItem {
    id: Value,
    #[serde(default)]
    headers: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    path: Option<String>,
    workspace: String,
}

/// `POST /v1/$batch`: every query by itself, with the responses in the order of the requests.
pub(super) async fn batch(
    State(shared): State<Arc<Shared>>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    let held = match shared.body_memory.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => return QueryError::Body(error).reply(id),
    };
    let text = &held.bytes;
    let batch: Batch = match serde_json::from_slice(text) {
        Ok(Object(batch)) => batch,
        Err(error) => return QueryError::Argument(format!("the batch is not valid: {error}")).reply(id),
    };
    if batch.requests.len() > BATCH_MAX {
        let why = format!("the batch holds {} requests, at most {BATCH_MAX} are allowed", batch.requests.len());
        return QueryError::Argument(why).reply(id);
    }
    respond(&shared, batch, &parts.headers, id).await.bytes(text.len() as u64)
}

/// Runs one query after the other. All responses together are bounded like that of one query.
async fn respond(shared: &Arc<Shared>, batch: Batch, headers: &HeaderMap, id: CallId) -> Reply {
    let reason = format!("batch of {} queries", batch.requests.len());
    let mut whole = BufferedResponse::text("{\"responses\":[");
    let mut rows = 0;
    for (index, Object(item)) in batch.requests.into_iter().enumerate() {
        let bytes_max = shared.world.query.bytes_max.saturating_sub(whole.bytes.len());
        let response = item.run(shared, headers, id, bytes_max).await;
        if index > 0 {
            whole.bytes.push(b',');
        }
        rows += response.rows;
        response.write(&item.id, &mut whole);
    }
    whole.bytes.extend_from_slice(b"]}");
    Reply::text(200, "application/json; charset=utf-8", whole.into_body(), reason).rows(rows)
}

/// What came of one query.
struct ItemResponse {
    status: u16,
    body: BufferedResponse,
    rows: u64,
}

impl ItemResponse {
    /// Adds it to the response of the batch.
    fn write(self, id: &Value, whole: &mut BufferedResponse) {
        let head = format!("{{\"id\":{id},\"status\":{},\"headers\":{{}},\"body\":", self.status);
        whole.bytes.extend_from_slice(head.as_bytes());
        whole.append(self.body);
        whole.bytes.push(b'}');
    }
}

impl BatchItem {
    async fn run(&self, shared: &Arc<Shared>, headers: &HeaderMap, id: CallId, bytes_max: usize) -> ItemResponse {
        let prefer = self.headers.iter().flatten().filter(|(name, _)| name.eq_ignore_ascii_case("prefer"));
        let options = Options::of(prefer.filter_map(|(_, value)| value.as_str()), &shared.world.query);
        let outcome = match self.request() {
            Ok(request) => match run::authorize(shared, &self.workspace, headers) {
                Ok(principal) => run::run(shared, &principal, request, &options, bytes_max).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let (status, body) = match outcome {
            Ok(run::Outcome::Response { body, rows, .. }) => return ItemResponse { status: 200, body, rows },
            Ok(run::Outcome::Empty) => {
                let message = "The workspace holds no data.";
                (204, json!({"error": {"code": "WorkspaceNotPlacedError", "message": message}}))
            }
            Err(error) => (error.status(), error.body(id)),
        };
        ItemResponse { status, body: BufferedResponse::text(&body.to_string()), rows: 0 }
    }

    /// The query; a body given as a string of JSON is read too.
    fn request(&self) -> Result<QueryRequest, QueryError> {
        if self.path.as_deref().is_some_and(|path| path.trim_matches('/') != "query") {
            return Err(QueryError::Argument("the path of a batched request is /query".to_owned()));
        }
        let parsed = match self.body.as_str() {
            Some(text) => QueryRequest::parse(text.as_bytes())?,
            None => Object::deserialize(&self.body)
                .map(|Object(request)| request)
                .map_err(|error| QueryError::Argument(format!("the body is not valid: {error}")))?,
        };
        parsed.merge_url(None)
    }
}
