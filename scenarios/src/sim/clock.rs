//! The one time of a simulated world: wall time derived from tokio's paused timer, so that both move together.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::scenario::{Action, ClockOwner, Step, begins_at};

/// Wall time that begins at a chosen instant and advances with the runtime's timer.
///
/// It is the true time of a simulated world, which no participant reads: see [`SkewedClock`].
#[derive(Clone, Copy, Debug)]
pub struct SimClock {
    origin: Timestamp,
    started: Instant,
}

impl SimClock {
    /// A clock that shows `origin` now. Must be made inside the runtime whose timer it follows.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self { origin, started: Instant::now() }
    }

    /// The wall time now.
    pub fn now(&self) -> Timestamp {
        self.wall_time(Instant::now())
    }

    /// How long the simulated world has existed.
    pub fn elapsed(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// The timer's instant at which the wall time will be `at`; the beginning for anything earlier.
    pub fn instant(&self, at: Timestamp) -> Instant {
        let ahead = at.duration_since(self.origin).try_into().unwrap_or_default();
        self.started + ahead
    }

    fn wall_time(&self, instant: Instant) -> Timestamp {
        let passed = SignedDuration::try_from(instant - self.started).unwrap_or(SignedDuration::MAX);
        self.origin.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// A clock of a participant in a simulated world: true, apart from the errors that the day plans for it.
///
/// The connector and both mocks each define the clock they need; this one is all three.
#[derive(Clone, Debug)]
pub struct SkewedClock {
    truth: SimClock,
    errors: Arc<[ClockError]>,
}

/// A time during which a clock is wrong.
#[derive(Clone, Copy, Debug)]
pub struct ClockError {
    from: Timestamp,
    until: Timestamp,
    by: SignedDuration,
    drift_ppm: i32,
}

impl SkewedClock {
    /// The clock of `owner` in a scenario with this timeline.
    pub fn of(owner: ClockOwner, timeline: &[Step], truth: SimClock) -> Self {
        Self { truth, errors: ClockError::of(owner, truth.origin, timeline).collect() }
    }

    /// What it shows now.
    pub fn now(&self) -> Timestamp {
        let truth = self.truth.now();
        shown(self.errors.iter().copied(), truth)
    }
}

impl ClockError {
    /// The errors that a timeline, begun at `starts_at`, plans for a clock.
    pub fn of(owner: ClockOwner, starts_at: Timestamp, timeline: &[Step]) -> impl Iterator<Item = Self> {
        timeline.iter().enumerate().filter_map(move |(number, step)| match step.action {
            Action::Clock { whose, by, drift_ppm } if whose == owner => {
                let from = starts_at.saturating_add(begins_at(timeline, number)?).ok()?;
                let until = from.saturating_add(step.lasts.unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX);
                Some(Self { from, until, by, drift_ppm })
            }
            _ => None,
        })
    }
}

/// What a clock with these errors shows at the true time.
pub fn shown(errors: impl Iterator<Item = ClockError>, truth: Timestamp) -> Timestamp {
    let on = errors.filter(|error| error.from <= truth && truth < error.until);
    on.fold(truth, |shown, error| {
        let gained = truth.duration_since(error.from).as_micros() * i128::from(error.drift_ppm) / 1_000_000;
        let gained = SignedDuration::from_micros(i64::try_from(gained).unwrap_or_default());
        shown.saturating_add(error.by).and_then(|shown| shown.saturating_add(gained)).unwrap_or(shown)
    })
}

impl connector::Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

impl faults::Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Calls, Trigger};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn wall_time_and_timer_move_together() {
        let clock = SimClock::starting_at("2026-03-01T00:00:00Z".parse().unwrap());
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().to_string(), "2026-03-02T00:00:00Z");
        assert_eq!(clock.instant(clock.now()), Instant::now());
    }

    #[test]
    fn errors_add_up_grow_with_the_drift_and_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let seconds = SignedDuration::from_secs;
        let skew = |from, lasts, by, drift_ppm| Step {
            name: None,
            trigger: Trigger::At(seconds(from)),
            lasts: Some(seconds(lasts)),
            times: None,
            calls: Calls::default(),
            action: Action::Clock { whose: ClockOwner::Miro, by: seconds(by), drift_ppm },
        };
        let timeline = [skew(100, 100, 60, 0), skew(150, 100, -10, -500_000)];
        let shown_at = |owner, truth| shown(ClockError::of(owner, at(0), &timeline), at(truth));
        let off: Vec<_> = [99, 100, 149, 150, 170, 200, 249, 250]
            .map(|truth| shown_at(ClockOwner::Miro, truth).as_second() - truth)
            .into();
        assert_eq!(off, [0, 60, 60, 50, 40, -35, -60, 0]);
        assert_eq!(shown_at(ClockOwner::Azure, 150), at(150));
    }
}
