//! The program `miro-sentinel`. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    connector::cli::main(std::env::args_os()).into()
}
