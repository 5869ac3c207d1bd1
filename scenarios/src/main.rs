//! `miro-lab`: the laboratory on the command line.

use std::process::ExitCode;

use clap::Parser;
use scenarios::cli::{MiroLab, exit_of};

/// Queries and simulations make many small allocations that all go at once; the system's allocator would keep their memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match MiroLab::parse().run() {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(exit_of(&error) as u8)
        }
    }
}
