//! Who asked for how long a pause, and whether it is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::sim::faults::Peer;

/// What a pause is asked for: a token at Miro, a path at Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(Peer, u64);

/// <https://developers.miro.com/reference/rate-limiting>, read 2026-11-22.
const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";

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
    /// Takes note of the pause that an answer asks for: with `Retry-After`, or after 429 with the end of its minute.
    pub(super) fn asked_for(&mut self, place: Place, now: Timestamp, status: StatusCode, headers: &HeaderMap) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let told = header(RETRY_AFTER.as_str()).and_then(|value| end_of_pause(value, now));
        let reset = || header(RATE_LIMIT_RESET).filter(|_| status == StatusCode::TOO_MANY_REQUESTS).and_then(instant);
        let Some(until) = told.or_else(reset) else { return false };
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

/// Miro documents no unit for this one: what is too large for seconds is milliseconds.
fn instant(value: &str) -> Option<Timestamp> {
    const TOO_LARGE_FOR_SECONDS: i64 = 100_000_000_000;
    let number: i64 = value.parse().ok()?;
    if number < TOO_LARGE_FOR_SECONDS { Timestamp::from_second(number) } else { Timestamp::from_millisecond(number) }
        .ok()
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
