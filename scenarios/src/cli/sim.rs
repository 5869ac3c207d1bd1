//! `miro-lab sim`.

use std::io::IsTerminal as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::Exit;
use super::scenario::{From, document};
use crate::render::grouped;
use crate::scenario::draw::draw;
use crate::scenario::read::Case;
use crate::scenario::{Place, Plays, Scenario, write};
use crate::shrink::shrink;
use crate::sim::coverage::Kind;
use crate::sim::sweep::{Summary, Sweep, play};
use crate::sim::violation::Violation;
use crate::sim::{Options, Report, run};

/// Plays scenarios in virtual time: the connector against both mocks in this process.
///
/// Scenarios are given by id or file, or drawn from seeds, one day of failures per seed. Every guarantee is checked: no event lost,
/// duplicates explained, limits obeyed, no secret leaked, full recovery once the faults stop. Exits with 1 if one was violated; the
/// scenario of a failing seed is shrunk and written to a file.
#[derive(Debug, Args)]
#[command(
    before_help = "  miro-lab sim --seeds 1-20\n  miro-lab sim mine.yaml\n  miro-lab sim --seeds 7 --print > day.yaml"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(super) struct Sim {
    /// Scenario ids or files.
    #[arg(value_name = "FILE|ID", required_unless_present = "seeds", conflicts_with = "seeds")]
    scenarios: Vec<String>,
    /// The seeds to play: one, or a range such as 1-20.
    #[arg(long, value_name = "FIRST-LAST", value_parser = seeds)]
    seeds: Option<RangeInclusive<u64>>,
    /// Virtual hours of the fault phase.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 30))]
    hours: u32,
    /// How many are played in parallel; by default one per processor.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Play everything twice and compare the journals; the default for up to 20 seeds.
    #[arg(long, conflicts_with = "once")]
    twice: bool,
    /// Play everything once.
    #[arg(long)]
    once: bool,
    /// Print the scenario file of one seed without playing it.
    #[arg(long, requires = "seeds", conflicts_with_all = ["twice", "once", "journal", "json"])]
    print: bool,
    /// Write the journal of one seed or scenario: every request, line by line.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// The folder for the shrunk scenario of a failing seed.
    #[arg(long, value_name = "DIR", default_value = "scenarios/catalogue/regressions")]
    regressions: PathBuf,
    /// Do not shrink, and write no file.
    #[arg(long)]
    no_shrink: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    from: From,
}

/// Sweeps up to this size are cheap enough to be played twice by default.
const SMALL_SWEEP: u64 = 20;
/// Violations of one run that are shown one by one.
const SHOWN_MAX: usize = 5;
/// Seeds of one sweep that are shrunk: each takes up to some hundred runs.
const SHRUNK_MAX: usize = 3;
/// Between two lines of progress, where stderr is no terminal.
const PROGRESS_EVERY: Duration = Duration::from_secs(15);

/// One case of a file, in `--json`.
#[derive(Serialize)]
struct Run {
    id: String,
    case: Option<String>,
    journal_sha256: String,
    violations: Vec<Violation>,
}

/// What `--json` prints for files.
#[derive(Serialize)]
struct FilesReport {
    #[serde(flatten)]
    summary: Summary,
    runs: Vec<Run>,
}

impl Sim {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.seeds.clone() {
            Some(seeds) if self.print => print(&seeds, self.hours),
            Some(seeds) => self.sweep(seeds),
            None => self.files(),
        }
    }

    fn jobs(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.map_or(processors, usize::from)
    }

    fn sweep(&self, seeds: RangeInclusive<u64>) -> anyhow::Result<Exit> {
        if let Some(path) = &self.journal {
            return self.write_journal(path, &draw(*seeds.start(), self.hours));
        }
        let count = seeds.end() - seeds.start() + 1;
        let twice = self.twice || (!self.once && count <= SMALL_SWEEP);
        let options = Options { hours: self.hours, keep_journal: false };
        let mut broken = Vec::new();
        let mut progress = Progress::new(count);
        let sweep = Sweep { seeds, options, twice, jobs: self.jobs() };
        let summary = sweep.run(|report, summary| {
            complain(&format!("seed {}", report.seed), report);
            if let Some(first) = report.violations.first().filter(|_| broken.len() < SHRUNK_MAX) {
                broken.push((report.seed, first.clone()));
            }
            progress.tell(summary);
        });
        progress.end();
        for kind in &summary.never_met {
            anstream::eprintln!("never happened in the whole sweep: {kind}");
        }
        for (seed, violation) in broken {
            anstream::eprintln!("  repeat with: miro-lab sim --seeds {seed} --hours {}", self.hours);
            if !self.no_shrink {
                self.write_smaller(seed, &violation)?;
            }
        }
        if self.json {
            anstream::println!("{}", serde_json::to_string(&summary)?);
        } else {
            anstream::println!("{}", tell(&summary));
        }
        Ok(if summary.violations == 0 { Exit::Held } else { Exit::Broken })
    }

    /// Shrinks the day of a seed and writes the result.
    fn write_smaller(&self, seed: u64, violation: &Violation) -> anyhow::Result<()> {
        let scenario = draw(seed, self.hours);
        let shrunk = shrink(&scenario, violation);
        std::fs::create_dir_all(&self.regressions)
            .with_context(|| format!("could not make the folder {}", self.regressions.display()))?;
        let mut smaller = shrunk.scenario;
        smaller.id = format!("REGRESSION-{seed}-{}", self.hours);
        smaller.title = format!("Seed {seed} violates: {}", shrunk.violation.promise);
        let path = self.regressions.join(format!("{}.yaml", smaller.id.to_ascii_lowercase()));
        std::fs::write(&path, write::write(&smaller)?)
            .with_context(|| format!("could not write {}", path.display()))?;
        let (steps, before) = (smaller.timeline.len(), scenario.timeline.len());
        anstream::eprintln!("  {steps} of {before} steps are left after {} runs: {}", shrunk.runs, shrunk.violation);
        for step in &smaller.timeline {
            let at = smaller.begins_at(smaller.timeline.iter().position(|one| one == step).unwrap_or_default());
            let at = at.map_or_else(|| "with a call".to_owned(), crate::scenario::length_text);
            anstream::eprintln!("    {at}: {}", step.action.name());
        }
        anstream::eprintln!("  repeat with: miro-lab sim {}", path.display());
        Ok(())
    }

    fn files(&self) -> anyhow::Result<Exit> {
        let catalogue = self.from.catalogue()?;
        let mut cases = Vec::new();
        for name in &self.scenarios {
            cases.extend(document(&catalogue, name)?.cases);
        }
        for case in &cases {
            if let Some((_, why)) = Plays::of(&case.scenario).kept_out.iter().find(|(place, _)| *place == Place::Sim) {
                return Err(super::Usage(format!("`{}` cannot be simulated: {why}", case.name())).into());
            }
        }
        if let (Some(path), Some(case)) = (&self.journal, cases.first()) {
            return self.write_journal(path, &case.scenario);
        }
        let started = Instant::now();
        let (mut summary, mut runs) = (Summary::default(), Vec::new());
        for Case { label, scenario } in cases {
            let (report, played) = play(&scenario, &Options::default(), !self.once);
            summary.add(&report, played);
            let name = label.as_ref().map_or_else(|| scenario.id.clone(), |label| format!("{} ({label})", scenario.id));
            complain(&name, &report);
            if !self.json {
                let verdict = if report.violations.is_empty() { "held" } else { "broken" };
                anstream::println!("{verdict:<7} {name}");
            }
            runs.push(Run {
                id: scenario.id,
                case: label,
                journal_sha256: report.journal_sha256,
                violations: report.violations,
            });
        }
        summary.real_seconds = started.elapsed().as_secs_f64();
        let is_held = summary.violations == 0;
        if self.json {
            anstream::println!("{}", serde_json::to_string(&FilesReport { summary, runs })?);
        } else {
            anstream::println!("{}", in_short(&summary));
        }
        Ok(if is_held { Exit::Held } else { Exit::Broken })
    }

    fn write_journal(&self, path: &Path, scenario: &Scenario) -> anyhow::Result<Exit> {
        let report = run(scenario, &Options { hours: self.hours, keep_journal: true });
        std::fs::write(path, report.journal.join("\n"))
            .with_context(|| format!("could not write {}", path.display()))?;
        complain(&scenario.id, &report);
        Ok(if report.violations.is_empty() { Exit::Held } else { Exit::Broken })
    }
}

fn print(seeds: &RangeInclusive<u64>, hours: u32) -> anyhow::Result<Exit> {
    if seeds.start() != seeds.end() {
        return Err(super::Usage("`--print` takes one seed, such as `--seeds 7`".to_owned()).into());
    }
    anstream::print!("{}", write::write(&draw(*seeds.start(), hours))?);
    Ok(Exit::Held)
}

fn complain(name: &str, report: &Report) {
    for violation in report.violations.iter().take(SHOWN_MAX) {
        anstream::eprintln!("{name}: {violation}");
    }
    let more = report.violations.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        anstream::eprintln!("{name}: and {} more", grouped(more as u64));
    }
}

/// Shows the progress of a sweep.
struct Progress {
    seeds: u64,
    told: Instant,
    every: Duration,
    is_terminal: bool,
}

impl Progress {
    fn new(seeds: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let every = if is_terminal { Duration::from_millis(200) } else { PROGRESS_EVERY };
        Self { seeds, told: Instant::now(), every, is_terminal }
    }

    fn tell(&mut self, summary: &Summary) {
        if self.told.elapsed() < self.every {
            return;
        }
        self.told = Instant::now();
        let line = format!(
            "{} of {} seeds, {} events, {} violations",
            grouped(summary.seeds),
            grouped(self.seeds),
            grouped(summary.events),
            grouped(summary.violations),
        );
        if self.is_terminal { anstream::eprint!("\r{line}") } else { anstream::eprintln!("{line}") }
    }

    fn end(&self) {
        if self.is_terminal {
            anstream::eprint!("\r{:<70}\r", "");
        }
    }
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("{first} is after {last}"));
    }
    if last == u64::MAX {
        return Err(format!("{last} is too large; seeds go up to {}", u64::MAX - 1));
    }
    Ok(first..=last)
}

fn in_short(summary: &Summary) -> String {
    format!(
        "{} runs, {} events, {} calls, {} crashes, {} duplicates\n{:.1} virtual hours in {:.2} s: {} times real time\n{} violations",
        grouped(summary.seeds),
        grouped(summary.events),
        grouped(summary.calls),
        grouped(summary.deaths),
        grouped(summary.duplicates),
        summary.virtual_hours,
        summary.real_seconds,
        grouped(summary.speed() as u64),
        grouped(summary.violations),
    )
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
        format!("{} duplicates, all explained unless reported above", grouped(summary.duplicates)),
        format!("{} violations", grouped(summary.violations)),
        "met:".to_owned(),
    ];
    lines.extend(Kind::ALL.iter().map(|kind| {
        let times = summary.coverage.times(*kind);
        let mark = if times == 0 { "  <- never" } else { "" };
        format!("  {:<26}{:>10}{mark}", kind.to_string(), grouped(times))
    }));
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
        assert!(seeds("18446744073709551615").is_err());
    }
}
