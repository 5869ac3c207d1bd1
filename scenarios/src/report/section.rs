//! The parts that a report for people has, in the order of their urgency.

use super::{CaseReport, Report};
use crate::verdict::Verdict;

/// What a case calls for. Known failures stand apart from those that nobody expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Fail,
    Error,
    Flaky,
    Skip,
    Known,
    Unsupported,
    Pass,
}

impl Section {
    /// All of them, the most urgent first.
    pub(super) const ALL: [Self; 7] =
        [Self::Fail, Self::Error, Self::Flaky, Self::Skip, Self::Known, Self::Unsupported, Self::Pass];

    pub(super) fn of(case: &CaseReport) -> Self {
        match case.verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Unsupported => Self::Unsupported,
            Verdict::Error => Self::Error,
            Verdict::Skip | Verdict::Flaky | Verdict::Fail if case.expectation.is_some() => Self::Known,
            Verdict::Skip => Self::Skip,
            Verdict::Flaky => Self::Flaky,
            Verdict::Fail => Self::Fail,
        }
    }

    /// A short name, for tables and the anchors of sections.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Flaky => "flaky",
            Self::Skip => "skip",
            Self::Known => "known",
            Self::Unsupported => "unsupported",
            Self::Pass => "pass",
        }
    }

    /// The heading.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Fail => "Failures",
            Self::Error => "Laboratory errors",
            Self::Flaky => "Flaky",
            Self::Skip => "Skipped",
            Self::Known => "Known failures",
            Self::Unsupported => "Unsupported",
            Self::Pass => "Passed",
        }
    }

    /// What a reader has to know about all of its cases.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Fail => "At least one check did not hold.",
            Self::Error => "The laboratory could not play these cases: they say nothing about the subject.",
            Self::Flaky => "The verdict changed when the case was played again alone. Flaky is not a pass.",
            Self::Skip => "Nothing was proved. A skip is not a pass.",
            Self::Known => "Not as required, and listed with a reason in the file of known failures.",
            Self::Unsupported => "The subject does not declare what these cases need.",
            Self::Pass => "Every check held.",
        }
    }

    /// Its cases: those that bind most first, and otherwise in the order of the catalogue.
    pub(super) fn cases(self, report: &Report) -> Vec<&CaseReport> {
        let mut cases: Vec<&CaseReport> = report.cases.iter().filter(|case| Self::of(case) == self).collect();
        cases.sort_by_key(|case| case.level);
        cases
    }

    /// Whether its cases are shown unfolded.
    pub(super) const fn is_urgent(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }
}
