//! A step of a timeline: when it begins, how long it lasts, and what it does.

use connector::Stream;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::call::Call;
use super::length;

/// Something that begins, and may last. In a file, trigger and action are keys of the step itself.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What other steps call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it begins.
    #[serde(flatten)]
    pub trigger: Trigger,
    /// How long it lasts. Without it, what concerns calls meets one of them, and what is switched stays so.
    #[serde(default, rename = "for", with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub lasts: Option<SignedDuration>,
    /// How many calls it meets at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Which calls it meets; those that began it, unless given.
    #[serde(flatten)]
    pub calls: Calls,
    /// What it does.
    #[serde(flatten)]
    pub action: Action,
}

/// When a step begins.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// So long after the beginning.
    At(
        #[serde(with = "length")]
        #[schemars(with = "String")]
        SignedDuration,
    ),
    /// With a call.
    When(Nth),
    /// So long after another step began.
    #[serde(untagged)]
    After {
        /// Its name.
        #[serde(rename = "after")]
        step: String,
        /// How long after.
        #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
        #[schemars(with = "String")]
        by: SignedDuration,
    },
}

/// A call that begins a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nth {
    /// Which calls count.
    pub call: Call,
    /// Only those for this log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::stream_name::StreamName>")]
    pub stream: Option<Stream>,
    /// The first, the second, …
    #[serde(default = "first")]
    pub nth: u64,
}

const fn first() -> u64 {
    1
}

/// Calls that a step concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// Which kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Call>,
    /// Only those for this log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::stream_name::StreamName>")]
    pub stream: Option<Stream>,
    /// How many of them, 0 to 1; all unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses them, where only a share is met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => write!(f, "at {}", length::text(*at)),
            Self::When(nth) => write!(f, "with call {} of {}", nth.nth, nth.call.name()),
            Self::After { step, by } => write!(f, "{} after `{step}`", length::text(*by)),
        }
    }
}

impl Nth {
    /// Whether a call, for this log if that is known, counts.
    pub fn counts(&self, call: Call, stream: Option<Stream>) -> bool {
        self.call.includes(call) && (self.stream.is_none() || self.stream == stream)
    }
}

impl Step {
    /// What begins it or is meant by it, as a selector: nothing where it affects no calls.
    pub fn meets(&self, call: Call, stream: Option<Stream>) -> bool {
        let begun_by = match &self.trigger {
            Trigger::When(nth) => Some(nth),
            Trigger::At(_) | Trigger::After { .. } => None,
        };
        let of = self.calls.stream.or(begun_by.and_then(|nth| nth.stream));
        let on = match self.action {
            Action::LimitUploads { .. } => Some(Call::Ingestion),
            _ => self.calls.on.or(begun_by.map(|nth| nth.call)),
        };
        on.is_some_and(|on| on.includes(call)) && (of.is_none() || of == stream)
    }

    /// How many calls it meets at most.
    pub fn times(&self) -> u64 {
        let endless = self.lasts.is_some() || (self.calls.share.is_some() && !matches!(self.trigger, Trigger::When(_)));
        self.times.unwrap_or(if endless { u64::MAX } else { 1 })
    }
}
