//! One request under way: whatever becomes of it, an entry is written when it is over.

use std::io::Read as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;

use super::tape::Tape;
use crate::har::{Cache, Content, Entry, Outcome, Pair, PostData, Request, Response, Timings};
use crate::redact::Redactor;
use crate::scenario::Peer;

/// A longer body is passed on and not kept, in bytes, on the wire and decoded.
pub(super) const BODY_BYTES_MAX: usize = 64_000_000;

/// What was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) peer: Peer,
    pub(super) method: Method,
    /// At the real peer.
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A request that is under way. Dropped before its end it counts as lost, or cut when a part of the response has been passed on.
pub(super) struct Exchange {
    tape: Arc<Tape>,
    asked: Asked,
    started: Timestamp,
    begun: Instant,
    /// When the head of the response came, its status, its headers.
    head: Option<(Instant, StatusCode, HeaderMap)>,
    body: BytesMut,
    body_length: usize,
    /// Bytes of it that count among those held in all.
    held: usize,
    /// Why its body is not kept.
    omitted: Option<String>,
    outcome: Option<Outcome>,
}

/// What becomes of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bodies {
    Redacted,
    /// Their redaction failed.
    Omitted,
}

impl Bodies {
    /// Why a body is not kept.
    fn omitted(self) -> Option<String> {
        (self == Self::Omitted).then(|| "could not be redacted".to_owned())
    }
}

impl Exchange {
    pub(super) fn new(tape: Arc<Tape>, asked: Asked) -> Self {
        Self {
            tape,
            asked,
            started: Timestamp::now(),
            begun: Instant::now(),
            head: None,
            body: BytesMut::new(),
            body_length: 0,
            held: 0,
            omitted: None,
            outcome: None,
        }
    }

    pub(super) const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The head of the response came.
    pub(super) fn responded(&mut self, status: StatusCode, headers: HeaderMap) {
        self.head = Some((Instant::now(), status, headers));
    }

    /// A part of its body came.
    pub(super) fn came(&mut self, part: &[u8]) {
        self.body_length += part.len();
        if self.omitted.is_none() && self.body_length > BODY_BYTES_MAX {
            self.omitted = Some(format!("longer than {} MB", BODY_BYTES_MAX / 1_000_000));
        } else if self.omitted.is_none() && !self.tape.hold(part.len()) {
            self.omitted = Some("came while too much else was under way".to_owned());
        } else if self.omitted.is_none() {
            self.held += part.len();
            self.body.extend_from_slice(part);
        }
    }

    /// It is over.
    pub(super) fn end(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    fn outcome(&self) -> Outcome {
        let unfinished = match &self.head {
            None => Outcome::ResponseLost,
            Some((_, status, headers)) if self.is_whole(*status, headers) => Outcome::Delivered,
            Some(_) => Outcome::Cut,
        };
        self.outcome.unwrap_or(unfinished)
    }

    /// Whether all that was announced has come: nobody waits for the end of a body then.
    fn is_whole(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let has_none = self.asked.method == Method::HEAD || matches!(status.as_u16(), 100..=199 | 204 | 304);
        has_none || announced.is_some_and(|announced: usize| self.body_length >= announced)
    }

    fn entry(&self, redactor: &mut Redactor, bodies: Bodies) -> Entry {
        let milliseconds = |from: Instant, to: Instant| to.duration_since(from).as_secs_f64() * 1_000.0;
        let now = Instant::now();
        let came = self.head.as_ref().map_or(now, |(came, ..)| *came);
        Entry {
            started_date_time: self.started,
            time: milliseconds(self.begun, now),
            request: self.request(redactor, bodies),
            response: self.response(redactor, bodies),
            cache: Cache {},
            timings: Timings { send: 0.0, wait: milliseconds(self.begun, came), receive: milliseconds(came, now) },
            peer: Some(self.asked.peer),
            outcome: Some(self.outcome()),
        }
    }

    fn request(&self, redactor: &mut Redactor, bodies: Bodies) -> Request {
        let Asked { method, url, headers, body, .. } = &self.asked;
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let shown_method = redactor.method(method.as_str());
        let query_string = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            let (name, value) = redactor.parameter(&name, &value);
            Pair { name, value }
        });
        Request {
            method: shown_method,
            query_string: query_string.collect(),
            url: redactor.url(url),
            http_version: "HTTP/1.1".to_owned(),
            cookies: Vec::new(),
            headers: pairs(headers, redactor),
            post_data: (!body.is_empty()).then(|| post_data(headers, body, redactor, bodies)),
            headers_size: -1,
            body_size: body.len() as i64,
        }
    }

    fn response(&self, redactor: &mut Redactor, bodies: Bodies) -> Response {
        let none = HeaderMap::new();
        let (status, headers) =
            self.head.as_ref().map_or((0, &none), |(_, status, headers)| (status.as_u16(), headers));
        let reason = self.head.as_ref().and_then(|(_, status, _)| status.canonical_reason()).unwrap_or_default();
        let headers_redacted = pairs(headers, redactor);
        let redirect = headers_redacted.iter().find(|pair| pair.name == "location").map(|pair| pair.value.clone());
        Response {
            status,
            status_text: reason.to_owned(),
            http_version: "HTTP/1.1".to_owned(),
            cookies: Vec::new(),
            headers: headers_redacted,
            content: self.content(headers, redactor, bodies),
            redirect_url: redirect.unwrap_or_default(),
            headers_size: -1,
            body_size: self.body_length as i64,
        }
    }

    fn content(&self, headers: &HeaderMap, redactor: &mut Redactor, bodies: Bodies) -> Content {
        let mime_type = media_type(headers, redactor);
        let omitted = self.omitted.clone().or_else(|| bodies.omitted());
        if omitted.is_some() {
            return Content { size: self.body_length as i64, mime_type, omitted, ..Content::default() };
        }
        match decoded(headers, &self.body) {
            Ok(text) => {
                let text = redactor.response_body(&text);
                Content { size: text.len() as i64, mime_type, text: Some(text), ..Content::default() }
            }
            // As long, and nothing else of it.
            Err(omitted) => Content {
                size: self.body.len() as i64,
                mime_type,
                text: Some("x".repeat(self.body.len())),
                omitted: Some(omitted),
                ..Content::default()
            },
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.tape.add(|redactor| guarded(redactor, |redactor, bodies| self.entry(redactor, bodies)));
        self.tape.release(self.held);
    }
}

/// What `make` makes; where it panics, without bodies, and where it panics again, nothing: a fault of ours costs no more than the entry in
/// which it shows. What a panic leaves behind in the redactor is at worst one pseudonym more.
fn guarded<T>(redactor: &mut Redactor, make: impl Fn(&mut Redactor, Bodies) -> T) -> Option<T> {
    let mut attempt = |bodies| std::panic::catch_unwind(AssertUnwindSafe(|| make(redactor, bodies))).ok();
    attempt(Bodies::Redacted).or_else(|| attempt(Bodies::Omitted))
}

fn pairs(headers: &HeaderMap, redactor: &mut Redactor) -> Vec<Pair> {
    let shown = headers.iter().filter(|(name, _)| **name != http::header::HOST);
    shown.map(|(name, value)| redactor.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))).collect()
}

fn media_type(headers: &HeaderMap, redactor: &mut Redactor) -> String {
    let value = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    value.map(|value| redactor.header(CONTENT_TYPE.as_str(), &value).value).unwrap_or_default()
}

fn post_data(headers: &HeaderMap, body: &[u8], redactor: &mut Redactor, bodies: Bodies) -> PostData {
    let mime_type = media_type(headers, redactor);
    let encoding = encoding(headers).map(|encoding| redactor.header(CONTENT_ENCODING.as_str(), encoding).value);
    match bodies.omitted().map_or_else(|| decoded(headers, body), Err) {
        Ok(text) => PostData { text: redactor.request_body(&mime_type, &text), mime_type, encoding, omitted: None },
        Err(omitted) => PostData { mime_type, encoding, omitted: Some(omitted), ..PostData::default() },
    }
}

fn encoding(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_ENCODING)?.to_str().ok()
}

/// A body as text, or why it is none.
fn decoded(headers: &HeaderMap, body: &[u8]) -> Result<String, String> {
    let bytes = match encoding(headers) {
        None | Some("identity") => body.to_vec(),
        Some("gzip") => {
            let mut bytes = Vec::new();
            let read = flate2::read::MultiGzDecoder::new(body).take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
            match read {
                Ok(_) if bytes.len() <= BODY_BYTES_MAX => bytes,
                Ok(_) => return Err(format!("longer than {} MB when decoded", BODY_BYTES_MAX / 1_000_000)),
                // What came of a body that was cut.
                Err(_) if !bytes.is_empty() => bytes,
                Err(_) => return Err("not gzip".to_owned()),
            }
        }
        Some(_) => return Err("in an encoding that is not read".to_owned()),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // A cut may go through a character.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let valid = error.utf8_error().valid_up_to();
            Ok(String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned())
        }
        Err(_) => Err("not text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_ours_costs_bodies_and_then_an_entry() {
        let mut redactor = Redactor::new(Timestamp::now(), &[]).unwrap();
        let failing = |fails: &'static [Bodies]| {
            move |_: &mut Redactor, bodies: Bodies| {
                assert!(!fails.contains(&bodies), "a fault");
                bodies
            }
        };
        assert_eq!(guarded(&mut redactor, failing(&[])), Some(Bodies::Redacted));
        assert_eq!(guarded(&mut redactor, failing(&[Bodies::Redacted])), Some(Bodies::Omitted));
        assert_eq!(guarded(&mut redactor, failing(&[Bodies::Redacted, Bodies::Omitted])), None);
    }
}
