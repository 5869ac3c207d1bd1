//! The command line of `miro-lab`: what is asked for, and how it is answered.
//!
//! Data goes to stdout, everything else to stderr.

mod demo;
mod kql;
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

const EXAMPLES: &str = "  miro-lab demo\n  miro-lab sim --seeds 1-20";

const EXIT_CODES: &str = "Exit codes: 0 done, 1 unexpected or a promise was broken, 2 usage, 7 something is missing.";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Sim(sim::Sim),
    Kql(kql::Kql),
}

impl MiroLab {
    /// Does what is asked for. An error is something that nobody foresaw.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Demo(demo) => demo.run(),
            Command::Sim(sim) => sim.run(),
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
