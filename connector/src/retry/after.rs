//! `Retry-After`, as both peers send it.

use std::time::Duration;

use http::Response;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The wait that `answer` asks for: seconds, or a date by our clock.
pub(crate) fn retry_after<B>(answer: &Response<B>, now: Timestamp) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_seconds_or_a_date() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let read = |text| retry_after(&Response::builder().header("Retry-After", text).body(()).unwrap(), now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(read("Sun, 01 Mar 2026 00:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(read("Sat, 28 Feb 2026 00:00:09 GMT"), Some(Duration::ZERO));
        assert_eq!(read("-1"), None);
        assert_eq!(read("later"), None);
    }
}
