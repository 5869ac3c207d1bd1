//! A fault as data: which requests it hits, which response replaces the peer's, and what happens to the connection.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::object::{self, Object};
use crate::{Latency, Outcome, RetryAfter};

/// One fault: *when* a request matches, send this *answer* or apply this *fault*, for a limited number of *times*.
///
/// ```
/// let fault: faults::Fault = serde_json::from_value(serde_json::json!({
///     "when": {"call": "miro.audit_logs", "nth": 3},
///     "answer": {"status": 429, "retry_after": "30s"},
/// })).unwrap();
/// assert_eq!(fault.when.nth, Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Which requests it hits.
    #[serde(deserialize_with = "object::required")]
    pub when: When,
    /// A response in place of the peer's; the request then has no effect.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub answer: Option<Answer>,
    /// What goes wrong with the connection or the body.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub fault: Option<Trouble>,
    /// How many requests it hits. By default one, or without limit when `share`, `from` or `until` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// Which requests a fault hits; all conditions that are given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The call, such as `miro.audit_logs` or `ingest`; every call unless given. The control plane never meets a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The first request that is hit, counted from 1 among the matching ones since the fault was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// The share of matching requests that is hit, 0 to 1, chosen by `seed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses the requests for `share`; the world's seed unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Not before this instant of the mock's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only before this instant of the mock's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only requests with the token of this short name; at Miro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Only uploads to this stream; at Sentinel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// A response in place of the peer's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: text verbatim, anything else as JSON. By default the peer's documented body for the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The `Retry-After` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// Whether to leave out the headers that the peer adds to each of its responses, such as `X-RateLimit-*`: the response of a proxy
    /// has none of them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bare: bool,
}

/// What goes wrong with the connection or the body; several may be combined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// The request takes effect, and the connection closes without a byte of the response.
    #[serde(skip_serializing_if = "is_false")]
    pub lost_answer: bool,
    /// The connection breaks before the request takes effect.
    #[serde(skip_serializing_if = "is_false")]
    pub reset: bool,
    /// The connection breaks after this many bytes of the response's body, or at its end where it is shorter. A response
    /// that cannot have a body (204) is lost instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<usize>,
    /// A delay before the response, on the runtime's timer; at most an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<SignedDuration>,
    /// A random delay drawn from this distribution, added to `delay`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub latency: Option<Latency>,
    /// The body is sent in pieces.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub dribble: Option<Dribble>,
    /// The body is replaced by bytes that are not JSON.
    #[serde(skip_serializing_if = "is_false")]
    pub garbage: bool,
}

/// A body in pieces with pauses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dribble {
    /// Bytes of a piece, at least 1.
    pub bytes: usize,
    /// The pause before each piece.
    pub every: SignedDuration,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Fault {
    /// Reads one fault or a list of them, as a control plane receives them.
    ///
    /// # Errors
    ///
    /// What is not a fault, with the place and the offending key.
    pub fn read(json: &[u8]) -> Result<Vec<Self>, serde_json::Error> {
        // Distinguished by the first byte: an untagged enum would lose the message that names the key.
        let is_list = json.trim_ascii_start().first() == Some(&b'[');
        let faults: Vec<Object<Self>> =
            if is_list { serde_json::from_slice(json)? } else { vec![serde_json::from_slice(json)?] };
        Ok(faults.into_iter().map(|Object(fault)| fault).collect())
    }
}

impl Trouble {
    /// The longest fixed delay.
    pub const DELAY_MAX: SignedDuration = SignedDuration::from_hours(1);

    /// Whether nothing of the response arrives, whatever it is.
    pub fn loses_response(&self) -> bool {
        self.lost_answer || self.reset
    }

    /// Whether the body, once it is made, differs from what the peer would send.
    pub fn changes_body(&self) -> bool {
        self.cut_after_bytes.is_some() || self.dribble.is_some() || self.garbage
    }

    /// The outcome of a response with this status.
    pub fn outcome(&self, status: StatusCode) -> Outcome {
        if self.reset {
            Outcome::Reset
        } else if self.lost_answer || (self.cut_after_bytes.is_some() && has_no_body(status)) {
            Outcome::ResponseLost
        } else if self.cut_after_bytes.is_some() {
            Outcome::Cut
        } else {
            Outcome::Delivered
        }
    }

    /// The fixed delay, within its bounds.
    pub(crate) fn fixed_delay(&self) -> Duration {
        let delay = self.delay.map(|delay| delay.clamp(SignedDuration::ZERO, Self::DELAY_MAX));
        delay.map(SignedDuration::unsigned_abs).unwrap_or_default()
    }

    /// What happens, in a few words each.
    pub(crate) fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.reset {
            parts.push("reset".to_owned());
        }
        if self.lost_answer {
            parts.push("lost answer".to_owned());
        }
        if let Some(bytes) = self.cut_after_bytes {
            parts.push(format!("cut after {bytes} bytes"));
        }
        if let Some(delay) = self.delay {
            parts.push(format!("delay {delay:#}"));
        }
        if self.latency.is_some() {
            parts.push("latency".to_owned());
        }
        if let Some(Dribble { bytes, every }) = self.dribble {
            parts.push(format!("{bytes} bytes every {every:#}"));
        }
        if self.garbage {
            parts.push("garbage".to_owned());
        }
        parts
    }
}

/// Whether HTTP allows no body in a response with this status.
fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_says_what_the_caller_receives() {
        let outcome = |trouble: &str, status: u16| {
            let trouble: Trouble = serde_json::from_str(trouble).unwrap();
            trouble.outcome(StatusCode::from_u16(status).unwrap())
        };
        assert_eq!(outcome(r#"{"delay": "1s", "garbage": true}"#, 200), Outcome::Delivered);
        assert_eq!(outcome(r#"{"lost_answer": true, "cut_after_bytes": 1}"#, 200), Outcome::ResponseLost);
        assert_eq!(outcome(r#"{"reset": true, "lost_answer": true}"#, 200), Outcome::Reset);
        assert_eq!(outcome(r#"{"cut_after_bytes": 1}"#, 200), Outcome::Cut);
        assert_eq!(outcome(r#"{"cut_after_bytes": 1}"#, 204), Outcome::ResponseLost);
    }

    #[test]
    fn one_fault_or_a_list_is_read_and_an_unknown_key_is_named() {
        let one = br#" {"answer": {"status": 500}}"#;
        assert_eq!(Fault::read(one).unwrap().len(), 1);
        assert_eq!(Fault::read(br#" [{"answer": {"status": 500}}, {"fault": {"reset": true}}]"#).unwrap().len(), 2);
        let error = Fault::read(br#"[{"when": {"cal": "x"}}]"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `cal`"), "{error}");
    }
}
