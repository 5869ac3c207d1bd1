//! A promise that was broken.

use std::fmt;

use connector::Stream;
use jiff::Timestamp;
use serde::Serialize;

/// What is promised whatever happens, or expected by a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// Every event that Miro shows is in its table, or set aside.
    NothingLost,
    /// No row is in a table that Miro never had.
    NothingInvented,
    /// An event is there twice only where its delivery could not be known.
    DuplicatesExplained,
    /// Only what Azure would not take is set aside.
    SetAsideRightly,
    /// The counts that the connector shows add up.
    CountsAddUp,
    /// Nobody is called earlier than they asked for.
    CallBeforeRetryAfter,
    /// No dead token is tried again and again, no page asked for in a circle.
    MiroRuleBroken,
    /// No secret and no event in a log line or an error.
    SecretsKept,
    /// After the fault phase everything is delivered, and the connector reports that it is ready.
    #[serde(rename = "comes-right")]
    Recovers,
    /// It ends when it is told to, and not before.
    Stops,
    /// A checkpoint can be opened again.
    StoreOpens,
    /// It does not panic.
    NoPanic,
    /// The same seed gives the same run.
    Deterministic,
    /// What the scenario expects beside all that.
    Expectation,
    /// The scenario can be played.
    Playable,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A promise that was broken, by what was seen.
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
