//! A timeline being played: which steps have begun, and which of them a call meets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connector::Stream;
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;

use super::clock::SimClock;
use crate::scenario::{Call, Scenario, Step, Trigger};

/// The timeline of one run; clones play the same.
#[derive(Clone, Debug)]
pub struct Timeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    steps: Vec<Step>,
    /// Those that meet calls, or begin with one.
    of_calls: Vec<usize>,
    progress: Mutex<Vec<Progress>>,
    changed: Notify,
}

#[derive(Debug)]
struct Progress {
    began: Option<Timestamp>,
    /// Calls that its trigger counts.
    counted: u64,
    /// Calls that it met.
    met: u64,
    /// Chooses calls, and whatever else the step leaves open.
    random: ChaCha8Rng,
}

impl Timeline {
    /// The timeline of `scenario`, nothing of which has begun but what is due at its beginning.
    pub fn new(scenario: &Scenario) -> Self {
        let progress = scenario.timeline.iter().enumerate().map(|(number, step)| {
            let seed =
                step.calls.seed.unwrap_or_else(|| scenario.seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            Progress {
                began: scenario.begins_at(number).map(|since| scenario.time(since)),
                counted: 0,
                met: 0,
                random: ChaCha8Rng::seed_from_u64(seed),
            }
        });
        let is_of_calls = |step: &Step| step.action.concerns_calls() || matches!(step.trigger, Trigger::When(_));
        let steps = scenario.timeline.clone();
        Self(Arc::new(Inner {
            of_calls: (0..steps.len()).filter(|number| is_of_calls(&steps[*number])).collect(),
            progress: Mutex::new(progress.collect()),
            steps,
            changed: Notify::new(),
        }))
    }

    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.0.steps
    }

    /// When a step begins, as far as that is known yet.
    pub fn begins(&self, step: usize) -> Option<Timestamp> {
        self.begins_in(&self.progress(), step)
    }

    fn begins_in(&self, progress: &[Progress], step: usize) -> Option<Timestamp> {
        if let Some(began) = progress[step].began {
            return Some(began);
        }
        let Trigger::After { step: name, by } = &self.0.steps[step].trigger else { return None };
        let other = self.0.steps.iter().position(|step| step.name.as_deref() == Some(name))?;
        // Steps that follow each other in a circle are refused when a scenario is checked.
        self.begins_in(progress, other)?.checked_add(*by).ok()
    }

    /// When a step is over; never, without a length.
    pub fn ends(&self, step: usize) -> Option<Timestamp> {
        let lasts = self.0.steps[step].lasts?;
        self.begins(step)?.checked_add(lasts).ok()
    }

    /// Waits until a step begins.
    pub async fn begun(&self, step: usize, clock: &SimClock) {
        loop {
            let changed = self.0.changed.notified();
            match self.begins(step) {
                Some(at) => return tokio::time::sleep_until(clock.instant(at)).await,
                None => changed.await,
            }
        }
    }

    /// A call is made: the steps that it meets, each with a number drawn for it.
    pub(super) fn called(&self, call: Call, stream: Option<Stream>, now: Timestamp) -> Vec<(usize, u64)> {
        if self.0.of_calls.is_empty() {
            return Vec::new();
        }
        let mut progress = self.progress();
        let mut has_begun = false;
        for &number in &self.0.of_calls {
            if let Trigger::When(nth) = &self.0.steps[number].trigger
                && nth.counts(call, stream)
            {
                let step = &mut progress[number];
                step.counted += 1;
                if step.counted == nth.nth {
                    step.began = Some(now);
                    has_begun = true;
                }
            }
        }
        let met = self.0.of_calls.iter().filter_map(|&number| {
            let step = &self.0.steps[number];
            let is_met = step.action.concerns_calls()
                && step.meets(call, stream)
                && progress[number].met < step.times()
                && self.is_on(&progress, number, now);
            let progress = &mut progress[number];
            let is_chosen =
                is_met && step.calls.share.is_none_or(|share| progress.random.random_bool(share.clamp(0.0, 1.0)));
            is_chosen.then(|| (number, progress.random.random()))
        });
        let met = met.collect();
        drop(progress);
        if has_begun {
            self.0.changed.notify_waiters();
        }
        met
    }

    fn is_on(&self, progress: &[Progress], number: usize, now: Timestamp) -> bool {
        let Some(began) = self.begins_in(progress, number) else { return false };
        let until = self.0.steps[number]
            .lasts
            .map_or(Timestamp::MAX, |lasts| began.saturating_add(lasts).unwrap_or(Timestamp::MAX));
        began <= now && now < until
    }

    /// A step took a call.
    pub(super) fn took(&self, step: usize) {
        self.progress()[step].met += 1;
    }

    fn progress(&self) -> MutexGuard<'_, Vec<Progress>> {
        // Counters are whole at any time.
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
