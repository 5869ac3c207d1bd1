//! Many seeds: side by side, each once or twice, and what they have been through together.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::coverage::{Coverage, Kind};
use super::report::Report;
use super::run::{Options, run};
use super::violation::{Promise, Violation};
use crate::scenario::Scenario;
use crate::scenario::draw::draw;

/// From this many seeds on, a kind of failure that never happened fails the sweep.
const SEEDS_TO_MEET_EVERYTHING: u64 = 20;

/// Which seeds, and how.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The seeds, in this order.
    pub seeds: RangeInclusive<u64>,
    /// How each is run.
    pub options: Options,
    /// Runs each twice and compares the journals.
    pub twice: bool,
    /// Seeds that are played side by side; at least 1.
    pub jobs: usize,
}

/// What a sweep has shown. The fields that are serialised are a contract.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Seeds played.
    pub seeds: u64,
    /// Events at Miro in all of them.
    pub events: u64,
    /// Virtual time that passed in all runs.
    pub virtual_hours: f64,
    /// Wall time that it took.
    pub real_seconds: f64,
    /// Promises that were broken, counted for each seed, and kinds of trouble that never happened.
    pub violations: u64,
    /// The times that each kind of trouble happened.
    #[serde(skip)]
    pub coverage: Coverage,
    /// Kinds of trouble that a sweep of this size has to meet and did not.
    #[serde(skip)]
    pub never_met: Vec<Kind>,
    /// Rows that are in a table more often than once.
    #[serde(skip)]
    pub duplicates: u64,
    /// Deaths of connectors.
    #[serde(skip)]
    pub deaths: u64,
    /// Calls made.
    #[serde(skip)]
    pub calls: u64,
}

impl Sweep {
    /// Plays all seeds, and shows each report as it comes, in any order, with what there was so far.
    pub fn run(&self, mut show: impl FnMut(&Report, &Summary)) -> Summary {
        let started = Instant::now();
        let next = AtomicU64::new(*self.seeds.start());
        let (reports_tx, reports_rx) = mpsc::sync_channel(16);
        let mut summary = Summary::default();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let (next, reports_tx) = (&next, reports_tx.clone());
                scope.spawn(move || self.play_next(next, &reports_tx));
            }
            drop(reports_tx);
            for (report, played) in reports_rx {
                summary.add(&report, played);
                show(&report, &summary);
            }
        });
        if summary.seeds >= SEEDS_TO_MEET_EVERYTHING {
            summary.never_met = summary.coverage.missing();
            summary.violations += summary.never_met.len() as u64;
        }
        summary.real_seconds = started.elapsed().as_secs_f64();
        summary
    }

    /// Plays seeds until none is left or nobody listens any more.
    fn play_next(&self, next: &AtomicU64, reports: &mpsc::SyncSender<(Report, Duration)>) {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !self.seeds.contains(&seed) || reports.send(self.play(seed)).is_err() {
                return;
            }
        }
    }

    /// One seed's report and the virtual time that it took, both runs together.
    fn play(&self, seed: u64) -> (Report, Duration) {
        play(&draw(seed, self.options.hours), &self.options, self.twice)
    }
}

/// Plays a scenario once or twice: its report and the virtual time that it took, both runs together.
pub fn play(scenario: &Scenario, options: &Options, twice: bool) -> (Report, Duration) {
    let mut report = run(scenario, options);
    let mut played = report.virtual_time;
    if twice {
        let again = run(scenario, options);
        played += again.virtual_time;
        if again.journal_sha256 != report.journal_sha256 {
            let detail = format!("two runs differ: {}", first_difference(scenario, *options));
            report.violations.insert(0, Violation::new(Promise::Deterministic, detail));
        }
    }
    (report, played)
}

/// Where two more runs part, line against line.
fn first_difference(scenario: &Scenario, options: Options) -> String {
    let options = Options { keep_journal: true, ..options };
    let (one, other) = (run(scenario, &options).journal, run(scenario, &options).journal);
    let place = one.iter().zip(&other).position(|(one, other)| one != other).unwrap_or(one.len().min(other.len()));
    let line = |journal: &[String]| journal.get(place).cloned().unwrap_or_else(|| "(ends)".to_owned());
    format!("line {place} is\n  {}\nand\n  {}", line(&one), line(&other))
}

impl Summary {
    /// Adds what a run has shown and the virtual time that it took.
    pub fn add(&mut self, report: &Report, played: Duration) {
        self.seeds += 1;
        self.events += report.events;
        self.virtual_hours += played.as_secs_f64() / 3600.0;
        self.violations += report.violations.len() as u64;
        self.coverage.add(&report.coverage);
        self.duplicates += report.duplicates;
        self.deaths += report.deaths;
        self.calls += report.calls;
    }

    /// How much faster than the clock on the wall.
    pub fn speed(&self) -> f64 {
        self.virtual_hours * 3600.0 / self.real_seconds.max(f64::MIN_POSITIVE)
    }
}
