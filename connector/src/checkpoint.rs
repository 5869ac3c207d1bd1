//! The checkpoint of one stream: the only way forward, one commit at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tracing::{debug, info, warn};

use crate::event::{Event, STRAYS};
use crate::ids::{Claim, Ids};
use crate::ledger::{Cadence, Ledger, LedgerError, Mark, Waiting, Window, WindowId};
use crate::progress::Progress;
use crate::retry::{Abort, Retrier};
use crate::sink::Delivered;
use crate::store::{Change, DeadLetter, IdHash, Minute, Store, StoreError, Version};
use crate::{Clock, Problem, Stream};

/// Ids of events without a usable time that are remembered; when there are more, all are forgotten, and such events
/// may be sent again by a sweep.
const STRAYS_MAX: usize = 100_000;

/// Why the work of a stream ends before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamError {
    /// The retry loop gave up.
    Aborted(Abort),
    /// The checkpoint cannot be used: nothing can go on.
    StoreUnusable(Problem),
}

impl From<Abort> for StreamError {
    fn from(abort: Abort) -> Self {
        Self::Aborted(abort)
    }
}

/// The ledger, the id memory and the store behind them.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    stream: Stream,
    cadence: Cadence,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
    ledger: Mutex<Ledger>,
    ids: Mutex<Ids>,
    /// The version that the next commit is made from. Held over the commit: that is the point, there is one at a time.
    turn: tokio::sync::Mutex<Version>,
}

impl Checkpoint {
    /// Where the last run left off, or a new beginning: `new`.
    pub(crate) async fn load(
        stream: Stream,
        new: Ledger,
        cadence: Cadence,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        progress: Arc<Progress>,
    ) -> Result<Self, StoreError> {
        let (version, ledger) = match store.load(stream).await? {
            None => {
                // Written down before the first page: a beginning told as an age must not move with a restart.
                let change = Change { ledger: Bytes::from(new.write()), ..Change::default() };
                let version = store.commit(stream, Version::default(), change).await?;
                (version, new)
            }
            Some((version, bytes)) => {
                let ledger = Ledger::read(&bytes, &cadence).map_err(|error| unreadable(stream, &error))?;
                (version, ledger)
            }
        };
        let totals = store.dead_letter_totals().await?;
        progress.dead_letters(match stream {
            Stream::Audit => totals.audit,
            Stream::Content => totals.content,
        });
        progress.begins(clock.now());
        progress.ledger(&ledger);
        info!(stream = %stream, covered_to = %ledger.covered_to(), spans = ledger.open_spans(), "Checkpoint loaded.");
        let (ledger, ids, turn) = (Mutex::new(ledger), Mutex::default(), tokio::sync::Mutex::new(version));
        Ok(Self { stream, cadence, store, clock, progress, ledger, ids, turn })
    }

    /// Plans on the ledger: what is decided is written down with the next commit, and decided again if that is lost.
    pub(crate) fn plan<T>(&self, decide: impl FnOnce(&mut Ledger, &Cadence) -> T) -> T {
        let mut ledger = self.ledger();
        let decided = decide(&mut ledger, &self.cadence);
        self.progress.ledger(&ledger);
        decided
    }

    /// The open window `id`.
    pub(crate) fn window(&self, id: WindowId) -> Option<Window> {
        self.ledger().window(id).cloned()
    }

    /// The most urgent open window of those `wanted` that is not `running`.
    pub(crate) fn waiting(&self, running: &BTreeSet<WindowId>, wanted: Waiting) -> Option<WindowId> {
        self.ledger().waiting(running, wanted)
    }

    /// Of a page's `events`, those that nobody has delivered or is delivering; they are now `window`'s to deliver. Waits while the
    /// disk gives nothing.
    pub(crate) async fn claim(
        &self,
        window: WindowId,
        events: Vec<Event>,
        retrier: &mut Retrier<'_>,
    ) -> Result<Vec<Event>, StreamError> {
        let minutes: BTreeSet<Minute> = events.iter().map(|event| event.minute).collect();
        let minutes: Vec<Minute> = minutes.into_iter().collect();
        let all = events.len();
        let new = loop {
            // Looked up and claimed in one step: nobody can let a minute go in between.
            let missing = {
                let mut ids = self.ids();
                match ids.missing(&minutes) {
                    None => {
                        let is_new = |event: &Event| ids.claim(event.minute, event.id, window) == Claim::New;
                        break events.into_iter().filter(is_new).collect::<Vec<_>>();
                    }
                    Some(missing) => missing,
                }
            };
            match self.store.remembered(self.stream, missing.range.clone()).await {
                Ok(found) => {
                    self.ids().admit(&missing, found);
                    retrier.succeeded();
                }
                Err(error @ StoreError::Io { .. }) => retrier.block(Problem::from(&error)).await?,
                Err(error) => return Err(StreamError::StoreUnusable(Problem::from(&error))),
            }
        };
        self.ids().trim(&[]);
        self.progress.took(new.len(), all - new.len());
        Ok(new)
    }

    /// Gives up what `window` claimed and did not deliver.
    pub(crate) fn release(&self, window: WindowId) {
        self.ids().release(window);
    }

    /// Gives `window` up for now: what of it was not delivered is still to do.
    pub(crate) fn postpone(&self, window: WindowId) {
        let events = self.ids().release(window);
        self.plan(|ledger, _| ledger.give_back(window));
        self.progress.postponed(events);
    }

    /// Writes down, whole or not at all, that `done` is delivered. Waits while the dead-letter store is full, and lets
    /// others commit meanwhile; waits while the disk takes nothing, and then nobody uploads.
    ///
    /// Not cancel safe: dropped, it may or may not have written. The next run finds out.
    pub(crate) async fn commit(&self, mut done: Delivered, retrier: &mut Retrier<'_>) -> Result<(), StreamError> {
        while let Err(error) = self.try_commit(&done).await {
            match error {
                StoreError::DeadLettersFull { .. } => done.let_others_upload(),
                StoreError::Io { .. } => {}
                StoreError::Conflict { .. } | StoreError::Unusable { .. } => {
                    return Err(StreamError::StoreUnusable(Problem::from(&error)));
                }
            }
            retrier.block(Problem::from(&error)).await?;
        }
        retrier.succeeded();
        for (_, reason) in done.set_aside() {
            if self.progress.first_dead_letter() {
                warn!(stream = %self.stream, reason, "Event dead-lettered.");
            } else {
                debug!(stream = %self.stream, reason, "Event dead-lettered.");
            }
        }
        Ok(())
    }

    /// The ledger and the ids in memory change only after the store has.
    async fn try_commit(&self, done: &Delivered) -> Result<(), StoreError> {
        let mut turn = self.turn.lock().await;
        let change = self.change(done);
        let forget = change.forget.clone();
        *turn = self.write(*turn, change).await?;
        self.plan(|ledger, cadence| ledger.mark(done.window(), done.mark(), cadence));
        let mut ids = self.ids();
        ids.settle(done.events().map(|event| event.id));
        ids.trim(&forget);
        drop(ids);
        self.progress.settled(done.accepted().len(), done.set_aside().len());
        Ok(())
    }

    /// Commits `change`. A commit that failed on the disk may have been written all the same: then the ledger there is the one
    /// it carried, in the next version.
    async fn write(&self, from: Version, change: Change) -> Result<Version, StoreError> {
        let ledger = change.ledger.clone();
        let failed = match self.store.commit(self.stream, from, change).await {
            Err(error @ StoreError::Io { .. }) => error,
            written => return written,
        };
        match self.store.load(self.stream).await {
            Ok(Some((version, found))) if version == Version(from.0 + 1) && found == ledger => Ok(version),
            Ok(_) | Err(_) => Err(failed),
        }
    }

    fn change(&self, done: &Delivered) -> Change {
        let mut ledger = self.ledger().clone();
        ledger.mark(done.window(), done.mark(), &self.cadence);
        let mut forget = match done.mark() {
            Mark::End { .. } => ledger.forgettable(),
            Mark::Stay | Mark::At(_) => Vec::new(),
        };
        if self.ids().known(STRAYS) > STRAYS_MAX {
            forget.push(STRAYS..Minute(STRAYS.0 + 1));
        }
        let mut remember: BTreeMap<Minute, Vec<IdHash>> = BTreeMap::new();
        for event in done.events() {
            remember.entry(event.minute).or_default().push(event.id_hash());
        }
        let at = self.clock.now();
        let letter = |(event, reason): &(Event, String)| DeadLetter {
            stream: self.stream,
            id: event.id_text(),
            at,
            reason: reason.clone(),
            event: Bytes::copy_from_slice(&event.json),
        };
        Change {
            ledger: Bytes::from(ledger.write()),
            remember: remember.into_iter().collect(),
            forget,
            set_aside: done.set_aside().iter().map(letter).collect(),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The ledger is whole between any two of its steps.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store gave a ledger of `stream` that this version cannot read.
pub(crate) fn unreadable(stream: Stream, error: &LedgerError) -> StoreError {
    StoreError::Unusable {
        cause: format!("the checkpoint of {stream} cannot be read: {error}"),
        next_step: "run the version that wrote it, or move the file of `store.path` aside: the connector then starts again from \
                    `streams.*.start` and may send events twice"
            .to_owned(),
    }
}
