//! Faults: which call they strike, what is answered instead, and what happens to the connection.

mod check;
pub(crate) mod delivery;
pub(crate) mod plan;

pub use check::FaultError;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::latency::Latency;

/// One planned misbehaviour: *when* a call matches, *answer* this, or let this *fault* happen, so many *times*.
///
/// ```
/// let fault: mock_miro::Fault = serde_json::from_value(serde_json::json!({
///     "when": {"call": "audit_logs", "nth": 3},
///     "answer": {"status": 429, "retry_after": "30s"},
/// })).unwrap();
/// assert_eq!(fault.when.nth, Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls it strikes.
    #[serde(default)]
    pub when: When,
    /// An answer in place of Miro's; the call has no effect then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What goes wrong on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Trouble>,
    /// How many calls it strikes. Unless given: one, or without end when `share` or a stretch of time chooses the calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// Which calls a fault strikes; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The operation, such as `audit_logs` or `miro.content_logs`; every operation unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The first struck call, counted from 1 among the matching calls since the fault was put in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// The share of matching calls that is struck, 0 to 1, chosen by `seed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses the calls for `share`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Not before this instant of the mock's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only before this instant of the mock's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only calls with the token of this short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// An answer in place of Miro's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: text as it stands, anything else as JSON. Unless given: Miro's documented body for the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The `Retry-After` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

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
    /// A duration such as `"30s"`, sent in seconds.
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

/// What goes wrong on the way; several may be given together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trouble {
    /// The call takes effect, and the connection closes without a byte of answer.
    #[serde(skip_serializing_if = "is_false")]
    pub lost_answer: bool,
    /// The answer breaks off after this many bytes of its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<usize>,
    /// The connection is reset before the call takes effect (a real RST on a socket).
    #[serde(skip_serializing_if = "is_false")]
    pub reset: bool,
    /// The answer waits this long, on the runtime's timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<SignedDuration>,
    /// The answer waits as long as is drawn from this distribution, on top of `delay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The body comes in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dribble: Option<Dribble>,
    /// The body is replaced by bytes that are not JSON.
    #[serde(skip_serializing_if = "is_false")]
    pub garbage: bool,
}

/// A body in pieces with pauses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dribble {
    /// Bytes a piece, at least 1.
    pub bytes: usize,
    /// The pause before each piece.
    pub every: SignedDuration,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Trouble {
    /// Whether nothing of the answer arrives.
    pub(crate) fn loses_answer(&self) -> bool {
        self.lost_answer || self.reset
    }

    /// What happens, in a few words.
    pub(crate) fn describe(&self) -> String {
        let mut said = Vec::new();
        if self.reset {
            said.push("connection reset".to_owned());
        }
        if self.lost_answer {
            said.push("answer lost".to_owned());
        }
        if let Some(bytes) = self.cut_after_bytes {
            said.push(format!("cut after {bytes} bytes"));
        }
        if let Some(delay) = self.delay {
            said.push(format!("delayed by {delay:#}"));
        }
        if self.latency.is_some() {
            said.push("delayed by chance".to_owned());
        }
        if let Some(Dribble { bytes, every }) = self.dribble {
            said.push(format!("{bytes} bytes every {every:#}"));
        }
        if self.garbage {
            said.push("body replaced by garbage".to_owned());
        }
        if said.is_empty() { "answered in Miro's place".to_owned() } else { said.join(", ") }
    }
}

impl RetryAfter {
    /// The pause it stands for and how it is written; `None` leaves the header out.
    pub(crate) fn header(self, now: Timestamp) -> Option<(String, Timestamp)> {
        let later = |s: i64| now.saturating_add(SignedDuration::from_secs(s)).unwrap_or(Timestamp::MAX);
        let seconds = |s: i64| (s.to_string(), later(s));
        match self {
            Self::Seconds(s) => Some(seconds(i64::from(s))),
            Self::Duration(pause) => {
                let millis = i64::try_from(pause.as_millis()).unwrap_or(0).max(0) as u64;
                Some(seconds(millis.div_ceil(1_000) as i64))
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
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
