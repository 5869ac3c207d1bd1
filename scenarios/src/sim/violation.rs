//! A guarantee that was violated.

use std::fmt;

use connector::Stream;
use jiff::Timestamp;
use serde::Serialize;

/// What is guaranteed in every scenario, or expected by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// Every event that Miro serves is in its table or dead-lettered.
    NothingLost,
    /// No row is in a table without an event at Miro.
    NothingInvented,
    /// An event has two rows only if the outcome of its delivery was unknown.
    DuplicatesExplained,
    /// Only events that Azure would refuse are dead-lettered.
    SetAsideRightly,
    /// The counters of the connector add up.
    CountsAddUp,
    /// No request is sent before the wait that a peer asked for is over.
    CallBeforeRetryAfter,
    /// No invalid token is retried endlessly, no page requested in a loop.
    MiroRuleBroken,
    /// No secret and no event in a log line or an error.
    SecretsKept,
    /// After the fault phase everything is delivered, and the connector reports that it is ready.
    #[serde(rename = "comes-right")]
    Recovers,
    /// It stops when asked to, and not before.
    Stops,
    /// A checkpoint can be opened again.
    StoreOpens,
    /// It does not panic.
    NoPanic,
    /// The same seed gives the same run.
    Deterministic,
    /// What the scenario itself expects.
    Expectation,
    /// The scenario can be played.
    Playable,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A violation as it was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// The stream concerned, if it is one.
    pub stream: Option<Stream>,
    /// The virtual time at which it was seen, if that is before the end.
    pub at: Option<Timestamp>,
    /// What was seen.
    pub detail: String,
}

impl Violation {
    /// Seen at the end, of no stream in particular.
    pub fn new(promise: Promise, detail: impl Into<String>) -> Self {
        Self { promise, stream: None, at: None, detail: detail.into() }
    }

    /// Of this stream.
    #[must_use]
    pub fn of(mut self, stream: Stream) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Seen then.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.promise)?;
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        if let Some(stream) = self.stream {
            write!(f, "{stream}: ")?;
        }
        f.write_str(&self.detail)
    }
}
