//! A replay under the recording's own clock: our connector runs in this process, no time in the recording is moved, and an hour of it
//! takes seconds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use connector::config::{Config, LogFormat};
use connector::identity::AzureTokens;
use connector::store::RedbStore;
use connector::telemetry::logs::{Verbosity, subscriber};
use connector::{Connector, Mode as Running, Outcome, Parts, Random, Stop};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::answer::Answers;
use super::network::RecordedNetwork;
use super::question::asked_until;
use super::{Mode, ReplayError, Replayed, environment, settings};
use crate::har::{Entry, Har};
use crate::scenario::{ClockOwner, Peer};
use crate::sim::clock::{SimClock, SkewedClock};
use crate::sim::disk::SimDisk;
use crate::sim::world::addresses;

/// How long a service goes on behind the last entry where some were not met yet: its pauses are other ones than then.
const GRACE: Duration = Duration::from_mins(1);
/// The same for one catch-up, which ends by itself.
const GRACE_ONCE: Duration = Duration::from_hours(1);
/// The longest recording: every second of a longer one would be asked about.
const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a service may take to stop.
const STOPS_WITHIN: Duration = Duration::from_mins(5);
/// A program whose windows all end so soon after its start looks at nothing that happened later: one catch-up.
const CATCH_UP_WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// Exit codes of programs that a signal ended: 128 and SIGINT, SIGTERM, or SIGKILL for one that did not end by itself in time.
const BY_SIGNAL: [u8; 3] = [130, 137, 143];

/// Plays `har` to our connector in virtual time, which begins with the first entry. Blocks until it is over; nothing outside of this
/// process is touched. What the connector says goes to standard error, with the recording's times.
///
/// # Errors
///
/// A recording without a request to any of the peers, or with settings that the connector refuses.
pub fn replay_in_virtual_time(har: Har, mode: Mode) -> Result<Replayed, ReplayError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let start = har.start().ok_or(ReplayError::Empty)?;
    let clock = {
        let _inside = runtime.enter();
        SimClock::starting_at(start)
    };
    let said = subscriber(LogFormat::Human, Verbosity::Normal, false, std::io::stderr, Shown(clock));
    tracing::subscriber::with_default(said, || runtime.block_on(play(har, mode, clock)))
}

async fn play(har: Har, mode: Mode, clock: SimClock) -> Result<Replayed, ReplayError> {
    let variables = environment::variables(&har, url, "")?;
    let config = settings::config(&har, &variables)?;
    let (recorded_exit, running) = (har.log.exit, running(&har, clock.now()));
    let end = end(&har, clock.now());
    let end = clock.instant(end);
    let own = SkewedClock::of(ClockOwner::Connector, &[], clock);
    let answers = Arc::new(Answers::new(har, mode, url, Arc::new(own.clone())));
    if answers.is_empty() {
        return Err(ReplayError::Empty);
    }
    let connector = connector(config, answers.clone(), own)?;
    let stop = Stop::new();
    let told = async {
        until_over(end, running, &answers).await;
        stop.finish();
        tokio::time::sleep(STOPS_WITHIN).await;
        stop.leave();
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        biased;
        outcome = connector.run(running, &stop) => outcome,
        () = told => Outcome::Abandoned,
    };
    let exit = outcome.exit(running) as u8;
    // A program that a signal ended was told to stop, as this one was.
    let is_told = outcome == Outcome::Finished;
    let recorded_exit = recorded_exit.map(|code| if is_told && BY_SIGNAL.contains(&code) { exit } else { code });
    Ok(Replayed { exit: Some(exit), recorded_exit, ..answers.result() })
}

fn connector(config: Config, answers: Arc<Answers>, clock: SkewedClock) -> Result<Connector, ReplayError> {
    let network = Arc::new(RecordedNetwork::new(answers));
    let random = Random::seeded(1);
    let clock = Arc::new(clock);
    let tokens = AzureTokens::new(
        config.sentinel.identity.clone(),
        config.http.timeout,
        network.clone(),
        clock.clone(),
        random.clone(),
    );
    let disk = SimDisk::default();
    let store = RedbStore::with_backend(move || disk.plug_in(), config.store.dead_letters_bytes_max)?;
    let parts = Parts {
        miro: network.clone(),
        azure: network,
        tokens: Arc::new(tokens),
        clock,
        random,
        store: Arc::new(store),
    };
    Ok(Connector::new(config, parts))
}

/// Until nothing of the recording is to come any more.
async fn until_over(end: Instant, running: Running, answers: &Answers) {
    tokio::time::sleep_until(end).await;
    let grace = if running == Running::Service { GRACE } else { GRACE_ONCE };
    let latest = end + grace;
    while Instant::now() < latest && !(running == Running::Service && answers.is_used_up()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Whether it was one catch-up or a service: by the end of the windows that it asked for.
fn running(har: &Har, start: Timestamp) -> Running {
    let last = har.log.entries.iter().filter_map(asked_until).max();
    let is_catch_up = last.is_some_and(|last| last.duration_since(start) <= CATCH_UP_WITHIN);
    if is_catch_up { Running::Once { deadline: None } } else { Running::Service }
}

/// When the last entry has ended, if that is within the longest time.
fn end(har: &Har, start: Timestamp) -> Timestamp {
    let last = har.log.entries.iter().map(end_of).max().unwrap_or(start);
    let latest = start.saturating_add(LENGTH_MAX).unwrap_or(Timestamp::MAX);
    if last > latest {
        anstream::eprintln!("the recording goes on until {last}; it is played until {latest}, a week from its start");
    }
    last.min(latest)
}

fn end_of(entry: &Entry) -> Timestamp {
    let took = Duration::try_from_secs_f64(entry.time / 1_000.0).unwrap_or_default();
    entry.started_date_time.saturating_add(took).unwrap_or(entry.started_date_time)
}

fn url(peer: Peer) -> String {
    let addresses = addresses();
    let url = match peer {
        Peer::Miro => addresses.miro,
        Peer::Entra => addresses.authority,
        Peer::Ingestion => addresses.endpoint,
    };
    url.as_str().trim_end_matches('/').to_owned()
}

/// The recording's time, before each line of the connector.
struct Shown(SimClock);

impl FormatTime for Shown {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        write!(out, "{:.3}", self.0.now())
    }
}

#[cfg(test)]
mod tests;
