//! The outcomes of the steps of a check.

use super::seen::Seen;
use crate::Problem;

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
