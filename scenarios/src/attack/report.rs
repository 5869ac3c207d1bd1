//! What came of an attack.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::Bounds;
use super::victim::End;
use super::watch::{Health, Memory, Seen};

/// Everything counted and measured. Its fields are a contract: `miro-lab attack --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How long it was to last, in seconds.
    pub seconds: u64,
    /// How often each attack was made.
    pub attacks: BTreeMap<String, u64>,
    /// Health of each mock, and of a trivial server beside them (`control`).
    pub health: BTreeMap<String, HealthReport>,
    /// Resident memory of the mocks' process.
    pub memory_mib: MemoryReport,
    /// Panics, and failures that a mock calls a mistake of its own.
    pub panics: u64,
    /// Rows in the tables of mock-sentinel.
    pub rows_stored: u64,
    /// Lines in both journals.
    pub calls_remembered: usize,
    /// The bounds that did not hold; empty is well.
    pub broken: Vec<String>,
}

/// How one server answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthReport {
    /// Right answers.
    pub answered: usize,
    /// Questions without one.
    pub failed: u64,
    /// Half of them came within this time, in milliseconds.
    pub p50_ms: f64,
    /// 99 % of them.
    pub p99_ms: f64,
    /// All of them.
    pub max_ms: f64,
}

/// Resident memory in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MemoryReport {
    /// Before the first attack.
    pub start: f64,
    /// At most.
    pub peak: f64,
    /// After the last one.
    pub end: f64,
}

impl Report {
    pub(super) fn new(seconds: u64, attacks: BTreeMap<String, u64>, seen: &Seen, end: &End, bounds: Bounds) -> Self {
        let broken = broken(seen, end, bounds);
        let health = seen.health.iter().map(|(name, health)| ((*name).to_owned(), HealthReport::of(health)));
        let control = ("control".to_owned(), HealthReport::of(&seen.control));
        let Memory { at_start, peak, at_end } = seen.memory;
        Self {
            seconds,
            attacks,
            health: health.chain([control]).collect(),
            memory_mib: MemoryReport { start: mebibytes(at_start), peak: mebibytes(peak), end: mebibytes(at_end) },
            panics: end.panics,
            rows_stored: end.rows_stored,
            calls_remembered: end.calls_remembered,
            broken,
        }
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (attack, count) in &self.attacks {
            line(&mut text, format_args!("{attack}: {count}"));
        }
        line(&mut text, format_args!("attacks in all: {}", self.attacks.values().sum::<u64>()));
        let MemoryReport { start, peak, end } = self.memory_mib;
        let (rows, calls) = (self.rows_stored, self.calls_remembered);
        line(
            &mut text,
            format_args!(
                "memory: {start:.1} MiB at the start, {peak:.1} MiB at most, {end:.1} MiB at the end; {rows} rows stored, {calls} calls remembered"
            ),
        );
        for (name, health) in &self.health {
            let HealthReport { answered, failed, p50_ms, p99_ms, max_ms } = health;
            line(
                &mut text,
                format_args!(
                    "health of {name}: {answered} responses, p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, max {max_ms:.1} ms; {failed} without a response"
                ),
            );
        }
        line(&mut text, format_args!("panics: {}", self.panics));
        for complaint in &self.broken {
            line(&mut text, format_args!("FAIL: {complaint}"));
        }
        text
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing into memory does not fail.
    writeln!(text, "{words}").ok();
}

/// The bounds that did not hold.
fn broken(seen: &Seen, end: &End, bounds: Bounds) -> Vec<String> {
    let mut broken = Vec::new();
    let grown = seen.memory.peak.saturating_sub(seen.memory.at_start) / 1024;
    if grown > bounds.rss_mib_max {
        broken.push(format!("memory grew by {grown} MiB, at most {} are allowed", bounds.rss_mib_max));
    }
    let control = seen.control.took.len();
    for (name, health) in &seen.health {
        let answered = health.took.len();
        let share = answered as f64 / control.max(1) as f64;
        if share < bounds.health_share_min {
            broken.push(format!(
                "health of {name} responded {answered} times while a trivial server responded {control} times: a share of {share:.2}, at least {} is expected",
                bounds.health_share_min
            ));
        }
        if health.failed > 0 || answered == 0 {
            let why = health.why.as_deref().unwrap_or("it was never polled");
            broken.push(format!("health of {name} did not respond {} times: {why}", health.failed));
        }
    }
    if end.panics > 0 {
        broken.push(format!("{} panics", end.panics));
    }
    broken.extend(end.exited.as_ref().map(|status| format!("the mocks exited: {status}")));
    broken
}

impl HealthReport {
    fn of(health: &Health) -> Self {
        let mut took = health.took.clone();
        took.sort_unstable();
        let within = |share: f64| {
            let last = took.len().saturating_sub(1);
            took.get((last as f64 * share).round() as usize).map_or(0.0, milliseconds)
        };
        let (p50_ms, p99_ms, max_ms) = (within(0.5), within(0.99), within(1.0));
        Self { answered: took.len(), failed: health.failed, p50_ms, p99_ms, max_ms }
    }
}

/// With three decimals, which is more than is measured.
fn milliseconds(duration: &Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

fn mebibytes(kibibytes: u64) -> f64 {
    (kibibytes as f64 / 102.4).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(answers: usize, failed: u64) -> Health {
        Health { took: vec![Duration::from_millis(2); answers], failed, why: (failed > 0).then(|| "reset".to_owned()) }
    }

    fn judged(mock: Health, control: usize, peak_kib: u64, panics: u64) -> Vec<String> {
        let memory = Memory { at_start: 1_024, peak: peak_kib, at_end: 1_024 };
        let seen = Seen { health: vec![("miro", mock)], control: health(control, 0), memory };
        let end = End { panics, rows_stored: 0, calls_remembered: 0, exited: None };
        broken(&seen, &end, Bounds { rss_mib_max: 10, health_share_min: 0.25 })
    }

    #[test]
    fn a_slow_machine_is_no_fault_of_a_mock() {
        assert_eq!(judged(health(3, 0), 4, 2_048, 0), Vec::<String>::new());
    }

    #[test]
    fn a_mock_that_lags_behind_a_trivial_server_is_told() {
        let told = judged(health(2, 0), 40, 2_048, 0);
        assert!(
            told.len() == 1 && told[0].contains("responded 2 times while a trivial server responded 40"),
            "{told:?}"
        );
    }

    #[test]
    fn failures_memory_and_panics_are_each_told() {
        let told = judged(health(40, 3), 40, 1_024 + 20 * 1_024, 2).join("\n");
        for words in ["did not respond 3 times: reset", "memory grew by 20 MiB", "2 panics"] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}
