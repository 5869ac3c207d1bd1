//! The demonstration: both mocks on loopback sockets, the connector as it is in production, a generated company's day.

mod progress;
mod queries;
mod trouble;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector::config::Config;
use connector::identity::AzureTokens;
use connector::service::{Mode, Outcome, Parts, Stop};
use connector::status::Status;
use connector::store::{RedbStore, StoreError};
use connector::transport::production::{Production, ProductionError};
use connector::{Connector, Random, Stream};
use mock_sentinel::Call;
use serde::Serialize;

use crate::catalogue;
use crate::deployment::{log_of, table_of};
use crate::live::{Live, LiveError};
use crate::render::Answer;
use crate::scenario::Scenario;

pub use trouble::Troubles;

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
    /// What went wrong on the way.
    #[serde(skip)]
    pub troubles: Troubles,
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
    /// The mocks cannot be served.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The scenario of the demonstration is not as it was shipped.
    #[error("the scenario `demo` cannot be played: {0}")]
    Scenario(String),
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

/// Plays the demonstration, drawing a progress bar on stderr if that is a terminal.
///
/// # Errors
///
/// If the mocks or the connector cannot be started.
pub async fn run(options: &Options) -> Result<Summary, DemoError> {
    let folder = tempfile::tempdir()?;
    let scenario = scenario(options, folder.path())?;
    let live = Live::start(&scenario, folder.path()).await?;
    live.prepare()?;
    let config = live.config().map_err(|problem| DemoError::Scenario(problem.to_string()))?;
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
        Streams { audit: count(&live, &status, Stream::Audit), content: count(&live, &status, Stream::Content) };
    let summary = Summary {
        streams,
        first_row_ms: first_row_at(&live).map(|at| at.duration_since(started_at).as_millis().max(0) as u64),
        seconds,
        events_per_second: (streams.audit.in_table + streams.content.in_table) as f64 / seconds,
        outcome,
        troubles: Troubles::of(&live.calls()),
        answers: queries::answer_all(&live.mocks.sentinel)?,
    };
    live.stop().await;
    Ok(summary)
}

/// The shipped scenario with as many events as are asked for.
fn scenario(options: &Options, folder: &std::path::Path) -> Result<Scenario, DemoError> {
    let found = catalogue::Catalogue::shipped().find("DEMO").map_err(DemoError::Scenario)?;
    let mut scenario = found.scenario;
    scenario.seed = options.seed;
    for (stream, generate, seed) in
        [("audit", options.audit, options.seed), ("content", options.content, options.seed.wrapping_add(1))]
    {
        if let Some(serde_json::Value::Object(events)) = scenario.world.miro.get_mut(stream) {
            events.insert("generate".to_owned(), generate.into());
            events.insert("seed".to_owned(), seed.into());
        }
    }
    let store = folder.join("miro-sentinel.redb").display().to_string();
    scenario.connector.insert("store.path".to_owned(), store.into());
    Ok(scenario)
}

/// When the first upload was stored.
fn first_row_at(live: &Live) -> Option<jiff::Timestamp> {
    let journal = live.mocks.sentinel.journal();
    journal.into_iter().find(|entry| entry.call == Call::Ingest && entry.rows > 0).map(|entry| entry.at)
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

fn count(live: &Live, status: &Status, stream: Stream) -> Count {
    let rows = live.mocks.sentinel.ids(table_of(stream));
    let in_table = rows.len() as u64;
    let stored: BTreeSet<_> = rows.into_iter().collect();
    let at_miro: BTreeSet<_> = live.mocks.miro.ids(log_of(stream), live.mocks.miro.now()).into_iter().collect();
    let set_aside = status.streams.get(stream.name()).map_or(0, |counts| counts.set_aside);
    Count {
        at_miro: at_miro.len() as u64,
        in_table,
        lost: (at_miro.difference(&stored).count() as u64).saturating_sub(set_aside),
        duplicates: in_table - stored.len() as u64,
        set_aside,
    }
}
