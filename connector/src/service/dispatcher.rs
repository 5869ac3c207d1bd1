//! One stream at work: decides which spans are read now, and reads several at a time in one future.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use crate::Clock;
use crate::ledger::{Cadence, Ledger, SpanId, Waiting};
use crate::pipeline::Pipeline;
use crate::retry::Halt;
use crate::service::Stop;

/// A plan is looked at again at least this often: the wall clock may jump, the timer does not.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Plans and reads the spans of one stream.
#[derive(Debug)]
pub(super) struct Dispatcher {
    pub(super) pipeline: Pipeline,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: Stop,
    /// Spans read at the same time.
    pub(super) spans_max: usize,
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
    tail_read: bool,
    tail_was_last: bool,
    history_is_next: bool,
}

impl Dispatcher {
    /// Works until the horizon is reached, told to finish, or nothing can go on. The first halt is what counts;
    /// spans already being read are read to their end.
    pub(super) async fn run(&self) -> Result<(), Halt> {
        let mut running = BTreeSet::new();
        let mut spans = FuturesUnordered::new();
        let mut turns = Turns::default();
        let mut halted: Option<Halt> = None;
        loop {
            let mut is_open = halted.is_none() && !self.stop.is_finishing();
            while is_open && let Some(id) = self.next(&running, &mut turns) {
                running.insert(id);
                spans.push(self.pipeline.run(id));
            }
            is_open &= self.horizon == Horizon::Moving;
            if spans.is_empty() && !is_open {
                return halted.map_or(Ok(()), Err);
            }
            let has_room = is_open && running.len() < self.spans_max;
            tokio::select! {
                biased;
                Some((id, done)) = spans.next() => {
                    running.remove(&id);
                    if let Err(halt @ Halt::Broken(_)) = done {
                        return Err(halt);
                    }
                    halted = halted.or(done.err());
                }
                () = self.stop.finishing(), if is_open => {}
                () = tokio::time::sleep(self.until_due()), if has_room => {}
            }
        }
    }

    /// The next span to read now, if there is room for it and something to do.
    ///
    /// One place is the tail's: neither sweeps nor history keep it waiting. A single place they share in turns, and so
    /// do sweeps and history the others: with a small budget all go slowly, and none stands still.
    fn next(&self, running: &BTreeSet<SpanId>, turns: &mut Turns) -> Option<SpanId> {
        if running.len() >= self.spans_max {
            return None;
        }
        let yields = self.spans_max == 1 && turns.tail_was_last;
        let next = if yields { self.older(running, turns).or_else(|| self.newest(turns)) } else { self.newest(turns) };
        if next.is_some() || yields || running.len() >= self.spans_max.saturating_sub(1).max(1) {
            return next;
        }
        self.older(running, turns)
    }

    fn newest(&self, turns: &mut Turns) -> Option<SpanId> {
        let tail = self.plan(|ledger, cadence| self.tail(ledger, cadence, turns.tail_read));
        turns.tail_read = true;
        turns.tail_was_last |= tail.is_some();
        tail
    }

    fn older(&self, running: &BTreeSet<SpanId>, turns: &mut Turns) -> Option<SpanId> {
        let checkpoint = &self.pipeline.checkpoint;
        let history = || {
            checkpoint
                .waiting(running, Waiting::History)
                .or_else(|| checkpoint.plan(|ledger, _| ledger.open_history(self.clock.now())))
        };
        let sweep = || {
            checkpoint.waiting(running, Waiting::Any).or_else(|| {
                self.plan(|ledger, cadence| match self.horizon {
                    Horizon::Moving => ledger.open_sweep(self.clock.now(), cadence, false),
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
            self.pipeline.progress.paced(paced.poll_every, paced.poll_every > cadence.poll_every);
            decide(ledger, &paced)
        })
    }

    fn tail(&self, ledger: &mut Ledger, cadence: &Cadence, was_read: bool) -> Option<SpanId> {
        match self.horizon {
            Horizon::Moving => {
                let now = self.clock.now();
                if ledger.is_tail_due(now, cadence) { ledger.open_tail(now, cadence) } else { None }
            }
            Horizon::Fixed(at) => {
                if was_read {
                    return None;
                }
                // Read beside the tail, as a span that waits.
                ledger.open_recheck(at);
                ledger.open_tail(at, cadence)
            }
        }
    }

    /// The time until the tail or a sweep is due.
    fn until_due(&self) -> Duration {
        let now = self.clock.now();
        let due = self.plan(|ledger, cadence| {
            let sweep = ledger.sweep_due(cadence).filter(|due| *due > now);
            ledger.tail_due(cadence).into_iter().chain(sweep).min()
        });
        let wait = due.map_or(SignedDuration::MAX, |due| due.duration_since(now)).max(SignedDuration::from_millis(1));
        Duration::try_from(wait).map_or(LOOK_AGAIN, |wait| wait.min(LOOK_AGAIN))
    }
}
