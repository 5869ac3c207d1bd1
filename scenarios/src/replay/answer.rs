//! Answering with what was recorded, and breaking where it broke.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;
use jiff::{Timestamp, Unit};

use super::events::{Events, Page};
use super::matching::{Found, Matcher, Mode, Recorded};
use super::question::Question;
use super::{Missed, Replayed, mint, moved};
use crate::har::{Entry, Har, Outcome, value};
use crate::record::Rewritten;
use crate::scenario::{Call, Peer};
use crate::stand_ins::{Body, Connection, Handler, NoResponse, PEERS};

/// A longer body of a request is refused; nothing of it is compared.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long what comes before a break has to leave.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);
/// A longer wait is not repeated: every client has given up by then.
const PAUSE_MAX: Duration = Duration::from_mins(5);
/// Missed requests that are listed; later ones are answered alike.
const MISSED_MAX: usize = 1_000;
/// Entries that were not met and are named.
const NAMED_MAX: usize = 100;
/// Headers that are written anew, or belong to the encoding on the wire.
const NOT_REPEATED: [&str; 7] =
    ["content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive", "trailer", "upgrade"];

/// The recording as three peers.
pub(super) struct Answers {
    /// Entries of the three peers, in the order of the matcher's.
    entries: Vec<Entry>,
    rewritten: Rewritten,
    clock: Arc<dyn faults::Clock>,
    state: Mutex<State>,
}

struct State {
    matcher: Matcher,
    events: Events,
    repeated: u64,
    composed: u64,
    missed: Vec<Missed>,
}

/// What a request gets.
enum Given {
    Entry(Found),
    Page(Page),
}

impl Answers {
    /// `url` tells where a peer is now, and `clock` what time it is there.
    pub(super) fn new(har: Har, mode: Mode, url: impl Fn(Peer) -> String, clock: Arc<dyn faults::Clock>) -> Self {
        let rewritten = Rewritten(PEERS.iter().filter_map(|peer| Some((base(&har, *peer)?, url(*peer)))).collect());
        let mut entries = Vec::new();
        let mut recorded = Vec::new();
        let mut events = Events::default();
        let mut numbered: Vec<(usize, Entry)> = har.log.entries.into_iter().enumerate().collect();
        numbered.sort_by_key(|(_, entry)| entry.started_date_time);
        for (at, entry) in numbered {
            let Some(question) = Question::of(&entry) else { continue };
            let is_success = entry.outcome() == Outcome::Delivered && (200..300).contains(&entry.response.status);
            if is_success {
                events.add(entries.len(), &question, &entry);
            }
            recorded.push(Recorded { number: at + 1, question, is_success, is_used: false });
            entries.push(entry);
        }
        let state =
            State { matcher: Matcher::new(mode, recorded), events, repeated: 0, composed: 0, missed: Vec::new() };
        Self { entries, rewritten, clock, state: Mutex::new(state) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether every entry was given.
    pub(super) fn is_used_up(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.matcher.entries().iter().all(|entry| entry.is_used)
    }

    /// What came of it so far; how the program ended is not known here.
    pub(super) fn result(&self) -> Replayed {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = state.matcher.entries();
        let matched = entries.iter().filter(|entry| entry.is_used).count();
        let trouble = entries.iter().filter(|entry| !entry.is_used && !entry.is_success);
        Replayed {
            entries: self.entries.len(),
            matched,
            unused: self.entries.len() - matched,
            unused_trouble: trouble.clone().count(),
            unused_trouble_entries: trouble.map(|entry| entry.number).take(NAMED_MAX).collect(),
            repeated: state.repeated,
            composed: state.composed,
            missed: state.missed.clone(),
            exit: None,
            recorded_exit: None,
        }
    }

    fn find(&self, asked: &Question) -> Result<Given, Missed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = state.matcher.find(asked) {
            state.repeated += u64::from(found.is_repeated);
            return Ok(Given::Entry(found));
        }
        let composes = asked.is_page() && state.matcher.composes();
        if let Some(page) = composes.then(|| state.events.page(asked)).flatten() {
            state.matcher.use_within(asked);
            state.composed += 1;
            return Ok(Given::Page(page));
        }
        let missed = state.matcher.missed(asked, self.clock.now());
        if state.missed.len() < MISSED_MAX {
            state.missed.push(missed.clone());
        }
        Err(missed)
    }

    async fn answer(
        &self,
        peer: Peer,
        request: Request<Incoming>,
        connection: Connection,
    ) -> Result<Response<Body>, NoResponse> {
        let (parts, body) = request.into_parts();
        Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| NoResponse)?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let asked = Question::new(peer, parts.method.as_str(), target);
        let entry = match self.find(&asked) {
            Ok(Given::Entry(found)) if !found.is_repeated => &self.entries[found.at],
            Ok(Given::Entry(found)) => {
                let entry = &self.entries[found.at];
                return Ok(self.response(entry, self.body(&asked, entry)));
            }
            Ok(Given::Page(page)) => return Ok(self.response(&self.entries[page.like], page.body.into())),
            Err(missed) => return Ok(not_recorded(&missed)),
        };
        tokio::time::sleep(pause(entry)).await;
        let response = || self.response(entry, self.body(&asked, entry));
        match entry.outcome() {
            Outcome::Delivered => Ok(response()),
            Outcome::Cut => Ok(cut(response(), announced(entry)).await),
            Outcome::ResponseLost => Err(NoResponse),
            Outcome::Reset => {
                connection.ends_with_reset();
                Err(NoResponse)
            }
        }
    }

    /// What came with the entry, as of now: its times are as far from now as they were from the moment at which it came. By `Date`,
    /// clients tell how far a log has been read and whether their clock is right; by others, until when they have to wait.
    fn response(&self, entry: &Entry, body: Bytes) -> Response<Body> {
        let mut headers = entry.response.headers.clone();
        moved::headers(&mut headers, late(entry, self.clock.now()));
        let mut response = Response::new(whole(body));
        *response.status_mut() = StatusCode::from_u16(entry.response.status).unwrap_or(StatusCode::BAD_GATEWAY);
        for pair in &headers {
            let is_repeated = !NOT_REPEATED.iter().any(|name| pair.name.eq_ignore_ascii_case(name));
            // HTTP/2 has pseudo headers, which begin with a colon and are none.
            let name = HeaderName::from_bytes(pair.name.as_bytes());
            if let (true, Ok(name), Ok(value)) = (is_repeated, name, HeaderValue::from_str(&pair.value)) {
                response.headers_mut().append(name, value);
            }
        }
        self.rewritten.headers(response.headers_mut());
        response
    }

    fn body(&self, asked: &Question, entry: &Entry) -> Bytes {
        let content = &entry.response.content;
        let Some(text) = &content.text else { return Bytes::new() };
        if content.encoding.as_deref() == Some("base64") {
            return STANDARD.decode(text.trim()).unwrap_or_default().into();
        }
        match asked.call {
            Call::Token => mint::response(text, self.clock.now()).into(),
            Call::Discovery => self.rewritten.text(text).unwrap_or_else(|| text.clone()).into(),
            _ => text.clone().into(),
        }
    }
}

impl Handler for Answers {
    fn handle(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
        connection: Connection,
    ) -> BoxFuture<'static, Result<Response<Body>, NoResponse>> {
        Box::pin(async move { self.answer(peer, request, connection).await })
    }
}

/// Where a peer was.
fn base(har: &Har, peer: Peer) -> Option<String> {
    let entry = har.log.entries.iter().find(|entry| entry.peer() == Some(peer))?;
    let (scheme, rest) = entry.request.url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{authority}"))
}

/// How many seconds after it came an entry is given, to the nearest one; negative is before.
fn late(entry: &Entry, now: Timestamp) -> i64 {
    let came = entry.started_date_time.saturating_add(milliseconds(entry.timings.wait)).unwrap_or(now);
    now.duration_since(came).round(Unit::Second).map_or(0, |late| late.as_secs())
}

/// How long the peer took, or the caller waited for nothing.
fn pause(entry: &Entry) -> Duration {
    let (Outcome::Delivered | Outcome::Cut) = entry.outcome() else {
        return milliseconds(entry.time);
    };
    milliseconds(entry.timings.wait)
}

/// What is not known is not a length of time.
fn milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1_000.0).unwrap_or_default().min(PAUSE_MAX)
}

fn announced(entry: &Entry) -> usize {
    value(&entry.response.headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()).unwrap_or_default()
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// The same response, whose body breaks off where it ends.
async fn cut(response: Response<Body>, announced: usize) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(announced.max(bytes.len() + 1)));
    let broken = async {
        tokio::time::sleep(FLUSHED_AFTER).await;
        Err(io::Error::other("the recorded response ended early"))
    };
    let stream = futures_util::stream::iter([Ok(bytes)]).chain(futures_util::stream::once(broken));
    let stream = stream.map(|part: io::Result<Bytes>| part.map(Frame::data));
    Response::from_parts(parts, StreamBody::new(stream).boxed_unsync())
}

/// What is said when nothing was recorded: a refusal that names itself.
fn not_recorded(missed: &Missed) -> Response<Body> {
    let closest = missed.closest.as_deref().unwrap_or("nothing of the kind");
    let message =
        format!("not in the recording: {}; closest: {closest}; differs: {}", missed.request, missed.differs.join(", "));
    let body = serde_json::json!({"error": {"code": "NotInRecording", "message": message}});
    let mut response = Response::new(whole(body.to_string().into()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::har::Pair;

    /// Served in the order and at the times of the recording, at others, and again: a peer whose clock was seven seconds slow then is as
    /// slow now, and a wait is as long as it was.
    #[test]
    fn an_entry_tells_the_time_at_which_it_is_given() {
        let text = r#"{"startedDateTime":"2026-11-29T10:00:00.600Z","request":{"method":"GET","url":"https://api.miro.com/v2/audit/logs"},
            "response":{"status":429,"content":{}},"timings":{"send":0,"wait":2400,"receive":0}}"#;
        let entry: Entry = serde_json::from_str(text).unwrap();
        let names = ["Date", "Retry-After", "x-ratelimit-reset", "retry-after"];
        let recorded = ["Sun, 29 Nov 2026 09:59:56 GMT", "Sun, 29 Nov 2026 10:00:26 GMT", "1795946426", "30"];
        for (now, seen) in [
            ("10:00:03.000", recorded),
            ("10:00:03.400", recorded),
            ("10:07:03.000", ["Sun, 29 Nov 2026 10:06:56 GMT", "Sun, 29 Nov 2026 10:07:26 GMT", "1795946846", "30"]),
            ("09:59:03.000", ["Sun, 29 Nov 2026 09:58:56 GMT", "Sun, 29 Nov 2026 09:59:26 GMT", "1795946366", "30"]),
        ] {
            let pair = |(name, value): (&str, &str)| Pair { name: name.to_owned(), value: value.to_owned() };
            let mut headers: Vec<Pair> = names.into_iter().zip(recorded).map(pair).collect();
            let now = format!("2026-11-29T{now}Z").parse().unwrap();
            moved::headers(&mut headers, late(&entry, now));
            assert_eq!(headers.iter().map(|header| header.value.as_str()).collect::<Vec<_>>(), seen, "{now}");
        }
    }
}
