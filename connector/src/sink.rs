//! Azure: batches go out until they are accepted, and only that makes a [`Delivered`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::{debug, warn};
use url::Url;

use crate::identity::TokenProvider;
use crate::pack;
use crate::progress::Progress;
use crate::retry::{Failure, Halt, Next, Patience, Verdict};
use crate::transport::TransportError;
use crate::{Clock, Random, Stream, Transport};

pub(crate) use outbox::{Delivered, Outbox};

use error::{Refusal, SendError};

mod error;
mod outbox;

/// Answers hold at most an error object.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Refused events in a row, without one accepted, after which the rule is suspected and not the events.
const SUSPECTS_MAX: usize = 10;
/// The longest wait that Azure may ask for; what is longer is asked again after this.
const BLOCKED_MAX: Duration = Duration::from_mins(15);

/// The stream of one data collection rule.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) stream: Stream,
    pub(crate) rule: String,
    pub(crate) url: Url,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) timeout: Duration,
    pub(crate) plain_bytes_max: usize,
    pub(crate) level: u32,
    pub(crate) progress: Arc<Progress>,
    /// Uploads permitted at the same time in the whole process, each until it is committed.
    pub(crate) permits: Arc<Semaphore>,
    /// Nothing is sent to this rule before.
    pub(crate) blocked_until: Mutex<Option<Instant>>,
    /// Events set aside as refused since one was accepted.
    pub(crate) unproven: AtomicUsize,
}

impl Sink {
    /// The address of `stream` in `rule` behind `endpoint`
    /// (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-22).
    pub(crate) fn address(endpoint: &Url, rule: &str, stream: Stream) -> Url {
        let mut url = endpoint.clone();
        let path = endpoint.path().trim_end_matches('/');
        url.set_path(&format!("{path}/dataCollectionRules/{rule}/streams/{}", stream.rule_stream()));
        url.set_query(Some("api-version=2023-01-01"));
        url
    }

    /// Delivers the next part of `outbox`, however long that takes; `None` when all of it is delivered.
    ///
    /// Whatever comes out must be committed before the next part is delivered. Dropping the future may leave one
    /// upload of unknown outcome behind.
    pub(crate) async fn deliver(
        &self,
        outbox: &mut Outbox,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Delivered>, Halt> {
        loop {
            let Some(piece) = outbox.next_piece() else {
                return self.finish(outbox, patience).await;
            };
            let packed =
                if pack::is_too_large(&piece[0], self.plain_bytes_max) { None } else { pack::pack(&piece, self.level) };
            let Some(packed) = packed else {
                outbox.split_or_set_aside(piece, "larger than one upload may be");
                continue;
            };
            let piece = outbox.keep_rest(piece, packed.records);
            match self.send(&packed.body, patience).await {
                Ok(permit) => {
                    self.unproven.store(0, Ordering::Relaxed);
                    return Ok(Some(outbox.accepted(piece, permit)));
                }
                Err(Undelivered::TooLarge) => outbox.split_or_set_aside(piece, "larger than Azure takes"),
                Err(Undelivered::Refused(reason)) => {
                    outbox.split_or_suspect(piece, reason);
                    if outbox.suspects() >= SUSPECTS_MAX {
                        self.doubt(outbox, patience).await?;
                    }
                }
                Err(Undelivered::Halted(halt)) => return Err(halt),
            }
        }
    }

    /// What is left when every piece was sent: events set aside, and events refused while nothing else was accepted.
    async fn finish(&self, outbox: &mut Outbox, patience: &mut Patience<'_>) -> Result<Option<Delivered>, Halt> {
        if outbox.suspects() > 0 {
            let unproven = self.unproven.load(Ordering::Relaxed) + outbox.suspects();
            if unproven >= SUSPECTS_MAX || !self.takes_nothing(patience).await? {
                self.doubt(outbox, patience).await?;
                return Box::pin(self.deliver(outbox, patience)).await;
            }
            self.unproven.store(unproven, Ordering::Relaxed);
        }
        Ok(outbox.finish())
    }

    /// True when the rule takes an empty batch: then it is the events that it refuses.
    pub(crate) async fn takes_nothing(&self, patience: &mut Patience<'_>) -> Result<bool, Halt> {
        match self.send(&pack::nothing(self.level), patience).await {
            Ok(_permit) => Ok(true),
            Err(Undelivered::TooLarge | Undelivered::Refused(_)) => Ok(false),
            Err(Undelivered::Halted(halt)) => Err(halt),
        }
    }

    /// Too many events were refused: the rule is broken, not they. Nothing is set aside; wait and try them all again.
    async fn doubt(&self, outbox: &mut Outbox, patience: &mut Patience<'_>) -> Result<(), Halt> {
        let error = SendError::RefusesEverything { rule: self.rule.clone(), reason: outbox.acquit() };
        match patience.bear(&error).await {
            Ok(()) => Ok(()),
            Err(verdict) => Err(halt(verdict)),
        }
    }

    /// Sends one body until it is accepted; the permit is to be held until that is committed.
    async fn send(&self, body: &Bytes, patience: &mut Patience<'_>) -> Result<OwnedSemaphorePermit, Undelivered> {
        loop {
            let error = match self.attempt(body).await {
                Ok(permit) => {
                    patience.succeeded();
                    return Ok(permit);
                }
                Err(error) => error,
            };
            match error.next() {
                Next::RefreshToken => self.tokens.refused(),
                Next::Split | Next::SetAside => {
                    return Err(match error {
                        SendError::Refused(Refusal::Unexplained { reason }) => Undelivered::Refused(reason),
                        _ => Undelivered::TooLarge,
                    });
                }
                Next::Retry { .. } | Next::RestartSpan | Next::Stop(_) => {}
            }
            if let Err(verdict) = patience.bear(&error).await {
                return Err(Undelivered::Halted(halt(verdict)));
            }
        }
    }

    async fn attempt(&self, body: &Bytes) -> Result<OwnedSemaphorePermit, SendError> {
        let token = self.tokens.token().await?;
        let permit = self.permit().await;
        let request = self.request(body, &token);
        let host = self.url.authority().to_owned();
        let sent = tokio::time::timeout(self.timeout, self.transport.send(request, ANSWER_BYTES_MAX)).await;
        let answer = sent.map_err(|_elapsed| TransportError::TimedOut { host, limit: self.timeout })??;
        if answer.status().is_success() {
            self.progress.uploaded(body.len(), self.clock.now());
            debug!(stream = %self.stream, bytes = body.len(), "Uploaded a batch.");
            return Ok(permit);
        }
        let error = SendError::read(&answer, &self.rule, self.stream, self.clock.now());
        if let Next::Retry { after: Some(after) } = error.next() {
            self.block(after);
        }
        Err(error)
    }

    /// Waits until the rule may be called and an upload is permitted.
    async fn permit(&self) -> OwnedSemaphorePermit {
        loop {
            let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the permits are never closed");
            let blocked = *self.blocked_until.lock().unwrap_or_else(PoisonError::into_inner);
            match blocked.filter(|until| *until > Instant::now()) {
                None => return permit,
                Some(until) => {
                    drop(permit);
                    tokio::time::sleep_until(until).await;
                }
            }
        }
    }

    fn block(&self, after: Duration) {
        let until = Instant::now() + after.min(BLOCKED_MAX);
        let mut blocked = self.blocked_until.lock().unwrap_or_else(PoisonError::into_inner);
        *blocked = Some(blocked.map_or(until, |held| held.max(until)));
        warn!(stream = %self.stream, after_ms = after.as_millis() as u64, "Azure asks to wait.");
    }

    fn request(&self, body: &Bytes, token: &SecretString) -> http::Request<Bytes> {
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).unwrap_or_else(|_| HeaderValue::from_static("Bearer ?"));
        bearer.set_sensitive(true);
        let id = uuid::Builder::from_random_bytes(self.random.bits().to_be_bytes()).into_uuid();
        http::Request::post(self.url.as_str())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "gzip")
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", id.to_string())
            .body(body.clone())
            .expect("a parsed URL and plain headers make a request")
    }
}

/// Why a body was not taken.
enum Undelivered {
    TooLarge,
    Refused(String),
    Halted(Halt),
}

/// Bearing an upload's failure ends in a halt or not at all: splitting and setting aside were looked at before.
fn halt(verdict: Verdict) -> Halt {
    match verdict {
        Verdict::Stopped(problem) => Halt::Stopped(problem),
        Verdict::Leaving | Verdict::Split | Verdict::SetAside | Verdict::RestartSpan => Halt::Leaving,
    }
}
