//! From a scenario that breaks a promise to a smaller one that breaks the same.
//!
//! Steps are dropped in halves, quarters, and so on (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002);
//! then the world gets smaller, and what lasts gets shorter, as long as the same promise of the same stream stays broken.

use connector::Stream;
use jiff::SignedDuration;
use serde_json::Value;

use crate::scenario::{Conditions, Family, Scenario, check};
use crate::sim::violation::{Promise, Violation};
use crate::sim::{Options, run};

/// Runs that one failure is worth.
const RUNS_MAX: usize = 400;

/// What was found.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest scenario that breaks it still.
    pub scenario: Scenario,
    /// What it breaks.
    pub violation: Violation,
    /// The runs that it took.
    pub runs: usize,
}

/// Makes `scenario`, which breaks a promise as `violation` tells, as small as is found.
pub fn shrink(scenario: &Scenario, violation: &Violation) -> Shrunk {
    let breaks = |scenario: &Scenario| run(scenario, &Options::default()).violations;
    shrink_by(scenario, violation, &breaks)
}

/// The same, where `breaks` says which promises a scenario breaks.
pub fn shrink_by(scenario: &Scenario, violation: &Violation, breaks: &dyn Fn(&Scenario) -> Vec<Violation>) -> Shrunk {
    let mut search = Search {
        wanted: (violation.promise, violation.stream),
        best: scenario.clone(),
        violation: violation.clone(),
        runs: 0,
        breaks,
    };
    search.drop_steps();
    search.calm();
    search.shorten();
    // What the shorter world made needless.
    search.drop_steps();
    let Search { mut best, violation, runs, .. } = search;
    best.family = Family::Regressions;
    Shrunk { scenario: best, violation, runs }
}

struct Search<'a> {
    wanted: (Promise, Option<Stream>),
    best: Scenario,
    violation: Violation,
    runs: usize,
    breaks: &'a dyn Fn(&Scenario) -> Vec<Violation>,
}

impl Search<'_> {
    /// Takes `smaller` if it makes sense and breaks the same promise.
    fn takes(&mut self, smaller: Scenario) -> bool {
        if self.runs >= RUNS_MAX || smaller == self.best || !check::check(&smaller).is_empty() {
            return false;
        }
        self.runs += 1;
        let found = (self.breaks)(&smaller).into_iter().find(|found| (found.promise, found.stream) == self.wanted);
        let Some(found) = found else { return false };
        self.best = smaller;
        self.violation = found;
        true
    }

    fn drop_steps(&mut self) {
        let mut chunk = self.best.timeline.len();
        while chunk > 0 {
            let mut from = 0;
            while from < self.best.timeline.len() {
                let mut smaller = self.best.clone();
                let until = (from + chunk).min(smaller.timeline.len());
                smaller.timeline.drain(from..until);
                if !self.takes(smaller) {
                    from += chunk;
                }
            }
            chunk /= 2;
        }
    }

    /// A perfect network, usual settings, fewer events.
    fn calm(&mut self) {
        let mut calm = self.best.clone();
        calm.network = Conditions::default();
        self.takes(calm);
        for key in self.best.connector.keys().cloned().collect::<Vec<_>>() {
            let mut usual = self.best.clone();
            usual.connector.remove(&key);
            self.takes(usual);
        }
        for key in ["switches", "audit", "content", "credits_per_minute"] {
            let mut usual = self.best.clone();
            if usual.world.miro.remove(key).is_some() {
                self.takes(usual);
            }
        }
        for stream in ["audit", "content"] {
            while let Some(fewer) = with_half_the_events(&self.best, stream) {
                if !self.takes(fewer) {
                    break;
                }
            }
        }
    }

    /// Half as long, and everything that lasts half as long.
    fn shorten(&mut self) {
        for step in 0..self.best.timeline.len() {
            while let Some(lasts) = self.best.timeline[step].lasts.filter(|lasts| *lasts > SHORTEST) {
                let mut shorter = self.best.clone();
                shorter.timeline[step].lasts = Some(lasts / 2);
                if !self.takes(shorter) {
                    break;
                }
            }
        }
        while let Some(lasts) = self.best.lasts.filter(|lasts| *lasts > SHORTEST) {
            let mut shorter = self.best.clone();
            shorter.lasts = Some(lasts / 2);
            if !self.takes(shorter) {
                break;
            }
        }
    }
}

/// Nothing is made shorter than this.
const SHORTEST: SignedDuration = SignedDuration::from_secs(2);

fn with_half_the_events(scenario: &Scenario, stream: &str) -> Option<Scenario> {
    let count = scenario.world.miro.get(stream)?.get("generate")?.as_u64().filter(|count| *count > 1)?;
    let mut fewer = scenario.clone();
    fewer.world.miro.get_mut(stream)?["generate"] = Value::from(count / 2);
    Some(fewer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Action;
    use crate::scenario::draw::draw;
    use proptest::prelude::*;

    /// Breaks a promise as long as both of these kinds of step are there.
    fn breaks_with(kinds: [&'static str; 2]) -> impl Fn(&Scenario) -> Vec<Violation> {
        move |scenario| {
            let has = |kind| scenario.timeline.iter().any(|step| step.action.name() == kind);
            let broken = kinds.into_iter().all(has);
            broken.then(|| Violation::new(Promise::NothingLost, "one").of(Stream::Audit)).into_iter().collect()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_keeps_the_violation_and_nothing_else(seed in 0_u64..10_000) {
            let scenario = draw(seed, 6);
            let kinds = ["event", "refuse"];
            let breaks = breaks_with(kinds);
            let Some(violation) = breaks(&scenario).into_iter().next() else { return Ok(()) };
            let shrunk = shrink_by(&scenario, &violation, &breaks);
            prop_assert_eq!(breaks(&shrunk.scenario).len(), 1);
            prop_assert_eq!(shrunk.scenario.timeline.len(), 2);
            prop_assert!(shrunk.runs <= RUNS_MAX);
            prop_assert!(shrunk.scenario.lasts <= scenario.lasts);
        }
    }

    #[test]
    fn another_promise_is_not_taken_for_the_same() {
        let scenario = draw(3, 6);
        let violation = Violation::new(Promise::NothingLost, "one").of(Stream::Audit);
        let other = |_: &Scenario| vec![Violation::new(Promise::Recovers, "two")];
        let shrunk = shrink_by(&scenario, &violation, &other);
        assert_eq!(shrunk.scenario.timeline, scenario.timeline);
        assert!(shrunk.scenario.timeline.iter().any(|step| matches!(step.action, Action::Event(_))));
    }
}
