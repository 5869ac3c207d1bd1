//! Miro: one page at a time, within the rate budget, until it answers or there is something else to do.

use std::sync::Arc;
use std::time::Duration;

use http::{Response, StatusCode};
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::{Instrument as _, debug, debug_span, warn};
use url::Url;

use crate::config::{Config, StreamConfig};
use crate::durations::RequestOutcome;
use crate::interval::{Interval, before};
use crate::ledger::{Cursor, WindowKind};
use crate::progress::Progress;
use crate::response::{Foreign, Service};
use crate::retry::{Abort, Failure as _, Next, Retrier, date};
use crate::transport::TransportError;
use crate::{Clock, Stream, Transport, durations, skew};

pub(crate) use budget::{Budget, Need};
pub(crate) use cursor_loop::CursorLoopDetector;
pub(crate) use error::SourceAction;
pub(crate) use look::Unread;
pub(crate) use memory::PageMemory;
pub(crate) use page::Page;
pub(crate) use page_size::PageSize;
pub(crate) use peer_clock::{MiroTime, PeerClock};
pub(crate) use token_info::TokenInfo;

use budget::{Priority, Reserved, Told};
use error::SourceError;
use memory::MemoryPermit;
use peer_clock::Reading;

#[cfg(any(test, fuzzing))]
pub(crate) use fuzzing::RateHeaders;

mod answer;
mod budget;
mod cursor_loop;
mod diagnosis;
mod error;
#[cfg(any(test, fuzzing))]
mod fuzzing;
mod look;
mod memory;
mod page;
mod page_size;
mod peer_clock;
mod request;
mod token_info;

/// The largest page of several events that is read: several are held at once. A larger one is asked for in smaller parts.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest event that is read, alone on its page and with no other page in memory.
const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Miro shows the last 90 days of the audit log (<https://developers.miro.com/reference/enterprise-get-audit-logs>,
/// read 2026-11-22); a little less, so that a request is still valid when it arrives.
const AUDIT_REACH: SignedDuration = SignedDuration::from_secs(90 * 86_400 - 300);
/// The limit to fall back to when a larger one is refused: the audit endpoint's default.
const LIMIT_SAFE: usize = 100;

/// One of Miro's logs.
#[derive(Debug)]
pub(crate) struct Source {
    stream: Stream,
    base_url: Url,
    /// The organisation whose content log is read.
    organization: Option<String>,
    token: SecretString,
    transport: Arc<dyn Transport>,
    pub(crate) clock: PeerClock,
    timeout: Duration,
    pub(crate) budget: Arc<Budget>,
    progress: Arc<Progress>,
    page_size: PageSize,
    memory: Arc<PageMemory>,
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// The caller has something else to do first.
    Act(SourceAction),
    /// The retry loop gave up.
    Aborted(Abort),
}

impl From<Abort> for PageError {
    fn from(abort: Abort) -> Self {
        Self::Aborted(abort)
    }
}

/// What is asked for: a page of `limit` events at most.
#[derive(Clone, Copy, Debug)]
struct PageRequest<'a> {
    interval: Interval,
    cursor: Option<&'a Cursor>,
    kind: WindowKind,
    limit: usize,
    /// The largest answer that is read.
    bytes_max: usize,
}

/// What a [`Source`] works with, besides its configuration.
#[derive(Debug)]
pub(crate) struct SourceParts {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) memory: Arc<PageMemory>,
}

impl Source {
    /// The log that `parts.progress` counts, as configured; one request may take `timeout`.
    pub(crate) fn new(config: &Config, settings: &StreamConfig, timeout: Duration, parts: SourceParts) -> Self {
        let stream = parts.progress.stream();
        let content = config.content.as_ref().filter(|_| stream == Stream::Content);
        Self {
            stream,
            base_url: config.miro.base_url.clone(),
            organization: content.map(|content| content.organization_id.clone()),
            token: settings.access_token.clone(),
            transport: parts.transport,
            clock: PeerClock::new(parts.clock),
            timeout,
            budget: parts.budget,
            progress: parts.progress,
            page_size: PageSize::new(Self::limit_first(stream)),
            memory: parts.memory,
        }
    }

    /// The events asked for in one page at first: the most that public clients use for audit, and the documented
    /// most for content (<https://developers.miro.com/reference/enterprise-board-content-item-logs-fetch>, read 2026-11-22).
    pub(crate) const fn limit_first(stream: Stream) -> usize {
        match stream {
            Stream::Audit => 500,
            Stream::Content => 1_000,
        }
    }

    /// The credits that a call costs (<https://developers.miro.com/reference/rate-limiting>, read 2026-11-22).
    pub(crate) const fn weight(stream: Stream) -> u64 {
        match stream {
            Stream::Audit => 100,
            Stream::Content => 2_000,
        }
    }

    /// The page of `interval` at `cursor`. Waits for the rate budget, and through every failure that passes.
    ///
    /// Cancel safe: a page that was not returned is asked for again.
    pub(crate) async fn page(
        &self,
        interval: Interval,
        cursor: Option<&Cursor>,
        kind: WindowKind,
        retrier: &mut Retrier<'_>,
    ) -> Result<Page, PageError> {
        let mut bytes_max = PAGE_BYTES_MAX;
        // One cut may be a kept connection that the peer had closed, which says nothing of the page.
        let mut was_cut = false;
        let mut number = 0_u64;
        loop {
            number += 1;
            let limit = self.page_size.get();
            let attempt = self.attempt(PageRequest { interval, cursor, kind, limit, bytes_max });
            match attempt.instrument(debug_span!("attempt", number)).await {
                Ok(page) => {
                    retrier.succeeded();
                    return Ok(page);
                }
                Err(SourceError::LimitRefused { refused }) => {
                    self.page_size.refused(LIMIT_SAFE);
                    self.smaller(refused, self.page_size.get());
                }
                Err(SourceError::Transport(TransportError::TooLarge { .. })) if limit > 1 => {
                    self.smaller(limit, self.page_size.too_large(limit));
                }
                Err(SourceError::Transport(TransportError::TooLarge { .. })) if bytes_max < EVENT_BYTES_MAX => {
                    bytes_max = EVENT_BYTES_MAX;
                }
                Err(error) => {
                    let is_cut = error.is_cut();
                    if (error.is_slow() || (is_cut && was_cut)) && limit > 1 {
                        self.smaller(limit, self.page_size.failed(limit));
                    }
                    was_cut = is_cut;
                    match error.next() {
                        Next::Retry { after } => retrier.wait(&error, after).await?,
                        Next::Block(problem) => retrier.block(problem).await?,
                        Next::Act(action) => {
                            self.progress.retried();
                            return Err(PageError::Act(action));
                        }
                    }
                }
            }
        }
    }

    async fn attempt(&self, ask: PageRequest<'_>) -> Result<Page, SourceError> {
        let (mut reserved, memory) = self.room(ask).await?;
        reserved.call();
        self.progress.asked();
        let request = self.page_request(ask.interval, ask.cursor, ask.limit)?;
        let (asked, began) = (self.clock.asks(), Instant::now());
        let answer = self.send(request, ask.bytes_max).await?;
        let took = began.elapsed();
        let foreign = match answer.status() {
            StatusCode::UNAUTHORIZED => Foreign::error_beside(&answer, Service::Miro),
            _ => Foreign::error(&answer),
        };
        let told = Told::read(&answer, self.clock.ours());
        if let (Some(limit), Some(remaining), None) = (told.limit, told.remaining, &foreign) {
            self.progress.budget(limit, remaining);
        }
        if answer.status() == StatusCode::UNAUTHORIZED && foreign.is_none() {
            self.budget.refused();
        }
        let wait = reserved.answered(&if foreign.is_some() { told.of_another() } else { told });
        if answer.status() != StatusCode::OK {
            drop(memory);
            return Err(self.refusal(&answer, foreign, ask, wait).await);
        }
        let reading = self.clock.read(asked, date(answer.headers()));
        let (seen, in_another_form) = (Foreign::of(&answer), Foreign::in_another_form(&answer));
        let body = memory.hold(answer.into_body());
        let page =
            Page::read(&body, ask.cursor, ask.interval, reading.as_of).map_err(|reason| match in_another_form {
                Some(seen) => SourceError::Foreign { seen, after: wait },
                None => SourceError::NotAPage { seen, reason },
            })?;
        self.budget.accepted();
        self.page_size.read(ask.limit, page.events.len(), body.len(), took, self.timeout);
        self.took(&page, reading);
        Ok(page)
    }

    /// Waits for the rate budget and for memory. A call that may be made and has no memory is given up and asked for again,
    /// so that nobody waits for the credits of one who waits for memory.
    async fn room(&self, ask: PageRequest<'_>) -> Result<(Reserved<'_>, MemoryPermit), SourceError> {
        let (weight, priority) = (Self::weight(self.stream), priority(ask.kind));
        let oversize = if ask.bytes_max > PAGE_BYTES_MAX { self.memory.oversize().await } else { None };
        let mut held = None;
        loop {
            let reserved = self.budget.reserve(weight, priority, &self.progress).await?;
            match held.take().or_else(|| self.memory.try_take(ask.bytes_max, priority)) {
                Some(memory) => return Ok((reserved, memory.with_oversize(oversize))),
                None => drop(reserved),
            }
            held = Some(self.memory.take(ask.bytes_max, priority).await);
        }
    }

    /// Notes a page that was read.
    fn took(&self, page: &Page, reading: Reading) {
        self.clock.learn(reading);
        self.progress.answered(self.clock.ours());
        if let Some(oddity) = page.oddity
            && self.progress.odd_page()
        {
            warn!(stream = %self.stream, oddity = oddity.name(), "Miro's pages differ from its documentation; continuing.");
        }
        self.progress.skewed(Some(reading.skew).filter(|skew| skew::is_too_far(*skew)));
        debug!(stream = %self.stream, events = page.events.len(), last = page.next.is_none(), "Read a page.");
    }

    /// What of `interval` Miro still shows. To be asked once for a reading: a cursor may not bear other bounds.
    pub(crate) fn within_reach(&self, interval: Interval) -> Option<Interval> {
        match self.stream {
            Stream::Audit => {
                // The earlier of both clocks tells what is too old: by one that is set far ahead everything would be, and what is
                // passed over is never asked for again. Whose is the wrong one, nobody can say here.
                let now = match self.clock.miros() {
                    MiroTime::Shown(now) => now.min(self.clock.ours()),
                    MiroTime::Undated => self.clock.ours(),
                    MiroTime::Unheard => return Some(interval),
                };
                Interval::new(interval.from().max(before(now, AUDIT_REACH)), interval.to())
            }
            Stream::Content => Some(interval),
        }
    }

    async fn send(
        &self,
        request: http::Request<bytes::Bytes>,
        body_max: usize,
    ) -> Result<Response<bytes::Bytes>, SourceError> {
        let host = request.uri().authority().map_or_else(String::new, ToString::to_string);
        let began = Instant::now();
        let sent = tokio::time::timeout(self.timeout, self.transport.send(request, body_max)).await;
        let sent = sent.unwrap_or(Err(TransportError::TimedOut { host, limit: self.timeout }));
        self.progress.requested(durations::Service::Miro, RequestOutcome::of(sent.as_ref()), began.elapsed());
        Ok(sent?)
    }

    fn smaller(&self, from: usize, to: usize) {
        if to < from {
            debug!(stream = %self.stream, from, to, "Requesting smaller pages.");
        }
    }
}

const fn priority(kind: WindowKind) -> Priority {
    match kind {
        WindowKind::Tail => Priority::Tail,
        WindowKind::Sweep { .. } => Priority::Sweep,
        WindowKind::History => Priority::History,
    }
}
