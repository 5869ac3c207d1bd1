//! The demonstration: both mocks on loopback sockets, the connector as it is in production, a generated company's day.

mod mocks;
mod progress;
mod queries;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector::config::{Config, Start};
use connector::identity::AzureTokens;
use connector::service::{Mode, Outcome, Parts, Stop};
use connector::status::Status;
use connector::store::{RedbStore, StoreError};
use connector::transport::production::{Production, ProductionError};
use connector::{Connector, Random, Stream};
use serde::Serialize;

use crate::deployment::{Tuning, log_of, table_of};
use crate::render::Answer;
use mocks::Mocks;

/// What to demonstrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Events in the audit log.
    pub audit: usize,
    /// Events in the content log.
    pub content: usize,
    /// Chooses the company and what happens in it.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { audit: 100_000, content: 50_000, seed: 1 }
    }
}

/// What came of it. The fields that are serialised are a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// By stream.
    pub streams: Streams,
    /// From the start of the connector until Azure had stored the first row, in milliseconds; nothing without a row.
    pub first_row_ms: Option<u64>,
    /// From the start of the connector until it had caught up.
    pub seconds: f64,
    /// Rows stored in that time.
    pub events_per_second: f64,
    /// How the connector ended.
    #[serde(skip)]
    pub outcome: Outcome,
    /// The sample queries with their answers.
    #[serde(skip)]
    pub answers: Vec<(&'static str, Answer)>,
}

/// Both streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Streams {
    /// The audit log.
    pub audit: Count,
    /// The content log.
    pub content: Count,
}

/// One stream from end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Events at Miro, each counted once.
    pub at_miro: u64,
    /// Rows in the table.
    pub in_table: u64,
    /// Events that are neither in the table nor set aside.
    pub lost: u64,
    /// Rows that are in the table more often than once.
    pub duplicates: u64,
    /// Events in the dead-letter store.
    pub set_aside: u64,
}

/// Why there was no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No socket, no temporary folder.
    #[error("could not set up the demonstration: {0}")]
    Io(#[from] std::io::Error),
    /// No certificate for https.
    #[error(transparent)]
    Tls(#[from] mock_sentinel::TlsError),
    /// Miro's world contradicts itself.
    #[error(transparent)]
    Miro(#[from] mock_miro::WorldError),
    /// Azure's world contradicts itself.
    #[error(transparent)]
    Sentinel(#[from] mock_sentinel::WorldError),
    /// No client for the connector.
    #[error(transparent)]
    Client(#[from] ProductionError),
    /// No checkpoint for the connector.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sample query was not answered.
    #[error("the query `{query}` was not answered: {reason}")]
    Query {
        /// The query.
        query: &'static str,
        /// What the engine said.
        reason: String,
    },
}

impl Summary {
    /// True when every event is where it should be.
    pub fn is_complete(&self) -> bool {
        self.outcome == Outcome::Done && self.streams.audit.lost + self.streams.content.lost == 0
    }
}

/// The longest that the connector may take.
const DEADLINE: Duration = Duration::from_mins(10);
/// How far back the connector is told to begin; the company's day lies within.
const BACKLOG: Duration = Duration::from_hours(24);

/// Plays the demonstration, drawing a progress bar on stderr if that is a terminal.
pub async fn run(options: &Options) -> Result<Summary, DemoError> {
    let folder = tempfile::tempdir()?;
    let mocks = Mocks::start(options, folder.path()).await?;
    let config = mocks.config(&tuning(folder.path().join("miro-sentinel.redb")));
    let connector = Connector::new(config.clone(), production_parts(&config)?);
    let bar = progress::Bar::new((options.audit + options.content) as u64);
    let (started_at, started) = (jiff::Timestamp::now(), Instant::now());
    let stop = Stop::new();
    let outcome = tokio::select! {
        biased;
        outcome = connector.run(Mode::Once { deadline: Some(DEADLINE) }, &stop) => outcome,
        never = bar.follow(|| connector.status()) => match never {},
    };
    let seconds = started.elapsed().as_secs_f64();
    bar.finish();
    let status = connector.status();
    let streams =
        Streams { audit: count(&mocks, &status, Stream::Audit), content: count(&mocks, &status, Stream::Content) };
    let summary = Summary {
        streams,
        first_row_ms: mocks.first_row_at().map(|at| at.duration_since(started_at).as_millis().max(0) as u64),
        seconds,
        events_per_second: (streams.audit.in_table + streams.content.in_table) as f64 / seconds,
        outcome,
        answers: queries::answer_all(&mocks.sentinel)?,
    };
    mocks.stop().await;
    Ok(summary)
}

fn tuning(store: std::path::PathBuf) -> Tuning {
    Tuning {
        store,
        start: Start::Ago(BACKLOG),
        poll_every: Duration::from_secs(15),
        late_sweeps: vec![Duration::from_mins(2), Duration::from_mins(10), Duration::from_mins(30)],
        budget_share: 0.8,
        concurrent_reads: 4,
        concurrent_uploads: 4,
        plain_bytes_max: 1_000_000,
        compression_level: 4,
        timeout: Duration::from_secs(30),
    }
}

/// The parts that `miro-sentinel run` is made of.
fn production_parts(config: &Config) -> Result<Parts, DemoError> {
    let network = Arc::new(Production::new(&config.http)?);
    let clock = Arc::new(connector::clock::SystemClock);
    let random = Random::from_system();
    let identity = config.sentinel.identity.clone();
    let tokens = AzureTokens::new(identity, config.http.timeout, network.clone(), clock.clone(), random.clone());
    let store = RedbStore::open(&config.store.path, config.store.dead_letters_bytes_max)?;
    Ok(Parts { miro: network.clone(), azure: network, tokens: Arc::new(tokens), clock, random, store: Arc::new(store) })
}

fn count(mocks: &Mocks, status: &Status, stream: Stream) -> Count {
    let rows = mocks.sentinel.ids(table_of(stream));
    let in_table = rows.len() as u64;
    let stored: BTreeSet<_> = rows.into_iter().collect();
    let at_miro: BTreeSet<_> = mocks.miro.ids(log_of(stream), mocks.miro.now()).into_iter().collect();
    let set_aside = status.streams.get(stream.name()).map_or(0, |counts| counts.set_aside);
    Count {
        at_miro: at_miro.len() as u64,
        in_table,
        lost: (at_miro.difference(&stored).count() as u64).saturating_sub(set_aside),
        duplicates: in_table - stored.len() as u64,
        set_aside,
    }
}
