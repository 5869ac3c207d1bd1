//! One window's way: pages are fetched while batches are sent, over a bounded channel, joined in one place.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::{Instrument as _, debug, debug_span, warn};

use crate::checkpoint::{Checkpoint, StreamError};
use crate::ledger::{Mark, Window, WindowId};
use crate::pack::{self, BatchBuilder};
use crate::peer::Peer;
use crate::problem::Code;
use crate::progress::Progress;
use crate::retry::{Abort, Retrier, RunMode};
use crate::sink::{DeliverError, Outbox, Sink};
use crate::source::{CursorLoopDetector, Page, PageError, Source, SourceAction};
use crate::stop::Stop;
use crate::{Problem, Random};

/// Pages that wait between fetching and sending: enough to keep both busy.
const PAGES_AHEAD: usize = 1;
/// The wait before a window is read again from its beginning doubles from the first to the longest.
const RESTART_FIRST: Duration = Duration::from_secs(1);
const RESTART_MAX: Duration = Duration::from_mins(5);
/// A run that ends gives up on a window that had to be restarted so often.
const RESTARTS_MAX: u32 = 6;

/// Everything between the two ends of one stream.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) source: Source,
    pub(crate) sink: Sink,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) progress: Arc<Progress>,
    pub(crate) random: Random,
    pub(crate) stop: Stop,
    pub(crate) run_mode: RunMode,
}

/// Events that were read wait so long for more to fill their batch, and no longer: what is read is delivered, whatever
/// becomes of the next page.
const LINGER: Duration = Duration::from_millis(500);

/// A page on its way, or the word that there are no more.
enum Fetched {
    Page(Page),
    End {
        /// When the last page was written, see [`Page::as_of`].
        as_of: Timestamp,
    },
}

/// How fetching ended.
enum Reading {
    /// Everything was fetched, or nothing more is to be.
    Over,
    /// The place in the result is lost.
    Lost(String),
    /// A run that ends met a problem.
    Stopped(Problem),
}

/// Why a window is not delivered to its end.
enum WindowError {
    /// The work of the whole stream ends.
    Stream(StreamError),
    /// It waits with too many others for a verdict about its events: it is read again later.
    Postponed,
}

impl From<StreamError> for WindowError {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

impl From<Abort> for WindowError {
    fn from(abort: Abort) -> Self {
        Self::Stream(abort.into())
    }
}

impl From<DeliverError> for WindowError {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::Aborted(abort) => abort.into(),
            DeliverError::Postponed => Self::Postponed,
        }
    }
}

impl Pipeline {
    /// Reads window `id` to its end and delivers it. Returns early when told to finish: the window stays open.
    pub(crate) async fn run(&self, id: WindowId) -> (WindowId, Result<(), StreamError>) {
        let done = match self.read(id).instrument(debug_span!("window", %id)).await {
            Err(WindowError::Postponed) => {
                self.checkpoint.postpone(id);
                Ok(())
            }
            Err(WindowError::Stream(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        self.checkpoint.release(id);
        (id, done)
    }

    async fn read(&self, id: WindowId) -> Result<(), WindowError> {
        let mut restarts = 0;
        while let Some(window) = self.checkpoint.window(id) {
            let (pages_in, pages_out) = channel(PAGES_AHEAD);
            let fetching = async { Ok(self.fetch(id, &window, pages_in).await) };
            let (reading, ()) = tokio::try_join!(fetching, self.deliver(id, &window, pages_out))?;
            match reading {
                Reading::Over => break,
                Reading::Stopped(problem) => return Err(Abort::Blocked(problem).into()),
                Reading::Lost(reason) => {
                    restarts += 1;
                    self.restart(id, restarts, reason).await?;
                }
            }
        }
        Ok(())
    }

    /// Forgets the cursor of window `id` and waits a while, longer every time.
    async fn restart(&self, id: WindowId, restarts: u32, reason: String) -> Result<(), WindowError> {
        self.progress.restarted();
        let delay = RESTART_FIRST.saturating_mul(1 << restarts.min(16)).min(RESTART_MAX);
        debug!(stream = %self.progress.stream(), reason, restarts, delay_ms = delay.as_millis() as u64, "Restarting a window.");
        self.checkpoint.plan(|ledger, _| ledger.restart(id));
        if restarts > RESTARTS_MAX {
            let problem = Problem {
                code: Code::MiroFailing,
                subject: format!("streams.{}", self.progress.stream()),
                cause: reason,
                next_step: "try again later, and tell Miro's support; nothing that could be read is lost".to_owned(),
            };
            if self.run_mode == RunMode::Once {
                return Err(Abort::Blocked(problem).into());
            }
            self.progress.troubled(Peer::Source, problem);
        }
        tokio::select! {
            biased;
            () = self.stop.finishing() => Err(Abort::Stopping.into()),
            () = tokio::time::sleep(delay / 2 + self.random.up_to(delay / 2)) => Ok(()),
        }
    }

    async fn fetch(&self, id: WindowId, window: &Window, pages: Sender<Fetched>) -> Reading {
        let Some(interval) = self.source.within_reach(window.interval) else {
            if self.progress.passed_over() {
                warn!(stream = %self.progress.stream(), "Miro shows no events older than 90 days: older events are skipped.");
            }
            return end(pages, Timestamp::MAX).await;
        };
        let mut cursor = window.cursor.clone();
        let mut detector = CursorLoopDetector::from(cursor.as_ref());
        let mut number = 0_u64;
        loop {
            number += 1;
            let mut retrier = self.retrier(id, Peer::Source);
            let asked = self.source.page(interval, cursor.as_ref(), window.kind, &mut retrier);
            let asked = asked.instrument(debug_span!("page", number));
            let page = tokio::select! {
                biased;
                () = self.stop.finishing() => return Reading::Over,
                page = asked => page,
            };
            let page = match page {
                Ok(page) => page,
                Err(PageError::Aborted(Abort::Stopping)) => return Reading::Over,
                Err(PageError::Aborted(Abort::Blocked(problem))) => return Reading::Stopped(problem),
                Err(PageError::Act(SourceAction::RestartWindow)) => {
                    return Reading::Lost("Miro refuses its own cursor".to_owned());
                }
            };
            let as_of = page.as_of;
            // An empty page that leads to itself can lead nowhere else: it is the last.
            let next = page.next.clone().filter(|next| !page.events.is_empty() || cursor.as_ref() != Some(next));
            let step = next.as_ref().map(|next| detector.step(&page.events, next));
            if pages.send(Fetched::Page(page)).await.is_err() {
                return Reading::Over;
            }
            match step {
                Some(Ok(())) => cursor = next,
                Some(Err(found)) => return Reading::Lost(found.to_string()),
                None => return end(pages, as_of).await,
            }
        }
    }

    async fn deliver(&self, id: WindowId, window: &Window, mut pages: Receiver<Fetched>) -> Result<(), WindowError> {
        let mut builder = BatchBuilder::new(self.sink.plain_bytes_max());
        let mut seen = 0;
        let mut mark = Mark::Stay;
        while let Some(fetched) = self.next_page(id, &mut pages, &mut builder, &mark).await? {
            match fetched {
                Fetched::Page(page) => {
                    seen += page.events.len() as u64;
                    mark = self.gather(id, page, &mut builder).await?;
                }
                Fetched::End { as_of } => {
                    mark = Mark::End { events: window.cursor.is_none().then_some(seen), as_of };
                    break;
                }
            }
        }
        let rest = builder.take();
        if rest.is_empty() && !matches!(mark, Mark::End { .. }) {
            return Ok(());
        }
        self.send(Outbox::new(id, rest, mark)).await
    }

    /// The next page. While none is there, what was gathered is delivered: an outage of Miro must not keep it here.
    async fn next_page(
        &self,
        id: WindowId,
        pages: &mut Receiver<Fetched>,
        builder: &mut BatchBuilder,
        mark: &Mark,
    ) -> Result<Option<Fetched>, WindowError> {
        if !builder.is_empty() {
            match tokio::time::timeout(LINGER, pages.recv()).await {
                Ok(fetched) => return Ok(fetched),
                Err(_elapsed) => self.send(Outbox::new(id, builder.take(), mark.clone())).await?,
            }
        }
        Ok(pages.recv().await)
    }

    /// Gathers what is new of `page`, and sends what is full. Returns what holds once all that is gathered is delivered.
    async fn gather(&self, id: WindowId, page: Page, builder: &mut BatchBuilder) -> Result<Mark, WindowError> {
        // Until the whole page is delivered, a crash has to ask for it again.
        let mark = page.at.map_or(Mark::Stay, Mark::At);
        for event in self.checkpoint.claim(id, page.events, &mut self.retrier(id, Peer::Store)).await? {
            if pack::has_long_field(&event) {
                self.progress.long_field();
                debug!(stream = %self.progress.stream(), "Event field exceeds 64 KB; Azure will truncate it.");
            }
            if builder.is_full_for(&event) {
                self.send(Outbox::new(id, builder.take(), mark.clone())).await?;
            }
            builder.add(event);
        }
        Ok(page.next.map_or(mark, Mark::At))
    }

    async fn send(&self, mut outbox: Outbox) -> Result<(), WindowError> {
        let id = outbox.window();
        let mut retrier = self.retrier(id, Peer::Destination);
        while let Some(delivered) = self.sink.deliver(&mut outbox, &mut retrier).await? {
            self.checkpoint.commit(delivered, &mut self.retrier(id, Peer::Store)).await?;
            retrier = self.retrier(id, Peer::Destination);
        }
        Ok(())
    }

    fn retrier(&self, id: WindowId, peer: Peer) -> Retrier<'_> {
        Retrier::new(&self.progress, &self.random, &self.stop, self.run_mode, peer).of_window(id)
    }
}

async fn end(pages: Sender<Fetched>, as_of: Timestamp) -> Reading {
    // The receiver is gone only when the whole window is being given up.
    let _gone = pages.send(Fetched::End { as_of }).await;
    Reading::Over
}
