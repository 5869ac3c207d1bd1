//! What a sink is made from.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use crate::config::Config;
use crate::identity::TokenProvider;
use crate::progress::Progress;
use crate::retry::Pause;
use crate::{Clock, Random, Stream, Transport};

/// What a [`Sink`](super::Sink) is made from.
#[derive(Debug)]
pub(crate) struct SinkConfig {
    pub(crate) stream: Stream,
    pub(crate) rule: String,
    pub(crate) endpoint: Url,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    /// The time allowed for one upload, to begin with.
    pub(crate) timeout: Duration,
    pub(crate) plain_bytes_max: usize,
    pub(crate) level: u32,
    pub(crate) progress: Arc<Progress>,
    /// Uploads permitted at the same time in the whole process, each until it is committed.
    pub(crate) permits: Arc<Semaphore>,
    /// Nothing is sent to this rule before its end.
    pub(crate) pause: Arc<Pause>,
}

/// What every sink of a connector shares.
#[derive(Clone, Debug)]
pub(crate) struct AzureParts {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
}

impl SinkConfig {
    /// That of the stream that `progress` counts, as configured.
    pub(crate) fn new(
        config: &Config,
        parts: AzureParts,
        progress: Arc<Progress>,
        permits: Arc<Semaphore>,
        pause: Arc<Pause>,
    ) -> Self {
        let stream = progress.stream();
        let AzureParts { transport, tokens, clock, random } = parts;
        Self {
            stream,
            rule: config.rule(stream).unwrap_or_default().to_owned(),
            endpoint: config.sentinel.endpoint.clone(),
            transport,
            tokens,
            clock,
            random,
            timeout: config.http.timeout,
            plain_bytes_max: config.sentinel.plain_bytes_max,
            level: config.sentinel.compression_level,
            progress,
            permits,
            pause,
        }
    }
}
