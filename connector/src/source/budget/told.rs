//! What an answer tells of the rate budget.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};

use crate::retry::{date, retry_after};

/// The rate headers of one answer (<https://developers.miro.com/reference/rate-limiting>, read 2026-11-22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::source) struct Told {
    /// The ceiling in credits.
    pub(in crate::source) limit: Option<u64>,
    /// What is left of it.
    pub(in crate::source) remaining: Option<u64>,
    /// When it is whole again, by the sender's clock.
    pub(in crate::source) reset: Option<Timestamp>,
    /// When the answer was sent, by the sender's clock; by ours where it shows none.
    pub(in crate::source) sent: Timestamp,
    /// True for 429, and for any failure that names a time to wait for.
    pub(in crate::source) refused: bool,
    /// The wait asked for.
    pub(in crate::source) retry_after: Option<Duration>,
}

impl Told {
    /// Reads the headers of `answer`, received at `now` by our clock. Absolute times are the sender's, so they are read as
    /// a wait from the sender's own `Date`.
    pub(in crate::source) fn read<B>(answer: &Response<B>, now: Timestamp) -> Self {
        let headers = answer.headers();
        let retry_after = retry_after(answer, now);
        let number = |name| header(headers, name)?.parse::<u64>().ok();
        let sent = date(headers).unwrap_or(now);
        Self {
            // A ceiling of nothing would forbid every call: it is no budget.
            limit: number("x-ratelimit-limit").filter(|limit| *limit > 0),
            remaining: number("x-ratelimit-remaining"),
            reset: number("x-ratelimit-reset").and_then(|reset| self::reset(reset, sent)),
            sent,
            refused: answer.status() == StatusCode::TOO_MANY_REQUESTS
                || (retry_after.is_some() && !answer.status().is_success()),
            retry_after,
        }
    }

    /// What counts of it when something that is not Miro sent it: a wait is kept, a budget is not believed.
    pub(in crate::source) const fn of_another(self) -> Self {
        Self { limit: None, remaining: None, reset: None, ..self }
    }

    /// How long after it was sent the budget is whole again; negative when that was over.
    pub(in crate::source) fn resets_in(&self) -> Option<SignedDuration> {
        Some(self.reset?.duration_since(self.sent))
    }
}

/// Documented as a Unix time without a unit: seconds, but milliseconds and "seconds from now" are told apart.
fn reset(value: u64, sent: Timestamp) -> Option<Timestamp> {
    let value = i64::try_from(value).ok()?;
    match value {
        ..=10_000_000 => sent.checked_add(SignedDuration::from_secs(value)).ok(),
        10_000_001..=99_999_999_999 => Timestamp::from_second(value).ok(),
        _ => Timestamp::from_millisecond(value).ok(),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    fn answer(name: &str, value: &str) -> Response<()> {
        Response::builder().status(429).header(name, value).body(()).unwrap()
    }

    #[test]
    fn a_reset_is_a_time_in_seconds_or_milliseconds_or_from_now() {
        let seconds = now().as_second() + 30;
        for text in [seconds.to_string(), (seconds * 1000).to_string(), "30".to_owned()] {
            let told = Told::read(&answer("X-RateLimit-Reset", &text), now());
            assert_eq!(told.resets_in(), Some(SignedDuration::from_secs(30)), "{text}");
        }
        assert_eq!(Told::read(&answer("X-RateLimit-Reset", "soon"), now()).resets_in(), None);
    }

    #[test]
    fn a_ceiling_of_nothing_is_none() {
        for (text, limit) in
            [("0", None), ("000", None), ("-1", None), ("1", Some(1)), ("18446744073709551615", Some(u64::MAX))]
        {
            assert_eq!(Told::read(&answer("X-RateLimit-Limit", text), now()).limit, limit, "{text}");
        }
    }

    #[test]
    fn a_reset_is_read_by_the_clock_of_its_sender() {
        let reset = (now().as_second() - 86_400 + 30).to_string();
        let answer =
            Response::builder().header("X-RateLimit-Reset", reset).header("Date", "Sat, 28 Feb 2026 00:00:00 GMT");
        let told = Told::read(&answer.body(()).unwrap(), now());
        assert_eq!(told.resets_in(), Some(SignedDuration::from_secs(30)));
    }
}
