//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::help;
use crate::config::parse_span;

/// Delivers Miro's audit and content logs into Microsoft Sentinel and loses nothing.
#[derive(Debug, Parser)]
#[command(name = "miro-sentinel", version, before_help = help::PROGRAM, after_help = help::exit_codes())]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args, Debug)]
pub(super) struct Global {
    /// The configuration file [default: miro-sentinel.toml, if it is there].
    #[arg(long, global = true, env = "MIRO_SENTINEL_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Log only what somebody must act on.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Log each batch as well; with check, show each request.
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Deliver until told to stop, or with --once until everything there is now was delivered.
    #[command(before_help = help::RUN, after_help = help::exit_codes())]
    Run(Run),
    /// Try everything short of sending events: one line each, ok or what is wrong and what to do.
    #[command(before_help = help::CHECK, after_help = help::codes())]
    Check(Output),
    /// Show where each stream stands.
    #[command(before_help = help::STATUS, after_help = help::exit_codes())]
    Status(Output),
    /// List, export, send again, or drop the events that were set aside, while the service runs or not.
    #[command(before_help = help::DEAD_LETTERS, after_help = help::exit_codes(), subcommand)]
    DeadLetters(DeadLetters),
    /// Write a commented example, the JSON Schema, or which layer set what.
    #[command(before_help = help::CONFIG, after_help = help::exit_codes(), subcommand)]
    Config(Config),
    /// Write what the Azure side needs.
    #[command(before_help = help::DEPLOY, after_help = help::exit_codes(), subcommand)]
    Deploy(Deploy),
}

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Deliver everything that is there now, then exit.
    #[arg(long)]
    pub(super) once: bool,
    /// With --once: the longest the run may take, such as 10m.
    #[arg(long, requires = "once", value_name = "TIME", value_parser = span)]
    pub(super) within: Option<Duration>,
    /// With --once: print the counts as JSON at the end.
    #[arg(long, requires = "once")]
    pub(super) json: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Output {
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
    /// Show number, stream, time, reason and id of each event, oldest first.
    #[command(before_help = help::DEAD_LETTERS_LIST, after_help = help::exit_codes())]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Print the events as Miro sent them, one a line.
    #[command(before_help = help::DEAD_LETTERS_EXPORT, after_help = help::exit_codes())]
    Export {
        #[command(flatten)]
        which: Which,
    },
    /// Send events to Azure again; what it takes now is removed here.
    #[command(before_help = help::DEAD_LETTERS_RESEND, after_help = help::exit_codes())]
    Resend {
        #[command(flatten)]
        which: Which,
    },
    /// Remove events for good.
    #[command(before_help = help::DEAD_LETTERS_DROP, after_help = help::exit_codes())]
    Drop {
        #[command(flatten)]
        which: Which,
    },
}

/// Which of the events set aside.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// All of them.
    #[arg(long)]
    pub(super) all: bool,
    /// Those with these numbers, as `list` shows them.
    #[arg(value_name = "NUMBER")]
    pub(super) numbers: Vec<u64>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print a commented example with every key.
    #[command(before_help = help::CONFIG_EXAMPLE, after_help = help::exit_codes())]
    Example,
    /// Print the JSON Schema of the file, for editors.
    #[command(before_help = help::CONFIG_SCHEMA, after_help = help::exit_codes())]
    Schema,
    /// Print each key, its value, and what set it. Secrets are masked.
    #[command(before_help = help::CONFIG_EXPLAIN, after_help = help::exit_codes())]
    Explain(Output),
}

#[derive(Debug, Subcommand)]
pub(super) enum Deploy {
    /// Write ARM templates: the two tables, the two data collection rules and the role assignment.
    #[command(before_help = help::DEPLOY_ARM, after_help = help::exit_codes())]
    Arm {
        /// The directory to write into; made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

fn span(text: &str) -> Result<Duration, String> {
    parse_span(text)
        .filter(|span| !span.is_zero())
        .ok_or_else(|| "expected a length of time such as 30s, 10m or 2h".into())
}
