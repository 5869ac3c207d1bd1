//! Log lines on standard error, as text or as JSON.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::LogFormat;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Only what somebody must act on.
    Quiet,
    /// The life cycle, a few lines an hour, and what goes wrong.
    Normal,
    /// Each batch as well.
    Verbose,
}

/// Sends log lines to standard error from now on. A second call changes nothing.
pub fn start(format: LogFormat, verbosity: Verbosity) {
    let terminal = io::stderr().is_terminal();
    let filter = filter(verbosity);
    let json = match format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Human => false,
    };
    let registry = tracing_subscriber::registry();
    let started = if json {
        let lines = fmt::layer().json().flatten_event(true).with_target(false).with_writer(io::stderr);
        registry.with(lines.with_filter(filter)).try_init()
    } else {
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        let lines = fmt::layer().with_ansi(colour).with_target(false).with_writer(io::stderr);
        registry.with(lines.with_filter(filter)).try_init()
    };
    // Whoever embeds the library may have its own subscriber, which then stays.
    drop(started);
}

/// The libraries below log requests, whose queries and headers are not ours to show; what fails in them comes back to us as
/// an error.
fn filter(verbosity: Verbosity) -> Targets {
    let ours = match verbosity {
        Verbosity::Quiet => LevelFilter::ERROR,
        Verbosity::Normal => LevelFilter::INFO,
        Verbosity::Verbose => LevelFilter::DEBUG,
    };
    Targets::new().with_default(LevelFilter::OFF).with_target("connector", ours)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_say_nothing_however_much_is_asked_for() {
        for (verbosity, most) in
            [(Verbosity::Quiet, Level::ERROR), (Verbosity::Normal, Level::INFO), (Verbosity::Verbose, Level::DEBUG)]
        {
            let filter = filter(verbosity);
            for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                assert_eq!(filter.would_enable("connector::sink", &level), level <= most, "{verbosity:?} {level}");
                for library in ["reqwest", "hyper_util::client", "azure_core", "rustls", ""] {
                    assert!(!filter.would_enable(library, &level), "{library} {level}");
                }
            }
        }
    }
}
