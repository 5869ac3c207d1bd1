//! The program `miro-sentinel`: reads the command line, wires the production parts, renders what goes wrong.
//!
//! Data goes to standard output, everything else to standard error.

mod args;
mod check;
mod config;
mod dead_letters;
mod deploy;
mod failure;
mod help;
mod parts;
mod rotation;
mod run;
mod service;
mod signals;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Parser as _;
use clap::error::ErrorKind;

use self::args::{Cli, Command, Global};
use self::failure::Failure;
use crate::Exit;
use crate::config::{Config, Sources};
use crate::telemetry::logs::Verbosity;

/// Runs the program with these arguments, the program's name first, and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(shown) => return show_usage(&shown),
    };
    match dispatch(&cli) {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Run(options) => run::run(global, options),
        Command::Check(output) => check::check(global, *output),
        Command::Status(output) => status::status(global, *output),
        Command::DeadLetters(command) => dead_letters::dead_letters(global, command),
        Command::Config(command) => config::config(global, command),
        Command::Deploy(command) => deploy::deploy(command),
    }
}

impl Global {
    /// The file and the environment, not yet checked.
    fn sources(&self) -> Result<Sources, Failure> {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Sources::open(self.config.as_deref(), variables)?)
    }

    /// The configuration, checked; its warnings go to standard error.
    fn load(&self) -> Result<Config, Failure> {
        let (config, warnings) = crate::config::load(&self.sources()?)?;
        if !self.quiet {
            for warning in warnings {
                say(&format!("{warning}\n"));
            }
        }
        Ok(config)
    }

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

/// An address that means "all" is reached over loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Help and version are data; anything else is a mistake on the command line.
fn show_usage(shown: &clap::Error) -> Exit {
    // Nothing is left to report to when the terminal is gone.
    drop(shown.print());
    match shown.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}

/// Writes data to standard output. A reader that has seen enough is not an error.
fn print(data: &str) -> Result<(), Failure> {
    match anstream::stdout().lock().write_all(data.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::unexpected(format!("could not write to standard output: {error}"), "check where it leads"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a value as JSON to standard output.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).expect("our own types have only string keys");
    text.push('\n');
    print(&text)
}

/// Writes a line for a person to standard error.
fn say(line: &str) {
    // Nothing is left to report to when standard error is gone.
    drop(writeln!(anstream::stderr().lock(), "{line}"));
}
