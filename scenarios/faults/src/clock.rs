//! The clock of a mock: passed in, and adjustable through the control plane.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A source of the current time. A simulation passes in a clock derived from its paused timer.
pub trait Clock: Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock derived from another one, which can be frozen, moved and sped up or slowed down. Clones share its state.
#[derive(Debug, Clone)]
pub struct SteeredClock {
    source: Arc<dyn Clock>,
    steering: Arc<Mutex<Steering>>,
}

/// Since `source_at` of the underlying clock this one shows `shown_at` plus `rate` times what has passed.
#[derive(Debug, Clone, Copy)]
struct Steering {
    source_at: Timestamp,
    shown_at: Timestamp,
    rate: f64,
}

/// A change to the clock; fields may be combined and are applied in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockChange {
    /// Jump to this instant.
    pub set: Option<Timestamp>,
    /// Jump by this much, such as `"1h"`.
    pub advance: Option<SignedDuration>,
    /// Stop (`true`), or run again at the rate of the underlying clock (`false`).
    pub freeze: Option<bool>,
    /// Run this many times as fast as the underlying clock, 0 to 1,000,000.
    pub scale: Option<f64>,
}

/// Why a change was rejected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClockError {
    /// A step backwards.
    #[error("`advance` is {0:#}: time only moves forward; use `set` to choose an earlier start on purpose")]
    Backwards(SignedDuration),
    /// A rate outside the bounds.
    #[error("`scale` is {0}: allowed is 0 to 1000000")]
    Scale(f64),
    /// Outside the range of timestamps.
    #[error("`advance` leaves the range of years -9999 to 9999; advance by less")]
    TooFar,
}

impl ClockChange {
    /// Checks that the change does not step backwards.
    ///
    /// # Errors
    ///
    /// [`ClockError::Backwards`].
    pub fn forward(self) -> Result<Self, ClockError> {
        self.advance.filter(SignedDuration::is_negative).map_or(Ok(self), |step| Err(ClockError::Backwards(step)))
    }
}

impl SteeredClock {
    const FASTEST: f64 = 1_000_000.0;

    /// A clock over `source` that shows `start` now, or what `source` shows.
    pub fn new(source: Arc<dyn Clock>, start: Option<Timestamp>) -> Self {
        let source_at = source.now();
        let steering = Steering { source_at, shown_at: start.unwrap_or(source_at), rate: 1.0 };
        Self { source, steering: Arc::new(Mutex::new(steering)) }
    }

    /// The current time of this clock.
    pub fn now(&self) -> Timestamp {
        let steering = *self.steering.lock().unwrap_or_else(PoisonError::into_inner);
        steering.at(self.source.now())
    }

    /// Applies the change atomically; returns the time afterwards.
    ///
    /// # Errors
    ///
    /// [`ClockError::Scale`] and [`ClockError::TooFar`].
    pub fn change(&self, change: ClockChange) -> Result<Timestamp, ClockError> {
        let mut steering = self.steering.lock().unwrap_or_else(PoisonError::into_inner);
        let source_at = self.source.now();
        let mut next = Steering { source_at, shown_at: steering.at(source_at), rate: steering.rate };
        if let Some(instant) = change.set {
            next.shown_at = instant;
        }
        if let Some(step) = change.advance {
            next.shown_at = next.shown_at.checked_add(step).map_err(|_| ClockError::TooFar)?;
        }
        if let Some(frozen) = change.freeze {
            next.rate = if frozen { 0.0 } else { 1.0 };
        }
        if let Some(rate) = change.scale {
            if !(0.0..=Self::FASTEST).contains(&rate) {
                return Err(ClockError::Scale(rate));
            }
            next.rate = rate;
        }
        *steering = next;
        Ok(next.shown_at)
    }

    /// Returns to the underlying clock.
    pub fn reset(&self) {
        let now = self.source.now();
        *self.steering.lock().unwrap_or_else(PoisonError::into_inner) =
            Steering { source_at: now, shown_at: now, rate: 1.0 };
    }
}

impl Steering {
    fn at(self, source_now: Timestamp) -> Timestamp {
        let passed = source_now.duration_since(self.source_at);
        let shown = if self.rate == 1.0 {
            passed
        } else {
            let seconds = passed.as_secs_f64() * self.rate;
            SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX)
        };
        self.shown_at.saturating_add(shown).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Manual(Mutex<Timestamp>);

    impl Manual {
        fn pass(&self, seconds: i64) {
            let mut now = self.0.lock().unwrap();
            *now += SignedDuration::from_secs(seconds);
        }
    }

    impl Clock for Manual {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn steered() -> (Arc<Manual>, SteeredClock) {
        let source = Arc::new(Manual(Mutex::new("2026-03-01T00:00:00Z".parse().unwrap())));
        (source.clone(), SteeredClock::new(source, None))
    }

    #[test]
    fn follows_its_source_until_it_is_steered() {
        let (source, clock) = steered();
        source.pass(5);
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:05Z");
    }

    #[test]
    fn begins_where_it_is_told_to() {
        let (source, _) = steered();
        let clock = SteeredClock::new(source.clone(), Some("2030-01-01T00:00:00Z".parse().unwrap()));
        source.pass(5);
        assert_eq!(clock.now().to_string(), "2030-01-01T00:00:05Z");
    }

    #[test]
    fn frozen_it_stands_and_advanced_it_jumps() {
        let (source, clock) = steered();
        clock.change(ClockChange { freeze: Some(true), ..ClockChange::default() }).unwrap();
        source.pass(60);
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:00Z");
        let hour = SignedDuration::from_hours(1);
        clock.change(ClockChange { advance: Some(hour), ..ClockChange::default() }).unwrap();
        assert_eq!(clock.now().to_string(), "2026-03-01T01:00:00Z");
    }

    #[test]
    fn scaled_it_runs_faster_from_that_moment_on() {
        let (source, clock) = steered();
        source.pass(10);
        clock.change(ClockChange { scale: Some(60.0), ..ClockChange::default() }).unwrap();
        source.pass(1);
        assert_eq!(clock.now().to_string(), "2026-03-01T00:01:10Z");
        clock.reset();
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:11Z");
    }

    #[test]
    fn a_change_that_cannot_be_changes_nothing() {
        let (_, clock) = steered();
        let wrong =
            ClockChange { advance: Some(SignedDuration::from_hours(1)), scale: Some(-1.0), ..ClockChange::default() };
        assert_eq!(clock.change(wrong), Err(ClockError::Scale(-1.0)));
        let too_far = ClockChange { advance: Some(SignedDuration::MAX), ..ClockChange::default() };
        assert_eq!(clock.change(too_far), Err(ClockError::TooFar));
        assert_eq!(clock.now().to_string(), "2026-03-01T00:00:00Z");
    }

    #[test]
    fn a_step_back_is_told_apart() {
        let back = SignedDuration::from_secs(-1);
        let change = |step| ClockChange { advance: Some(step), ..ClockChange::default() };
        assert_eq!(change(back).forward(), Err(ClockError::Backwards(back)));
        assert_eq!(change(-back).forward(), Ok(change(-back)));
    }
}
