//! Miro: one page at a time, within the rate budget, until it answers or there is something else to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use secrecy::SecretString;
use tracing::{debug, info};
use url::Url;

use crate::ledger::{Cursor, Kind};
use crate::progress::Progress;
use crate::retry::{Patience, Verdict};
use crate::stretch::{Stretch, before};
use crate::transport::TransportError;
use crate::{Clock, Stream, Transport};

pub(crate) use budget::{Budget, Need};
pub(crate) use page::Page;
pub(crate) use trap::Trap;

use budget::{Priority, Told};
use error::SourceError;

mod answer;
mod budget;
mod diagnosis;
mod error;
mod page;
mod request;
mod trap;

/// The largest answer read: 1,000 events of 64 KB.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Miro shows the last 90 days of the audit log (<https://developers.miro.com/reference/enterprise-get-audit-logs>,
/// read 2026-11-22); a little less, so that a request is still valid when it arrives.
const AUDIT_REACH: SignedDuration = SignedDuration::from_secs(90 * 86_400 - 300);
/// The limit to fall back to when a larger one is refused: the audit endpoint's default.
const LIMIT_SAFE: usize = 100;

/// One of Miro's logs.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) stream: Stream,
    pub(crate) base_url: Url,
    /// The organisation whose content log is read.
    pub(crate) organization: Option<String>,
    pub(crate) token: SecretString,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
    pub(crate) budget: Arc<Budget>,
    pub(crate) progress: Arc<Progress>,
    /// Events asked for in one page; lowered when Miro refuses.
    pub(crate) limit: AtomicUsize,
}

impl Source {
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

    /// The page of `stretch` at `cursor`. Waits for the rate budget, and through every failure that passes.
    ///
    /// Cancel safe: a page that was not returned is asked for again.
    pub(crate) async fn page(
        &self,
        stretch: Stretch,
        cursor: Option<&Cursor>,
        kind: Kind,
        patience: &mut Patience<'_>,
    ) -> Result<Page, Verdict> {
        loop {
            match self.attempt(stretch, cursor, kind).await {
                Ok(page) => {
                    patience.succeeded();
                    return Ok(page);
                }
                Err(SourceError::LimitRefused { refused }) => self.lower_limit(refused, LIMIT_SAFE),
                Err(SourceError::Transport(TransportError::TooLarge { .. })) if self.limit() > 1 => {
                    self.lower_limit(self.limit(), self.limit() / 4);
                }
                Err(error) => patience.bear(&error).await?,
            }
        }
    }

    async fn attempt(&self, stretch: Stretch, cursor: Option<&Cursor>, kind: Kind) -> Result<Page, SourceError> {
        let limit = self.limit();
        let reserved = self.budget.reserve(Self::weight(self.stream), priority(kind), &self.progress).await;
        self.progress.asked();
        let request = self.page_request(stretch, cursor, limit);
        let answer = self.send(request, PAGE_BYTES_MAX).await?;
        let told = Told::read(&answer, self.clock.now());
        if let (Some(limit), Some(remaining)) = (told.limit, told.remaining) {
            self.progress.budget(limit, remaining);
        }
        match answer.status() {
            status if status.is_success() => self.budget.accepted(),
            StatusCode::UNAUTHORIZED => self.budget.refused(),
            _ => {}
        }
        reserved.answered(&told);
        if answer.status().is_success() {
            let page = Page::read(answer.body(), cursor, stretch).map_err(SourceError::NotAPage)?;
            self.progress.answered(self.clock.now());
            debug!(stream = %self.stream, events = page.events.len(), last = page.next.is_none(), "Read a page.");
            return Ok(page);
        }
        Err(self.refusal(&answer, cursor.is_some(), limit).await)
    }

    /// What of `stretch` Miro still shows. To be asked once for a reading: a cursor may not bear other bounds.
    pub(crate) fn within_reach(&self, stretch: Stretch) -> Option<Stretch> {
        match self.stream {
            Stream::Audit => {
                let oldest = before(self.clock.now(), AUDIT_REACH);
                Stretch::new(stretch.from().max(oldest), stretch.to())
            }
            Stream::Content => Some(stretch),
        }
    }

    async fn send(
        &self,
        request: http::Request<bytes::Bytes>,
        body_max: usize,
    ) -> Result<http::Response<bytes::Bytes>, SourceError> {
        let host = request.uri().authority().map_or_else(String::new, ToString::to_string);
        match tokio::time::timeout(self.timeout, self.transport.send(request, body_max)).await {
            Ok(sent) => Ok(sent?),
            Err(_elapsed) => Err(TransportError::TimedOut { host, limit: self.timeout }.into()),
        }
    }

    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    fn lower_limit(&self, from: usize, to: usize) {
        info!(stream = %self.stream, from, to, "Asking for smaller pages.");
        self.limit.fetch_min(to.max(1), Ordering::Relaxed);
    }
}

const fn priority(kind: Kind) -> Priority {
    match kind {
        Kind::Tail => Priority::Tail,
        Kind::Sweep { .. } => Priority::Sweep,
        Kind::History => Priority::History,
    }
}
