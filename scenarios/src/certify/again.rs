//! Which failures are played once more alone, and what a case came to that was played twice.

use crate::report::CaseReport;
use crate::verdict::Verdict;

/// One case of so many may be played a second time.
const ONE_OF: usize = 10;
/// So many may in any run.
const AT_LEAST: usize = 12;

/// The failures that are played a second time, and those that are not. Of a subject that fails very many the load was not the reason,
/// and each that is played again may take its whole time.
#[derive(Debug)]
pub(super) struct SecondPlays {
    left: usize,
    once: Vec<String>,
}

impl SecondPlays {
    /// For a run of so many cases.
    pub(super) fn of(cases: usize) -> Self {
        Self { left: (cases / ONE_OF).max(AT_LEAST), once: Vec::new() }
    }

    /// Whether a case that failed is played again.
    pub(super) fn take(&mut self, case: &str) -> bool {
        let takes = self.left > 0;
        if takes {
            self.left -= 1;
        } else {
            self.once.push(case.to_owned());
        }
        takes
    }

    /// The names of those that are not, in order.
    pub(super) fn once(mut self) -> Vec<String> {
        self.once.sort_unstable();
        self.once
    }
}

/// A case that was played twice: what it was like when it was worse, and flaky when it passed once.
pub(super) fn together(first: CaseReport, second: CaseReport) -> CaseReport {
    let came_to = format!("{} at first, {} alone", first.verdict, second.verdict);
    let is_flaky = (first.verdict == Verdict::Pass) != (second.verdict == Verdict::Pass);
    let worse = if first.verdict > second.verdict { first } else { second };
    if !is_flaky {
        return worse;
    }
    CaseReport { verdict: Verdict::Flaky, reason: format!("{came_to}: {}", worse.reason), ..worse }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_failures_are_always_played_again_and_of_many_a_tenth() {
        let again = |cases: usize, failed: usize| {
            let mut plays = SecondPlays::of(cases);
            let taken = (0..failed).filter(|case| plays.take(&format!("{case:03}"))).count();
            (taken, plays.once().len())
        };
        assert_eq!(again(100, 12), (12, 0));
        assert_eq!(again(100, 13), (12, 1));
        assert_eq!(again(700, 700), (70, 630));
        let mut plays = SecondPlays::of(1);
        let _taken: Vec<bool> = ('a'..='n').rev().map(|case| plays.take(&case.to_string())).collect();
        assert_eq!(plays.once(), ["a", "b"], "the first that failed are played again");
    }
}
