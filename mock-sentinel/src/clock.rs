//! What time it is in the world: the clock handed in, which the control plane may freeze, advance or scale.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Where the world takes its time from. A simulation hands in a clock derived from its paused timer.
pub trait Clock: Debug + Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The base clock as the control plane has bent it: `anchor.world + (base - anchor.base) * rate`.
#[derive(Debug)]
pub(crate) struct WorldClock {
    base: Arc<dyn Clock>,
    bend: Mutex<Bend>,
}

#[derive(Debug, Clone, Copy)]
struct Bend {
    base: Timestamp,
    world: Timestamp,
    rate: f64,
}

impl WorldClock {
    /// Starts at `start`, or at the base clock's time, and runs at its rate.
    pub(crate) fn new(base: Arc<dyn Clock>, start: Option<Timestamp>) -> Self {
        let now = base.now();
        let bend = Bend { base: now, world: start.unwrap_or(now), rate: 1.0 };
        Self { base, bend: Mutex::new(bend) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let bend = *self.bend.lock().unwrap_or_else(PoisonError::into_inner);
        bend.at(self.base.now())
    }

    /// Moves the world forward (or back) at once.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.rebend(|bend| bend.world = bend.world.saturating_add(by).unwrap_or(bend.world));
    }

    /// Sets the world's time.
    pub(crate) fn set(&self, to: Timestamp) {
        self.rebend(|bend| bend.world = to);
    }

    /// Changes how fast the world runs; 0 freezes it.
    pub(crate) fn scale(&self, rate: f64) {
        self.rebend(|bend| bend.rate = rate);
    }

    fn rebend(&self, change: impl FnOnce(&mut Bend)) {
        let base = self.base.now();
        let mut bend = self.bend.lock().unwrap_or_else(PoisonError::into_inner);
        *bend = Bend { base, world: bend.at(base), rate: bend.rate };
        change(&mut bend);
    }
}

impl Bend {
    fn at(&self, base: Timestamp) -> Timestamp {
        let elapsed = base.duration_since(self.base);
        let scaled = if (self.rate - 1.0).abs() < f64::EPSILON {
            elapsed
        } else {
            SignedDuration::from_secs_f64(elapsed.as_secs_f64() * self.rate)
        };
        self.world.saturating_add(scaled).unwrap_or(self.world)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Hand(Mutex<Timestamp>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    #[test]
    fn freezing_advancing_and_scaling_compose() {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let hand = Arc::new(Hand(Mutex::new(start)));
        let clock = WorldClock::new(hand.clone(), None);
        let tick = |seconds| {
            let mut now = hand.0.lock().unwrap();
            *now += SignedDuration::from_secs(seconds);
        };
        tick(5);
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:05Z");
        clock.scale(0.0);
        tick(60);
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:05Z");
        clock.advance(SignedDuration::from_hours(1));
        clock.scale(10.0);
        tick(2);
        assert_eq!(clock.now().to_string(), "2026-03-01T01:00:25Z");
    }
}
