//! `miro-lab sim`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use connector::Exit;

use crate::render::grouped;
use crate::sim::coverage::Kind;
use crate::sim::sweep::{Summary, Sweep};
use crate::sim::{Options, Report, run_seed};

/// Plays days of trouble in virtual time: the connector against both mocks in this process, one seed a day.
///
/// Every promise is checked: nothing lost, duplicates explained, limits obeyed, secrets kept, everything come right
/// when the faults stop. Exits with 1 if one was broken.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab sim --seeds 1-20\n  miro-lab sim --seeds 7 --hours 6 --json")]
pub(super) struct Sim {
    /// The seeds to play: one, or the first and the last.
    #[arg(long, value_name = "FIRST-LAST", value_parser = seeds)]
    seeds: RangeInclusive<u64>,
    /// Virtual hours of trouble in each day.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 30))]
    hours: u32,
    /// Play every seed twice and compare the journals; so it is for up to 20 seeds unless `--once` is given.
    #[arg(long, conflicts_with = "once")]
    twice: bool,
    /// Play every seed once.
    #[arg(long)]
    once: bool,
    /// Write down every call of one seed, to be read.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Sweeps up to here are cheap enough to be played twice without being asked.
const SMALL_SWEEP: u64 = 20;
/// Broken promises of one seed that are shown one by one.
const SHOWN_MAX: usize = 5;

impl Sim {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let count = self.seeds.end() - self.seeds.start() + 1;
        let twice = self.twice || (!self.once && count <= SMALL_SWEEP);
        if let Some(path) = &self.journal {
            return self.write_journal(path);
        }
        let options = Options { hours: self.hours, keep_journal: false };
        let summary = Sweep { seeds: self.seeds.clone(), options, twice }.run(|report| self.complain(report));
        for kind in &summary.never_met {
            anstream::eprintln!("never happened in the whole sweep: {kind}");
        }
        if self.json {
            anstream::println!("{}", serde_json::to_string(&summary)?);
        } else {
            anstream::println!("{}", tell(&summary));
        }
        Ok(if summary.violations == 0 { Exit::Done } else { Exit::Unexpected })
    }

    fn write_journal(&self, path: &Path) -> anyhow::Result<Exit> {
        let report = run_seed(*self.seeds.start(), &Options { hours: self.hours, keep_journal: true });
        std::fs::write(path, report.journal.join("\n"))
            .with_context(|| format!("could not write {}", path.display()))?;
        self.complain(&report);
        Ok(if report.violations.is_empty() { Exit::Done } else { Exit::Unexpected })
    }

    fn complain(&self, report: &Report) {
        for violation in report.violations.iter().take(SHOWN_MAX) {
            anstream::eprintln!("seed {}: {violation}", report.seed);
        }
        let more = report.violations.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            anstream::eprintln!("seed {}: and {} more", report.seed, grouped(more as u64));
        }
        if !report.violations.is_empty() {
            anstream::eprintln!("  repeat with: miro-lab sim --seeds {} --hours {}", report.seed, self.hours);
        }
    }
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    let (first, last) = (number(first)?, number(last)?);
    if first <= last { Ok(first..=last) } else { Err(format!("{first} is after {last}")) }
}

fn tell(summary: &Summary) -> String {
    let mut lines = vec![
        format!(
            "{} seeds, {} events, {} calls, {} crashes",
            grouped(summary.seeds),
            grouped(summary.events),
            grouped(summary.calls),
            grouped(summary.deaths),
        ),
        format!(
            "{:.0} virtual hours in {:.2} s: {} times real time",
            summary.virtual_hours,
            summary.real_seconds,
            grouped(summary.speed() as u64),
        ),
        format!("{} duplicates, all of them explained unless said above", grouped(summary.duplicates)),
        format!("{} violations", grouped(summary.violations)),
        "met:".to_owned(),
    ];
    lines.extend(
        Kind::ALL
            .iter()
            .map(|kind| format!("  {:<26}{:>10}", kind.to_string(), grouped(summary.coverage.times(*kind)))),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_one_or_a_range() {
        assert_eq!(seeds("7"), Ok(7..=7));
        assert_eq!(seeds("1-20"), Ok(1..=20));
        assert_eq!(seeds("20-1"), Err("20 is after 1".to_owned()));
        assert_eq!(seeds("a-b"), Err("`a` is not a number".to_owned()));
    }
}
