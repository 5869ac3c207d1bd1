//! What a check, a case and a run come to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a check or a case comes to, from the best to the worst: a case has the worst of its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It held.
    Pass,
    /// The subject says that it cannot do this.
    Unsupported,
    /// Nothing was proved, for a reason that is given. Never a pass.
    Skip,
    /// Broken at first, and not when it was played again alone.
    Flaky,
    /// Broken.
    Fail,
    /// The laboratory failed.
    Error,
}

impl Verdict {
    /// All of them, from the best to the worst.
    pub const ALL: [Self; 6] = [Self::Pass, Self::Unsupported, Self::Skip, Self::Flaky, Self::Fail, Self::Error];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unsupported => "unsupported",
            Self::Skip => "skip",
            Self::Flaky => "flaky",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its name, such as `nothing-lost.audit` or `requests.2`; the same in every run of a scenario.
    pub check: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What has to be.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

impl Check {
    /// A check that holds or not.
    pub fn new(check: impl Into<String>, holds: bool, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let verdict = if holds { Verdict::Pass } else { Verdict::Fail };
        Self { check: check.into(), verdict, expected: expected.into(), seen: seen.into() }
    }

    /// One that proved nothing.
    pub fn skipped(check: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Skip, expected: expected.into(), seen: seen.into() }
    }

    /// Whether it is broken.
    pub fn is_broken(&self) -> bool {
        self.verdict >= Verdict::Fail
    }
}
