//! Miro's two logs and its token information, as its specification describes them
//! (<https://github.com/miroapp/api-clients/blob/3a2506b647611ee729a55b4d99e5d0dc71cc694c/packages/generator/spec.json>,
//! read 2026-11-22).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use super::classes::Call;

pub(super) const ORGANIZATION: &str = "3074457345618265123";
pub(super) const AUDIT_TOKEN: &str = "eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_audit-s3cr3t-marker";
pub(super) const CONTENT_TOKEN: &str = "eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_content-s3cr3t-marker";
/// Stands in every event; nobody but the servers may ever see it.
pub(super) const BODY_MARK: &str = "text-of-an-event-body";

/// An event as Miro holds it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) id: String,
    pub(super) bytes: Vec<u8>,
}

impl Event {
    /// Number `number` of a log, at `at`, with about `filling` bytes more than it needs.
    pub(super) fn new(call: Call, number: usize, at: Timestamp, filling: usize) -> Self {
        let at = match call {
            // Whole seconds in the content log.
            Call::Content => Timestamp::from_second(at.as_second()).expect("in range"),
            Call::Audit | Call::Token | Call::Ingestion => {
                Timestamp::from_millisecond(at.as_millisecond()).expect("in range")
            }
        };
        let utc = at.to_zoned(TimeZone::UTC);
        let note = format!("{BODY_MARK} {}", "x".repeat(filling));
        let (id, event) = if call == Call::Content {
            let id = format!("0f0e0d0c-1111-4222-8333-{number:012}");
            let event = json!({
                "id": &id, "contentId": "uXjVexample0=", "actionType": "update",
                "actionTime": utc.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "actor": {"id": "4000000000000000001", "name": "Ada Example", "email": "ada@example.com"},
                "itemType": "widget", "itemId": "4000000000000000777", "state": {"note": note}, "relationships": [],
            });
            (id, event)
        } else {
            let id = format!("{}Z#{}-DDB", utc.strftime("%Y-%m-%dT%H:%M:%S%.6f"), 4_611_686_018_427_387_904 + number);
            let event = json!({
                "id": &id, "type": "event", "event": "board_opened", "category": "authentication",
                "createdAt": utc.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
                "createdBy": {"type": "user", "id": "4000000000000000001", "name": "Ada", "email": "ada@example.com"},
                "context": {"ip": "203.0.113.7"}, "details": {"note": note},
            });
            (id, event)
        };
        Self { at, id, bytes: event.to_string().into_bytes() }
    }
}

/// A request for a page, as it was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) when: Instant,
    pub(super) limit: usize,
}

/// What the documentation leaves open, or a bad day brings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The most events a page, whatever limit is asked for.
    pub(super) page_max: usize,
    pub(super) rate_headers: bool,
    /// How far the header `Date` is ahead of our clock, in seconds.
    pub(super) date_ahead: i64,
    /// The last page bears a cursor, whose page is empty and bears it again.
    pub(super) last_cursor_repeats: bool,
    /// What each event of a page takes.
    pub(super) time_per_event: Duration,
    /// More calls than this in a minute are refused.
    pub(super) calls_a_minute_max: usize,
}

/// One of the two logs. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Log {
    call: Call,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    events: Vec<Event>,
    asked: Vec<Asked>,
    refused: usize,
    manner: Manner,
}

impl Log {
    /// An empty log that shows at most `page_max` events a page, whatever limit is asked for.
    pub(super) fn new(call: Call, page_max: usize) -> Self {
        let manner = Manner {
            page_max,
            rate_headers: true,
            date_ahead: 0,
            last_cursor_repeats: false,
            time_per_event: Duration::ZERO,
            calls_a_minute_max: usize::MAX,
        };
        let state = State { events: Vec::new(), asked: Vec::new(), refused: 0, manner };
        Self { call, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn add(&self, event: Event) {
        let mut state = self.lock();
        state.events.push(event);
        state.events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// How often it was called too often.
    pub(super) fn refused(&self) -> usize {
        self.lock().refused
    }

    /// From now on it behaves as `change` says.
    pub(super) fn behave(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.lock().manner);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn token(&self) -> &'static str {
        if matches!(self.call, Call::Content) { CONTENT_TOKEN } else { AUDIT_TOKEN }
    }

    /// Events from `from` to `to`, both included, after the cursor.
    fn page(state: &State, query: &HashMap<String, String>, call: Call) -> Option<(Vec<u8>, usize)> {
        let (since, until) = if call == Call::Content { ("from", "to") } else { ("createdAfter", "createdBefore") };
        let time = |name: &str| query.get(name)?.parse::<Timestamp>().ok();
        let (from, to) = (time(since)?, time(until)?);
        let limit = query.get("limit").map_or(Some(100), |limit| limit.parse().ok())?;
        let most = limit.min(state.manner.page_max);
        let begin = match query.get("cursor") {
            Some(cursor) => state.events.iter().position(|event| cursor_of(event, call) == *cursor)? + 1,
            None => 0,
        };
        let inside = state.events.iter().skip(begin).filter(|event| event.at >= from && event.at <= to);
        let mut shown: Vec<&Event> = inside.take(most + 1).collect();
        let more = shown.len() > most;
        shown.truncate(most);
        let repeats = state.manner.last_cursor_repeats;
        let cursor = match (shown.last(), query.get("cursor"), call) {
            (Some(last), _, _) if more || repeats => format!(r#","cursor":{}"#, json!(cursor_of(last, call))),
            (None, Some(same), _) if repeats => format!(r#","cursor":{}"#, json!(same)),
            (_, _, Call::Content) => r#","cursor":"""#.to_owned(),
            _ => String::new(),
        };
        let head = format!(r#"{{"type":"cursor-list","limit":{limit},"size":{}{cursor},"data":["#, shown.len());
        let data: Vec<&[u8]> = shown.iter().map(|event| event.bytes.as_slice()).collect();
        Some(([head.as_bytes(), &data.join(&b","[..]), b"]}"].concat(), shown.len()))
    }
}

/// Opaque, and full of what must be percent-encoded.
fn cursor_of(event: &Event, call: Call) -> String {
    if call == Call::Content { format!("{}|{}+/==", event.at.as_millisecond(), event.id) } else { event.id.clone() }
}

impl Respond for Log {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if !is_bearer(request, self.token()) {
            return error(401, "tokenNotFound");
        }
        let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
        let mut state = self.lock();
        let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
        let when = Instant::now();
        let manner = state.manner;
        let lately = state.asked.iter().filter(|asked| when.duration_since(asked.when) < Duration::from_mins(1));
        if lately.count() >= manner.calls_a_minute_max {
            state.refused += 1;
            return error(429, "tooManyRequests");
        }
        state.asked.push(Asked { when, limit });
        let Some((page, shown)) = Self::page(&state, &query, self.call) else { return error(400, "invalidParameters") };
        let mut answer = ResponseTemplate::new(200).set_body_raw(page, "application/json;charset=utf-8");
        answer = answer.set_delay(manner.time_per_event * u32::try_from(shown).expect("a page is small"));
        let now = Timestamp::now();
        if manner.rate_headers {
            let reset = (now.as_second() + 60).to_string();
            for (name, value) in [("Limit", "100000000"), ("Remaining", "99000000"), ("Reset", reset.as_str())] {
                answer = answer.insert_header(format!("X-RateLimit-{name}"), value);
            }
        }
        if manner.date_ahead != 0 {
            answer = answer.insert_header("Date", http_date(now, manner.date_ahead));
        }
        answer
    }
}

/// `now` and `ahead` seconds as the header `Date` has it.
pub(super) fn http_date(now: Timestamp, ahead: i64) -> String {
    let then = Timestamp::from_second(now.as_second() + ahead).expect("in range").to_zoned(TimeZone::UTC);
    then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Who the token belongs to and what it may do.
#[derive(Debug)]
pub(super) struct TokenInfo;

impl Respond for TokenInfo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let scope = if is_bearer(request, AUDIT_TOKEN) {
            "auditlogs:read"
        } else if is_bearer(request, CONTENT_TOKEN) {
            "contentlogs:export"
        } else {
            return error(400, "tokenNotFound");
        };
        ResponseTemplate::new(200).set_body_json(json!({
            "type": "Token",
            "organization": {"type": "organization", "id": ORGANIZATION, "name": "Example Org"},
            "team": {"type": "team", "id": "4000000000000000008", "name": "Example Team"},
            "createdBy": {"type": "user", "id": "4000000000000000001", "name": "Ada Example"},
            "user": {"type": "user", "id": "4000000000000000001", "name": "Ada Example"},
            "scopes": [scope],
        }))
    }
}

fn is_bearer(request: &Request, token: &str) -> bool {
    let sent = request.headers.get("authorization").and_then(|value| value.to_str().ok());
    sent.and_then(|value| value.strip_prefix("Bearer ")) == Some(token)
}

/// Miro's error object.
pub(super) fn error(status: u16, code: &str) -> ResponseTemplate {
    let body: Value = json!({"type": "error", "status": status, "code": code, "message": code, "context": null});
    ResponseTemplate::new(status).set_body_json(body)
}
