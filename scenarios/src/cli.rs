//! The command line of `miro-lab`: what is asked for, and how it is answered.
//!
//! Data goes to stdout, everything else to stderr.

mod demo;
mod kql;
mod scenario;
mod serve;
mod sim;

use clap::{Parser, Subcommand};
use connector::Exit;

use crate::render::Room;

/// The laboratory of miro-sentinel: it runs the connector against both mocks and checks the promises.
#[derive(Debug, Parser)]
#[command(name = "miro-lab", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct MiroLab {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "  miro-lab demo\n  miro-lab sim --seeds 1-20\n  miro-lab scenario list\n  miro-lab serve --cause siem-off                         --config-file miro-sentinel.toml";

const EXIT_CODES: &str = "Exit codes: 0 held, 1 a promise or expectation was broken, 2 usage or an unreadable file, 3 the laboratory                           failed, 7 something is missing.";

/// What is asked for cannot be understood, or a file that is named cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// The exit code for an error.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    const USAGE: u8 = 2;
    const LABORATORY: u8 = 3;
    if error.is::<Usage>() { USAGE } else { LABORATORY }
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Sim(sim::Sim),
    Serve(serve::Serve),
    Scenario(scenario::ScenarioCommand),
    Kql(kql::Kql),
}

impl MiroLab {
    /// Does what is asked for. An error is something that nobody foresaw.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Demo(demo) => demo.run(),
            Command::Sim(sim) => sim.run(),
            Command::Serve(serve) => serve.run(),
            Command::Scenario(scenario) => scenario.run(),
            Command::Kql(kql) => kql.run(),
        }
    }
}

/// The room that the terminal offers; a fixed one when there is none.
fn room(rows_max: usize) -> Room {
    const WIDTH_WITHOUT_TERMINAL: usize = 110;
    let width = terminal_size::terminal_size().map_or(WIDTH_WITHOUT_TERMINAL, |(width, _)| width.0.into());
    Room { width, rows_max }
}
