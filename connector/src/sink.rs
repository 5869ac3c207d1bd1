//! Azure: batches go out until they are accepted, and only that makes a [`Delivered`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tracing::{Instrument as _, debug, debug_span};
use url::Url;

use crate::Stream;
use crate::durations::{RequestOutcome, Service};
use crate::event::Event;
use crate::pack::{self, BatchId};
use crate::response::Foreign;
use crate::retry::{Abort, Failure, GIVE_UP_AFTER, Next, Retrier, RunMode};
use crate::transport::TransportError;

pub(crate) use acceptance::{PROBING_MAX, Probing};
pub(crate) use config::{AzureParts, SinkConfig};
pub(crate) use delivery::{Delivered, Outbox};
pub(crate) use look::Acknowledged;
pub(crate) use timeout::UploadTimeout;

use acceptance::Acceptances;
use delivery::Side;
use error::{Refusal, SendError, SinkAction};

mod acceptance;
mod config;
mod delivery;
mod error;
mod look;
#[cfg(test)]
mod tests;
mod timeout;

/// Answers hold at most an error object.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Refused events in a row, without one accepted, after which the rule is suspected and not the events.
const CANDIDATES_MAX: usize = 10;
/// A run that ends waits so long for another upload to show that the rule is sound.
const PROBE_MAX: Duration = Duration::from_secs(15);
/// An event this large may well be too large; a smaller one that is refused for its size is suspected like any other.
const LARGE_BYTES: usize = pack::BODY_BYTES_MAX / 4;
/// So many unknown outcomes of one batch are a problem to be told: each may have put it into the table once more.
const UNKNOWN_REPORTED: usize = 3;

/// A door for `crate::fuzzing`: what `answer` to an upload means, if not that it was taken.
#[cfg(any(test, fuzzing))]
pub(crate) fn refusal(answer: &http::Response<Bytes>, now: jiff::Timestamp) -> Option<String> {
    let error = SendError::read(answer, "dcr-0", Stream::Audit, now)?;
    Some(format!("{error}\n{}\n{}", error.lasting(), error.repeated(3)))
}

/// Why events are not delivered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeliverError {
    /// The retry loop gave up.
    Aborted(Abort),
    /// A service has as many windows as it may that wait for a verdict about their events: these are read again later.
    Postponed,
}

impl From<Abort> for DeliverError {
    fn from(abort: Abort) -> Self {
        Self::Aborted(abort)
    }
}

/// The stream of one data collection rule.
#[derive(Debug)]
pub(crate) struct Sink {
    config: SinkConfig,
    url: Url,
    timeout: UploadTimeout,
    acceptances: Acceptances,
    probing: Arc<Probing>,
    /// Events set aside as refused since one was accepted.
    unproven: AtomicUsize,
}

impl Sink {
    pub(crate) fn new(config: SinkConfig) -> Self {
        let url = Self::address(&config.endpoint, &config.rule, config.stream);
        let timeout = UploadTimeout::new(config.timeout);
        let (acceptances, probing) = (Acceptances::default(), Arc::default());
        Self { config, url, timeout, acceptances, probing, unproven: AtomicUsize::new(0) }
    }

    /// The address of `stream` in `rule` behind `endpoint`
    /// (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-22).
    fn address(endpoint: &Url, rule: &str, stream: Stream) -> Url {
        let mut url = endpoint.clone();
        let path = endpoint.path().trim_end_matches('/');
        url.set_path(&format!("{path}/dataCollectionRules/{rule}/streams/{}", stream.rule_stream()));
        url.set_query(Some("api-version=2023-01-01"));
        url
    }

    /// The largest plain size of a batch, in bytes.
    pub(crate) const fn plain_bytes_max(&self) -> usize {
        self.config.plain_bytes_max
    }

    /// The windows that wait for somebody to show that the rule is sound.
    pub(crate) fn probing(&self) -> &Probing {
        &self.probing
    }

    /// Delivers the next part of `outbox`, however long that takes; `None` when all of it is delivered.
    ///
    /// Whatever comes out must be committed before the next part is delivered. Dropping the future may leave one
    /// upload of unknown outcome behind.
    pub(crate) async fn deliver(
        &self,
        outbox: &mut Outbox,
        retrier: &mut Retrier<'_>,
    ) -> Result<Option<Delivered>, DeliverError> {
        loop {
            // After many refusals in order, the other end is tried: are they a row of bad events, or is the rule bad?
            let side = if outbox.candidates() < CANDIDATES_MAX { Side::Front } else { Side::Back };
            let Some(piece) = outbox.next_piece(side) else {
                if self.settle_candidates(outbox, retrier).await? {
                    return Ok(outbox.finish());
                }
                continue;
            };
            let fits = !pack::is_too_large(&piece[0], self.config.plain_bytes_max);
            let Some(packed) = fits.then(|| pack::pack(&piece, self.config.level)).flatten() else {
                outbox
                    .split_or_keep_candidate(piece, "larger than Azure takes in one upload".to_owned(), side, |_| true);
                continue;
            };
            let piece = outbox.keep_rest(piece, packed.records, side);
            let (id, records, bytes) = (BatchId::of(self.config.stream, &piece), piece.len(), packed.body.len());
            retrier.batch = Some(id);
            let batch = debug_span!("batch", %id, records, bytes);
            let sent = self.send(&packed.body, records, retrier).instrument(batch).await;
            retrier.batch = None;
            let was_alone = match sent {
                Ok(permit) => {
                    self.unproven.store(0, Ordering::Relaxed);
                    self.acceptances.note();
                    return Ok(Some(outbox.accepted(piece, permit)));
                }
                Err(Undelivered::TooLarge) => {
                    let reason = "larger than Azure takes".to_owned();
                    outbox.split_or_keep_candidate(piece, reason, side, |event: &Event| event.json.len() >= LARGE_BYTES)
                }
                Err(Undelivered::Refused(reason)) => outbox.split_or_keep_candidate(piece, reason, side, |_| false),
                Err(Undelivered::InBetween(seen)) => outbox.split_or_hold(piece, seen, side),
                Err(Undelivered::Aborted(abort)) => return Err(abort.into()),
            };
            outbox.refused_at(self.acceptances.count());
            if was_alone && side == Side::Back && !self.wait_in_between(outbox, retrier).await? {
                self.probe(outbox, retrier).await?;
            }
        }
    }

    /// What is left when every piece was sent: events refused while nothing else was accepted. False when they are to be
    /// sent again.
    async fn settle_candidates(&self, outbox: &mut Outbox, retrier: &mut Retrier<'_>) -> Result<bool, DeliverError> {
        if self.wait_in_between(outbox, retrier).await? {
            return Ok(false);
        }
        if outbox.candidates() > 0 {
            if self.acceptances.count() > outbox.first_refused_at() {
                outbox.rule_is_sound();
                return Ok(false);
            }
            let unproven = self.unproven.load(Ordering::Relaxed) + outbox.candidates();
            if unproven >= CANDIDATES_MAX || !self.takes_nothing(retrier).await? {
                self.probe(outbox, retrier).await?;
                return Ok(false);
            }
            self.unproven.store(unproven, Ordering::Relaxed);
        }
        Ok(true)
    }

    /// Something in between lets an event not pass, not even alone. That is no verdict of Azure's: it waits, and is sent again.
    /// False where nothing is held.
    async fn wait_in_between(&self, outbox: &mut Outbox, retrier: &mut Retrier<'_>) -> Result<bool, DeliverError> {
        let Some(seen) = outbox.held_by().cloned() else { return Ok(false) };
        self.waits(outbox, retrier)?;
        retrier.wait(&SendError::Foreign { seen, after: None }, None).await?;
        outbox.retry_candidates();
        Ok(true)
    }

    /// True when the rule takes an empty batch: then it is the events that it refuses.
    async fn takes_nothing(&self, retrier: &mut Retrier<'_>) -> Result<bool, DeliverError> {
        match self.send(&pack::nothing(self.config.level), 0, retrier).await {
            Ok(_permit) => Ok(true),
            Err(Undelivered::TooLarge | Undelivered::Refused(_) | Undelivered::InBetween(_)) => Ok(false),
            Err(Undelivered::Aborted(abort)) => Err(abort.into()),
        }
    }

    /// Many events were refused, and nothing was accepted since: the rule may be broken, not they. Waits until another upload
    /// is accepted, which decides against the events; or for a while, and then all of them are sent again.
    async fn probe(&self, outbox: &mut Outbox, retrier: &mut Retrier<'_>) -> Result<(), DeliverError> {
        let reason = outbox.last_reason().to_owned();
        let error = SendError::RefusesEverything { rule: self.config.rule.clone(), reason };
        self.waits(outbox, retrier)?;
        let is_sound = self.acceptances.more_than(outbox.first_refused_at());
        tokio::pin!(is_sound);
        if retrier.run_mode == RunMode::Once && tokio::time::timeout(PROBE_MAX, is_sound.as_mut()).await.is_ok() {
            outbox.rule_is_sound();
            return Ok(());
        }
        tokio::select! {
            biased;
            () = is_sound => outbox.rule_is_sound(),
            waited = retrier.block(error.lasting()) => {
                waited?;
                outbox.retry_candidates();
            }
        }
        Ok(())
    }

    /// `outbox` waits, from now until something of it is accepted or set aside. A run that ends gives no window up.
    fn waits(&self, outbox: &mut Outbox, retrier: &Retrier<'_>) -> Result<(), DeliverError> {
        if outbox.probing.is_none() {
            outbox.probing = self.probing.enter(outbox.window());
            outbox.leave_pages();
        }
        let is_surplus = outbox.probing.is_none() && retrier.run_mode == RunMode::Service;
        if is_surplus { Err(DeliverError::Postponed) } else { Ok(()) }
    }

    /// Sends one body with so many events until it is accepted; the permit is to be held until that is committed.
    async fn send(
        &self,
        body: &Bytes,
        events: usize,
        retrier: &mut Retrier<'_>,
    ) -> Result<OwnedSemaphorePermit, Undelivered> {
        let (mut unknown, mut number) = (0, 0_u64);
        loop {
            number += 1;
            let attempt = self.attempt(body, retrier.run_mode);
            let error = match attempt.instrument(debug_span!("attempt", number)).await {
                Ok(permit) => {
                    retrier.succeeded();
                    return Ok(permit);
                }
                Err(error) => error,
            };
            if error.leaves_outcome_unknown() && events > 0 {
                self.config.progress.outcome_unknown(events);
                unknown += usize::from(error.is_probably_stored());
                if unknown >= UNKNOWN_REPORTED {
                    retrier.report(error.repeated(unknown));
                }
            }
            match error.next() {
                Next::Act(SinkAction::Split | SinkAction::DeadLetter) => {
                    return Err(match error {
                        SendError::Refused(Refusal::Unexplained { reason }) => Undelivered::Refused(reason),
                        SendError::Refused(Refusal::TooLargeInBetween(seen)) => Undelivered::InBetween(seen),
                        _ => Undelivered::TooLarge,
                    });
                }
                Next::Act(SinkAction::RefreshToken) => {
                    self.config.tokens.refused();
                    retrier.once_more(error.lasting()).await?;
                }
                Next::Retry { after } => retrier.wait(&error, after).await?,
                Next::Block(problem) => retrier.block(problem).await?,
            }
        }
    }

    async fn attempt(&self, body: &Bytes, run_mode: RunMode) -> Result<OwnedSemaphorePermit, SendError> {
        let token = self.config.tokens.token().await?;
        let permit = self.permit(run_mode).await?;
        let request = self.request(body, &token)?;
        let (limit, began) = (self.timeout.get(), Instant::now());
        let sent = tokio::time::timeout(limit, self.config.transport.send(request, ANSWER_BYTES_MAX)).await;
        let sent = sent.unwrap_or_else(|_elapsed| {
            self.timeout.elapsed(limit);
            Err(TransportError::TimedOut { host: self.host(), limit })
        });
        let took = began.elapsed();
        self.config.progress.requested(Service::Azure, RequestOutcome::of(sent.as_ref()), took);
        let answer = sent?;
        self.timeout.answered(took);
        let now = self.config.clock.now();
        match SendError::read(&answer, &self.config.rule, self.config.stream, now) {
            None => {
                self.config.pause.succeeded();
                self.config.progress.uploaded(body.len(), now);
                debug!(stream = %self.config.stream, bytes = body.len(), "Uploaded a batch.");
                Ok(permit)
            }
            Some(error) => Err(error.waiting(|named| self.block(named))),
        }
    }

    /// Waits until the rule may be called and an upload is permitted. A run that ends does not wait for a far time.
    async fn permit(&self, run_mode: RunMode) -> Result<OwnedSemaphorePermit, SendError> {
        loop {
            let Ok(permit) = Arc::clone(&self.config.permits).acquire_owned().await else {
                return Err(SendError::Closing);
            };
            let Some(until) = self.config.pause.until() else { return Ok(permit) };
            drop(permit);
            let left = until - Instant::now();
            if run_mode == RunMode::Once && left > GIVE_UP_AFTER {
                return Err(SendError::Blocked { left });
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Keeps everybody from calling for as long as Azure asks; returns for how long that is.
    fn block(&self, named: Duration) -> Duration {
        let kept = self.config.pause.named(named);
        debug!(stream = %self.config.stream, after_ms = kept.as_millis() as u64, "Azure asked to wait.");
        kept
    }

    fn host(&self) -> String {
        self.url.authority().to_owned()
    }

    fn request(&self, body: &Bytes, token: &SecretString) -> Result<http::Request<Bytes>, SendError> {
        let bearer = format!("Bearer {}", token.expose_secret());
        let invalid = |reason: String| TransportError::Invalid { host: self.host(), reason };
        // The token comes from a peer: it may hold what no header can.
        let mut bearer = HeaderValue::try_from(bearer)
            .map_err(|_| invalid("the token that was issued cannot stand in a header".to_owned()))?;
        bearer.set_sensitive(true);
        let id = uuid::Builder::from_random_bytes(self.config.random.bits().to_be_bytes()).into_uuid();
        let request = http::Request::post(self.url.as_str())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "gzip")
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", id.to_string())
            .body(body.clone());
        request.map_err(|error| invalid(error.to_string()).into())
    }
}

/// Why a body was not taken.
enum Undelivered {
    TooLarge,
    Refused(String),
    /// Too large for something that stands in between.
    InBetween(Foreign),
    Aborted(Abort),
}

impl From<Abort> for Undelivered {
    fn from(abort: Abort) -> Self {
        Self::Aborted(abort)
    }
}
