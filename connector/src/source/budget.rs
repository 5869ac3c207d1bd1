//! The rate budget of one token: how many credits may be spent now, and by whom first.
//!
//! Miro tells its budget with every answer. We spend at most a share of it, first on the tail, then on sweeps,
//! then on history; calls in flight are counted before their answers are in. After 429 nobody calls before the
//! time that Miro named, and a token that Miro refuses is tried by one caller at a time. All of it is reckoned in monotonic
//! time: nobody's wall clock decides when the next call is made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::debug;

pub(crate) use account::Need;
pub(super) use account::Priority;
pub(super) use told::Told;

use account::{Account, Answer, Ticket, WaitsOn};
use circuit::Circuit;

use crate::clock::SteadyClock;
use crate::ledger::Cadence;
use crate::progress::Progress;
use crate::retry::Pause;

mod account;
mod circuit;
#[cfg(test)]
mod tests;
mod told;

/// The budget of one token, shared by all that read with it.
#[derive(Debug)]
pub(crate) struct Budget {
    account: Mutex<Account>,
    circuit: Mutex<Circuit>,
    steady: SteadyClock,
    /// After a refusal nobody calls before.
    pause: Arc<Pause>,
    /// A run that ends does not wait longer than this for a peer that named a wait.
    wait_max: Option<Duration>,
    changed: Notify,
}

/// Miro named a wait that is longer than this run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    /// How long nobody may call yet.
    pub(super) left: Duration,
}

impl Budget {
    /// Nothing is known yet; `share` of what Miro will tell may be spent. Waits that Miro names are kept in `pause`, and
    /// those longer than `wait_max` are not waited for at all.
    pub(crate) fn new(share: f64, origin: Timestamp, pause: Arc<Pause>, wait_max: Option<Duration>) -> Self {
        Self {
            account: Mutex::new(Account::new(share)),
            circuit: Mutex::default(),
            steady: SteadyClock::starting_at(origin),
            pause,
            wait_max,
            changed: Notify::new(),
        }
    }

    /// A tail will make calls of this kind for as long as it runs: others leave it what it needs.
    pub(crate) fn expect(&self, need: Need) {
        self.lock().expect(need);
    }

    /// The cadence that the budget carries: `cadence`, or a slower one where polls and sweeps would not fit into it.
    pub(crate) fn paced(&self, cadence: &Cadence) -> Cadence {
        self.lock().paced(cadence)
    }

    /// Whether Miro has responded, so that there is something to reckon with.
    pub(crate) fn is_known(&self) -> bool {
        self.lock().limit().is_some()
    }

    /// Waits until a call of `weight` credits may be made. Cancel safe.
    pub(super) async fn reserve(
        &self,
        weight: u64,
        priority: Priority,
        progress: &Progress,
    ) -> Result<Reserved<'_>, Blocked> {
        let place = Place { budget: self, ticket: self.lock().enter(priority, self.steady.now()) };
        let mut delay = SweepDelay::default();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(until) = self.pause.until() {
                let left = until - Instant::now();
                if self.wait_max.is_some_and(|most| left > most) {
                    return Err(Blocked { left });
                }
                tokio::time::sleep_until(until).await;
                continue;
            }
            let now = self.steady.now();
            match self.ask(&place.ticket, weight, now) {
                Answer::Go { serial } => return Ok(Reserved { budget: self, weight, serial, used: Used::NotAtAll }),
                Answer::Wait { until, on } => {
                    if priority == Priority::Sweep && on == WaitsOn::Credits && delay.is_news(until.duration_since(now))
                    {
                        progress.sweep_delayed();
                        debug!(stream = %progress.stream(), "Late sweep delayed: rate budget is low.");
                    }
                    tokio::select! {
                        biased;
                        () = &mut changed => {}
                        () = tokio::time::sleep(pause(now, until)) => {}
                    }
                }
            }
        }
    }

    /// How long nobody of `priority` may make a call of `weight`, by what is known now.
    pub(super) fn wait(&self, weight: u64, priority: Priority) -> Duration {
        let now = self.steady.now();
        let credits = self.lock().free_at(weight, priority, now).map(|until| until.duration_since(now));
        let credits = credits.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or_default();
        credits.max(self.pause.until().map_or(Duration::ZERO, |until| until - Instant::now()))
    }

    fn ask(&self, ticket: &Ticket, weight: u64, now: Timestamp) -> Answer {
        let mut circuit = self.circuit();
        if let Err(until) = circuit.pass(now) {
            return Answer::Wait { until, on: WaitsOn::Others };
        }
        let answer = self.lock().ask(ticket, weight, now);
        if matches!(answer, Answer::Wait { .. }) {
            circuit.undecided();
        }
        answer
    }

    /// Miro refused the token: all wait, and one tries now and then.
    pub(super) fn refused(&self) {
        self.circuit().refused(self.steady.now());
    }

    /// Miro took the token.
    pub(super) fn accepted(&self) {
        self.circuit().accepted();
        self.pause.succeeded();
        self.changed.notify_waiters();
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        // The circuit is whole between any two of its steps.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        // The account is whole between any two of its steps.
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time to `until`, never nothing: a clock between two ticks must not make a busy loop.
fn pause(now: Timestamp, until: Timestamp) -> Duration {
    let wait = until.duration_since(now).max(SignedDuration::from_millis(1));
    Duration::try_from(wait).unwrap_or(Duration::from_millis(1))
}

/// A sweep that waits for credits for less than this is not delayed: credits come in all the time.
const SWEEP_DELAY_MIN: SignedDuration = SignedDuration::from_secs(10);

/// How long a sweep waited for credits so far.
#[derive(Debug, Default)]
struct SweepDelay {
    since: Option<Instant>,
    is_told: bool,
}

impl SweepDelay {
    /// True once: when the sweep waited for long, or has to for `left`.
    fn is_news(&mut self, left: SignedDuration) -> bool {
        let waited = self.since.get_or_insert_with(Instant::now).elapsed();
        let waits = SignedDuration::try_from(waited).unwrap_or(SignedDuration::MAX).saturating_add(left);
        waits >= SWEEP_DELAY_MIN && !std::mem::replace(&mut self.is_told, true)
    }
}

/// A place in the queue; left when dropped.
struct Place<'a> {
    budget: &'a Budget,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.budget.lock().leave(&self.ticket);
        self.budget.changed.notify_waiters();
    }
}

/// Credits set apart for a call; freed when dropped.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    budget: &'a Budget,
    weight: u64,
    serial: u64,
    used: Used,
}

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
    /// No call was made.
    NotAtAll,
    /// A call was made, and no answer is in.
    Called,
    /// The call was answered.
    Answered,
}

impl Reserved<'_> {
    /// The call is made now.
    pub(super) fn call(&mut self) {
        self.used = Used::Called;
    }

    /// The call was answered, and the answer told this. Returns the wait that has to be kept after a refusal.
    pub(super) fn answered(mut self, told: &Told) -> Option<Duration> {
        self.used = Used::Answered;
        self.budget.lock().settle(self.weight, self.serial, Some(told), self.budget.steady.now());
        told.refused.then(|| self.budget.pause.named(Account::wait_after(told)))
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.budget.circuit().undecided();
        match self.used {
            Used::NotAtAll => self.budget.lock().withdraw(self.weight),
            Used::Called => self.budget.lock().settle(self.weight, self.serial, None, self.budget.steady.now()),
            Used::Answered => {}
        }
        self.budget.changed.notify_waiters();
    }
}
