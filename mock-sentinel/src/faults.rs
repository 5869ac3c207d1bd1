//! Trouble on order: which calls are hit, and what happens to them.
//!
//! The form is the timeline's of a scenario: `{when: {call: sentinel.ingest, nth: 2}, fault: {lost_answer: true}, times: 2}`.

mod plan;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use plan::{Faults, Hit};

/// One piece of trouble: the calls it is for, and what they meet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls are hit.
    pub when: When,
    /// What is answered instead of the real answer; the call is not acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CannedAnswer>,
    /// How the connection misbehaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Misbehaviour>,
    /// How many calls are hit: with `nth` that one and its successors (default 1), else the first so many (default all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// The calls a fault is for. All conditions given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The kind of call.
    pub call: Call,
    /// Only from the nth such call on, counted from 1 since the fault was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only this share of them (0 to 1), drawn from the world's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Only from the first instant until before the second, by the world's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<(Timestamp, Timestamp)>,
    /// Only uploads to this stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// A part of the whole, 0 to 1; written `0.05` or `5%`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let (value, written) = match Written::deserialize(deserializer)? {
            Written::Number(number) => (Some(number), number.to_string()),
            Written::Text(text) => {
                let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                (percent.map(|percent| percent / 100.0).or_else(|| text.parse().ok()), text)
            }
        };
        value
            .filter(|share| (0.0..=1.0).contains(share))
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("share = {written}: 0 to 1, or 0% to 100%")))
    }
}

/// The kinds of call that the world serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Uploads to a stream of a rule.
    #[serde(rename = "sentinel.ingest")]
    Ingest,
    /// Tokens from Entra ID.
    #[serde(rename = "sentinel.token")]
    Token,
    /// Discovery document, key set and instance metadata of Entra ID.
    #[serde(rename = "sentinel.discovery")]
    Discovery,
    /// Tokens from a managed identity's endpoint.
    #[serde(rename = "sentinel.managed_identity")]
    ManagedIdentity,
    /// Queries, single or batched.
    #[serde(rename = "sentinel.query")]
    Query,
    /// Resources: tables, rules, endpoints, role assignments.
    #[serde(rename = "sentinel.arm")]
    Arm,
    /// The control plane. It never meets faults.
    #[serde(rename = "control")]
    Control,
    /// A route that does not exist.
    #[serde(rename = "unknown")]
    Unknown,
}

/// An answer given in place of the real one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CannedAnswer {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// Value of `Retry-After`: seconds, an HTTP date, or `absent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// The body; without one, an error in Azure's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// How long a caller is told to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RetryAfter {
    /// Whole seconds.
    Seconds(u64),
    /// The header's text as it is; `absent` leaves it out, `http-date` names the instant 10 s ahead.
    Text(String),
}

/// How a connection misbehaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misbehaviour {
    /// The call is acted on, then the connection breaks before the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost_answer: bool,
    /// The connection breaks before the call is acted on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// The connection breaks after so many bytes of the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<u64>,
    /// The answer waits this long. At most an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<SignedDuration>,
}
