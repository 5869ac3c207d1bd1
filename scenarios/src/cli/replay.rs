//! `miro-lab replay`: a recording as the three peers, for a program that meets it as if it were now.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::drift::{Drift, drift};
use crate::har::{self, Har};
use crate::replay::{Mode, Replay, ReplayError, Replayed, replay, replay_in_virtual_time};
use crate::subject::Variables;

/// Replays a recording to a program, or compares two recordings.
///
/// All times in it are shifted to now. A request that was not recorded gets 404 and is reported with the closest entry. Without
/// COMMAND it prints one line with the variables that a program needs, and serves until interrupted.
#[derive(Debug, Args)]
#[command(
    before_help = "  miro-lab replay case.har --map MIRO_SENTINEL__MIRO__BASE_URL={MIRO_BASE_URL} -- miro-sentinel run --once\n  miro-lab replay case.har --virtual-time\n  miro-lab replay january.har --diff june.har"
)]
pub(super) struct ReplayCommand {
    /// The recording, HAR 1.2, of `miro-lab record` or a browser's developer tools.
    file: PathBuf,
    #[command(flatten)]
    matching: Matching,
    /// Replay it to our own connector, in this process, under the recording's own clock: an hour takes seconds.
    #[arg(long, conflicts_with_all = ["diff", "map", "command"])]
    virtual_time: bool,
    /// Compare with this newer recording instead of replaying: fields, types, statuses and headers of each call.
    #[arg(long, value_name = "NEWER.har", conflicts_with_all = ["map", "command"])]
    diff: Option<PathBuf>,
    /// Another variable for the program; {MIRO_BASE_URL} and the like are replaced by their values.
    #[arg(long, value_name = "NAME={VARIABLE}")]
    map: Vec<String>,
    /// Print one line of JSON at the end; the program's output goes to standard error.
    #[arg(long)]
    json: bool,
    /// The program and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How requests are matched to responses; by default the best match.
#[derive(Clone, Copy, Debug, Args)]
struct Matching {
    /// Responses in the order of the recording only.
    #[arg(long, conflicts_with_all = ["by_cursor", "diff"])]
    strict: bool,
    /// Pages by their cursors only, whatever the requested window.
    #[arg(long, conflicts_with = "diff")]
    by_cursor: bool,
}

impl Matching {
    const fn mode(self) -> Mode {
        match (self.strict, self.by_cursor) {
            (true, _) => Mode::Strict,
            (_, true) => Mode::ByCursor,
            (false, false) => Mode::Best,
        }
    }
}

/// The line that `--diff --json` prints.
#[derive(Serialize)]
struct Drifts<'a> {
    drift: &'a [Drift],
}

const SAME: u8 = 0;
const DIFFERENT: u8 = 1;

impl ReplayCommand {
    /// 0 when everything is the same, 1 when something differs.
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let har = read(&self.file)?;
        if let Some(newer) = &self.diff {
            return self.report_drift(&drift(&har, &read(newer)?));
        }
        let mode = self.matching.mode();
        if self.virtual_time {
            let replayed = replay_in_virtual_time(har, mode).map_err(|error| told(&self.file, error))?;
            return self.report(&replayed);
        }
        let has_command = !self.command.is_empty();
        let what =
            Replay { har, mode, maps: self.map.clone(), command: self.command.clone(), shares_stdout: !self.json };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let ready = |variables: &Variables| {
            if !has_command {
                anstream::println!(
                    "{}",
                    serde_json::json!({ "environment": variables.iter().collect::<BTreeMap<_, _>>() })
                );
            }
        };
        let replayed = runtime.block_on(replay(&what, ready)).map_err(|error| told(&self.file, error))?;
        self.report(&replayed)
    }

    fn report(&self, replayed: &Replayed) -> anyhow::Result<u8> {
        // Without a program, the one line of standard output is the variables.
        if self.json && replayed.exit.is_some() {
            anstream::println!("{}", serde_json::to_string(replayed)?);
        } else {
            report(replayed);
        }
        Ok(if replayed.is_same() { SAME } else { DIFFERENT })
    }

    fn report_drift(&self, drifts: &[Drift]) -> anyhow::Result<u8> {
        if self.json {
            anstream::println!("{}", serde_json::to_string(&Drifts { drift: drifts })?);
        } else {
            for drift in drifts {
                anstream::println!("{drift}");
            }
        }
        Ok(if drifts.is_empty() { SAME } else { DIFFERENT })
    }
}

fn read(file: &std::path::Path) -> anyhow::Result<Har> {
    har::read(file).map_err(|error| super::Usage(format!("{}: {error}", file.display())).into())
}

/// What the caller can mend is a matter of usage.
fn told(file: &std::path::Path, error: ReplayError) -> anyhow::Error {
    match error {
        ReplayError::Empty | ReplayError::Settings(_) => super::Usage(format!("{}: {error}", file.display())).into(),
        ReplayError::Program(_) => super::Usage(error.to_string()).into(),
        other => other.into(),
    }
}

fn report(replayed: &Replayed) {
    let Replayed {
        entries,
        matched,
        unused,
        unused_trouble,
        unused_trouble_entries,
        repeated,
        composed,
        missed,
        exit,
        recorded_exit,
    } = replayed;
    for miss in missed {
        anstream::eprintln!("missed at {}: {}", miss.at, miss.request);
        match &miss.closest {
            Some(closest) => anstream::eprintln!("  closest: {closest}; differs in: {}", miss.differs.join(", ")),
            None => anstream::eprintln!("  no such request was recorded"),
        }
    }
    anstream::eprintln!(
        "{matched} of {entries} entries replayed, {unused} unused, {repeated} repeated, {composed} pages assembled, {} missed",
        missed.len()
    );
    if *unused_trouble > 0 {
        anstream::eprintln!(
            "recorded failures that were not met: {unused_trouble} (entries {}); the program took a different path, or its start was later (map START)",
            numbers(unused_trouble_entries)
        );
    }
    if let (Some(exit), Some(recorded)) = (exit, recorded_exit)
        && exit != recorded
    {
        anstream::eprintln!("the program exited with {exit}; the recording has {recorded}");
    }
}

fn numbers(entries: &[usize]) -> String {
    entries.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
