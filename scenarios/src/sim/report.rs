//! What became of one seed, as data.

use std::time::Duration;

use serde::Serialize;

use super::coverage::Coverage;
use super::violation::Violation;

/// What became of one seed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Promises that were broken; empty is good.
    pub violations: Vec<Violation>,
    /// Events at Miro.
    pub events: u64,
    /// Rows that are in a table more often than once.
    pub duplicates: u64,
    /// How many there may be: events whose delivery could not be known, and those of crashes before the commit.
    pub duplicates_allowed: u64,
    /// Calls made.
    pub calls: u64,
    /// Times that the connector died.
    pub deaths: u64,
    /// Virtual time that passed.
    pub virtual_time: Duration,
    /// Virtual time from the end of the faults until everything was delivered.
    #[serde(rename = "came_right_after")]
    pub recovered_after: Option<Duration>,
    /// What was met.
    pub coverage: Coverage,
    /// The same for every run of the same seed.
    pub journal_sha256: String,
    /// The journal, if it was to be kept.
    #[serde(skip)]
    pub journal: Vec<String>,
}
