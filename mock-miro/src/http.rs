//! Between HTTP and the state: reads a request, asks for a decision, and sends its response with the faults it carries.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::middleware::{self, Next};
use axum::response::Response;
use bytes::Bytes;
use faults::{FaultyBody, Outcome, Receipt, Trouble, http_date};
use http::header::{DATE, HeaderName, HeaderValue};
use http::request::Parts;
use tokio::time::sleep;

use crate::control;
use crate::mock::MockMiro;
use crate::state::{Decision, Request};

/// The largest body that is read; requests of clients are a few hundred bytes.
const BODY_MAX: usize = 64 * 1024;

const DECISION: HeaderName = HeaderName::from_static("x-mock-decision");

/// Lets a handler request that its connection is closed with a reset. The server adds one to each request; in process there is
/// none, and the body just fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResetOnClose(Arc<AtomicBool>);

impl ResetOnClose {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl MockMiro {
    /// The API and the control plane, usable with and without a socket. Delays of faults use tokio's timer.
    pub fn router(&self) -> axum::Router {
        self::router(self.clone())
    }
}

/// The API, and the control plane unless it is disabled.
fn router(mock: MockMiro) -> Router {
    let date = middleware::from_fn_with_state(mock.clone(), date);
    let control = if mock.has_control() { Router::new().nest("/_control", control::router()) } else { Router::new() };
    control.fallback(handle).layer(date).with_state(mock)
}

/// Sets `Date` from the mock's clock, which may differ from the machine's; a date set by a fault is kept.
async fn date(State(mock): State<MockMiro>, request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::from_str(&http_date(mock.now())) {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    response
}

async fn handle(State(mock): State<MockMiro>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await;
    let decision = mock.decide(&Request {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: body.as_deref().unwrap_or_default(),
        too_long: body.is_err(),
    });
    deliver(mock, decision, &parts).await
}

async fn deliver(mock: MockMiro, decision: Decision, parts: &Parts) -> Response {
    let Decision { response: decided, trouble, delay, outcome, pending, journal_id } = decision;
    let receipt = pending.then(|| Receipt::new(move |outcome| mock.record_outcome(journal_id, outcome)));
    if let Some(delay) = delay {
        sleep(delay).await;
    }
    if trouble.reset
        && let Some(reset) = parts.extensions.get::<ResetOnClose>()
    {
        reset.ask();
    }
    let mut response = Response::new(body(decided.body, &trouble, outcome, receipt));
    *response.status_mut() = decided.status;
    *response.headers_mut() = decided.headers;
    response.headers_mut().insert(DECISION, HeaderValue::from(journal_id));
    response
}

fn body(whole: Bytes, trouble: &Trouble, outcome: Outcome, receipt: Option<Receipt>) -> Body {
    if matches!(outcome, Outcome::ResponseLost | Outcome::Reset) {
        return Body::new(FaultyBody::lost(timer));
    }
    let body =
        if trouble.changes_body() { Body::new(FaultyBody::troubled(whole, trouble, timer)) } else { Body::from(whole) };
    match receipt {
        Some(receipt) => Body::new(receipt.attach(body)),
        None => body,
    }
}

fn timer(pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(sleep(pause))
}
