//! The running connector: both streams in one tree of futures, started and ended in one place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use tokio::sync::{Semaphore, watch};
use tracing::{Instrument as _, debug_span, warn};

use crate::checkpoint::{Checkpoint, StreamError};
use crate::config::{Config, StreamConfig};
use crate::identity::TokenProvider;
use crate::interval::after;
use crate::ledger::{Cadence, Ledger};
use crate::peer::Peer;
use crate::pipeline::Pipeline;
use crate::progress::Progress;
use crate::retry::{Abort, GIVE_UP_AFTER, Pauses, RunMode};
use crate::sink::{AzureParts, Sink, SinkConfig};
use crate::skew;
use crate::source::{Budget, Need, PageMemory, Source, SourceParts};
use crate::status::Status;
pub use crate::stop::Stop;
use crate::store::{Store, StoreError};
use crate::{Clock, Exit, Problem, Random, Stream, Transport};

pub use production::PartsError;

use dispatcher::{Dispatcher, Horizon};

mod dead_letters;
mod dispatcher;
mod lease;
mod production;
mod regular_log;

/// A disk that takes nothing is tried again this often.
const DISK_RETRY: Duration = Duration::from_secs(15);

/// What the connector touches the world with.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Carries calls to Miro.
    pub miro: Arc<dyn Transport>,
    /// Carries uploads to Azure.
    pub azure: Arc<dyn Transport>,
    /// Bearer tokens for Azure.
    pub tokens: Arc<dyn TokenProvider>,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and request ids.
    pub random: Random,
    /// What survives a crash.
    pub store: Arc<dyn Store>,
}

/// How long to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until told to stop; whatever is wrong at either end, it stays up and tries again.
    Service,
    /// Until everything visible at the start is delivered; stops at a problem somebody has to mend.
    Once {
        /// The longest the run may take, the grace period not counted.
        deadline: Option<Duration>,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything visible at the start was delivered.
    Done,
    /// The deadline came first.
    Incomplete,
    /// Told to stop; what was in flight was delivered and committed within the grace period.
    Finished,
    /// Told to leave, or the grace period ran out; what was in flight will be read again.
    Abandoned,
    /// Somebody has to mend something.
    Stopped(Problem),
}

impl Outcome {
    /// The word for it in a log line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Incomplete => "incomplete",
            Self::Finished => "finished",
            Self::Abandoned => "abandoned",
            Self::Stopped(_) => "stopped",
        }
    }

    /// The exit code of a program that ran in this mode and ended so.
    pub const fn exit(&self, mode: Mode) -> Exit {
        match (self, mode) {
            (Self::Done, _) | (Self::Finished, Mode::Service) => Exit::Done,
            (Self::Incomplete, _) => Exit::Incomplete,
            // A catch-up that was told to stop has not caught up.
            (Self::Finished, Mode::Once { .. }) | (Self::Abandoned, _) => Exit::Interrupted,
            (Self::Stopped(problem), _) => problem.code.exit(),
        }
    }
}

/// The connector: configuration and parts, ready to run.
#[derive(Debug)]
pub struct Connector {
    config: Config,
    parts: Parts,
    progress: BTreeMap<Stream, Arc<Progress>>,
    pauses: Pauses,
    /// Uploads permitted at the same time.
    uploads: Arc<Semaphore>,
    /// Whether the lease is held, for whoever may do something only then.
    leased: Arc<watch::Sender<bool>>,
}

impl Connector {
    /// A connector that does nothing until [`run`](Self::run).
    pub fn new(config: Config, parts: Parts) -> Self {
        let progress = config.streams().map(|(stream, _)| (stream, Arc::new(Progress::new(stream)))).collect();
        let uploads = Arc::new(Semaphore::new(config.sentinel.concurrent_uploads));
        Self { config, parts, progress, pauses: Pauses::default(), uploads, leased: Arc::default() }
    }

    /// A connector that goes on after this one, whose run has ended, with another configuration, as after a secret was rotated.
    /// Waits that a peer asked for are kept on, and so are the counts of the process and what was wrong: that it is mended is seen
    /// by the one who goes on.
    #[must_use]
    pub fn succeeded_by(&self, config: Config, parts: Parts) -> Self {
        let (pauses, leased) = (self.pauses.clone(), Arc::clone(&self.leased));
        let mut next = Self { pauses, leased, ..Self::new(config, parts) };
        for (stream, progress) in &mut next.progress {
            if let Some(before) = self.progress.get(stream) {
                before.run_ended();
                *progress = Arc::clone(before);
            }
        }
        next
    }

    /// Delivers until `mode` says it is enough or `stop` says so; everything it started has ended when it returns.
    ///
    /// Dropping the future is a crash as far as promises go: nothing is lost, at most one batch per permitted
    /// concurrent upload is sent again by the next run.
    pub async fn run(&self, mode: Mode, stop: &Stop) -> Outcome {
        let owner = self.parts.random.bits();
        if let Err(problem) = self.take_lease(owner).await {
            return Outcome::Stopped(problem);
        }
        self.leased.send_replace(true);
        let outcome = self.run_leased(mode, stop, owner).instrument(debug_span!("run", id = %run_id(owner))).await;
        if outcome == Outcome::Incomplete {
            self.progress.values().for_each(|progress| progress.ended_late());
        }
        self.leased.send_replace(false);
        if let Err(error) = self.parts.store.release(owner).await {
            warn!(%error, "Could not release the lease; it will expire.");
        }
        outcome
    }

    async fn run_leased(&self, mode: Mode, stop: &Stop, owner: u128) -> Outcome {
        let inner = stop.child();
        let dispatchers = match self.begin(mode, &inner, owner).await {
            Ok(Some(dispatchers)) => dispatchers,
            Ok(None) => return Outcome::Finished,
            Err(problem) => return Outcome::Stopped(problem),
        };
        let is_late = AtomicBool::new(false);
        let working = self.work(&dispatchers);
        tokio::select! {
            biased;
            () = self.give_up(&inner) => {
                if is_late.load(Ordering::Relaxed) { Outcome::Incomplete } else { Outcome::Abandoned }
            }
            ended = working => match ended {
                Some(StreamError::StoreUnusable(problem) | StreamError::Aborted(Abort::Blocked(problem))) => {
                    Outcome::Stopped(problem)
                }
                _ if is_late.load(Ordering::Relaxed) => Outcome::Incomplete,
                Some(StreamError::Aborted(Abort::Stopping)) => Outcome::Finished,
                None if inner.is_finishing() => Outcome::Finished,
                None => self.caught_up(),
            },
            problem = self.keep_lease(owner) => Outcome::Stopped(problem),
            () = watch_deadline(mode, &is_late, &inner) => Outcome::Incomplete,
            never = regular_log::write(&self.progress, &*self.parts.clock, mode) => match never {},
        }
    }

    /// Everything up to our own clock was delivered. Where that is behind Miro's, it is not everything that was visible.
    fn caught_up(&self) -> Outcome {
        let mut skews = self.progress.values().filter_map(|progress| progress.skew());
        skews.find(SignedDuration::is_negative).map_or(Outcome::Done, |skew| Outcome::Stopped(skew::problem(skew)))
    }

    /// Takes up the checkpoints, once the store has shown that it can write. A service waits for that and sends nothing
    /// meanwhile; `None` when it was told to stop before.
    async fn begin(&self, mode: Mode, stop: &Stop, owner: u128) -> Result<Option<Vec<Dispatcher>>, Problem> {
        // A beginning told as an age does not move while the disk is waited for.
        let now = self.parts.clock.now();
        loop {
            let begun = match self.parts.store.prove_writable().await {
                Ok(()) => self.dispatchers(mode, stop, now).await,
                Err(error) => Err(error),
            };
            let error = match begun {
                Ok(dispatchers) => {
                    for progress in self.progress.values() {
                        progress.mended(Peer::Store);
                    }
                    return Ok(Some(dispatchers));
                }
                Err(error) => error,
            };
            if mode != Mode::Service || !matches!(error, StoreError::Io { .. }) {
                return Err(Problem::from(&error));
            }
            self.progress.values().for_each(|progress| progress.troubled(Peer::Store, Problem::from(&error)));
            tokio::select! {
                biased;
                () = stop.finishing() => return Ok(None),
                () = tokio::time::sleep(DISK_RETRY) => {}
            }
            self.take_lease(owner).await?;
        }
    }

    /// Runs all streams until each has ended; one that fails does not keep the others from their work, unless nothing
    /// can be committed any more.
    async fn work(&self, dispatchers: &[Dispatcher]) -> Option<StreamError> {
        let mut streams: FuturesUnordered<_> = dispatchers
            .iter()
            .map(|dispatcher| {
                dispatcher.run().instrument(debug_span!("stream", stream = %dispatcher.pipeline.progress.stream()))
            })
            .collect();
        let mut first = None;
        while let Some(done) = streams.next().await {
            match done {
                Ok(()) => {}
                Err(error @ StreamError::StoreUnusable(_)) => return Some(error),
                Err(error) => first = first.or(Some(error)),
            }
        }
        first
    }

    /// Ends when what is in flight has had its time: told to leave, or the grace period after being told to finish.
    async fn give_up(&self, stop: &Stop) {
        stop.finishing().await;
        tokio::select! {
            biased;
            () = stop.leaving() => {}
            () = tokio::time::sleep(self.config.telemetry.grace) => {}
        }
    }

    async fn dispatchers(&self, mode: Mode, stop: &Stop, now: Timestamp) -> Result<Vec<Dispatcher>, StoreError> {
        let budgets = self.budgets(mode);
        let memory = Arc::new(PageMemory::default());
        let mut dispatchers = Vec::new();
        for (stream, config) in self.config.streams() {
            let pipeline = Pipeline {
                source: self.source(stream, config, &budgets, &memory),
                sink: self.sink(stream, &self.uploads, self.progress_of(stream)),
                checkpoint: self.checkpoint(stream, config, now).await?,
                progress: self.progress_of(stream),
                random: self.parts.random.clone(),
                stop: stop.clone(),
                run_mode: match mode {
                    Mode::Service => RunMode::Service,
                    Mode::Once { .. } => RunMode::Once,
                },
            };
            dispatchers.push(Dispatcher {
                pipeline,
                stop: stop.clone(),
                windows_max: self.config.miro.concurrent_reads.max(1),
                horizon: match mode {
                    Mode::Service => Horizon::Moving,
                    // The second that has begun belongs to what is visible.
                    Mode::Once { .. } => Horizon::Fixed(after(now, SignedDuration::from_secs(1))),
                },
            });
        }
        Ok(dispatchers)
    }

    /// One budget a token: two streams with the same token share it.
    fn budgets(&self, mode: Mode) -> BTreeMap<Stream, Arc<Budget>> {
        let wait_max = (mode != Mode::Service).then_some(GIVE_UP_AFTER);
        let mut budgets: BTreeMap<Stream, Arc<Budget>> = BTreeMap::new();
        let mut tokens: Vec<(&str, Arc<Budget>)> = Vec::new();
        for (stream, config) in self.config.streams() {
            let token = config.access_token.expose_secret();
            let known = tokens.iter().find(|(other, _)| *other == token).map(|(_, budget)| Arc::clone(budget));
            let budget = known.unwrap_or_else(|| {
                let pause = self.pauses.of(&format!("Miro, {stream}"));
                let (share, origin) = (self.config.miro.budget_share, self.parts.clock.now());
                let budget = Arc::new(Budget::new(share, origin, pause, wait_max));
                tokens.push((token, Arc::clone(&budget)));
                budget
            });
            budget.expect(Need { weight: Source::weight(stream), cadence: cadence(config) });
            budgets.insert(stream, budget);
        }
        budgets
    }

    fn source(
        &self,
        stream: Stream,
        config: &StreamConfig,
        budgets: &BTreeMap<Stream, Arc<Budget>>,
        memory: &Arc<PageMemory>,
    ) -> Source {
        let parts = SourceParts {
            transport: Arc::clone(&self.parts.miro),
            clock: Arc::clone(&self.parts.clock),
            budget: Arc::clone(&budgets[&stream]),
            progress: self.progress_of(stream),
            memory: Arc::clone(memory),
        };
        Source::new(&self.config, config, self.config.http.timeout, parts)
    }

    fn sink(&self, stream: Stream, permits: &Arc<Semaphore>, progress: Arc<Progress>) -> Sink {
        let parts = AzureParts {
            transport: Arc::clone(&self.parts.azure),
            tokens: Arc::clone(&self.parts.tokens),
            clock: Arc::clone(&self.parts.clock),
            random: self.parts.random.clone(),
        };
        let pause = self.pauses.of(&format!("Azure, {}", self.config.rule(stream).unwrap_or_default()));
        Sink::new(SinkConfig::new(&self.config, parts, progress, Arc::clone(permits), pause))
    }

    async fn checkpoint(
        &self,
        stream: Stream,
        config: &StreamConfig,
        now: Timestamp,
    ) -> Result<Checkpoint, StoreError> {
        let new = Ledger::starting(config.start, now);
        let (store, clock) = (Arc::clone(&self.parts.store), Arc::clone(&self.parts.clock));
        Checkpoint::load(stream, new, cadence(config), store, clock, self.progress_of(stream)).await
    }

    fn progress_of(&self, stream: Stream) -> Arc<Progress> {
        Arc::clone(&self.progress[&stream])
    }

    /// A consistent snapshot, at any time.
    pub fn status(&self) -> Status {
        let now = self.parts.clock.now();
        let mut status = Status { ready: true, ..Status::default() };
        for (stream, _) in self.config.streams() {
            let counts = self.progress[&stream].snapshot();
            let is_heard = counts.is_heard(now);
            status.ready &= is_heard && counts.problem.is_none();
            status.streams.insert(stream.name().to_owned(), counts);
        }
        status
    }
}

/// Names a run in log lines.
fn run_id(owner: u128) -> String {
    format!("{:08x}", owner >> 96)
}

fn cadence(config: &StreamConfig) -> Cadence {
    Cadence::new(config.poll_every, &config.late_sweeps)
}

/// Tells the streams to finish when the deadline comes; never ends by itself.
async fn watch_deadline(mode: Mode, is_late: &AtomicBool, stop: &Stop) {
    if let Mode::Once { deadline: Some(deadline) } = mode {
        tokio::time::sleep(deadline).await;
        is_late.store(true, Ordering::Relaxed);
        stop.finish();
    }
    std::future::pending::<()>().await;
}
