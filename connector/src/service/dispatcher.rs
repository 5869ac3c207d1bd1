//! One stream at work: decides which windows are read now, and reads several at a time in one future.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::checkpoint::StreamError;
use crate::ledger::{Cadence, Ledger, Waiting, WindowId};
use crate::pipeline::Pipeline;
use crate::sink::PROBING_MAX;
use crate::source::MiroTime;
use crate::stop::Stop;

/// A plan is looked at again at least this often: the wall clock may jump, the timer does not. While our clock is behind what
/// was covered, Miro's is asked for as often.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// Our clock may be adjusted by this without being set.
const CLOCK_ADJUSTED_MAX: SignedDuration = SignedDuration::from_secs(2);

/// Plans and reads the windows of one stream.
#[derive(Debug)]
pub(super) struct Dispatcher {
    pub(super) pipeline: Pipeline,
    pub(super) stop: Stop,
    /// Spans read at the same time.
    pub(super) windows_max: usize,
    pub(super) horizon: Horizon,
}

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Horizon {
    /// To the newest time, again and again.
    Moving,
    /// To this time, once, and what is not settled before it once more.
    Fixed(Timestamp),
}

/// Whose turn it was.
#[derive(Debug, Default)]
struct Turns {
    /// When the tail was opened last: by the timer and by our clock.
    tail_opened: Option<(Instant, Timestamp)>,
    /// Whether a run that ends has opened its tail.
    tail_read: bool,
    /// When Miro was last asked for nothing but the time.
    probed: Option<Instant>,
    tail_was_last: bool,
    history_is_next: bool,
}

impl Dispatcher {
    /// Works until the horizon is reached, told to finish, or nothing can go on. The first error is what counts;
    /// windows already being read are read to their end.
    pub(super) async fn run(&self) -> Result<(), StreamError> {
        let mut running = BTreeSet::new();
        let mut windows = FuturesUnordered::new();
        let mut turns = Turns::default();
        let mut failed: Option<StreamError> = None;
        let mut probing = self.pipeline.sink.probing().watch();
        loop {
            let mut is_open = failed.is_none() && !self.stop.is_finishing();
            while is_open && let Some(id) = self.next(&running, &mut turns) {
                running.insert(id);
                windows.push(self.pipeline.run(id));
            }
            is_open &= self.horizon == Horizon::Moving;
            if windows.is_empty() && !is_open {
                return failed.map_or(Ok(()), Err);
            }
            let has_room = is_open && self.reading(&running) < self.windows_max;
            tokio::select! {
                biased;
                Some((id, done)) = windows.next() => {
                    running.remove(&id);
                    if let Err(error @ StreamError::StoreUnusable(_)) = done {
                        return Err(error);
                    }
                    failed = failed.or(done.err());
                }
                _ = probing.changed() => self.set_back(),
                () = self.stop.finishing(), if is_open => {}
                () = tokio::time::sleep(self.until_due()), if has_room => {}
            }
        }
    }

    /// The next window to read now, if there is room for it and something to do.
    ///
    /// One place is the tail's: neither sweeps nor history keep it waiting. A single place they share in turns, and so
    /// do sweeps and history the others: with a small budget all go slowly, and none stands still.
    fn next(&self, running: &BTreeSet<WindowId>, turns: &mut Turns) -> Option<WindowId> {
        let reading = self.reading(running);
        if running.len() - reading >= PROBING_MAX {
            // The rule may take nothing at all: only the newest events are tried, one poll after another.
            return if reading == 0 { self.newest(turns).or_else(|| self.newest_sweep(turns)) } else { None };
        }
        if reading >= self.windows_max {
            return None;
        }
        let yields = self.windows_max == 1 && turns.tail_was_last;
        let next = if yields { self.older(running, turns).or_else(|| self.newest(turns)) } else { self.newest(turns) };
        if next.is_some() || yields || reading >= self.windows_max.saturating_sub(1).max(1) {
            return next;
        }
        self.older(running, turns)
    }

    /// Spans that take a place: those that wait because their events are refused do not.
    fn reading(&self, running: &BTreeSet<WindowId>) -> usize {
        running.len() - self.pipeline.sink.probing().windows().intersection(running).count()
    }

    /// A tail that waits because its events are refused does not keep the newest time from being read.
    fn set_back(&self) {
        let waiting = self.pipeline.sink.probing().windows();
        self.plan(|ledger, _| waiting.into_iter().for_each(|id| ledger.set_back(id)));
    }

    fn newest(&self, turns: &mut Turns) -> Option<WindowId> {
        let tail = self.plan(|ledger, cadence| self.tail(ledger, cadence, turns));
        turns.tail_was_last |= tail.is_some();
        tail
    }

    /// After each tail the newest late events.
    fn newest_sweep(&self, turns: &mut Turns) -> Option<WindowId> {
        let after_tail = std::mem::take(&mut turns.tail_was_last);
        after_tail.then(|| self.plan(|ledger, cadence| ledger.open_newest_sweep(self.now(), cadence))).flatten()
    }

    fn older(&self, running: &BTreeSet<WindowId>, turns: &mut Turns) -> Option<WindowId> {
        let checkpoint = &self.pipeline.checkpoint;
        // Before Miro's clock was seen nobody can say what is too old to be asked for.
        let is_heard = self.pipeline.source.clock.miros() != MiroTime::Unheard;
        let history = || {
            if !is_heard {
                return None;
            }
            checkpoint
                .waiting(running, Waiting::History)
                .or_else(|| checkpoint.plan(|ledger, _| ledger.open_history(self.now())))
        };
        let sweep = || {
            checkpoint.waiting(running, Waiting::Any).or_else(|| {
                self.plan(|ledger, cadence| match self.horizon {
                    Horizon::Moving => ledger.open_sweep(self.now(), cadence, false),
                    Horizon::Fixed(at) => ledger.open_sweep(at, cadence, true),
                })
            })
        };
        let next = if turns.history_is_next { history().or_else(sweep) } else { sweep().or_else(history) };
        if next.is_some() {
            turns.tail_was_last = false;
            turns.history_is_next = !turns.history_is_next;
        }
        next
    }

    /// Plans with the cadence that the rate budget carries.
    fn plan<T>(&self, decide: impl FnOnce(&mut Ledger, &Cadence) -> T) -> T {
        self.pipeline.checkpoint.plan(|ledger, cadence| {
            let paced = self.pipeline.source.budget.paced(cadence);
            if self.pipeline.source.budget.is_known() {
                self.pipeline.progress.paced(paced.poll_every, paced.poll_every > cadence.poll_every);
            }
            decide(ledger, &paced)
        })
    }

    fn tail(&self, ledger: &mut Ledger, cadence: &Cadence, turns: &mut Turns) -> Option<WindowId> {
        let ours = self.pipeline.source.clock.ours();
        if turns.tail_read {
            return None;
        }
        if ledger.is_ahead_of(ours) {
            match self.pipeline.source.clock.miros() {
                MiroTime::Shown(miros) if ledger.is_ahead_of(miros) => ledger.follow_back(miros, cadence),
                MiroTime::Undated => ledger.follow_back(ours, cadence),
                // Ours may be behind: Miro's clock is asked before anything is read again that was read rightly.
                MiroTime::Unheard => return turns.may_probe().then(|| ledger.open_probe()).flatten(),
                MiroTime::Shown(_) if self.horizon == Horizon::Moving => {
                    return turns.may_probe().then(|| ledger.open_probe()).flatten();
                }
                MiroTime::Shown(_) => {}
            }
        }
        match self.horizon {
            Horizon::Moving => {
                let now = self.now();
                if !ledger.is_tail_due(now, cadence) {
                    return None;
                }
                if turns.clock_may_have_jumped(ours) {
                    ledger.note_jump(ours);
                }
                ledger.open_tail(now)
            }
            Horizon::Fixed(at) => {
                turns.tail_read = true;
                ledger.note_jump(ours);
                // Read beside the tail, as a window that waits.
                ledger.open_recheck(at);
                ledger.open_tail(at)
            }
        }
    }

    /// The time up to which windows are planned.
    fn now(&self) -> Timestamp {
        self.pipeline.source.clock.now()
    }

    /// The time until the tail or a sweep is due.
    fn until_due(&self) -> Duration {
        let now = self.now();
        let due = self.plan(|ledger, cadence| {
            let sweep = ledger.sweep_due(cadence).filter(|due| *due > now);
            ledger.tail_due(cadence).into_iter().chain(sweep).min()
        });
        let wait = due.map_or(SignedDuration::MAX, |due| due.duration_since(now)).max(SignedDuration::from_millis(1));
        Duration::try_from(wait).map_or(PROBE_EVERY, |wait| wait.min(PROBE_EVERY))
    }
}

impl Turns {
    /// Whether Miro's clock may be asked for: now and then.
    fn may_probe(&mut self) -> bool {
        let may = self.probed.is_none_or(|probed| probed.elapsed() >= PROBE_EVERY);
        if may {
            self.probed = Some(Instant::now());
        }
        may
    }

    /// True over a restart, and when our clock, which shows `ours`, moved further than time passed since the last tail.
    fn clock_may_have_jumped(&mut self, ours: Timestamp) -> bool {
        let before = self.tail_opened.replace((Instant::now(), ours));
        before.is_none_or(|(opened, showed)| {
            let passed = SignedDuration::try_from(opened.elapsed()).unwrap_or(SignedDuration::MAX);
            ours.duration_since(showed) > passed.saturating_add(CLOCK_ADJUSTED_MAX)
        })
    }
}
