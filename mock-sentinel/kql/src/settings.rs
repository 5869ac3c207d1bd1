//! The clock and the bounds of a query.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::time::DateTime;

/// How a query is run. Every bound is a limit that ends the query with an error or a partial answer, never the process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What `now()` answers, once for the whole query.
    pub now: DateTime,
    /// The most rows an answer holds; more are cut off and the answer is partial. Azure's bound is 500,000.
    pub rows_max: usize,
    /// The most bytes that intermediate results may take; beyond it the query fails.
    pub memory_max: usize,
    /// The most steps: a step is one row going through one operator, or one row compared or expanded inside one.
    pub steps_max: u64,
    /// Set from outside to end the query at its next step, such as after a time-out.
    pub cancelled: Option<Cancel>,
    /// Told what the query takes in memory, for who wants to know it also when the query fails.
    pub meter: Option<Meter>,
    /// Where `rand()` and `sample` start.
    pub seed: u64,
}

impl Settings {
    /// The default bounds at this instant.
    pub fn at(now: DateTime) -> Self {
        Self { now, ..Self::default() }
    }
}

impl Default for Settings {
    /// 500,000 rows, 2 GiB, 2 billion steps, and a clock that stands at 2020-01-01: hand in the real time.
    fn default() -> Self {
        Self {
            now: DateTime::parse("2020-01-01T00:00:00Z").expect("a valid date"),
            rows_max: 500_000,
            memory_max: 2 << 30,
            steps_max: 2_000_000_000,
            cancelled: None,
            meter: None,
            seed: 0,
        }
    }
}

/// Remembers the most bytes that a query was counted with at once. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicUsize>);

impl Meter {
    /// The most bytes so far; never more than [`Settings::memory_max`].
    pub fn peak_bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, bytes: usize) {
        self.0.fetch_max(bytes, Ordering::Relaxed);
    }
}

/// A switch that ends a running query from another thread. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends every query that was given this switch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was used.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
