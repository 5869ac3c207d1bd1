//! What is to be delivered together, in pieces as small as Azure demands, and the proof that a piece was.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::acceptance::ProbingWindow;
use crate::event::Event;
use crate::ledger::{Mark, WindowId};
use crate::response::Foreign;

/// From which side the pieces are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// In order.
    Front,
    /// The newest first: to find out whether anything at all is taken.
    Back,
}

/// Whether no rule would take an event.
pub(super) type Certain = fn(&Event) -> bool;

/// Events that are delivered in order, and what it means for their window when all of them are.
#[derive(Debug)]
pub(crate) struct Outbox {
    window: WindowId,
    pieces: VecDeque<Vec<Event>>,
    /// Never to be taken, and why.
    set_aside: Vec<(Event, String)>,
    /// Refused alone, for a reason that may as well be the rule's.
    candidates: Vec<(Event, String)>,
    /// Not let pass even alone, by something that stands in between: neither Azure's word nor a reason to give one up.
    held: Vec<Event>,
    held_by: Option<Foreign>,
    /// Uploads that the rule had accepted when the first candidate was refused.
    refused_at: Option<u64>,
    /// Given with the last part.
    mark: Option<Mark>,
    /// The ids of those that were refused alone before something was accepted: refused once more, they are to blame themselves.
    refused_once: BTreeSet<u128>,
    /// While nothing is accepted and the window waits.
    pub(super) probing: Option<ProbingWindow>,
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
    window: WindowId,
    accepted: Vec<Event>,
    set_aside: Vec<(Event, String)>,
    mark: Mark,
}

impl Delivered {
    /// The window that the events came from.
    pub(crate) const fn window(&self) -> WindowId {
        self.parts.window
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

    /// What the delivery means for the window.
    pub(crate) const fn mark(&self) -> &Mark {
        &self.parts.mark
    }
}

impl Outbox {
    /// `events` of `window`, in order; when all are delivered, `mark` holds. There may be none: then `mark` holds already.
    /// Those that cannot be part of an upload are set aside at once.
    pub(crate) fn new(window: WindowId, events: Vec<Event>, mark: Mark) -> Self {
        let (broken, sound): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.defect.is_some());
        let reason = |event: Event| event.defect.map(|defect| (event, defect.reason().to_owned()));
        Self {
            window,
            pieces: VecDeque::from_iter((!sound.is_empty()).then_some(sound)),
            set_aside: broken.into_iter().filter_map(reason).collect(),
            candidates: Vec::new(),
            held: Vec::new(),
            held_by: None,
            refused_at: None,
            mark: Some(mark),
            refused_once: BTreeSet::new(),
            probing: None,
        }
    }

    /// The window that the events came from.
    pub(crate) const fn window(&self) -> WindowId {
        self.window
    }

    /// Copies its events out of their pages, whose memory others may be waiting for while these wait for them.
    pub(super) fn leave_pages(&mut self) {
        let judged = self.candidates.iter_mut().chain(&mut self.set_aside).map(|(event, _)| event);
        for event in self.pieces.iter_mut().flatten().chain(&mut self.held).chain(judged) {
            event.json = Bytes::copy_from_slice(&event.json);
        }
    }

    /// The next events to be sent together; never none.
    pub(super) fn next_piece(&mut self, from: Side) -> Option<Vec<Event>> {
        match from {
            Side::Front => self.pieces.pop_front(),
            Side::Back => self.pieces.pop_back(),
        }
    }

    /// Puts back what did not fit beside the first `taken` events.
    pub(super) fn keep_rest(&mut self, mut piece: Vec<Event>, taken: NonZeroUsize, from: Side) -> Vec<Event> {
        self.put_back(piece.split_off(taken.get().min(piece.len())), from);
        piece
    }

    fn put_back(&mut self, piece: Vec<Event>, from: Side) {
        match from {
            Side::Front if !piece.is_empty() => self.pieces.push_front(piece),
            Side::Back if !piece.is_empty() => self.pieces.push_back(piece),
            Side::Front | Side::Back => {}
        }
    }

    /// `piece` was accepted, and so the rule is sound now: what it refuses from here on is to blame itself.
    pub(super) fn accepted(&mut self, piece: Vec<Event>, permit: OwnedSemaphorePermit) -> Delivered {
        self.rule_is_sound();
        let mark = if self.pieces.is_empty() { self.mark.take() } else { None };
        Delivered { parts: self.part(piece, mark.unwrap_or(Mark::Stay)), permit: Some(permit) }
    }

    /// The last part when no upload goes with it; none when all was delivered.
    pub(super) fn finish(&mut self) -> Option<Delivered> {
        self.dead_letter_candidates();
        let mark = self.mark.take()?;
        Some(Delivered { parts: self.part(Vec::new(), mark), permit: None })
    }

    fn part(&mut self, accepted: Vec<Event>, mark: Mark) -> Parts {
        Parts { window: self.window, accepted, set_aside: std::mem::take(&mut self.set_aside), mark }
    }

    /// `piece` is refused: its halves are sent, and an event alone becomes a poison candidate or, when it is `certain` that no rule would
    /// take it, set aside. True when it was an event alone.
    pub(super) fn split_or_keep_candidate(
        &mut self,
        piece: Vec<Event>,
        reason: String,
        from: Side,
        certain: Certain,
    ) -> bool {
        let Some(event) = self.split(piece, from) else { return false };
        if certain(&event) || self.refused_once.contains(&event.id) {
            self.set_aside.push((event, reason));
        } else {
            self.candidates.push((event, reason));
        }
        true
    }

    /// `piece` is too large for what stands in between: its halves are sent, and an event alone waits. True when it was alone.
    pub(super) fn split_or_hold(&mut self, piece: Vec<Event>, seen: Foreign, from: Side) -> bool {
        let Some(event) = self.split(piece, from) else { return false };
        self.held.push(event);
        self.held_by = Some(seen);
        true
    }

    /// What keeps events from passing.
    pub(super) const fn held_by(&self) -> Option<&Foreign> {
        self.held_by.as_ref()
    }

    fn split(&mut self, mut piece: Vec<Event>, from: Side) -> Option<Event> {
        if piece.len() == 1 {
            return piece.pop();
        }
        let half = piece.split_off(piece.len() / 2);
        let (next, later) = match from {
            Side::Front => (piece, half),
            Side::Back => (half, piece),
        };
        self.put_back(later, from);
        self.put_back(next, from);
        None
    }

    /// The rule accepted something. What it refused before may have been refused because the rule was broken then: it is sent
    /// once more, and set aside only when it is refused again.
    pub(super) fn rule_is_sound(&mut self) {
        self.probing = None;
        self.refused_once.extend(self.candidates.iter().map(|(event, _)| event.id));
        self.retry_candidates();
    }

    /// What was refused alone is set aside.
    pub(super) fn dead_letter_candidates(&mut self) {
        self.set_aside.append(&mut self.candidates);
        self.refused_at = None;
    }

    /// Events refused alone, for whatever reason.
    pub(super) const fn candidates(&self) -> usize {
        self.candidates.len() + self.held.len()
    }

    /// So many uploads had been accepted when the first of the candidates was refused.
    pub(super) fn refused_at(&mut self, accepted: u64) {
        if self.candidates.is_empty() {
            self.refused_at = None;
        } else {
            self.refused_at.get_or_insert(accepted);
        }
    }

    pub(super) fn first_refused_at(&self) -> u64 {
        self.refused_at.unwrap_or(u64::MAX)
    }

    /// Why the last candidate was refused.
    pub(super) fn last_reason(&self) -> &str {
        self.candidates.last().map_or("", |(_, reason)| reason)
    }

    /// The candidates are sent again, after everything else.
    pub(super) fn retry_candidates(&mut self) {
        let again: Vec<Event> = self.candidates.drain(..).map(|(event, _)| event).chain(self.held.drain(..)).collect();
        (self.refused_at, self.held_by) = (None, None);
        self.put_back(again, Side::Back);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::event::Defect;
    use crate::ledger::Cursor;
    use crate::store::Minute;

    fn event(id: u128) -> Event {
        Event { json: Bytes::from(format!(r#"{{"id":{id}}}"#)), minute: Minute(0), id, defect: None }
    }

    fn mark() -> Mark {
        Mark::At(Cursor("c".into()))
    }

    fn outbox(count: u128) -> Outbox {
        Outbox::new(WindowId::NONE, (0..count).map(event).collect(), mark())
    }

    fn permit() -> OwnedSemaphorePermit {
        Arc::new(Semaphore::new(1)).try_acquire_owned().expect("it is free")
    }

    fn next(outbox: &mut Outbox, from: Side) -> Option<Vec<u128>> {
        outbox.next_piece(from).map(|piece| piece.iter().map(|event| event.id).collect())
    }

    /// Takes the next piece and has it refused.
    fn refuse(outbox: &mut Outbox, from: Side, certain: Certain) -> bool {
        let piece = outbox.next_piece(from).expect("there is one");
        outbox.split_or_keep_candidate(piece, "odd".into(), from, certain)
    }

    fn set_aside(delivered: &Delivered) -> Vec<(u128, &str)> {
        delivered.set_aside().iter().map(|(event, reason)| (event.id, reason.as_str())).collect()
    }

    #[test]
    fn halves_are_next_from_the_side_that_was_asked() {
        for (side, first, second) in [(Side::Front, vec![0, 1], vec![2, 3, 4]), (Side::Back, vec![2, 3, 4], vec![0, 1])]
        {
            let mut outbox = outbox(5);
            assert!(!refuse(&mut outbox, side, |_| false), "five are not one");
            assert_eq!(next(&mut outbox, side), Some(first));
            assert_eq!(next(&mut outbox, side), Some(second));
            assert_eq!(next(&mut outbox, side), None);
        }
    }

    #[test]
    fn what_did_not_fit_is_next() {
        for side in [Side::Front, Side::Back] {
            let mut outbox = outbox(5);
            let piece = outbox.next_piece(side).unwrap();
            let taken = outbox.keep_rest(piece, NonZeroUsize::new(2).unwrap(), side);
            assert_eq!(taken.iter().map(|event| event.id).collect::<Vec<_>>(), [0, 1]);
            let rest = outbox.next_piece(side).unwrap();
            assert_eq!(outbox.keep_rest(rest, NonZeroUsize::new(3).unwrap(), side).len(), 3);
            assert_eq!(next(&mut outbox, side), None, "never an empty piece");
        }
    }

    #[test]
    fn the_mark_comes_with_the_last_part_and_once() {
        let mut whole = outbox(2);
        assert!(!refuse(&mut whole, Side::Front, |_| false));
        let piece = whole.next_piece(Side::Front).unwrap();
        let first = whole.accepted(piece, permit());
        assert_eq!((first.mark(), first.accepted().len(), first.events().count()), (&Mark::Stay, 1, 1));
        let piece = whole.next_piece(Side::Front).unwrap();
        assert_eq!(whole.accepted(piece, permit()).mark(), &mark());
        assert!(whole.finish().is_none());

        let mut empty = outbox(0);
        let delivered = empty.finish().unwrap();
        assert_eq!((delivered.mark(), delivered.events().count()), (&mark(), 0));
        assert!(empty.finish().is_none());
    }

    #[test]
    fn what_was_refused_alone_is_sent_once_more_after_an_acceptance_and_then_set_aside() {
        let mut outbox = outbox(3);
        outbox.refused_at(3);
        assert_eq!((outbox.first_refused_at(), outbox.last_reason()), (u64::MAX, ""));
        assert!(!refuse(&mut outbox, Side::Front, |_| false));
        assert!(refuse(&mut outbox, Side::Front, |_| false), "alone");
        outbox.refused_at(4);
        outbox.refused_at(6);
        assert_eq!((outbox.candidates(), outbox.first_refused_at(), outbox.last_reason()), (1, 4, "odd"));
        let piece = outbox.next_piece(Side::Front).unwrap();
        let delivered = outbox.accepted(piece, permit());
        assert_eq!(set_aside(&delivered), [], "the rule may have been broken when it refused");
        assert_eq!((delivered.mark(), outbox.candidates()), (&Mark::Stay, 0));
        assert!(refuse(&mut outbox, Side::Front, |_| false), "again, and alone");
        let delivered = outbox.finish().unwrap();
        assert_eq!(set_aside(&delivered), [(0, "odd")]);
        assert_eq!(delivered.events().map(|event| event.id).collect::<Vec<_>>(), [0]);
        assert_eq!((outbox.candidates(), outbox.first_refused_at()), (0, u64::MAX));
        outbox.refused_at(7);
        assert_eq!(outbox.first_refused_at(), u64::MAX);
    }

    #[test]
    fn candidates_are_sent_again_after_everything_else() {
        let mut outbox = outbox(3);
        assert!(!refuse(&mut outbox, Side::Front, |_| false));
        assert!(refuse(&mut outbox, Side::Front, |_| false));
        outbox.refused_at(4);
        outbox.retry_candidates();
        assert_eq!((outbox.candidates(), outbox.first_refused_at()), (0, u64::MAX));
        assert_eq!(next(&mut outbox, Side::Front), Some(vec![1, 2]));
        assert_eq!(next(&mut outbox, Side::Front), Some(vec![0]));
        assert!(set_aside(&outbox.finish().unwrap()).is_empty());
    }

    #[test]
    fn what_no_rule_takes_is_no_candidate() {
        let mut outbox = outbox(1);
        assert!(refuse(&mut outbox, Side::Front, |event| event.id == 0));
        assert_eq!(outbox.candidates(), 0);
        assert_eq!(set_aside(&outbox.finish().unwrap()), [(0, "odd")]);
    }

    #[test]
    fn what_is_broken_is_set_aside_and_never_sent() {
        let broken = Event { defect: Some(Defect::Shape), ..event(1) };
        let mut outbox = Outbox::new(WindowId::NONE, vec![event(0), broken], mark());
        let piece = outbox.next_piece(Side::Front).unwrap();
        assert_eq!(piece.len(), 1);
        assert_eq!(set_aside(&outbox.accepted(piece, permit())), [(1, Defect::Shape.reason())]);
    }

    #[test]
    fn a_delivery_that_waits_for_its_commit_can_let_others_upload() {
        let permits = Arc::new(Semaphore::new(1));
        let mut outbox = outbox(1);
        let piece = outbox.next_piece(Side::Front).unwrap();
        let mut delivered = outbox.accepted(piece, Arc::clone(&permits).try_acquire_owned().unwrap());
        assert_eq!(permits.available_permits(), 0);
        delivered.let_others_upload();
        assert_eq!(permits.available_permits(), 1);
    }
}
