//! Log lines on standard error, as text or as JSON.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{self, MakeWriter};
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
    let format = match format {
        LogFormat::Auto if terminal => LogFormat::Human,
        LogFormat::Auto => LogFormat::Json,
        format => format,
    };
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    // Whoever embeds the library may have its own subscriber, which then stays.
    drop(subscriber(format, verbosity, color, io::stderr, SystemTime).try_init());
}

/// What writes the lines, each to a writer of `writer`, with the time that `timer` tells.
pub fn subscriber<W, T>(
    format: LogFormat,
    verbosity: Verbosity,
    color: bool,
    writer: W,
    timer: T,
) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    T: FormatTime + Send + Sync + 'static,
{
    let layer = fmt::layer().with_ansi(color).with_target(false).with_timer(timer).with_writer(writer);
    let layer = match format {
        LogFormat::Human => layer.boxed(),
        LogFormat::Auto | LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter(verbosity)))
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
