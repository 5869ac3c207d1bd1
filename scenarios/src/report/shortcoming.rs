//! What keeps a run as a whole from being one to rely on, whatever became of its cases.

use std::fmt;

use super::{Interrupted, Report};
use crate::certify::Shard;
use crate::verdict::Verdict;

/// What is wrong with the run itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcoming {
    /// A signal ended it.
    Interrupted {
        /// How many cases were not played.
        cases_not_played: u64,
    },
    /// No case was judged: the subject declares nothing of what they need.
    NothingJudged,
}

impl Shortcoming {
    /// A short name, for the forms of a report that have one for everything.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupted { .. } => "interrupted",
            Self::NothingJudged => "nothing-judged",
        }
    }
}

impl fmt::Display for Shortcoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted { cases_not_played } => {
                write!(f, "the run was interrupted: {cases_not_played} cases were not played")
            }
            Self::NothingJudged => f.write_str(
                "nothing was judged: every case is unsupported; choose other cases, or declare the `features` of the \
                 subject in its target file",
            ),
        }
    }
}

impl Report {
    /// What is wrong with the run itself. Of a shard the others may have been judged: the merged report tells.
    pub fn shortcoming(&self) -> Option<Shortcoming> {
        if let Some(Interrupted { cases_not_played }) = self.interrupted {
            return Some(Shortcoming::Interrupted { cases_not_played });
        }
        (!self.has_judged() && !is_part(self)).then_some(Shortcoming::NothingJudged)
    }

    /// Whether any case was judged. One that is unsupported says nothing about the subject.
    pub(super) fn has_judged(&self) -> bool {
        self.cases.iter().any(|case| case.verdict != Verdict::Unsupported)
    }
}

fn is_part(report: &Report) -> bool {
    report.shard.as_ref().and_then(|shard| shard.parse().ok()).is_some_and(|shard: Shard| shard.of > 1)
}
