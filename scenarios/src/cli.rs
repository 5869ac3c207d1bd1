//! The command line of `miro-lab`: what is asked for, and how it is answered.
//!
//! Data goes to stdout, everything else to stderr.

mod attack;
mod certify;
mod demo;
mod kql;
mod output_file;
mod record;
mod replay;
mod scenario;
mod serve;
mod sim;

use clap::{Parser, Subcommand, ValueEnum};

use crate::render::Room;

/// The laboratory of miro-sentinel: runs the connector against both mocks and checks its guarantees.
#[derive(Debug, Parser)]
#[command(name = "miro-lab", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct MiroLab {
    #[command(subcommand)]
    command: Command,
    /// Colors: on a terminal unless `NO_COLOR` is set, always, or never.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
}

/// When to color the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

const EXAMPLES: &str = "  miro-lab demo\n  miro-lab sim --seeds 1-20\n  miro-lab scenario list\n  miro-lab serve --cause siem-off                         --config-file miro-sentinel.toml";

const EXIT_CODES: &str = "Exit codes: 0 held, 1 a guarantee or expectation was violated, 2 usage or an unreadable file, 3 the laboratory                           failed, 7 something is missing.";

/// How `miro-lab` ends. The numbers are a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything held.
    Held = 0,
    /// A guarantee, an expectation or a threshold was violated.
    Broken = 1,
    /// The command line is wrong, or a file named on it.
    Usage = 2,
    /// The laboratory failed.
    Laboratory = 3,
    /// Something is missing or lost.
    Missing = 7,
    /// Interrupted by a signal.
    Interrupted = 130,
}

/// A usage error, or a named file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// The exit for an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if error.is::<Usage>() { Exit::Usage } else { Exit::Laboratory }
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Sim(sim::Sim),
    Serve(serve::Serve),
    Certify(Box<certify::Certify>),
    Scenario(scenario::ScenarioCommand),
    Kql(kql::Kql),
    Record(Box<record::RecordCommand>),
    Replay(replay::ReplayCommand),
    Attack(attack::AttackCommand),
}

impl MiroLab {
    /// Runs the command and returns the exit code. An error is an unexpected failure.
    ///
    /// # Errors
    ///
    /// On a usage error, an unreadable file, or a failure of the laboratory itself.
    pub fn run(self) -> anyhow::Result<u8> {
        anstream::ColorChoice::from(self.color).write_global();
        let exit = match self.command {
            Command::Record(record) => return record.run(),
            Command::Replay(replay) => return replay.run(),
            Command::Demo(demo) => demo.run(),
            Command::Sim(sim) => sim.run(),
            Command::Serve(serve) => serve.run(),
            Command::Certify(certify) => certify.run(),
            Command::Scenario(scenario) => scenario.run(),
            Command::Kql(kql) => kql.run(),
            Command::Attack(attack) => attack.run(),
        };
        exit.map(|exit: Exit| exit as u8)
    }
}

/// The space that the terminal offers; without one, `COLUMNS` or the default width.
fn room(rows_max: usize) -> Room {
    const WIDTH_USUAL: usize = 80;
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal_size::terminal_size().map(|(width, _)| width.0.into()).or_else(told).unwrap_or(WIDTH_USUAL);
    Room { width: width.clamp(20, 500), rows_max }
}
