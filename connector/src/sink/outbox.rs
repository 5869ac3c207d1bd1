//! What is to be delivered together, in pieces as small as Azure demands, and the proof that a piece was.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use tokio::sync::OwnedSemaphorePermit;

use crate::event::Event;
use crate::ledger::{Mark, SpanId};

/// Events that are delivered in order, and what it means for their span when all of them are.
#[derive(Debug)]
pub(crate) struct Outbox {
    span: SpanId,
    pieces: VecDeque<Vec<Event>>,
    /// Never to be taken, and why.
    set_aside: Vec<(Event, String)>,
    /// Refused alone, for a reason that may as well be the rule's.
    suspects: Vec<(Event, String)>,
    /// Given with the last part.
    mark: Option<Mark>,
}

/// Proof that events are accepted by Azure or set aside. Only a sink can make one, and only
/// [`Checkpoint::commit`](crate::checkpoint::Checkpoint::commit) takes it: there is no other way forward.
#[must_use = "delivered but not committed: these events will be sent again"]
#[derive(Debug)]
pub(crate) struct Delivered {
    parts: Parts,
    /// Keeps other uploads from starting until this one is committed: a crash repeats at most one batch a permit.
    permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
struct Parts {
    span: SpanId,
    accepted: Vec<Event>,
    set_aside: Vec<(Event, String)>,
    mark: Mark,
}

impl Delivered {
    /// The span that the events came from.
    pub(crate) const fn span(&self) -> SpanId {
        self.parts.span
    }

    /// Events that Azure accepted.
    pub(crate) fn accepted(&self) -> &[Event] {
        &self.parts.accepted
    }

    /// Events that Azure will never take, and why.
    pub(crate) fn set_aside(&self) -> &[(Event, String)] {
        &self.parts.set_aside
    }

    /// All events that are settled.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.accepted().iter().chain(self.set_aside().iter().map(|(event, _)| event))
    }

    /// The commit has to wait for somebody: meanwhile others may upload, at the price of one more batch that a crash
    /// repeats.
    pub(crate) fn let_others_upload(&mut self) {
        self.permit = None;
    }

    /// What the delivery means for the span.
    pub(crate) const fn mark(&self) -> &Mark {
        &self.parts.mark
    }
}

impl Outbox {
    /// `events` of `span`, in order; when all are delivered, `mark` holds. There may be none: then `mark` holds already.
    pub(crate) fn new(span: SpanId, events: Vec<Event>, mark: Mark) -> Self {
        let pieces = VecDeque::from_iter((!events.is_empty()).then_some(events));
        Self { span, pieces, set_aside: Vec::new(), suspects: Vec::new(), mark: Some(mark) }
    }

    /// The next events to be sent together; never none.
    pub(super) fn next_piece(&mut self) -> Option<Vec<Event>> {
        self.pieces.pop_front()
    }

    /// Puts back what did not fit beside the first `taken` events.
    pub(super) fn keep_rest(&mut self, mut piece: Vec<Event>, taken: NonZeroUsize) -> Vec<Event> {
        self.put_back(piece.split_off(taken.get().min(piece.len())));
        piece
    }

    fn put_back(&mut self, piece: Vec<Event>) {
        if !piece.is_empty() {
            self.pieces.push_front(piece);
        }
    }

    /// `piece` was accepted, and so the rule is sound: what it refused alone is set aside.
    pub(super) fn accepted(&mut self, piece: Vec<Event>, permit: OwnedSemaphorePermit) -> Delivered {
        self.set_aside.append(&mut self.suspects);
        let mark = if self.pieces.is_empty() { self.mark.take() } else { None };
        Delivered { parts: self.part(piece, mark.unwrap_or(Mark::Stay)), permit: Some(permit) }
    }

    /// The last part when no upload goes with it; none when all was delivered.
    pub(super) fn finish(&mut self) -> Option<Delivered> {
        self.set_aside.append(&mut self.suspects);
        let mark = self.mark.take()?;
        Some(Delivered { parts: self.part(Vec::new(), mark), permit: None })
    }

    fn part(&mut self, accepted: Vec<Event>, mark: Mark) -> Parts {
        Parts { span: self.span, accepted, set_aside: std::mem::take(&mut self.set_aside), mark }
    }

    /// `piece` is too large: its halves are sent, and an event alone is set aside.
    pub(super) fn split_or_set_aside(&mut self, piece: Vec<Event>, reason: &str) {
        if let Some(event) = self.split(piece) {
            self.set_aside.push((event, reason.to_owned()));
        }
    }

    /// `piece` is refused: its halves are sent, and an event alone is suspected.
    pub(super) fn split_or_suspect(&mut self, piece: Vec<Event>, reason: String) {
        if let Some(event) = self.split(piece) {
            self.suspects.push((event, reason));
        }
    }

    fn split(&mut self, mut piece: Vec<Event>) -> Option<Event> {
        if piece.len() == 1 {
            return piece.pop();
        }
        let half = piece.split_off(piece.len() / 2);
        self.put_back(half);
        self.put_back(piece);
        None
    }

    pub(super) const fn suspects(&self) -> usize {
        self.suspects.len()
    }

    /// The suspects are sent again, after everything else. Returns why the last was refused.
    pub(super) fn acquit(&mut self) -> String {
        let reason = self.suspects.last().map(|(_, reason)| reason.clone()).unwrap_or_default();
        let again: Vec<Event> = self.suspects.drain(..).map(|(event, _)| event).collect();
        if !again.is_empty() {
            self.pieces.push_back(again);
        }
        reason
    }
}
