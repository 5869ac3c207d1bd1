//! The clock and the bounds of a query.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::time::{DateTime, TimeRange};

/// How a query is run: its clock and its bounds. A bound ends the query with an error or a partial answer, never the
/// process.
///
/// ```
/// use kql::{DateTime, EmptyCatalog, Settings};
///
/// let now = DateTime::parse("2026-11-23T08:00:00Z").expect("a date");
/// let settings = Settings::at(now).with_rows_max(2);
/// let answer = kql::run("range n from 1 to 10 step 1", &EmptyCatalog, &settings)?;
/// assert_eq!(answer.primary().len(), 2);
/// assert!(answer.partial.is_some());
/// # Ok::<(), kql::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) now: DateTime,
    pub(crate) rows_max: usize,
    pub(crate) memory_max: usize,
    pub(crate) steps_max: u64,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) meter: Option<Meter>,
    pub(crate) seed: u64,
    pub(crate) time_range: Option<TimeRange>,
}

impl Settings {
    /// Settings for a query at this instant, which is what `now()` returns: 500,000 rows, 2 GiB of memory, 2 billion
    /// steps, seed 0.
    pub fn at(now: DateTime) -> Self {
        Self {
            now,
            rows_max: 500_000,
            memory_max: 2 << 30,
            steps_max: 2_000_000_000,
            cancel: None,
            meter: None,
            seed: 0,
            time_range: None,
        }
    }

    /// The most rows that all tables of an answer hold together; more are cut off and the answer is partial. Azure's
    /// bound, and the default, is 500,000: <https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits>
    /// (read 2026-11-29).
    #[must_use]
    pub fn with_rows_max(mut self, rows_max: usize) -> Self {
        self.rows_max = rows_max;
        self
    }

    /// The most bytes that intermediate results may take; beyond it the query fails. 4 GiB at most, whatever is given.
    #[must_use]
    pub fn with_memory_max(mut self, bytes: usize) -> Self {
        self.memory_max = bytes;
        self
    }

    /// The most steps, beyond which the query fails. A step is one row going through one operator, or one row compared or
    /// expanded inside one.
    #[must_use]
    pub fn with_steps_max(mut self, steps_max: u64) -> Self {
        self.steps_max = steps_max;
        self
    }

    /// Lets another thread end the query at its next step, such as after a time-out.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Measures the memory that the query takes, also when the query fails.
    #[must_use]
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Where the sequence behind `rand()` and `sample` starts.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The only rows of the catalog's tables that the query sees, such as those of the `timespan` of a request. It does
    /// not apply to data from outside.
    #[must_use]
    pub fn with_time_range(mut self, range: TimeRange) -> Self {
        self.time_range = Some(range);
        self
    }
}

/// Records the most memory that a query took at once. Clones share one record.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicUsize>);

impl Meter {
    /// The most bytes so far; never more than the limit of [`Settings::with_memory_max`].
    pub fn peak_bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, bytes: usize) {
        self.0.fetch_max(bytes, Ordering::Relaxed);
    }
}

/// Ends a running query from another thread. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends every query that was given a clone of this.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
