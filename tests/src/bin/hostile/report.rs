//! What came of the attack, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use crate::mock::End;
use crate::watch::{Memory, Seen};

/// Everything counted and measured.
pub(crate) struct Report {
    pub(crate) struck: BTreeMap<&'static str, u64>,
    pub(crate) seen: Seen,
    pub(crate) end: End,
}

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

impl Report {
    pub(crate) fn print(&self) -> io::Result<()> {
        for (attack, count) in &self.struck {
            line(&format!("{attack}: {count}"))?;
        }
        line(&format!("attacks in all: {}", self.struck.values().sum::<u64>()))?;
        let Memory { at_start, peak, at_end } = self.seen.memory;
        line(&format!(
            "memory: {:.1} MiB at the start, {:.1} MiB at most, {:.1} MiB at the end; {} rows stored, {} calls remembered",
            mebibytes(at_start),
            mebibytes(peak),
            mebibytes(at_end),
            self.end.rows_stored,
            self.end.calls_remembered,
        ))?;
        let health = &self.seen.health;
        line(&format!(
            "health: {} answers, half within {:.1} ms, 99 % within {:.1} ms, all within {:.1} ms; {} without an answer",
            health.took.len(),
            milliseconds(self.within(0.5)),
            milliseconds(self.within(0.99)),
            milliseconds(self.within(1.0)),
            health.failed,
        ))?;
        line(&format!("panics: {}", self.end.panics))
    }

    /// The time within which this share of the health answers came.
    fn within(&self, share: f64) -> Duration {
        let mut took = self.seen.health.took.clone();
        took.sort_unstable();
        let last = took.len().saturating_sub(1);
        took.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// The bounds that did not hold.
    pub(crate) fn broken(&self, rss_mib_max: u64, health_ms_max: u64) -> Vec<String> {
        let mut broken = Vec::new();
        let grown = self.seen.memory.peak.saturating_sub(self.seen.memory.at_start) / 1024;
        if grown > rss_mib_max {
            broken.push(format!("memory grew by {grown} MiB, at most {rss_mib_max} are allowed"));
        }
        if self.within(1.0) > Duration::from_millis(health_ms_max) {
            let took = milliseconds(self.within(1.0));
            broken.push(format!("health took {took:.1} ms, at most {health_ms_max} are allowed"));
        }
        if self.seen.health.failed > 0 || self.seen.health.took.is_empty() {
            let why = self.seen.health.why.as_deref().unwrap_or("it was never asked");
            broken.push(format!("health did not answer {} times: {why}", self.seen.health.failed));
        }
        if self.end.panics > 0 {
            broken.push(format!("{} panics", self.end.panics));
        }
        broken.extend(self.end.exited.as_ref().map(|status| format!("the mock ended by itself: {status}")));
        broken
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
