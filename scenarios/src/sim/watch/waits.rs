//! Who asked for how long a pause, and whether it is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::scenario::Peer;

/// What a pause is asked for: a token at Miro, a path at Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(Peer, u64);

/// <https://developers.miro.com/reference/rate-limiting>, read 2026-11-22.
const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";
/// A longer wait is not believed, as the README says.
const BELIEVED_MAX: Duration = Duration::from_hours(1);
/// Miro counts by the minute: no budget is whole again later than this.
const RESET_MAX: Duration = Duration::from_mins(1);

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
    /// Takes note of the pause that an answer asks for: with `Retry-After`, or after 429 with the end of its minute. Both are told
    /// by the sender's clock, which its `Date` shows.
    pub(super) fn asked_for(&mut self, place: Place, now: Timestamp, status: StatusCode, headers: &HeaderMap) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let sent = header(DATE.as_str()).and_then(date).unwrap_or(now);
        let told = header(RETRY_AFTER.as_str()).and_then(|value| pause(value, sent));
        let reset = || {
            let reset =
                header(RATE_LIMIT_RESET).filter(|_| status == StatusCode::TOO_MANY_REQUESTS).and_then(instant)?;
            Some(Duration::try_from(reset.duration_since(sent)).ok()?.min(RESET_MAX))
        };
        let Some(wait) = told.or_else(reset).filter(|wait| *wait <= BELIEVED_MAX) else { return false };
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let latest = self.0.entry(place).or_insert(until);
        *latest = until.max(*latest);
        true
    }

    /// The pause that a call made now breaks, in words.
    pub(super) fn broken_by(&self, place: Place, now: Timestamp) -> Option<String> {
        self.0.get(&place).filter(|until| now < **until).map(|until| format!("not before {until}"))
    }
}

/// `Retry-After` comes in seconds or as an HTTP date (RFC 9110, section 10.2.3); some send fractions of a second.
fn pause(value: &str, sent: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    Duration::try_from(date(value)?.duration_since(sent)).ok()
}

fn date(value: &str) -> Option<Timestamp> {
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
    fn every_form_of_retry_after_is_understood() {
        let sent: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let wait = |value| pause(value, sent).map(|wait| wait.as_millis());
        assert_eq!(wait("30"), Some(30_000));
        assert_eq!(wait("1.5"), Some(1_500));
        assert_eq!(wait("Sun, 01 Mar 2026 00:01:00 GMT"), Some(60_000));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn dates_are_read_by_the_senders_clock_and_far_ones_not_believed() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let place = Place(Peer::Miro, 1);
        let asks = |retry_after: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Mon, 02 Mar 2026 00:00:00 GMT".parse().unwrap());
            headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
            let mut waits = Waits::default();
            waits.asked_for(place, now, StatusCode::SERVICE_UNAVAILABLE, &headers);
            waits.0.get(&place).map(|until| until.duration_since(now).as_secs())
        };
        assert_eq!(asks("Mon, 02 Mar 2026 00:00:09 GMT"), Some(9));
        assert_eq!(asks("Tue, 03 Mar 2026 00:00:09 GMT"), None);
    }
}
