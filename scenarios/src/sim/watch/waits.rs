//! Who asked for how long a pause, and whether it is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::sim::faults::Peer;

/// What a pause is asked for: a token at Miro, a path at Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(Peer, u64);

pub(super) fn place(peer: Peer, request: &http::Request<Bytes>) -> Place {
    let what = match peer {
        Peer::Miro => super::hash_of(&request.headers().get(AUTHORIZATION)),
        Peer::Entra | Peer::Ingestion => super::hash_of(&request.uri().path()),
    };
    Place(peer, what)
}

#[derive(Debug, Default)]
pub(super) struct Waits(BTreeMap<Place, Timestamp>);

impl Waits {
    /// Takes note of the pause that an answer asks for; true if it does.
    pub(super) fn asked_for(&mut self, place: Place, now: Timestamp, headers: &HeaderMap) -> bool {
        let Some(until) = headers.get(RETRY_AFTER).and_then(|value| end_of_pause(value.to_str().ok()?, now)) else {
            return false;
        };
        let latest = self.0.entry(place).or_insert(until);
        *latest = until.max(*latest);
        true
    }

    /// The pause that a call made now breaks, in words.
    pub(super) fn broken_by(&self, place: Place, now: Timestamp) -> Option<String> {
        self.0.get(&place).filter(|until| now < **until).map(|until| format!("not before {until}"))
    }
}

/// `Retry-After` comes in seconds or as an HTTP date (RFC 9110, section 10.2.3).
fn end_of_pause(value: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = value.parse() {
        return now.checked_add(Duration::from_secs(seconds)).ok();
    }
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_understood() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let end = |value| end_of_pause(value, now).map(|end| end.to_string());
        assert_eq!(end("30").as_deref(), Some("2026-03-01T00:00:30Z"));
        assert_eq!(end("Sun, 01 Mar 2026 00:01:00 GMT").as_deref(), Some("2026-03-01T00:01:00Z"));
        assert_eq!(end("soon"), None);
    }
}
