//! `miro-lab`: the laboratory on the command line.

use std::process::ExitCode;

use clap::Parser;
use connector::Exit;
use scenarios::cli::MiroLab;

fn main() -> ExitCode {
    match MiroLab::parse().run() {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(Exit::Unexpected as u8)
        }
    }
}
