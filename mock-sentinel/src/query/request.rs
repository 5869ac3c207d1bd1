//! What is asked: by URL, by body, or many at once.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::QueryError;
use super::options::Options;
use super::{BODY_BYTES_MAX, run};
use crate::http::front::CallId;
use crate::http::{Reply, query};
use crate::server::Shared;

/// Most queries in a batch.
const BATCH_MAX: usize = 100;

/// One query. Clients send `null` for what they leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct QueryRequest {
    #[serde(default)]
    pub(super) query: Option<String>,
    #[serde(default)]
    timespan: Option<String>,
    #[serde(default)]
    workspaces: Option<Vec<String>>,
    #[serde(skip)]
    url_timespan: Option<String>,
}

impl QueryRequest {
    pub(super) fn parse(text: &[u8]) -> Result<Self, QueryError> {
        serde_json::from_slice(text).map_err(|error| QueryError::Argument(format!("the body is not valid: {error}")))
    }

    /// Adds what the URL says. A timespan in both places means the time in both.
    pub(super) fn merge_url(mut self, url: Option<&str>) -> Result<Self, QueryError> {
        self.query = self.query.or_else(|| query::get(url, "query"));
        self.url_timespan = query::get(url, "timespan");
        if let Some(list) = query::get(url, "workspaces") {
            let named = list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            self.workspaces.get_or_insert_default().extend(named);
        }
        match self.query.as_deref().map(str::trim) {
            None | Some("") => Err(QueryError::Argument("the request has no 'query'".to_owned())),
            Some(_) => Ok(self),
        }
    }

    pub(super) fn timespans(&self) -> impl Iterator<Item = &str> {
        let given = [&self.timespan, &self.url_timespan];
        given.into_iter().flatten().map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn workspaces(&self) -> &[String] {
        self.workspaces.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
struct Batch {
    requests: Vec<BatchItem>,
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

/// `POST /v1/$batch`: every query by itself, answered in the order asked.
pub(super) async fn batch(
    State(shared): State<Arc<Shared>>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    let held = match shared.room.read(body, BODY_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => return QueryError::Body(error).reply(id),
    };
    let text = &held.bytes;
    let batch: Batch = match serde_json::from_slice(text) {
        Ok(batch) => batch,
        Err(error) => return QueryError::Argument(format!("the batch is not valid: {error}")).reply(id),
    };
    if batch.requests.len() > BATCH_MAX {
        let why = format!("the batch holds {} requests, at most {BATCH_MAX} are allowed", batch.requests.len());
        return QueryError::Argument(why).reply(id);
    }
    let mut responses = Vec::with_capacity(batch.requests.len());
    let mut rows = 0;
    for item in batch.requests {
        let (response, found) = item.answer(&shared, &parts.headers, id).await;
        responses.push(response);
        rows += found;
    }
    let reason = format!("batch of {} queries", responses.len());
    Reply::json(200, &json!({"responses": responses}), reason).rows(rows).bytes(text.len() as u64)
}

impl BatchItem {
    async fn answer(self, shared: &Arc<Shared>, headers: &http::HeaderMap, id: CallId) -> (Value, u64) {
        let prefer = self.headers.iter().flatten().filter(|(name, _)| name.eq_ignore_ascii_case("prefer"));
        let options = Options::of(prefer.filter_map(|(_, value)| value.as_str()), &shared.world.query);
        let outcome = match self.request() {
            Ok(request) => match run::authorize(shared, &self.workspace, headers) {
                Ok(principal) => run::run(shared, &principal, request, &options).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let (status, body, rows) = match outcome {
            Ok(run::Outcome::Answer { body, rows, .. }) => {
                (200, serde_json::from_slice(&body).expect("answers are JSON"), rows)
            }
            Ok(run::Outcome::Empty) => {
                let message = "The workspace holds no data.";
                (204, json!({"error": {"code": "WorkspaceNotPlacedError", "message": message}}), 0)
            }
            Err(error) => (error.status(), error.body(id), 0),
        };
        (json!({"id": self.id, "status": status, "headers": {}, "body": body}), rows)
    }

    /// The query; a body given as a string of JSON is read too.
    fn request(&self) -> Result<QueryRequest, QueryError> {
        if self.path.as_deref().is_some_and(|path| path.trim_matches('/') != "query") {
            return Err(QueryError::Argument("the path of a batched request is /query".to_owned()));
        }
        let parsed = match &self.body {
            Value::String(text) => QueryRequest::parse(text.as_bytes())?,
            body => QueryRequest::deserialize(body)
                .map_err(|error| QueryError::Argument(format!("the body is not valid: {error}")))?,
        };
        parsed.merge_url(None)
    }
}
