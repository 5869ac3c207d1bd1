//! Sees every call of a simulated connector from outside, and keeps what the checks need: the journal, the waits
//! that were asked for, and the uploads whose outcome the connector could not know.

mod request_rules;
mod uploads;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use connector::Stream;
use connector::transport::TransportError;
use http::StatusCode;
use http::header::AUTHORIZATION;
use jiff::Timestamp;

use super::coverage::{Coverage, Kind};
use super::network_conditions::Trouble;
use super::violation::{Promise, Violation};
use crate::digest::hexadecimal;
use crate::invariants::requests::Counted;
use crate::invariants::waits::{self, Place, RateLimitHeaders, Waits};
use crate::scenario::{Call, Peer};
use crate::secrets::Secrets;
use request_rules::RequestRules;
use uploads::Uploads;

type Answer = Result<http::Response<Bytes>, TransportError>;

/// The observer; clones share what was seen.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Mutex<Observations>>);

#[derive(Debug)]
struct Observations {
    journal: Journal,
    coverage: Coverage,
    waits: Waits,
    request_rules: RequestRules,
    uploads: Uploads,
    secrets: Secrets,
    limits: Limits,
    calls: u64,
    entra_tokens: u64,
    violations: Vec<Violation>,
    /// Every call, if they are counted.
    counted: Option<Vec<Counted>>,
}

/// The limits of the observed connector.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Uploads in flight at once.
    pub uploads_in_flight: usize,
    /// The largest batch before compression, in bytes.
    pub plain_bytes_max: usize,
}

/// The history of a run, as a hash and, if asked for, line by line.
struct Journal {
    hash: ring::digest::Context,
    lines: Option<Vec<String>>,
}

impl Watch {
    /// An observer that notes bearer tokens in `secrets`. With `keep_lines` the journal can be read, not only compared.
    pub fn new(secrets: Secrets, limits: Limits, keep_lines: bool) -> Self {
        Self(Arc::new(Mutex::new(Observations {
            journal: Journal {
                hash: ring::digest::Context::new(&ring::digest::SHA256),
                lines: keep_lines.then(Vec::new),
            },
            coverage: Coverage::default(),
            waits: Waits::default(),
            request_rules: RequestRules::default(),
            uploads: Uploads::new(limits.uploads_in_flight),
            secrets,
            limits,
            calls: 0,
            entra_tokens: 0,
            violations: Vec::new(),
            counted: None,
        })))
    }

    /// A call goes out.
    pub fn call_begins(
        &self,
        (kind, stream): (Call, Option<Stream>),
        now: Timestamp,
        request: &http::Request<Bytes>,
    ) -> ObservedRequest {
        let peer = kind.peer();
        let mut observed = self.lock();
        if let Some(counted) = &mut observed.counted {
            counted.push(Counted { at: now, call: kind, stream });
        }
        observed.calls += 1;
        let call = observed.calls;
        observed.secrets.learn_bearer(request.headers());
        let place = place(peer, request);
        if let Some(broken) = observed.waits.broken_by(place, now) {
            let detail = format!("called {} before Retry-After: not before {}", peer.name(), broken.until);
            observed.violations.push(Violation::new(Promise::CallBeforeRetryAfter, detail).at(now));
        }
        if peer == Peer::Ingestion {
            observed.uploads.begins(call, request.body().clone());
        }
        let what = hash_of(&request.uri().path_and_query().map(http::uri::PathAndQuery::as_str));
        let line = format!(
            "{now} {call} {} {} {} body={:016x}/{}",
            peer.name(),
            request.method(),
            target(request.uri()),
            hash_of(request.body()),
            request.body().len(),
        );
        observed.journal.note(line);
        ObservedRequest { watch: self.clone(), call, kind, peer, place, request: what, struck: Arc::default() }
    }

    /// Writes down something that is not a call.
    pub fn note(&self, line: String) {
        self.lock().journal.note(line);
    }

    /// Notes that a kind of trouble was met.
    pub fn met(&self, kind: Kind) {
        self.lock().coverage.met(kind);
    }

    /// Notes that a kind of trouble was met `times`.
    pub fn met_times(&self, kind: Kind, times: u64) {
        self.lock().coverage.met_times(kind, times);
    }

    /// The program died: it forgot whom to wait for, and what it had delivered but not committed may come again.
    pub fn died(&self) {
        let mut observed = self.lock();
        observed.waits = Waits::default();
        observed.request_rules = RequestRules::default();
        observed.uploads.program_died();
    }

    /// From now on the program can write nothing down, or can again.
    pub(super) fn disk_is_full(&self, full: bool) {
        self.lock().uploads.disk_is_full(full);
    }

    /// The program was stopped and is started again: it forgot whom to wait for.
    pub(super) fn restarted(&self) {
        let mut observed = self.lock();
        observed.waits = Waits::default();
        observed.request_rules = RequestRules::default();
    }

    /// From now on every call is remembered.
    pub(super) fn count_calls(&self) {
        self.lock().counted.get_or_insert_default();
    }

    /// The calls that were remembered.
    pub(super) fn counted(&self) -> Vec<Counted> {
        self.lock().counted.clone().unwrap_or_default()
    }

    /// Says that a promise was broken.
    pub(super) fn violated(&self, violation: Violation) {
        self.lock().violations.push(violation);
    }

    /// How often each event may be in its table once more: for each upload of it that was acted on while the program
    /// could not know it, and for each that was delivered but perhaps not committed at a crash.
    pub fn repeatable(&self) -> BTreeMap<String, u64> {
        self.lock().uploads.repeatable()
    }

    /// What was met so far.
    pub fn coverage(&self) -> Coverage {
        self.lock().coverage.clone()
    }

    /// The promises seen broken so far.
    pub(super) fn violations(&self) -> Vec<Violation> {
        self.lock().violations.clone()
    }

    /// The calls made so far.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The hash of the journal, in hexadecimal digits.
    pub fn journal_sha256(&self) -> String {
        hexadecimal(self.lock().journal.hash.clone().finish().as_ref())
    }

    /// The journal's lines, if they were to be kept.
    pub fn journal_lines(&self) -> Vec<String> {
        self.lock().journal.lines.clone().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Observations> {
        // What was noted before a panic is still true.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("lines", &self.lines.as_ref().map(Vec::len)).finish_non_exhaustive()
    }
}

impl Journal {
    fn note(&mut self, line: String) {
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }
}

/// Whose pauses a request has to keep: a token's at Miro, a path's at Azure.
fn place(peer: Peer, request: &http::Request<Bytes>) -> Place {
    match peer {
        Peer::Miro => Place::new(peer, &request.headers().get(AUTHORIZATION)),
        Peer::Entra | Peer::Ingestion => Place::new(peer, &request.uri().path()),
    }
}

/// What a response says of a pause; when it was sent, its `Date` shows.
fn told(response: &http::Response<Bytes>, now: Timestamp) -> RateLimitHeaders<'_> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    RateLimitHeaders {
        status: response.status(),
        retry_after: header("retry-after"),
        reset: header("x-ratelimit-reset"),
        sent: header("date").and_then(waits::date).unwrap_or(now),
    }
}

/// Path and query; of a cursor only its hash, since it may hold an event's id.
fn target(uri: &http::Uri) -> String {
    let pairs = uri.query().unwrap_or_default().split('&').map(|pair| match pair.split_once('=') {
        Some(("cursor", value)) => format!("cursor={:016x}", hash_of(&value)),
        _ => pair.to_owned(),
    });
    format!("{}?{}", uri.path(), pairs.collect::<Vec<_>>().join("&"))
}

fn hash_of(value: &impl Hash) -> u64 {
    // The default hasher's keys are fixed when it is made this way, so equal runs give equal hashes.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// One call under observation.
#[derive(Clone, Debug)]
pub struct ObservedRequest {
    watch: Watch,
    call: u64,
    kind: Call,
    peer: Peer,
    place: Place,
    /// The request's path and query, hashed.
    request: u64,
    struck: Arc<AtomicBool>,
}

impl ObservedRequest {
    /// Trouble struck; counted once.
    pub(super) fn struck(&self, trouble: Trouble) {
        if self.struck.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut observed = self.watch.lock();
        observed.coverage.met(match trouble {
            Trouble::Refused => Kind::Refused,
            Trouble::CutInRequest(_) => Kind::CutInRequest,
            Trouble::LostAnswer => Kind::LostAnswer,
            Trouble::CutInAnswer(_) => Kind::CutInAnswer,
            Trouble::Silence => Kind::Silence,
        });
        observed.journal.note(format!("  {} {trouble:?}", self.call));
    }

    /// The call reaches what the day planned for it.
    pub(super) fn met(&self, kinds: &[Kind]) {
        let mut observed = self.watch.lock();
        for kind in kinds {
            observed.coverage.met(*kind);
            observed.journal.note(format!("  {} {kind}", self.call));
        }
    }

    /// The peer has acted and sends its answer, which may yet be lost.
    pub(super) fn peer_answered(&self, status: StatusCode) {
        let mut observed = self.watch.lock();
        if self.peer == Peer::Ingestion && status.is_success() {
            observed.uploads.acted_on(self.call);
        }
        observed.journal.note(format!("  {} acted {}", self.call, status.as_u16()));
    }

    /// The power went before the program heard the answer.
    pub(super) fn power_went(&self) {
        let mut observed = self.watch.lock();
        observed.coverage.met(Kind::CrashBeforeCommit);
        observed.journal.note(format!("  {} response after the client left", self.call));
    }

    /// The program has its answer, or knows that there will be none. It `is_genuine` when the peer itself sent it.
    pub(super) fn ends(&self, now: Timestamp, answer: &Answer, is_genuine: bool) {
        let mut observed = self.watch.lock();
        match answer {
            Ok(answer) => {
                if is_genuine {
                    observed.heard(self, now, answer);
                }
                let body = hash_of(answer.body());
                observed.journal.note(format!("{now} {} {} body={body:016x}", self.call, answer.status().as_u16()));
            }
            Err(error) => observed.journal.note(format!("{now} {} {error}", self.call)),
        }
    }
}

impl Observations {
    fn heard(&mut self, seen: &ObservedRequest, now: Timestamp, answer: &http::Response<Bytes>) {
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.coverage.met(if seen.peer == Peer::Miro { Kind::RateLimited } else { Kind::Throttled });
        }
        if status.is_server_error() {
            self.coverage.met(Kind::ServerError);
        }
        if seen.peer == Peer::Ingestion {
            self.uploads.answered(seen.call);
        }
        if seen.peer == Peer::Miro && status.is_success() && answer.body().len() > self.limits.plain_bytes_max {
            self.coverage.met(Kind::PageOfSeveralBatches);
        }
        if seen.peer == Peer::Entra && status.is_success() {
            self.entra_tokens += 1;
            if self.entra_tokens > 1 {
                self.coverage.met(Kind::TokenRenewed);
            }
        }
        if !status.is_success() && self.waits.asked_for(seen.place, now, told(answer, now)) {
            self.coverage.met(Kind::ToldToWait);
        }
        let is_page = matches!(seen.kind, Call::AuditLogs | Call::ContentLogs);
        if seen.peer == Peer::Miro
            // What a token may do is asked as often as it is refused.
            && (is_page || !status.is_success())
            && let Some(broken) = self.request_rules.heard(seen.place, seen.request, now, status)
        {
            self.violations.push(Violation::new(Promise::MiroRuleBroken, broken).at(now));
        }
    }
}
