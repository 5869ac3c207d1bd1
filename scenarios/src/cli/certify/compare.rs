//! `miro-lab certify merge` and `diff`: reports of several machines as one, and two runs against each other.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use faults::input;

use super::{Exit, Usage, exit_of, held, written};
use crate::report::{Report, compare, terminal};

/// A larger report is not read, in bytes.
const REPORT_BYTES_MAX: u64 = 512_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum Compare {
    /// Merge the reports of shards.
    Merge {
        /// Their report.json files.
        #[arg(required = true)]
        reports: Vec<PathBuf>,
        /// Where the merged report is written.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Print the merged report as one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show the cases whose verdict changed. Exits with 1 if any did.
    Diff {
        /// The report.json of the earlier run.
        was: PathBuf,
        /// The report.json of the later one.
        is: PathBuf,
    },
}

impl Compare {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Merge { reports, out, json } => merge(&reports, &out, json),
            Self::Diff { was, is } => diff(&was, &is),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Report> {
    let text = input::read_text(path, REPORT_BYTES_MAX)
        .map_err(|error| Usage(format!("could not read the report `{}`: {error}", path.display())))?;
    Report::read(&text).map_err(|reason| Usage(format!("`{}` {reason}", path.display())).into())
}

fn merge(reports: &[PathBuf], out: &Path, json: bool) -> anyhow::Result<Exit> {
    let folder = held(out)?;
    let reports: Vec<Report> = reports.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let whole = compare::merge(reports).map_err(Usage)?;
    written(&folder, &whole)?;
    anstream::eprint!("{}", terminal::end(&whole));
    if json {
        anstream::println!("{}", serde_json::to_string(&whole)?);
    }
    Ok(exit_of(&whole))
}

fn diff(was: &Path, is: &Path) -> anyhow::Result<Exit> {
    let (was, is) = (read(was)?, read(is)?);
    if was.suite != is.suite {
        anstream::eprintln!("The two reports are of different suites: scenarios may differ, and not only the subject.");
    }
    let differences = compare::diff(&was, &is);
    for difference in &differences {
        anstream::println!("{difference}");
    }
    if differences.is_empty() {
        anstream::eprintln!("No case came to something else.");
    }
    Ok(if differences.is_empty() { Exit::Held } else { Exit::Broken })
}
