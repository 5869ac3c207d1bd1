//! `miro-lab`: the laboratory on the command line.

use std::process::ExitCode;

use clap::Parser;
use scenarios::cli::{MiroLab, exit_of};

fn main() -> ExitCode {
    match MiroLab::parse().run() {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(exit_of(&error) as u8)
        }
    }
}
