//! The wait that a peer names: read from its response, believed within reason, and kept by everybody who calls it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::time::Instant;

/// A wait of up to this is kept to the second. No peer is documented to ask for more; a longer one is somebody's wrong clock
/// or unit, and taking it at its word would stop the stream.
pub(crate) const WAIT_MAX: Duration = Duration::from_hours(1);
/// A peer whose wait is not believed is called again after this, doubled each time up to [`WAIT_MAX`].
const DISBELIEVED_FIRST: Duration = Duration::from_mins(1);

/// The wait that `response` names: seconds, or a date by the sender's own clock, which its `Date` shows (ours, at `now`,
/// where it has none). Longer than any clock can tell is [`Duration::MAX`].
pub(crate) fn retry_after<B>(response: &Response<B>, now: Timestamp) -> Option<Duration> {
    let sent = date(response.headers()).unwrap_or(now);
    let values = response.headers().get_all(RETRY_AFTER).iter();
    values.filter_map(|value| wait(value.to_str().ok()?.trim(), sent)).max()
}

fn wait(text: &str, sent: Timestamp) -> Option<Duration> {
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(seconds) = text.parse::<f64>()
    {
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let at = http_date(text)?;
    Some(Duration::try_from(at.duration_since(sent)).unwrap_or(Duration::ZERO))
}

/// When the response was sent, by its sender's clock; whole seconds, cut off (RFC 9110, section 6.6.1).
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?.trim())
}

/// A date in the form that is sent today, or in one of the two older ones that recipients have to accept (RFC 9110, section
/// 5.6.7). The first is read as mail does, which takes other zones and spellings too.
fn http_date(text: &str) -> Option<Timestamp> {
    let older = || Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok();
    DateTimeParser::new().parse_timestamp(text).ok().or_else(older)
}

/// Until when one peer is not called. Kept in monotonic time: setting the wall clock neither shortens nor intervals it.
#[derive(Debug, Default)]
pub(crate) struct Pause(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: Option<Instant>,
    disbelieved: u32,
}

impl Pause {
    /// The peer asks for `wait`. Returns the wait that is kept from now on; an earlier one that ends later stays.
    pub(crate) fn named(&self, wait: Duration) -> Duration {
        let mut state = self.lock();
        let kept = if wait <= WAIT_MAX {
            wait
        } else {
            state.disbelieved = state.disbelieved.saturating_add(1);
            DISBELIEVED_FIRST.saturating_mul(1 << (state.disbelieved - 1).min(8)).min(WAIT_MAX)
        };
        let now = Instant::now();
        let until = state.until.map_or(now + kept, |held| held.max(now + kept));
        state.until = Some(until);
        until - now
    }

    /// When the peer may be called again, while that is still to come.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.lock().until.filter(|until| *until > Instant::now())
    }

    /// The peer did what it was asked for.
    pub(crate) fn succeeded(&self) {
        self.lock().disbelieved = 0;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole between any two of its steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pauses of all peers by name. Outlives the connector that was told of them: a rotated secret is no reason to call early.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pauses(Arc<Mutex<BTreeMap<String, Arc<Pause>>>>);

impl Pauses {
    /// The pause of the peer called `name`.
    pub(crate) fn of(&self, name: &str) -> Arc<Pause> {
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pauses.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-03-01T00:00:00Z";

    fn read(retry_after: &str, date: Option<&str>) -> Option<Duration> {
        let mut response = Response::builder().header("Retry-After", retry_after);
        if let Some(date) = date {
            response = response.header("Date", date);
        }
        super::retry_after(&response.body(()).unwrap(), NOW.parse().unwrap())
    }

    #[test]
    fn it_is_seconds_or_a_date() {
        let seconds = Duration::from_secs;
        let table = [
            ("7", Some(seconds(7))),
            ("0.5", Some(Duration::from_millis(500))),
            ("0", Some(Duration::ZERO)),
            ("86400", Some(seconds(86_400))),
            ("99999999999999999999999", Some(Duration::MAX)),
            ("1e400", Some(Duration::MAX)),
            ("Sun, 01 Mar 2026 00:00:09 GMT", Some(seconds(9))),
            ("Sat, 28 Feb 2026 00:00:09 GMT", Some(Duration::ZERO)),
            ("Sunday, 01-Mar-26 00:00:09 GMT", Some(seconds(9))),
            ("Sun Mar  1 00:00:09 2026", Some(seconds(9))),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("later", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, None), expected, "{text}");
        }
    }

    #[test]
    fn a_date_is_read_by_the_senders_clock() {
        let a_day_ahead = "Mon, 02 Mar 2026 00:00:00 GMT";
        assert_eq!(read("Mon, 02 Mar 2026 00:00:09 GMT", Some(a_day_ahead)), Some(Duration::from_secs(9)));
        assert_eq!(read("Sun, 01 Mar 2026 00:00:09 GMT", Some(a_day_ahead)), Some(Duration::ZERO));
        assert_eq!(read("Sun, 01 Mar 2026 00:00:09 GMT", Some("no date")), Some(Duration::from_secs(9)));
    }

    #[test]
    fn of_several_waits_the_longest_counts() {
        let response = Response::builder().header("Retry-After", "3").header("Retry-After", "9").body(()).unwrap();
        assert_eq!(super::retry_after(&response, NOW.parse().unwrap()), Some(Duration::from_secs(9)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_is_kept_and_more_is_asked_again_ever_more_seldom() {
        let pause = Pause::default();
        assert_eq!(pause.named(WAIT_MAX), WAIT_MAX);
        tokio::time::advance(WAIT_MAX).await;
        assert_eq!(pause.until(), None);
        let mut kept = Vec::new();
        for _ in 0..8 {
            let wait = pause.named(Duration::MAX);
            kept.push(wait.as_secs() / 60);
            tokio::time::advance(wait).await;
        }
        assert_eq!(kept, [1, 2, 4, 8, 16, 32, 60, 60]);
        pause.succeeded();
        assert_eq!(pause.named(WAIT_MAX + Duration::from_secs(1)), DISBELIEVED_FIRST);
    }

    proptest! {
        #[test]
        fn no_later_wait_shortens_an_earlier_one(waits in prop::collection::vec(0_u64..200_000, 1..10)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let pause = Pause::default();
                let mut longest = Instant::now();
                for wait in waits {
                    let kept = pause.named(Duration::from_secs(wait));
                    longest = longest.max(Instant::now() + Duration::from_secs(wait.min(60)));
                    prop_assert!(Instant::now() + kept >= longest, "{wait}");
                    prop_assert!(kept <= WAIT_MAX);
                }
                Ok(())
            })?;
        }
    }
}
