//! Wall time, handed in. Waiting is always `tokio::time`; only this module asks the system what time it is.

use std::fmt::Debug;

use jiff::Timestamp;

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
