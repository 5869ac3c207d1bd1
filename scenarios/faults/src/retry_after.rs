//! The forms of `Retry-After`, as data.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A `Retry-After`, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "`retry_after` is seconds as a number, a duration such as \"30s\", an instant, or one of the words \
                 seconds, http-date, absent"
)]
pub enum RetryAfter {
    /// Whole seconds.
    Seconds(u32),
    /// A duration such as `"30s"`, sent in seconds, rounded up.
    Duration(SignedDuration),
    /// An instant, sent as an HTTP date.
    At(Timestamp),
    /// One of the words, for a pause of 30 seconds.
    Word(RetryAfterWord),
}

/// The forms of `Retry-After` by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfterWord {
    /// In seconds.
    Seconds,
    /// As an HTTP date.
    HttpDate,
    /// Left out.
    Absent,
}

impl RetryAfter {
    /// How it is written, and when the pause ends; `None` leaves the header out.
    pub fn header(self, now: Timestamp) -> Option<(String, Timestamp)> {
        let later = |s: i64| now.saturating_add(SignedDuration::from_secs(s)).unwrap_or(Timestamp::MAX);
        let seconds = |s: i64| (s.to_string(), later(s));
        match self {
            Self::Seconds(s) => Some(seconds(i64::from(s))),
            Self::Duration(pause) => {
                let pause = pause.max(SignedDuration::ZERO);
                Some(seconds(pause.as_secs().saturating_add(i64::from(pause.subsec_nanos() > 0))))
            }
            Self::At(at) => Some((http_date(at), at)),
            Self::Word(RetryAfterWord::Seconds) => Some(seconds(Self::PAUSE_SECONDS)),
            Self::Word(RetryAfterWord::HttpDate) => {
                let at = later(Self::PAUSE_SECONDS);
                Some((http_date(at), at))
            }
            Self::Word(RetryAfterWord::Absent) => None,
        }
    }

    const PAUSE_SECONDS: i64 = 30;
}

/// An instant as RFC 9110 writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_every_form() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for (form, header) in [
            ("7", Some("7")),
            ("\"30s\"", Some("30")),
            ("\"1500ms\"", Some("2")),
            ("\"-5s\"", Some("0")),
            ("\"2026-03-01T00:00:09Z\"", Some("Sun, 01 Mar 2026 00:00:09 GMT")),
            ("\"seconds\"", Some("30")),
            ("\"http-date\"", Some("Sun, 01 Mar 2026 00:00:30 GMT")),
            ("\"absent\"", None),
        ] {
            let after: RetryAfter = serde_json::from_str(form).unwrap();
            assert_eq!(after.header(now).map(|(text, _)| text).as_deref(), header, "{form}");
        }
    }
}
