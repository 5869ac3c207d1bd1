//! Trouble on order: which calls are hit, and what happens to them.
//!
//! The form is the timeline's of a scenario: `{when: {call: sentinel.ingest, nth: 2}, fault: {lost_answer: true}, times: 2}`.

pub(crate) mod broken;
mod call;
mod canned;
mod plan;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use call::Call;
pub(crate) use canned::http_date;
pub(crate) use plan::{Faults, Hit};

/// One piece of trouble: *when* a call matches, *answer* this or let this *fault* happen, so many *times*.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Which calls it strikes.
    pub when: When,
    /// What is answered instead of the real answer; the call is not acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What goes wrong on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Trouble>,
    /// How many calls it strikes. Unless given: one, or without end when a share or a stretch of time chooses them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// The calls a fault is for. All conditions given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The kind of call; every kind but the control plane unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// From the nth such call on, counted from 1 since the fault was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only this share of them, 0 to 1, chosen by `seed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses the calls for `share`; the world's seed unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Not before this instant of the world's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only before this instant of the world's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only uploads to this stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// An answer in place of the real one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: text as it stands, anything else as JSON. Unless given: an error in Azure's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The `Retry-After` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

/// How long a caller is told to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// The call is acted on, then the connection breaks before a byte of the answer.
    #[serde(skip_serializing_if = "is_false")]
    pub lost_answer: bool,
    /// The connection breaks before the call is acted on.
    #[serde(skip_serializing_if = "is_false")]
    pub reset: bool,
    /// The connection breaks after so many bytes of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<usize>,
    /// The answer waits this long, on the runtime's timer. At most an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<SignedDuration>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}
