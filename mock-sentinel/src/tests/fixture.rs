//! A mock with a clock that stands still, and a caller that speaks HTTP to its router.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Clock, MockSentinel, World};

pub(super) const NOW: &str = "2026-11-23T12:00:00Z";
pub(super) const AUDIT: &str = "Custom-MiroAuditLogs_CL";
pub(super) const AUDIT_TABLE: &str = "MiroAuditLogs_CL";
pub(super) const MONITOR: &str = "https://monitor.azure.com/.default";
pub(super) const LOG_ANALYTICS: &str = "https://api.loganalytics.io/.default";

/// A clock that moves only when advanced.
#[derive(Debug)]
pub(super) struct ManualClock(Mutex<Timestamp>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(super) struct Fixture {
    pub(super) mock: MockSentinel,
    clock: Arc<ManualClock>,
}

/// A response, read to the end.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// What came of the body; an error when the connection broke.
    pub(super) body: Result<Bytes, axum::Error>,
}

impl Response {
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body.as_ref().expect("the body is whole")).expect("the body is JSON")
    }

    /// `error.code` of the body, or of Entra's own shape.
    #[track_caller]
    pub(super) fn code(&self) -> String {
        let body = self.json();
        body["error"]["code"].as_str().or(body["error"].as_str()).unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::of(World::default())
    }

    pub(super) fn of(world: World) -> Self {
        let clock = Arc::new(ManualClock(Mutex::new(NOW.parse().unwrap())));
        let mock = MockSentinel::new(world, clock.clone()).unwrap();
        Self { mock, clock }
    }

    pub(super) fn advance(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += jiff::SignedDuration::from_secs(seconds);
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Response {
        let response = self.mock.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes);
        Response { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.send(Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Response {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn control(&self, path: &str, body: &Value) -> Response {
        self.send(Request::post(format!("/_control/{path}")).body(Body::from(body.to_string())).unwrap()).await
    }

    /// Asks for a token with these form fields.
    pub(super) async fn token_form(&self, tenant: &str, fields: &[(&str, &str)]) -> Response {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form));
        self.send(request.unwrap()).await
    }

    /// `Bearer …` for a scope.
    pub(super) async fn bearer(&self, scope: &str) -> String {
        let credentials = self.mock.credentials();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", &credentials.client_secret),
            ("scope", scope),
        ];
        let response = self.token_form(&credentials.tenant_id, &fields).await;
        assert_eq!(response.status, 200, "{response:?}");
        format!("Bearer {}", response.json()["access_token"].as_str().unwrap())
    }

    /// An upload to a stream as a program makes it; what differs is changed before it is sent.
    pub(super) async fn upload_request(&self, stream: &str, body: impl Into<Body>) -> Request<Body> {
        let rule = self.mock.rule(stream).unwrap_or_else(|| self.mock.rule(AUDIT).unwrap());
        Request::post(format!("/dataCollectionRules/{rule}/streams/{stream}?api-version=2023-01-01"))
            .header("authorization", self.bearer(MONITOR).await)
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap()
    }

    pub(super) async fn upload(&self, stream: &str, body: impl Into<Body>) -> Response {
        self.send(self.upload_request(stream, body).await).await
    }

    /// An upload of rows, compressed.
    pub(super) async fn upload_gzip(&self, stream: &str, body: &[u8]) -> Response {
        let mut request = self.upload_request(stream, gzip(body)).await;
        request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        self.send(request).await
    }

    /// A query as a program makes it.
    pub(super) async fn query(&self, body: &Value) -> Response {
        let request = Request::post(format!("/v1/workspaces/{}/query", self.mock.workspace_id()))
            .header("authorization", self.bearer(LOG_ANALYTICS).await)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// The reason for the last response.
    pub(super) fn reason(&self) -> String {
        self.mock.journal().last().unwrap().reason.clone()
    }

    /// The cells of a query's response, as text.
    #[track_caller]
    pub(super) fn rows(&self, kql: &str) -> Vec<Vec<String>> {
        let response = self.mock.query(kql).unwrap_or_else(|error| panic!("{kql}: {error}"));
        let text = |row: Vec<kql::Value>| row.iter().map(|cell| cell.to_text().into_owned()).collect();
        response.primary().rows().map(text).collect()
    }
}

pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// An audit event with an id, as little as Miro may send.
pub(super) fn event(id: &str) -> Value {
    serde_json::json!({"id": id, "event": "sign_in", "createdAt": "2026-11-23T11:59:00.000+0000"})
}

pub(super) fn events(ids: &[&str]) -> String {
    Value::from(ids.iter().map(|id| event(id)).collect::<Vec<_>>()).to_string()
}
