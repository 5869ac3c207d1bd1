//! Whole flows through the router, without and with a connection.

mod access;
mod contract;
mod control;
mod data;
mod faults;
mod limits;
mod oauth;
mod organizations;
mod paging;
mod switches;

use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Clock, Log, MockMiro, NewEvent, World};

/// A clock that only moves when a test moves it.
#[derive(Debug)]
struct Manual(Mutex<Timestamp>);

impl Clock for Manual {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A mock at noon of the first of March 2026, and everything needed to call it.
struct Bench {
    clock: Arc<Manual>,
    mock: MockMiro,
}

/// A response, read completely.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

const NOON: &str = "2026-03-01T12:00:00Z";

impl Bench {
    fn new() -> Self {
        Self::of(World::default())
    }

    fn of(world: World) -> Self {
        let clock = Arc::new(Manual(Mutex::new(NOON.parse().unwrap())));
        let mock = MockMiro::new(world, clock.clone()).unwrap();
        Self { clock, mock }
    }

    fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Adds audit events with these ids at seconds before noon.
    fn audit_events(&self, events: &[(&str, i64)]) {
        let events = events.iter().map(|(id, ago)| NewEvent { json: audit_json(id, *ago), visible_at: None });
        self.mock.add_events(Log::Audit, events.collect()).unwrap();
    }

    async fn call(&self, request: Request<Body>) -> Answered {
        let response = self.mock.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get_as(&self, token: &str, path: &str) -> Answered {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }

    /// Calls the audit log for all of March, with further parameters.
    async fn audit(&self, parameters: &str) -> Answered {
        self.get_as(&self.mock.tokens().audit, &audit_path(parameters)).await
    }

    /// Calls the content log for all of the last days, with further parameters.
    async fn content(&self, parameters: &str) -> Answered {
        let path = self.content_path(parameters);
        self.get_as(&self.mock.tokens().content, &path).await
    }

    fn content_path(&self, parameters: &str) -> String {
        let id = self.mock.organization_id();
        format!("/v2/orgs/{id}/content-logs/items?from=2026-02-20T00:00:00Z&to=2026-03-02T00:00:00Z{parameters}")
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Answered {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("/_control/{path}"));
        self.call(request.body(body).unwrap()).await
    }
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let events = self.json()["data"].clone();
        events.as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }

    fn cursor(&self) -> Option<String> {
        self.json()["cursor"].as_str().filter(|cursor| !cursor.is_empty()).map(str::to_owned)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code of an error.
    fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn audit_path(parameters: &str) -> String {
    format!("/v2/audit/logs?createdAfter=2026-02-20T00:00:00.000Z&createdBefore=2026-03-02T00:00:00.000Z{parameters}")
}

fn audit_json(id: &str, seconds_ago: i64) -> Bytes {
    let noon: Timestamp = NOON.parse().unwrap();
    let created_at = crate::instant::CreatedAt((noon - SignedDuration::from_secs(seconds_ago)).as_millisecond());
    Bytes::from(json!({"id": id, "event": "board_opened", "createdAt": created_at.to_string()}).to_string())
}

fn content_json(id: &str, board: &str, email: &str) -> Bytes {
    let event = json!({"id": id, "contentId": board, "actionTime": "2026-03-01T11:00:00Z", "actor": {"email": email}});
    Bytes::from(event.to_string())
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
