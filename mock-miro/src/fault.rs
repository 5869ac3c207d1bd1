//! Faults: which call they strike, what is answered instead, and what happens to the connection.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The HTTP status, 100 to 599.
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
#[serde(untagged)]
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
