//! The production parts, and the runtime they run on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::Failure;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::identity::{AzureTokens, TokenProvider};
use crate::progress::Progress;
use crate::sink::{AzureParts, Sink, SinkConfig};
use crate::store::RedbStore;
use crate::transport::production::Production;
use crate::{Clock, Random, Transport};

/// Threads that run tasks: one stream's bytes are packed while the other's are awaited.
const WORKERS: usize = 2;
/// Threads for calls that block: the store, and compression.
const BLOCKING_MAX: usize = 4;

/// How long the end of a command waits for calls that block, such as the lookup of a name that nobody answers.
const BLOCKED_MAX: Duration = Duration::from_secs(2);

/// A runtime. Dropping it waits for calls that block, but not for ever.
pub(super) struct Runtime(Option<tokio::runtime::Runtime>);

/// A runtime for the service.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING_MAX)
        .enable_all()
        .build();
    runtime.map(|runtime| Runtime(Some(runtime))).map_err(|error| {
        Failure::unexpected(format!("could not start the runtime: {error}"), "raise the limit of threads")
    })
}

impl Runtime {
    /// Runs `work` to its end.
    pub(super) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("taken only when dropped").block_on(work)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(BLOCKED_MAX);
        }
    }
}

/// The network as configured.
pub(super) fn network(config: &Config) -> Result<Arc<dyn Transport>, Failure> {
    Ok(Arc::new(Production::new(&config.http)?))
}

/// The checkpoint file, made if it is not there.
pub(super) fn store(config: &Config) -> Result<RedbStore, Failure> {
    Ok(RedbStore::open(&config.store.path, config.store.dead_letters_bytes_max)?)
}

/// Tokens for Azure over `network`.
pub(super) fn tokens(config: &Config, network: &Arc<dyn Transport>) -> AzureTokens {
    let identity = config.sentinel.identity.clone();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    AzureTokens::new(identity, config.http.timeout, Arc::clone(network), clock, Random::from_system())
}

/// The way of one stream to Azure, outside a running connector: one upload at a time.
pub(super) fn sink(
    config: &Config,
    network: &Arc<dyn Transport>,
    tokens: &Arc<dyn TokenProvider>,
    progress: &Arc<Progress>,
) -> Sink {
    let parts = AzureParts {
        transport: Arc::clone(network),
        tokens: Arc::clone(tokens),
        clock: Arc::new(SystemClock),
        random: Random::from_system(),
    };
    Sink::new(SinkConfig::new(config, parts, Arc::clone(progress), Arc::new(Semaphore::new(1)), Arc::default()))
}
