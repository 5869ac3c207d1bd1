//! `run`: the service, or one catch-up.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tracing::{debug, error, info, warn};

use super::args::{Global, Run};
use super::rotation::SecretFiles;
use super::{Failure, parts, print, print_json, signals, status};
use crate::clock::SystemClock;
use crate::config::{Config, Sources, secret_files};
use crate::control::{Address, Listener, Server};
use crate::identity::AzureTokens;
use crate::status::Status;
use crate::telemetry::{Surface, bind, logs};
use crate::{Connector, Exit, Mode, Outcome, Parts, Stop};

pub(super) fn run(global: &Global, options: &Run) -> Result<Exit, Failure> {
    let config = global.load()?;
    logs::start(config.telemetry.log_format, global.verbosity());
    let sources = global.sources()?;
    parts::runtime()?.block_on(deliver(config, &sources, options))
}

async fn deliver(config: Config, sources: &Sources, options: &Run) -> Result<Exit, Failure> {
    let mode = if options.once { Mode::Once { deadline: options.within } } else { Mode::Service };
    let grace = config.telemetry.grace;
    let (stop, done) = (Stop::new(), Stop::new());
    let signals = signals::watch(&stop, grace).map_err(|error| {
        Failure::unexpected(format!("could not receive signals: {error}"), "raise the limit of threads and open files")
    })?;
    let listener = listen(&config, mode).await?;
    let streams: Vec<_> = config.streams().map(|(stream, _)| stream.name()).collect();
    let running = Running::new(config, sources)?;
    info!(version = env!("CARGO_PKG_VERSION"), streams = streams.join(","), once = options.once, "Starting.");

    let delivering = async {
        let outcome = running.deliver(mode, &stop).await;
        let code = if let Outcome::Stopped(problem) = &outcome { Some(problem.code.name()) } else { None };
        info!(outcome = outcome.name(), code, "Ended.");
        done.finish();
        outcome
    };
    let serving = serve(listener, &running, &stop, &done);
    let controlled = control(&running, &stop, &done);
    let (outcome, (), (), ()) = tokio::join!(delivering, serving, controlled, signals.log(grace, &done));
    let status = running.connector().status();
    if options.once {
        report(&status, options)?;
    }
    finish(outcome, mode, &status)
}

/// The connector that runs now. A changed secret puts another in its place, over the same store and network.
struct Running<'a> {
    sources: &'a Sources,
    parts: Parts,
    tokens: Mutex<Arc<AzureTokens>>,
    connector: Arc<Mutex<Arc<Connector>>>,
    store_path: PathBuf,
}

impl<'a> Running<'a> {
    fn new(config: Config, sources: &'a Sources) -> Result<Self, Failure> {
        let (parts, tokens) = Parts::production(&config)?;
        let store_path = config.store.path.clone();
        let connector = Arc::new(Mutex::new(Arc::new(Connector::new(config, parts.clone()))));
        Ok(Self { sources, parts, tokens: Mutex::new(tokens), connector, store_path })
    }

    fn connector(&self) -> Arc<Connector> {
        current(&self.connector)
    }

    /// Delivers until it is enough. The service starts over when a file that holds a secret changes.
    async fn deliver(&self, mode: Mode, stop: &Stop) -> Outcome {
        if mode != Mode::Service {
            return self.connector().run(mode, stop).await;
        }
        let mut secrets = SecretFiles::new(secret_files(self.sources)).await;
        loop {
            let connector = self.connector();
            let round = stop.child();
            let mut running = pin!(connector.run(mode, &round));
            let outcome = tokio::select! {
                biased;
                outcome = &mut running => return outcome,
                () = secrets.changed() => {
                    info!("A secret has changed: finishing work in flight, then continuing with the new one.");
                    round.finish();
                    running.await
                }
            };
            if stop.is_finishing() || matches!(outcome, Outcome::Stopped(_)) {
                return outcome;
            }
            self.start_over();
        }
    }

    /// Reads the secrets again; when one cannot be used, the old ones stay. Waits that a peer asked for stay in any case.
    fn start_over(&self) {
        match crate::config::load(self.sources) {
            Ok((config, _warnings)) => {
                let tokens = {
                    let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                    *tokens = Arc::new(tokens.succeeded_by(config.sentinel.identity.clone()));
                    Arc::clone(&tokens)
                };
                let parts = Parts { tokens, ..self.parts.clone() };
                let fresh = Arc::new(self.connector().succeeded_by(config, parts));
                *self.connector.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
            }
            Err(findings) => error!(%findings, "The new secret cannot be used; continuing with the old one."),
        }
    }
}

fn current(connector: &Mutex<Arc<Connector>>) -> Arc<Connector> {
    // Only whole connectors are put in its place.
    Arc::clone(&connector.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Listens for whoever asks for metrics and health. One catch-up goes on without, since a scraper may not be meant.
async fn listen(config: &Config, mode: Mode) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = config.telemetry.listen else { return Ok(None) };
    match (bind(address).await, mode) {
        (Ok(listener), _) => Ok(Some(listener)),
        (Err(error), Mode::Service) => Err(error.into()),
        (Err(error), Mode::Once { .. }) => {
            warn!(%error, "Continuing without metrics and status.");
            Ok(None)
        }
    }
}

async fn serve(listener: Option<TcpListener>, running: &Running<'_>, stop: &Stop, done: &Stop) {
    let Some(listener) = listener else { return };
    let listen = listener.local_addr().map_or_else(|_| String::new(), |address| address.to_string());
    info!(listen, "Serving /metrics, /healthz, /readyz, /status and /dead-letters.");
    let connector = Arc::clone(&running.connector);
    let store = Arc::clone(&running.parts.store);
    let path = std::path::absolute(&running.store_path).ok().map(|path| path.display().to_string());
    let status = move || Status { store: path.clone(), ..current(&connector).status() };
    let surface = Surface::new(status, store, Arc::new(SystemClock), stop.clone());
    let done = done.clone();
    surface.serve(listener, async move { done.finishing().await }).await;
}

/// Answers commands that need the checkpoint file, which this process holds, from when it may use it until it is `done`. Where
/// there can be no socket, everything else goes on without.
async fn control(running: &Running<'_>, stop: &Stop, done: &Stop) {
    let first = running.connector();
    tokio::select! {
        biased;
        () = done.finishing() => return,
        () = first.leased() => {}
    }
    let Some(listener) = control_socket(&running.store_path) else { return };
    let connector = Arc::clone(&running.connector);
    let server = Server::new(move || current(&connector), stop.clone());
    server.serve(listener, done.finishing()).await;
}

fn control_socket(store: &Path) -> Option<Listener> {
    let address = match Address::beside(store) {
        Ok(address) => address,
        Err(too_long) => {
            let next_step =
                "choose a shorter `store.path`; until then `dead-letters` works only while the service is stopped";
            warn!(error = %too_long, next_step, "Continuing without a control socket.");
            return None;
        }
    };
    match Listener::bind(&address) {
        Ok(listener) => {
            debug!(path = %address.path().display(), "Listening for commands.");
            Some(listener)
        }
        Err(error) => {
            warn!(%error, next_step = error.next_step(), "Continuing without a control socket.");
            None
        }
    }
}

/// The counts of one catch-up.
fn report(status: &Status, options: &Run) -> Result<(), Failure> {
    if options.json { print_json(status) } else { print(&status::counts(status)) }
}

/// What is said of a run that was not done in time: what failed until then, stream by stream.
fn late(status: &Status) -> String {
    let problems = status.streams.iter().filter_map(|(name, stream)| Some((name, stream.problem.as_ref()?)));
    let reasons: Vec<_> = problems
        .map(|(stream, problem)| format!("\n  {stream}: {}\n    next: {}", problem.cause, problem.next_step))
        .collect();
    let reasons = reasons.concat();
    format!(
        "error: the deadline came before everything was delivered{reasons}\n  next: run again; it goes on where it stood"
    )
}

/// The exit code of an outcome, once what a reader has to know is said.
fn finish(outcome: Outcome, mode: Mode, status: &Status) -> Result<Exit, Failure> {
    let exit = outcome.exit(mode);
    match outcome {
        Outcome::Stopped(problem) => return Err(problem.into()),
        Outcome::Incomplete => super::say(&late(status)),
        Outcome::Done | Outcome::Finished | Outcome::Abandoned => {}
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;
    use crate::status::{StatusProblem, StreamStatus};
    use crate::{Problem, Stream};

    #[test]
    fn a_run_that_was_not_done_in_time_says_what_failed_until_then() {
        let problem = Problem::at_miro(Code::MiroFailing, Stream::Audit, "Miro is failing: HTTP 503", "wait");
        let failing = StreamStatus { problem: Some(StatusProblem::from(&problem)), ..StreamStatus::default() };
        let mut status = Status::default();
        status.streams.insert("audit".into(), failing);
        status.streams.insert("content".into(), StreamStatus::default());
        insta::assert_snapshot!(late(&status), @r"
        error: the deadline came before everything was delivered
          audit: Miro is failing: HTTP 503
            next: wait
          next: run again; it goes on where it stood
        ");
    }
}
