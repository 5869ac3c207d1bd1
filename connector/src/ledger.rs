//! The time ledger of one stream: which source time is covered, being read, or still to do.
//!
//! Live tailing, catching up after an outage and a backfill of months are the same thing here: windows to read,
//! newest first. The ledger is plain data without I/O; it changes by small steps and is written down whole with
//! every delivery.
//!
//! What is below `head` has been read once, except for what is `to_do` or `open`. Whatever was first read while
//! it was younger than a sweep's age is due for that sweep, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::Start;
use crate::interval::{Interval, IntervalSet, after, before};
use crate::peer_text::PeerText;
use crate::store::Minute;
use crate::time::whole_second;

#[cfg(test)]
mod tests;

/// A poll of the tail starts this long before the newest covered instant.
const TAIL_OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// A gap wider than this is history: its newest part of this width is read as the tail, the rest in windows.
const TAIL_MAX: SignedDuration = SignedDuration::from_mins(10);
/// The events aimed at in one window of history: its ids stay in memory, and a lost cursor costs at most this much.
const SPAN_EVENTS: u64 = 20_000;
const SPAN_MIN: SignedDuration = SignedDuration::from_mins(1);
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The width of the first window of history, before anything is known of its density.
const SPAN_FIRST: SignedDuration = SignedDuration::from_hours(1);
/// A clock that went back by less is only being adjusted.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);
/// An event's time may lie this far outside the window that shows it and is still remembered under its own minute.
pub(crate) const SPREAD: SignedDuration = SignedDuration::from_hours(1);

/// The form of the written ledger.
const FORM: u32 = 1;

/// Names a window for as long as it is open; never used twice by one ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct WindowId(u64);

impl WindowId {
    /// No window of the ledger: for events that were set aside and are sent again.
    pub(crate) const NONE: Self = Self(u64::MAX);
}

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str("resend"),
            Self(number) => number.fmt(f),
        }
    }
}

/// Why a window is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WindowKind {
    /// The newest time.
    Tail,
    /// Time read before, for what was shown late.
    Sweep {
        /// The age at which it is read again, in seconds.
        age: u64,
    },
    /// Older time, read for the first time.
    History,
}

/// Miro's place in a result. Opaque: only handed back. Not shown: it may hold ids.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cursor(pub(crate) String);

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursor(…)")
    }
}

/// A window being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    /// The source time it covers.
    #[serde(rename = "stretch")]
    pub(crate) interval: Interval,
    /// Why it is read.
    pub(crate) kind: WindowKind,
    /// Where reading resumes; none at the beginning.
    pub(crate) cursor: Option<Cursor>,
    /// When reading began: nothing in it was read earlier.
    opened: Timestamp,
    /// What lies before was read by another window, and is only read along.
    fresh_from: Timestamp,
}

/// What one delivery means for the window it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing yet: more of the same page is to come.
    Stay,
    /// Everything before this cursor is delivered.
    At(Cursor),
    /// The window is read to its end.
    End {
        /// How many events it held, if it was read in one go.
        events: Option<u64>,
        /// Its last page was written then, by the earlier of Miro's clock and ours: what lies later was not read.
        as_of: Timestamp,
    },
}

/// Which open windows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Whatever is most urgent.
    Any,
    /// Only history.
    History,
}

/// When the tail is polled and what is read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cadence {
    /// The time between two polls of the tail.
    pub(crate) poll_every: SignedDuration,
    /// The ages at which every interval is read again, in seconds.
    pub(crate) sweeps: Vec<u64>,
    /// A sweep is worth a call when this part of its age is due: one over it.
    sweep_part: u64,
}

/// The part of a sweep's age that is worth a call: late events are found soon, for a few calls more.
const SWEEP_PART: u64 = 4;

impl Cadence {
    pub(crate) fn new(poll_every: Duration, late_sweeps: &[Duration]) -> Self {
        Self {
            poll_every: SignedDuration::try_from(poll_every).unwrap_or(SignedDuration::MAX),
            sweeps: late_sweeps.iter().map(Duration::as_secs).collect::<BTreeSet<_>>().into_iter().collect(),
            sweep_part: SWEEP_PART,
        }
    }

    /// The same for a small budget: sweeps wait until their whole age is due, and polls are `pace` times as far apart.
    pub(crate) fn slowed(&self, pace: f64) -> Self {
        let poll_every =
            SignedDuration::from_secs_f64(self.poll_every.as_secs_f64() * pace).min(TAIL_MAX.max(self.poll_every));
        Self { poll_every, sweeps: self.sweeps.clone(), sweep_part: 1 }
    }

    /// How many calls it takes in `period` to poll and to sweep, where every read fits on a page.
    pub(crate) fn calls_in(&self, period: SignedDuration) -> f64 {
        let sweeps = self.sweeps.iter().map(|age| self.worth(*age));
        let every = std::iter::once(self.poll_every).chain(sweeps);
        every.map(|every| period.as_secs_f64() / every.as_secs_f64()).sum()
    }

    /// The width that makes a sweep of this age worth a call.
    fn worth(&self, age: u64) -> SignedDuration {
        self.poll_every.max(seconds(age / self.sweep_part))
    }
}

/// The ledger of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ledger {
    form: u32,
    started: Timestamp,
    /// The newest instant that any window reaches.
    head: Timestamp,
    to_do: IntervalSet,
    open: BTreeMap<WindowId, Window>,
    /// Age in seconds -> what is to be read again at that age.
    due: BTreeMap<u64, IntervalSet>,
    next_span: u64,
    /// How wide the next window of history is cut, in seconds.
    width: i64,
    /// The age in seconds that the beginning was told as, until Miro's clock has shown what that is: ours may be wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_age: Option<u64>,
    /// Where our clock may have been set forward, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    jumps: Vec<Jump>,
}

/// A step of our clock that may not have been time that passed: over a restart, or further than the timer moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Jump {
    /// How far time was covered before.
    from: Timestamp,
    /// What our clock showed after.
    to: Timestamp,
}

/// Jumps that are remembered; of more, the oldest become one.
const JUMPS_MAX: usize = 32;

impl Ledger {
    /// A ledger that has seen nothing and begins at `start`.
    pub(crate) fn new(start: Timestamp) -> Self {
        let started = whole_second(start);
        Self {
            form: FORM,
            started,
            head: started,
            to_do: IntervalSet::default(),
            open: BTreeMap::new(),
            due: BTreeMap::new(),
            next_span: 0,
            width: SPAN_FIRST.as_secs(),
            start_age: None,
            jumps: Vec::new(),
        }
    }

    /// A ledger that has seen nothing and begins at `start`, told at `now` by our clock.
    pub(crate) fn starting(start: Start, now: Timestamp) -> Self {
        match start {
            Start::At(time) => Self::new(time),
            Start::Ago(ago) => {
                let began = before(now, SignedDuration::try_from(ago).unwrap_or(SignedDuration::MAX));
                Self { start_age: Some(ago.as_secs()), ..Self::new(began) }
            }
        }
    }

    /// The ledger as an earlier run wrote it. Its tail is history by now, so that a new tail is read first.
    pub(crate) fn read(bytes: &[u8], cadence: &Cadence) -> Result<Self, LedgerError> {
        let mut ledger: Self =
            serde_json::from_slice(bytes).map_err(|error| LedgerError(PeerText::new(&error.to_string()).into()))?;
        if ledger.form != FORM {
            return Err(LedgerError(format!("form {} instead of {FORM}", ledger.form)));
        }
        for window in ledger.open.values_mut().filter(|window| window.kind == WindowKind::Tail) {
            window.kind = WindowKind::History;
        }
        ledger.adopt(&cadence.sweeps);
        Ok(ledger)
    }

    /// The ledger as it is written down.
    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a ledger holds only times, numbers and text")
    }

    /// Sweeps that are no longer configured leave their work to the oldest one that is.
    fn adopt(&mut self, ages: &[u64]) {
        let Some(&oldest) = ages.last() else {
            self.due.clear();
            return;
        };
        let gone: Vec<u64> = self.due.keys().copied().filter(|age| !ages.contains(age)).collect();
        for age in gone {
            let orphans = self.due.remove(&age).unwrap_or_default();
            let kept = self.due.entry(oldest).or_default();
            orphans.iter().for_each(|interval| kept.add(interval));
        }
    }

    /// The window named `id`, if it is open.
    pub(crate) fn window(&self, id: WindowId) -> Option<&Window> {
        self.open.get(&id)
    }

    /// The most urgent open window of those `wanted` that is not in `running`.
    pub(crate) fn waiting(&self, running: &BTreeSet<WindowId>, wanted: Waiting) -> Option<WindowId> {
        let wanted = |window: &Window| wanted == Waiting::Any || window.kind == WindowKind::History;
        let waiting = self.open.iter().filter(|(id, window)| !running.contains(id) && wanted(window));
        waiting
            .min_by_key(|(id, window)| (window.kind, std::cmp::Reverse(window.interval.to()), **id))
            .map(|(id, _)| *id)
    }

    /// When the tail is to be polled next; none while a poll is open.
    pub(crate) fn tail_due(&self, cadence: &Cadence) -> Option<Timestamp> {
        (!self.is_polling()).then(|| after(self.head, cadence.poll_every))
    }

    /// True when the tail is to be polled at `now`.
    pub(crate) fn is_tail_due(&self, now: Timestamp, cadence: &Cadence) -> bool {
        !self.is_polling() && now >= after(self.head, cadence.poll_every)
    }

    /// True when time is covered that has not come yet by a clock that shows `now`.
    pub(crate) fn is_ahead_of(&self, now: Timestamp) -> bool {
        now < before(self.head, CLOCK_SLACK)
    }

    fn is_polling(&self) -> bool {
        self.open.values().any(|window| window.kind == WindowKind::Tail)
    }

    /// Opens the newest time up to `now`. Of a wide gap only the newest part; the rest becomes history to do.
    pub(crate) fn open_tail(&mut self, now: Timestamp) -> Option<WindowId> {
        let now = whole_second(now);
        let gap = Interval::new(self.head, now)?;
        let cut = before(now, TAIL_MAX);
        let tail = match Interval::new(gap.from(), cut) {
            // By now the sweeps are due for what lies before the gap.
            Some(rest) => {
                self.to_do.add(rest);
                Interval::new(cut, now)?
            }
            None => Interval::new(before(gap.from(), TAIL_OVERLAP).max(self.started), now)?,
        };
        let id = self.open(tail, WindowKind::Tail, now);
        if let Some(window) = self.open.get_mut(&id) {
            window.fresh_from = self.head.max(tail.from());
        }
        self.head = now;
        Some(id)
    }

    /// A tail that has to wait is history from now on, so that the newest time is polled without it.
    pub(crate) fn set_back(&mut self, id: WindowId) {
        if let Some(window) = self.open.get_mut(&id).filter(|window| window.kind == WindowKind::Tail) {
            window.kind = WindowKind::History;
        }
    }

    /// Our clock shows `to` now, and that may be a jump forward.
    pub(crate) fn note_jump(&mut self, to: Timestamp) {
        self.jumps.push(Jump { from: self.head, to });
        if self.jumps.len() > JUMPS_MAX {
            let (oldest, next) = (self.jumps.remove(0), self.jumps[0]);
            self.jumps[0] = Jump { from: oldest.from.min(next.from), to: oldest.to.max(next.to) };
        }
    }

    /// Opens the newest moments that were covered once more, to be shown Miro's clock; none while that is being done.
    pub(crate) fn open_probe(&mut self) -> Option<WindowId> {
        let kind = WindowKind::Sweep { age: 0 };
        let newest = Interval::new(before(self.head, TAIL_OVERLAP), self.head)?;
        let is_open = self.open.values().any(|window| window.kind == kind);
        (!is_open).then(|| self.open(newest, kind, self.head))
    }

    /// It is only `now`, if more is covered: what was read beyond it was read before it happened, and what was read since our
    /// clock was set wrong is to be read again.
    pub(crate) fn follow_back(&mut self, now: Timestamp, cadence: &Cadence) {
        if !self.is_ahead_of(now) {
            return;
        }
        let now = whole_second(now);
        let Some(future) = Interval::new(now, Timestamp::MAX) else { return };
        let ahead = self.newest_read().duration_since(now);
        self.to_do.remove(future);
        for age in &cadence.sweeps {
            let due = self.due.entry(*age).or_default();
            due.remove(future);
            if let Some(recent) = Interval::new(before(now, seconds(*age)).max(self.started), now) {
                due.add(recent);
            }
        }
        if let Some(again) =
            self.wrong_since(now, ahead, cadence).and_then(|from| Interval::new(from.max(self.started), now))
        {
            self.to_do.add(again);
        }
        self.head = now.max(self.started);
    }

    /// The newest instant that was read: what is planned beyond it is not read yet.
    fn newest_read(&self) -> Timestamp {
        let first = self.open.values().filter(|window| !matches!(window.kind, WindowKind::Sweep { .. }));
        let open = first.filter_map(|window| Interval::new(window.fresh_from, window.interval.to()));
        let mut read: IntervalSet = Interval::new(self.started, self.head).into_iter().collect();
        self.to_do.iter().chain(open).for_each(|unread| read.remove(unread));
        read.last().map_or(self.started, Interval::to)
    }

    /// Since when our clock was wrong, if what was read is `ahead` of `now` by more than the sweeps make up for: as many of the
    /// latest jumps as it takes to have come so far. They are forgotten. Where Miro's clock said how far a page reached, nothing
    /// was read too early, however wrong ours was; the ids of what would be read again may be forgotten by then.
    fn wrong_since(&mut self, now: Timestamp, ahead: SignedDuration, cadence: &Cadence) -> Option<Timestamp> {
        if cadence.sweeps.last().is_some_and(|oldest| ahead < seconds(*oldest)) {
            return None;
        }
        let mut since = None;
        let mut explained = SignedDuration::ZERO;
        while let Some(jump) = self.jumps.last()
            && (explained < ahead || jump.to > now)
        {
            explained = explained.saturating_add(jump.to.duration_since(jump.from));
            since = Some(jump.from);
            self.jumps.pop();
        }
        since
    }

    /// Opens the interval that is most overdue for a sweep, when enough of it is due to be worth a call, or whatever is due
    /// when `all` of it is wanted. The most overdue, so that with a small budget no sweep waits for ever.
    pub(crate) fn open_sweep(&mut self, now: Timestamp, cadence: &Cadence, all: bool) -> Option<WindowId> {
        let ripe = cadence.sweeps.iter().filter_map(|age| Some((*age, self.ripe(*age, now, cadence, all)?)));
        let (age, interval) = ripe.min_by_key(|(age, interval)| after(interval.from(), seconds(*age)))?;
        self.due.entry(age).or_default().remove(interval);
        Some(self.open(interval, WindowKind::Sweep { age }, now))
    }

    /// Opens the newest part of what is due for the first sweep: where a peer shows events a little late, all are found there first.
    /// It may be read beside another sweep of its age.
    pub(crate) fn open_newest_sweep(&mut self, now: Timestamp, cadence: &Cadence) -> Option<WindowId> {
        let age = *cadence.sweeps.first()?;
        let ripe_to = whole_second(before(now, seconds(age)));
        let due = self.due.get_mut(&age)?;
        let newest = due.iter().take_while(|interval| interval.from() < ripe_to).last()?;
        let to = newest.to().min(ripe_to);
        let interval = Interval::new(before(to, cadence.worth(age)).max(newest.from()), to)?;
        due.remove(interval);
        Some(self.open(interval, WindowKind::Sweep { age }, now))
    }

    /// Opens once more, whatever its age, all that is still due for some sweep, and the newest time that was covered. It stays
    /// due: a run that ends cannot wait for the sweeps' ages, and what Miro shows by now is still to be delivered.
    pub(crate) fn open_recheck(&mut self, now: Timestamp) -> Option<WindowId> {
        let due = self.due.values().filter_map(IntervalSet::first).map(Interval::from).min();
        let from = due.unwrap_or(self.head).min(before(self.head, TAIL_OVERLAP)).max(self.started);
        let interval = Interval::new(from, self.head)?;
        Some(self.open(interval, WindowKind::Sweep { age: 0 }, whole_second(now)))
    }

    fn ripe(&self, age: u64, now: Timestamp, cadence: &Cadence, all: bool) -> Option<Interval> {
        if self.open.values().any(|window| window.kind == WindowKind::Sweep { age }) {
            return None;
        }
        let due = self.due.get(&age)?.first()?;
        let ripe = Interval::new(due.from(), due.to().min(whole_second(before(now, seconds(age)))))?;
        let worth = cadence.worth(age);
        // Where the whole interval is due, it no longer grows: the tail was elsewhere since.
        let enough = all || ripe.to() == due.to() || ripe.width() >= worth;
        let cut = after(ripe.from(), SPAN_MAX.min(SignedDuration::from_secs(self.width).max(worth)));
        Interval::new(ripe.from(), ripe.to().min(cut)).filter(|_| enough)
    }

    /// When the next sweep could be worth opening; none when no sweep is due ever.
    pub(crate) fn sweep_due(&self, cadence: &Cadence) -> Option<Timestamp> {
        let due = cadence.sweeps.iter().filter_map(|age| {
            let first = self.due.get(age)?.first()?;
            let worth = cadence.worth(*age);
            Some(after(after(first.from(), worth).min(first.to()), seconds(*age)))
        });
        due.min()
    }

    /// Opens the newest part of the history to do. What lies beyond `now` has not come yet by some clock, and waits.
    pub(crate) fn open_history(&mut self, now: Timestamp) -> Option<WindowId> {
        let now = whole_second(now);
        let newest = self.to_do.iter().take_while(|interval| interval.from() < now).last()?;
        let to = newest.to().min(now);
        let from = before(to, SignedDuration::from_secs(self.width)).max(newest.from());
        let window = Interval::new(from, to)?;
        self.to_do.remove(window);
        Some(self.open(window, WindowKind::History, now))
    }

    fn open(&mut self, interval: Interval, kind: WindowKind, opened: Timestamp) -> WindowId {
        let id = WindowId(self.next_span);
        self.next_span += 1;
        self.open.insert(id, Window { interval, kind, cursor: None, opened, fresh_from: interval.from() });
        id
    }

    /// Closes window `id` unread: it is to do again.
    pub(crate) fn give_back(&mut self, id: WindowId) {
        let Some(window) = self.open.remove(&id) else { return };
        match (window.kind, Interval::new(window.fresh_from, window.interval.to())) {
            (WindowKind::Sweep { age: 0 }, _) | (_, None) => {}
            (WindowKind::Sweep { age }, Some(_)) => self.due.entry(age).or_default().add(window.interval),
            (WindowKind::Tail | WindowKind::History, Some(unread)) => self.to_do.add(unread),
        }
    }

    /// Notes what a delivery from window `id` means. A window that is no longer open is left closed.
    pub(crate) fn mark(&mut self, id: WindowId, mark: &Mark, cadence: &Cadence) {
        match mark {
            Mark::Stay => {}
            Mark::At(cursor) => {
                if let Some(window) = self.open.get_mut(&id) {
                    window.cursor = Some(cursor.clone());
                }
            }
            Mark::End { events, as_of } => self.close(id, *events, *as_of, cadence),
        }
    }

    /// Forgets the cursor of window `id`: it is read from its beginning.
    pub(crate) fn restart(&mut self, id: WindowId) {
        if let Some(window) = self.open.get_mut(&id) {
            window.cursor = None;
        }
    }

    fn close(&mut self, id: WindowId, events: Option<u64>, as_of: Timestamp, cadence: &Cadence) {
        let Some(window) = self.open.remove(&id) else { return };
        self.confirm_start(as_of);
        match window.kind {
            WindowKind::Sweep { age } => return self.sweep_again(age, window.interval, as_of),
            WindowKind::History => events.into_iter().for_each(|events| self.adapt(window.interval, events)),
            WindowKind::Tail => {}
        }
        let read_to = whole_second(as_of).max(window.fresh_from).min(window.interval.to());
        if let Some(unread) = Interval::new(read_to, window.interval.to()) {
            self.to_do.add(unread);
            self.lower_head(as_of);
        }
        for age in &cadence.sweeps {
            let young = before(window.opened.min(as_of), seconds(*age)).max(window.fresh_from);
            if let Some(due) = Interval::new(young, read_to) {
                self.due.entry(*age).or_default().add(due);
            }
        }
    }

    /// A first page was written at `as_of`, by the earlier of both clocks: if the beginning was counted from a later time, what
    /// lies before it is to be read as well.
    fn confirm_start(&mut self, as_of: Timestamp) {
        let Some(age) = self.start_age.take() else { return };
        let start = whole_second(before(as_of, seconds(age)));
        if let Some(passed_over) = Interval::new(start, self.started) {
            self.to_do.add(passed_over);
            self.started = start;
        }
    }

    /// The part of a sweep that was read before its `age`, by the earlier of both clocks, is still to be swept: ours was ahead.
    fn sweep_again(&mut self, age: u64, read: Interval, as_of: Timestamp) {
        let ripe_to = after(before(whole_second(as_of), seconds(age)), CLOCK_SLACK);
        if age > 0
            && let Some(early) = Interval::new(read.from().max(ripe_to), read.to())
        {
            self.due.entry(age).or_default().add(early);
        }
    }

    /// What was never read and lies beyond `now` is not history but time to come: the tail's, as soon as it is there.
    fn lower_head(&mut self, now: Timestamp) {
        let now = whole_second(now);
        if let Some(top) = self.to_do.last().filter(|top| top.to() >= self.head)
            && let Some(to_come) = Interval::new(top.from().max(now), top.to())
        {
            self.to_do.remove(to_come);
            self.head = to_come.from();
        }
    }

    /// Cuts the next window so that it holds about [`SPAN_EVENTS`], growing at most fourfold at a time.
    fn adapt(&mut self, read: Interval, events: u64) {
        let read = read.width().as_secs().max(1);
        let aimed = i128::from(read) * i128::from(SPAN_EVENTS) / i128::from(events.max(1));
        let grown = i64::try_from(aimed).unwrap_or(i64::MAX).min(self.width.saturating_mul(4));
        self.width = grown.clamp(SPAN_MIN.as_secs(), SPAN_MAX.as_secs());
    }

    /// Everything before this instant has been read once.
    pub(crate) fn covered_to(&self) -> Timestamp {
        let open = self.open.values().filter(|window| !matches!(window.kind, WindowKind::Sweep { .. }));
        let unread = open.map(|window| window.fresh_from).chain(self.to_do.first().map(Interval::from));
        unread.min().unwrap_or(self.head).min(self.head)
    }

    /// The newest instant that was read, whatever older time is still to be read; none where nothing was read yet.
    pub(crate) fn tail_to(&self) -> Option<Timestamp> {
        Some(self.newest_read()).filter(|newest| *newest > self.started)
    }

    /// Everything before this instant has been read for the last time.
    pub(crate) fn settled_to(&self) -> Timestamp {
        let due = self.due.values().filter_map(IntervalSet::first).map(Interval::from);
        let open = self.open.values().map(|window| window.interval.from());
        due.chain(open).min().unwrap_or(self.head).min(self.covered_to())
    }

    /// Spans being read, or cut and waiting.
    pub(crate) fn open_spans(&self) -> usize {
        self.open.len()
    }

    /// The source time that was never read: history to do and history being read.
    pub(crate) fn unread(&self) -> SignedDuration {
        let open = self.open.values().filter(|window| window.kind == WindowKind::History);
        open.fold(self.to_do.total(), |sum, window| sum.saturating_add(window.interval.width()))
    }

    /// Minutes whose ids are needed no more: nothing that may still be read comes near them.
    pub(crate) fn forgettable(&self) -> Vec<Range<Minute>> {
        let recent = Interval::new(before(self.head, TAIL_OVERLAP), Timestamp::MAX);
        let open = self.open.values().map(|window| window.interval);
        let due = self.due.values().flat_map(IntervalSet::iter);
        let needed = open.chain(self.to_do.iter()).chain(due).chain(recent);
        let needed: IntervalSet = needed.map(|interval| interval.widened(SPREAD)).collect();
        let mut next = Minute(i64::MIN);
        let mut gaps = Vec::new();
        for keep in needed.iter().map(Interval::minutes) {
            if next < keep.start {
                gaps.push(next..keep.start);
            }
            next = next.max(keep.end);
        }
        gaps
    }
}

/// The written ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the ledger in the checkpoint is not one of this version: {0}")]
pub(crate) struct LedgerError(String);

fn seconds(age: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(age).unwrap_or(i64::MAX))
}
