//! What surrounds every call: its number, the fault that applies, its headers and its journal entry.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use faults::{Answer, Hit, Ids, Outcome, Receipt, http_date};
use futures_util::FutureExt;
use http::header::{ALLOW, DATE, RETRY_AFTER, SERVER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use uuid::Uuid;

use super::reply::Note;
use super::{Reply, body, broken, canned, loan, near_miss};
use crate::call::{Call, CallId};
use crate::journal::JournalEntry;
use crate::server::Connection;
use crate::state::Shared;

/// The most bytes of a path that the journal keeps.
const PATH_MAX: usize = 512;
/// The most characters of a reason that it keeps.
const REASON_MAX: usize = 1_024;

/// The most bytes that are read of a body that no handler wants.
const UNREAD_MAX: u64 = 8 * 1024 * 1024;

/// Wraps every call.
pub(crate) async fn front(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let at = shared.clock.now();
    let call = Call::of(request.uri().path());
    let stream = stream_of(call, request.uri().path());
    let (id, hit) = {
        let mut state = shared.state();
        let seen = faults::Request { call: call.name(), token: None, stream: stream.as_deref(), at };
        let hit = if call == Call::Control { None } else { state.faults.hit(&seen) };
        (CallId { request_id: state.random_id() }, hit)
    };
    request.extensions_mut().insert(id);
    let client_request_id = client_request_id(request.headers());
    let entry = JournalEntry {
        id: 0,
        at,
        call,
        method: request.method().to_string(),
        path: request.uri().path().chars().take(PATH_MAX).collect(),
        status: 0,
        outcome: Outcome::ResponseLost,
        pending: false,
        reason: "the client disconnected before the response was ready".to_owned(),
        fault: hit.as_ref().map(Hit::to_string),
        fault_number: hit.as_ref().map(|hit| hit.number),
        delayed_ms: hit
            .as_ref()
            .map(|hit| u64::try_from(hit.delay.as_millis()).unwrap_or(u64::MAX))
            .filter(|millis| *millis > 0),
        retry_after: None,
        client_request_id: client_request_id.clone(),
        stream,
        bytes: 0,
        rows: 0,
        ids: Ids::default(),
        ids_count: 0,
    };
    let uri = request.uri().clone();
    let is_head = request.method() == Method::HEAD;
    let line = Line { entry: (call != Call::Control).then_some(entry), shared: shared.clone() };
    let connection = request.extensions().get::<Connection>().cloned();
    let response = act(hit.as_ref(), request, next, &shared).await;
    let outcome = hit.as_ref().map_or(Outcome::Delivered, |hit| hit.trouble.outcome(response.status()));
    // What a fault takes from the caller is known already; whether the caller waits for the rest is not. (The server
    // discards the body of the response to a HEAD, which is not the caller's doing.)
    let pending = outcome == Outcome::Delivered && call != Call::Control && !is_head;
    let number = line.write(&response, outcome, pending);
    let receipt = pending.then(|| {
        let shared = shared.clone();
        Receipt::new(move |outcome| shared.state().journal.settle(number, outcome))
    });
    if let Some(connection) = connection.filter(|_| outcome == Outcome::Reset) {
        connection.reset.ask();
    }
    let is_bare = hit.as_ref().and_then(|hit| hit.answer.as_ref()).is_some_and(|answer| answer.bare);
    let response = with_methods(response, uri.path());
    let response = if is_bare { response } else { label(response, call, number, id, client_request_id.as_deref()) };
    let response = broken::apply(response, hit.as_ref(), outcome, receipt).await;
    dated(response, &shared)
}

/// The journal entry of a call: written once the response is decided, and also when the client disconnects before that.
struct Line {
    entry: Option<JournalEntry>,
    shared: Arc<Shared>,
}

impl Line {
    /// Writes it; returns its number, which the control plane's calls get without a line.
    fn write(mut self, response: &Response, outcome: Outcome, pending: bool) -> u64 {
        let Some(mut entry) = self.entry.take() else { return self.shared.state().journal.skip() };
        let Note { reason, bytes, rows, ids } = response.extensions().get::<Note>().cloned().unwrap_or_default();
        entry.status = response.status().as_u16();
        (entry.outcome, entry.pending) = (outcome, pending);
        entry.reason = short(reason);
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        entry.retry_after = retry_after.map(|value| short(value.to_owned()));
        (entry.bytes, entry.rows) = (bytes, rows);
        (entry.ids_count, entry.ids) = (ids.count(), ids);
        self.shared.state().journal.push(entry)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.shared.state().journal.push(entry);
        }
    }
}

/// Dates the response by the world's clock, which may run far from the machine's; a date that a fault set stays.
fn dated(mut response: Response, shared: &Shared) -> Response {
    response.headers_mut().entry(DATE).or_insert_with(|| header(&http_date(shared.clock.now())));
    response
}

/// Names the methods that a path takes where one was refused, as HTTP requires.
fn with_methods(mut response: Response, path: &str) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = header(&near_miss::allowed(path));
        response.headers_mut().entry(ALLOW).or_insert(allowed);
    }
    response
}

fn short(reason: String) -> String {
    if reason.len() <= REASON_MAX { reason } else { reason.chars().take(REASON_MAX).collect() }
}

/// The real response, or what a fault puts in its place.
async fn act(hit: Option<&Hit>, request: Request, next: Next, shared: &Shared) -> Response {
    match hit {
        Some(Hit { answer: Some(answer), .. }) => in_place(answer, request, shared).await,
        Some(hit) if hit.trouble.reset => {
            Reply::empty(500, "connection reset before the request was handled").into_response()
        }
        _ => handled(request, next).await,
    }
}

/// The response of the handler. A body that it did not look at is read first, up to a bound, so that the caller receives
/// the response.
async fn handled(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (body, unread) = loan::lend(body);
    let response = shaped(AssertUnwindSafe(next.run(Request::from_parts(parts, body))).catch_unwind().await.ok());
    if let Some(body) = unread.take() {
        body::drain(body, UNREAD_MAX).await;
    }
    response
}

/// The response of a handler; one in Azure's shape where the framework refused the call, or where the handler failed.
fn shaped(response: Option<Response>) -> Response {
    match response {
        Some(response) if response.extensions().get::<Note>().is_some() => response,
        Some(response) => {
            let status = response.status();
            let message = format!("The request is not valid: {}.", status.canonical_reason().unwrap_or("refused"));
            Reply::error(status.as_u16(), "BadRequest", &message, "rejected before it reached a route").into_response()
        }
        None => {
            let message = "An internal error occurred.";
            Reply::error(500, "InternalServerError", message, "the mock failed: this is a bug in the mock")
                .into_response()
        }
    }
}

async fn in_place(answer: &Answer, request: Request, shared: &Shared) -> Response {
    let call = Call::of(request.uri().path());
    let bytes = body::drain(request.into_body(), shared.world.ingestion.wire_bytes_max).await;
    canned::reply(answer, call, shared.clock.now()).bytes(bytes).into_response()
}

/// The headers that every response carries. The ingestion service names itself, and returns its id of a call only to callers
/// who gave theirs, as recorded traffic of its clients' live tests shows
/// (<https://github.com/Azure/azure-sdk-for-net/tree/main/sdk/monitor/Azure.Monitor.Ingestion/tests>, read 2026-11-22).
fn label(mut response: Response, call: Call, number: u64, id: CallId, client_request_id: Option<&str>) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-mock-decision", number.into());
    if call == Call::Ingest {
        headers.entry(SERVER).or_insert(HeaderValue::from_static("Microsoft-HTTPAPI/2.0"));
    }
    if call != Call::Ingest || client_request_id.is_some() {
        headers.entry("x-ms-request-id").or_insert_with(|| header(&id.request_id.to_string()));
    }
    if let Some(client_id) = client_request_id {
        headers.entry("x-ms-client-request-id").or_insert_with(|| header(client_id));
    }
    response
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// The caller's id for the call, GUIDs in dashed form as the service echoes them.
fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-ms-client-request-id")?.to_str().ok()?;
    Some(Uuid::parse_str(text).map_or_else(|_| text.chars().take(128).collect(), |id| id.to_string()))
}

/// The stream an upload is for.
fn stream_of(call: Call, path: &str) -> Option<String> {
    let stream = (call == Call::Ingest).then(|| path.rsplit('/').next())??;
    Some(percent_encoding::percent_decode_str(stream).decode_utf8_lossy().chars().take(PATH_MAX).collect())
}
