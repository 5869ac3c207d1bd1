//! Sending events again: what Azure takes now is removed, the rest stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::letter;
use crate::event::{Around, Event};
use crate::interval::Interval;
use crate::ledger::{Mark, WindowId};
use crate::peer::Peer;
use crate::progress::Progress;
use crate::retry::{Abort, Retrier, RunMode};
use crate::sink::{DeliverError, Delivered, Outbox, Sink};
use crate::store::{DeadLetter, Store, StoreError};
use crate::{Problem, Random, Stop, Stream};

/// Events that are read before they are sent: this many, or less of this many bytes.
const BATCH_MAX: usize = 64;
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The way of one stream's events to Azure.
pub(crate) struct Way {
    pub(crate) sink: Sink,
    /// Counts the attempts: these events were counted when they were read.
    pub(crate) attempts: Arc<Progress>,
    /// Counts the events that are set aside.
    pub(crate) held: Option<Arc<Progress>>,
}

/// Sends events of `store` again.
pub(crate) struct Resender<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) ways: BTreeMap<Stream, Way>,
    pub(crate) random: Random,
    pub(crate) stop: Stop,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resent {
    pub(crate) accepted: u64,
    /// Refused again, and kept.
    pub(crate) refused: u64,
    /// The numbers of those refused, by the reason: a constant phrase or Azure's error code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) reasons: BTreeMap<String, Vec<u64>>,
}

impl std::ops::AddAssign for Resent {
    fn add_assign(&mut self, other: Self) {
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.refused = self.refused.saturating_add(other.refused);
        for (reason, numbers) in other.reasons {
            self.reasons.entry(reason).or_default().extend(numbers);
        }
    }
}

/// Why the rest was not sent. What was accepted until then is removed.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// Somebody has to mend something.
    Problem(Problem),
    /// The store failed.
    Store(StoreError),
    /// Told to stop.
    Stopped,
}

impl From<StoreError> for Unsent {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DeliverError> for Unsent {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::Aborted(Abort::Blocked(problem)) => Self::Problem(problem),
            DeliverError::Aborted(Abort::Stopping) | DeliverError::Postponed => Self::Stopped,
        }
    }
}

impl Resender<'_> {
    /// Sends the events with these numbers, and drops each batch as it is accepted: a crash in between sends at most that batch
    /// twice. Unknown numbers, and events of a stream that is not configured, are left alone.
    pub(crate) async fn resend(&self, numbers: impl IntoIterator<Item = u64>) -> Result<Resent, Unsent> {
        let mut resent = Resent::default();
        let mut batches: BTreeMap<Stream, Batch> = BTreeMap::new();
        for number in numbers {
            let Some(letter) = letter(self.store, number).await? else { continue };
            let Some(way) = self.ways.get(&letter.stream) else { continue };
            let batch = batches.entry(letter.stream).or_default();
            batch.add(number, letter);
            if batch.is_full() {
                resent += self.send(way, std::mem::take(batch)).await?;
            }
        }
        for (stream, batch) in batches {
            if let Some(way) = self.ways.get(&stream) {
                resent += self.send(way, batch).await?;
            }
        }
        Ok(resent)
    }

    async fn send(&self, way: &Way, batch: Batch) -> Result<Resent, Unsent> {
        let Batch { events, numbers, .. } = batch;
        let mut resent = Resent::default();
        let mut retrier = Retrier::new(&way.attempts, &self.random, &self.stop, RunMode::Once, Peer::Destination)
            .of_window(WindowId::NONE);
        let mut outbox = Outbox::new(WindowId::NONE, events, Mark::Stay);
        while let Some(done) = way.sink.deliver(&mut outbox, &mut retrier).await? {
            let accepted = numbers_of(&done, &numbers);
            resent += Resent {
                accepted: accepted.len() as u64,
                refused: done.set_aside().len() as u64,
                reasons: refusals(&done, &numbers),
            };
            let removed = accepted.len() as u64;
            self.store.drop_dead_letters(accepted).await?;
            way.held.iter().for_each(|held| held.removed_dead_letters(removed));
        }
        Ok(resent)
    }
}

/// Events of one stream that are sent together.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    /// By the event's id: the same event may be set aside twice.
    numbers: BTreeMap<u128, Vec<u64>>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, number: u64, letter: DeadLetter) {
        self.bytes += letter.event.len();
        let event = event(letter);
        self.numbers.entry(event.id).or_default().push(number);
        self.events.push(event);
    }

    fn is_full(&self) -> bool {
        self.events.len() >= BATCH_MAX || self.bytes >= BATCH_BYTES_MAX
    }
}

fn numbers_of(done: &Delivered, numbers: &BTreeMap<u128, Vec<u64>>) -> Vec<u64> {
    let mut accepted: Vec<u64> =
        done.accepted().iter().filter_map(|event| numbers.get(&event.id)).flatten().copied().collect();
    accepted.sort_unstable();
    accepted.dedup();
    accepted
}

/// Why events were refused, with their numbers.
fn refusals(done: &Delivered, numbers: &BTreeMap<u128, Vec<u64>>) -> BTreeMap<String, Vec<u64>> {
    let mut reasons: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (event, reason) in done.set_aside() {
        let numbers = numbers.get(&event.id).into_iter().flatten();
        reasons.entry(reason.clone()).or_default().extend(numbers);
    }
    reasons
}

/// The event as it was read; under which minute its id was remembered no longer matters.
fn event(letter: DeadLetter) -> Event {
    let around = Interval::new(letter.at, letter.at + SignedDuration::from_secs(1)).expect("a second is not empty");
    Event::read(letter.event, &Around::new(around))
}
