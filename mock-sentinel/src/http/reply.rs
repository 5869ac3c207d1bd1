//! A response together with why it was given.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use faults::Ids;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// A response, and what the journal says about it. Small, since it is the error of many functions.
#[derive(Debug)]
pub(crate) struct Reply(Box<Noted>);

#[derive(Debug)]
struct Noted {
    response: Response,
    note: Note,
    /// What is wrong, where the body says it: a deployment keeps the error of its step.
    error: Value,
}

/// What the journal remembers of a response besides its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    pub(crate) reason: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) ids: Ids,
}

impl Reply {
    /// A response without a body.
    pub(crate) fn empty(status: u16, reason: impl Into<String>) -> Self {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = valid(status);
        Self(Box::new(Noted { response, note: Note { reason: reason.into(), ..Note::default() }, error: Value::Null }))
    }

    /// A response with a JSON body.
    pub(crate) fn json(status: u16, body: &impl Serialize, reason: impl Into<String>) -> Self {
        let text = serde_json::to_vec(body).expect("responses have string keys only");
        let error = (status >= 400).then(|| serde_json::from_slice::<Value>(&text).ok()).flatten();
        let mut reply = Self::text(status, "application/json; charset=utf-8", text, reason);
        reply.0.error = error.map(|mut body| body["error"].take()).unwrap_or_default();
        reply
    }

    /// A response with a body of another type.
    pub(crate) fn text(status: u16, kind: &'static str, body: impl Into<Body>, reason: impl Into<String>) -> Self {
        let mut reply = Self::empty(status, reason);
        *reply.0.response.body_mut() = body.into();
        reply.0.response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        reply
    }

    /// `{"error": {"code", "message"}}` with the code repeated in `x-ms-error-code`, as every data plane does.
    pub(crate) fn error(status: u16, code: &str, message: impl AsRef<str>, reason: impl Into<String>) -> Self {
        let body = json!({"error": {"code": code, "message": message.as_ref()}});
        Self::json(status, &body, reason).header("x-ms-error-code", code)
    }

    /// Adds a header; a value that no header can carry is left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.response.headers_mut().insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Adds a header whose name comes from outside; what no header can carry is left out.
    pub(crate) fn any_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            self.0.response.headers_mut().insert(name, value);
        }
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.0.response.status().as_u16()
    }

    /// The `error` of the body: `{"code", "message", "details"}`, or null.
    pub(crate) fn error_body(&self) -> &Value {
        &self.0.error
    }

    /// Notes how many bytes of the request's body were read.
    pub(crate) fn bytes(mut self, bytes: u64) -> Self {
        self.0.note.bytes = bytes;
        self
    }

    /// Notes how many rows were stored or returned.
    pub(crate) fn rows(mut self, rows: u64) -> Self {
        self.0.note.rows = rows;
        self
    }

    /// Notes the ids of the events that an upload brought.
    pub(crate) fn ids(mut self, ids: Ids) -> Self {
        self.0.note.ids = ids;
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let Noted { mut response, note, .. } = *self.0;
        response.extensions_mut().insert(note);
        response
    }
}

fn valid(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
