//! `run`: the service, or one catch-up.

use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::{info, warn};

use super::args::{Global, Run};
use super::{Failure, parts, print, print_json, signals, status};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::telemetry::{Surface, bind, logs};
use crate::{Connector, Exit, Mode, Outcome, Stop};

pub(super) fn run(global: &Global, options: &Run) -> Result<Exit, Failure> {
    let config = global.load()?;
    logs::start(config.telemetry.log_format, global.verbosity());
    parts::runtime()?.block_on(deliver(config, options))
}

async fn deliver(config: Config, options: &Run) -> Result<Exit, Failure> {
    let mode = if options.once { Mode::Once { deadline: options.within } } else { Mode::Service };
    let listener = listen(&config, mode).await?;
    let parts = parts::all(&config)?;
    let grace = config.telemetry.grace;
    let streams: Vec<_> = config.streams().map(|(stream, _)| stream.name()).collect();
    info!(version = env!("CARGO_PKG_VERSION"), streams = streams.join(","), once = options.once, "Starting.");
    let connector = Arc::new(Connector::new(config, parts));
    let (stop, done) = (Stop::new(), Stop::new());

    let delivering = async {
        let outcome = connector.run(mode, &stop).await;
        done.finish();
        outcome
    };
    let serving = serve(listener, &connector, &stop, &done);
    let (outcome, served, obeyed) = tokio::join!(delivering, serving, signals::obey(&stop, grace, &done));
    if let Err(error) = served.and(obeyed) {
        warn!(%error, "The process's own endpoints or signals failed.");
    }
    if options.once {
        report(&connector, options)?;
    }
    finish(outcome, mode)
}

/// Listens for whoever asks for metrics and health. One catch-up goes on without, since a scraper may not be meant.
async fn listen(config: &Config, mode: Mode) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = config.telemetry.listen else { return Ok(None) };
    match (bind(address).await, mode) {
        (Ok(listener), _) => Ok(Some(listener)),
        (Err(error), Mode::Service) => Err(error.into()),
        (Err(error), Mode::Once { .. }) => {
            warn!(%error, "Going on without metrics and status.");
            Ok(None)
        }
    }
}

async fn serve(
    listener: Option<TcpListener>,
    connector: &Arc<Connector>,
    stop: &Stop,
    done: &Stop,
) -> std::io::Result<()> {
    let Some(listener) = listener else { return Ok(()) };
    info!(listen = %listener.local_addr()?, "Serving /metrics, /healthz, /readyz and /status.");
    let reporting = Arc::clone(connector);
    let surface = Surface::new(move || reporting.status(), Arc::new(SystemClock), stop.clone());
    let done = done.clone();
    surface.serve(listener, async move { done.finishing().await }).await
}

/// The counts of one catch-up.
fn report(connector: &Connector, options: &Run) -> Result<(), Failure> {
    let status = connector.status();
    if options.json { print_json(&status) } else { print(&status::counts(&status)) }
}

/// The exit code of an outcome.
fn finish(outcome: Outcome, mode: Mode) -> Result<Exit, Failure> {
    match (outcome, mode) {
        (Outcome::Done, _) | (Outcome::Finished, Mode::Service) => Ok(Exit::Done),
        (Outcome::Incomplete, _) => {
            super::say(
                "error: the deadline came before everything was delivered\n  next: run again; it goes on where it stood",
            );
            Ok(Exit::Incomplete)
        }
        // A catch-up that was told to stop has not caught up.
        (Outcome::Finished, Mode::Once { .. }) | (Outcome::Abandoned, _) => Ok(Exit::Interrupted),
        (Outcome::Stopped(problem), _) => Err(problem.into()),
    }
}
