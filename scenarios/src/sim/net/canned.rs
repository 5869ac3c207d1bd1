//! Responses written from what the services document and from what stands in between, not from the mocks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::body::Body as AxumBody;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::bodies::{self, HTML, HUGE_BYTES};
use crate::scenario::{Interception, NamedWait, OTHER_JSON, Peer};

/// A service that responds, and the time by its clock.
pub(super) struct Sender {
    pub(super) peer: Peer,
    pub(super) now: Timestamp,
}

/// A whole response.
#[derive(Clone, Debug)]
pub(super) struct Canned {
    status: StatusCode,
    headers: Vec<(Cow<'static, str>, String)>,
    body: Bytes,
}

/// What goes over the wire.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Http(Arc<Canned>),
    /// Not HTTP.
    Raw(Bytes),
}

static HUGE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut body = br#"{"padding":""#.to_vec();
    body.resize(HUGE_BYTES, b'x');
    body.extend_from_slice(b"\"}");
    body.into()
});

impl Canned {
    fn new(status: u16, content_type: Option<&str>, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
            headers: content_type.map(|kind| ("content-type".into(), kind.to_owned())).into_iter().collect(),
            body: body.into(),
        }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    pub(super) fn response(&self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name.as_ref(), value);
        }
        response.body(AxumBody::from(self.body.clone())).unwrap_or_default()
    }
}

/// What a proxy sends.
pub(super) fn intercepted(peer: Peer, response: Interception) -> Body {
    let json = |body: &'static str| Canned::new(200, Some("application/json"), body);
    let canned = match response {
        Interception::Html { status } => Canned::new(status, Some("text/html; charset=utf-8"), HTML),
        Interception::Redirect => Canned::new(302, Some("text/html; charset=utf-8"), HTML)
            .with("location", "https://login.example/".to_owned()),
        Interception::OtherJson { form } => json(OTHER_JSON[usize::from(form) % OTHER_JSON.len()]),
        Interception::ErrorIn200 => Canned::new(
            200,
            Some("application/json"),
            bodies::error(peer, 500, bodies::internal_error(peer)).to_string(),
        ),
        Interception::Empty { status } => Canned::new(status, None, Bytes::new()),
        Interception::Garbage => return Body::Raw(Bytes::from_static(b"\x16\x03\x01\x00\xff\x00\xfe no HTTP\r\n\r\n")),
        Interception::Huge => Canned::new(200, Some("application/json"), HUGE.clone()),
    };
    Body::Http(Arc::new(canned))
}

/// A response given word for word.
pub(super) fn given(status: u16, headers: &BTreeMap<String, String>, body: &str) -> Canned {
    let mut canned = Canned::new(status, None, body.to_owned());
    canned.headers = headers.iter().map(|(name, value)| (name.clone().into(), value.clone())).collect();
    canned
}

/// What the service itself sends with an error status, and the wait that it names.
pub(super) fn refusal(sender: &Sender, status: u16, code: Option<&str>, wait: Option<&NamedWait>) -> Canned {
    let canned = error(sender, status, code.unwrap_or_else(|| code_of(sender.peer, status)));
    let later = |wait: &SignedDuration| sender.now.checked_add(*wait).unwrap_or(Timestamp::MAX);
    match wait {
        None => canned,
        Some(NamedWait::Seconds(seconds)) => canned.with("retry-after", seconds.to_string()),
        Some(NamedWait::Fraction(millis)) => {
            canned.with("retry-after", format!("{}.{:03}", millis / 1_000, millis % 1_000))
        }
        Some(NamedWait::Date(wait)) => canned.with("retry-after", http_date(later(wait))),
        Some(NamedWait::Text(text)) => canned.with("retry-after", text.clone()),
        Some(NamedWait::Reset(wait)) => canned
            .with("x-ratelimit-limit", "100000".to_owned())
            .with("x-ratelimit-remaining", "0".to_owned())
            .with("x-ratelimit-reset", later(wait).as_second().to_string()),
    }
}

/// Azure's refusal of an upload for what is in it.
pub(super) fn bad_request(sender: &Sender) -> Canned {
    error(sender, 400, "InvalidRequestBody")
}

fn error(sender: &Sender, status: u16, code: &str) -> Canned {
    let body = bodies::error(sender.peer, status, code).to_string();
    let canned = Canned::new(status, Some("application/json; charset=utf-8"), body).with("date", http_date(sender.now));
    match sender.peer {
        Peer::Miro => canned,
        Peer::Entra | Peer::Ingestion => {
            canned.with("x-ms-request-id", "5d2f3b6c-0000-4000-8000-000000000000".to_owned())
        }
    }
}

fn code_of(peer: Peer, status: u16) -> &'static str {
    match (peer, status) {
        (Peer::Miro, 429) => "tooManyRequests",
        (Peer::Miro, _) => "internalError",
        (Peer::Entra, _) => "temporarily_unavailable",
        (Peer::Ingestion, 413) => "ContentLengthLimitExceeded",
        (Peer::Ingestion, 429) => "TooManyRequests",
        (Peer::Ingestion, _) => "ServiceUnavailable",
    }
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
