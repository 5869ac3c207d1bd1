//! The one time of a simulated world: wall time derived from tokio's paused timer, so that both move together.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Wall time that begins at a chosen instant and advances with the runtime's timer.
///
/// The connector and both mocks each define the clock they need; this one is all three.
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

impl connector::Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

impl mock_miro::Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

impl mock_sentinel::Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn wall_time_and_timer_move_together() {
        let clock = SimClock::starting_at("2026-03-01T00:00:00Z".parse().unwrap());
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().to_string(), "2026-03-02T00:00:00Z");
        assert_eq!(clock.instant(clock.now()), Instant::now());
    }
}
