//! Who asked for how long a pause, and whether it is kept.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::scenario::Peer;

/// What a pause is asked for: a token at Miro, a path at Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Peer, u64);

impl Place {
    /// The place of this name at a peer.
    pub(crate) fn new(peer: Peer, what: &impl Hash) -> Self {
        // The default hasher's keys are fixed when it is made this way, so equal runs give equal hashes.
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        Self(peer, hasher.finish())
    }
}

/// A longer wait is not believed, as the README says.
const BELIEVED_MAX: Duration = Duration::from_hours(1);
/// Miro counts by the minute: no budget is whole again later than this.
const RESET_MAX: Duration = Duration::from_mins(1);

/// A pause that a peer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    /// When the caller heard of it.
    pub(crate) at: Timestamp,
    /// When it is over.
    pub(crate) until: Timestamp,
}

/// What a response says of a pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimitHeaders<'a> {
    /// Its status.
    pub(crate) status: StatusCode,
    /// `Retry-After`.
    pub(crate) retry_after: Option<&'a str>,
    /// `X-RateLimit-Reset` (<https://developers.miro.com/reference/rate-limiting>, read 2026-11-22).
    pub(crate) reset: Option<&'a str>,
    /// When it was sent, by the sender's clock.
    pub(crate) sent: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Waits(BTreeMap<Place, Pause>);

impl Waits {
    /// Takes note of the pause that a response asks for: with `Retry-After`, or after 429 with the end of its minute. Both are told
    /// by the sender's clock. Says whether it asks for one.
    pub(crate) fn asked_for(&mut self, place: Place, now: Timestamp, told: RateLimitHeaders<'_>) -> bool {
        let wait = told.retry_after.and_then(|value| pause(value, told.sent));
        let reset = || {
            let reset = told.reset.filter(|_| told.status == StatusCode::TOO_MANY_REQUESTS).and_then(instant)?;
            Some(Duration::try_from(reset.duration_since(told.sent)).ok()?.min(RESET_MAX))
        };
        let Some(wait) = wait.or_else(reset).filter(|wait| *wait <= BELIEVED_MAX) else { return false };
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let latest = self.0.entry(place).or_insert(Pause { at: now, until });
        if until > latest.until {
            *latest = Pause { at: now, until };
        }
        true
    }

    /// The pause that a call made now breaks.
    pub(crate) fn broken_by(&self, place: Place, now: Timestamp) -> Option<Pause> {
        self.0.get(&place).filter(|pause| now < pause.until).copied()
    }
}

/// `Retry-After` comes in seconds or as an HTTP date (RFC 9110, section 10.2.3); some send fractions of a second.
fn pause(value: &str, sent: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    Duration::try_from(date(value)?.duration_since(sent)).ok()
}

/// An HTTP date.
pub(crate) fn date(value: &str) -> Option<Timestamp> {
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
        let place = Place::new(Peer::Miro, &1);
        let asks = |retry_after: &str| {
            let mut waits = Waits::default();
            let sent = date("Mon, 02 Mar 2026 00:00:00 GMT").unwrap();
            let status = StatusCode::SERVICE_UNAVAILABLE;
            waits.asked_for(place, now, RateLimitHeaders { status, retry_after: Some(retry_after), reset: None, sent });
            waits.broken_by(place, now).map(|pause| pause.until.duration_since(now).as_secs())
        };
        assert_eq!(asks("Mon, 02 Mar 2026 00:00:09 GMT"), Some(9));
        assert_eq!(asks("Tue, 03 Mar 2026 00:00:09 GMT"), None);
    }
}
