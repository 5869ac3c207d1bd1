//! The steps of a check and their order.

use super::seen::Seen;
use crate::{Problem, Stream};

/// What was looked at, in the order in which an event goes. It decides what is told first and which problem the exit code is of,
/// whichever is known first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Configuration,
    Store,
    Rights,
    Telemetry,
    Miro,
    Log(Stream),
    Authority,
    Endpoint,
    Identity,
    Rule(Stream),
    Clock,
}

impl Place {
    /// What it is about, in a line that is told while it is looked at.
    pub(super) fn subject(self) -> String {
        match self {
            Self::Configuration => "configuration".to_owned(),
            Self::Store | Self::Rights => "store.path".to_owned(),
            Self::Telemetry => "telemetry.listen".to_owned(),
            Self::Miro => "miro.base_url".to_owned(),
            Self::Log(stream) => format!("streams.{stream}"),
            Self::Authority => "sentinel.identity.authority".to_owned(),
            Self::Endpoint => "sentinel.endpoint".to_owned(),
            Self::Identity => "sentinel.identity".to_owned(),
            Self::Rule(stream) => format!("sentinel.rules.{stream}"),
            Self::Clock => "the clock of this machine".to_owned(),
        }
    }
}

/// The outcome of one step.
#[derive(Debug)]
pub(super) enum Step {
    /// Something was seen, and it is well.
    Well(Seen),
    /// Something was seen that may be well, and deserves a thought.
    Note(Note),
    /// Something is wrong.
    Wrong(Problem),
}

/// What may be well. No finding: it has no code and does not change the exit code.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Note {
    pub(super) subject: String,
    pub(super) cause: String,
    pub(super) next_step: String,
}

impl Step {
    /// As printed: one line, and a second one for the next step.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Well(seen) => format!("ok    {seen}\n"),
            Self::Note(Note { subject, cause, next_step }) => {
                format!("note  {subject}: {cause}\n      next: {next_step}\n")
            }
            Self::Wrong(Problem { code, subject, cause, next_step }) => {
                format!("FAIL  {subject}: {cause} [{}]\n      next: {next_step}\n", code.name())
            }
        }
    }
}
