//! What has to come of a scenario, beside the promises that always hold.

use std::collections::BTreeMap;

use connector::Stream;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::length;
use super::query::Query;

/// The expectations. Without any, everything is delivered once, apart from what crashes and lost responses excuse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// How many events of a log are in its table in the end, each counted once. A log that is not named: all that Miro has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<super::stream_name::StreamName, Delivered>")]
    pub delivered: BTreeMap<Stream, Delivered>,
    /// How many events of a log are set aside. Whatever is given, only what Azure would not take may be.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<super::stream_name::StreamName, Amount>")]
    pub dead_letters: BTreeMap<Stream, Amount>,
    /// How many rows are there more than once, over both logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Amount>,
    /// How often is called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Requests>,
    /// What must not happen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<Rule>,
    /// What has to happen for the scenario to prove anything, by the names that `miro-lab sim` counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sometimes: Vec<String>,
    /// How soon everything has come right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eventually: Option<Eventually>,
    /// The streams that cannot go on in the end, each with the code of the problem that is named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<super::stream_name::StreamName, Blocked>")]
    pub blocked: BTreeMap<Stream, Blocked>,
    /// The codes that `check` finds in the end; an empty list: it finds nothing wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Vec<String>>,
    /// Queries in the workspace, in the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<Query>,
    /// The most memory that the connector's process takes, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// With what the process ends when it is told to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
}

impl Expect {
    /// Whether nothing is expected beside the promises.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How many events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// All that are visible at Miro and not set aside.
    All,
    /// So many.
    #[serde(untagged)]
    Count(Amount),
}

/// A number, or its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Amount {
    /// Exactly.
    Exactly(u64),
    /// At least and at most.
    Between(Bounds),
}

/// The bounds of a number; each may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

impl Amount {
    /// Whether `count` is allowed.
    pub fn allows(self, count: u64) -> bool {
        match self {
            Self::Exactly(exactly) => count == exactly,
            Self::Between(Bounds { min, max }) => {
                min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max)
            }
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(exactly) => write!(f, "{exactly}"),
            Self::Between(Bounds { min: Some(min), max: Some(max) }) => write!(f, "{min} to {max}"),
            Self::Between(Bounds { min: Some(min), max: None }) => write!(f, "at least {min}"),
            Self::Between(Bounds { min: None, max: Some(max) }) => write!(f, "at most {max}"),
            Self::Between(Bounds { min: None, max: None }) => f.write_str("any number"),
        }
    }
}

/// How often is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// Which calls count.
    pub call: Call,
    /// Only those for this log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::stream_name::StreamName>")]
    pub stream: Option<Stream>,
    /// At least so many in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// At most so many, in all or in any stretch of the length `per`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The length of time in which `max` holds.
    #[serde(default, with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub per: Option<SignedDuration>,
    /// Counts only from so long after the beginning.
    #[serde(default, with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<SignedDuration>,
    /// Counts only until so long after the beginning.
    #[serde(default, with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<SignedDuration>,
}

/// Something that must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A call earlier than a peer asked for. Always checked.
    CallBeforeRetryAfter,
    /// A secret or the body of an event in a log line. Always checked.
    SecretInLog,
    /// A 429 that the connector brought on itself by asking Miro too much.
    OwnRateLimit,
    /// Any rule of Miro's that its mock watches: dead tokens tried again and again, one page asked for in a circle.
    MiroRuleBroken,
    /// A row that is there twice, even where it could be excused.
    Duplicate,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::CallBeforeRetryAfter, Self::SecretInLog, Self::OwnRateLimit, Self::MiroRuleBroken, Self::Duplicate];
}

/// How soon everything has come right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eventually {
    /// After the timeline is over and the last event has shown up.
    #[serde(with = "length")]
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

/// The problem that a stream names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Blocked(pub String);
