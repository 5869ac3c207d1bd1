//! Wall time, handed in. Waiting is always `tokio::time`; only this module asks the system what time it is.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the wall time. The simulation derives it from tokio's paused timer, so that both move together.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A time line that only moves on, for deadlines: it begins at a wall time and follows the runtime's monotonic timer, so that
/// a wall clock set forward or back neither ends a wait early nor makes it last for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SteadyClock {
    origin: Timestamp,
    began: Instant,
}

impl SteadyClock {
    /// Begins at `origin`.
    pub(crate) fn starting_at(origin: Timestamp) -> Self {
        Self { origin, began: Instant::now() }
    }

    /// The time on this line.
    pub(crate) fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// Where `instant` lies on this line.
    pub(crate) fn at(&self, instant: Instant) -> Timestamp {
        let passed =
            SignedDuration::try_from(instant.saturating_duration_since(self.began)).unwrap_or(SignedDuration::MAX);
        self.origin.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}
