//! The account behind the budget: plain arithmetic over what Miro told, without waiting.
//!
//! It must be right for both ways of counting: a window that is whole again at its reset, and a bucket that fills
//! all the time. Two limits hold at once. Of what Miro says is left, the others' share is never touched. And of our
//! own share we spend no more than it earns: a second bucket, ours alone, fills at the allowed rate.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::told::Told;
use crate::interval::{after, before};
use crate::ledger::Cadence;

/// The period in which the limit is earned (<https://developers.miro.com/reference/rate-limiting>, read 2026-11-22).
const PERIOD: SignedDuration = SignedDuration::from_secs(60);
/// The limit of every account unless Miro says otherwise, in credits a [`PERIOD`] (same page).
const LIMIT_DOCUMENTED: u64 = 100_000;
/// What an older page names (<https://developers.miro.com/v1.0/reference/ratelimiting>, read 2026-11-22): less is never assumed.
const LIMIT_LEAST: u64 = 10_000;
/// Who waited for so long is as urgent as the tail: a small budget delays everybody and starves nobody.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// The wait when there is nothing else to go by.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// Polls and sweeps may take this part of our share: the rest is for their further pages, for history and for repeats.
const STEADY_PART: f64 = 0.75;
/// Polls are slowed in steps of a quarter, and never by more than this.
const PACE_STEP: f64 = 1.25;
const PACE_MAX: f64 = 40.0;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) enum Priority {
    /// The newest time.
    Tail,
    /// What is read again.
    Sweep,
    /// What is old already.
    History,
}

/// The calls that a stream will make as long as it runs: history leaves the tail credits for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Credits for a call.
    pub(crate) weight: u64,
    /// How often it polls and sweeps.
    pub(crate) cadence: Cadence,
}

/// A place in the queue.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    serial: u64,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Go { serial: u64 },
    Wait { until: Timestamp, on: WaitsOn },
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitsOn {
    /// Those before it, or somebody who tries whether the token is good.
    Others,
    /// Credits.
    Credits,
}

#[derive(Debug)]
pub(super) struct Account {
    share: f64,
    known: Known,
    /// Weights of the calls in flight.
    in_flight: u64,
    calls_in_flight: u64,
    /// What our own share has earned and not spent.
    earned: f64,
    earned_at: Timestamp,
    needs: Vec<Need>,
    waiting: BTreeMap<u64, (Priority, Timestamp)>,
    serial: u64,
    /// The latest call begun when the newest telling was taken in: later calls know better.
    told_up_to: u64,
}

/// What is known of Miro's side.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// No call was answered yet.
    Nothing,
    /// Calls are answered without a word on the budget: the documented limit is assumed, or less after refusals.
    Assumed { limit: u64 },
    Told {
        limit: u64,
        remaining: u64,
        /// On our time line.
        reset: Timestamp,
        /// The same by Miro's clock: equal for all answers of one window.
        window: Timestamp,
    },
}

impl Account {
    pub(super) fn new(share: f64) -> Self {
        Self {
            share,
            known: Known::Nothing,
            in_flight: 0,
            calls_in_flight: 0,
            earned: 0.0,
            earned_at: Timestamp::MIN,
            needs: Vec::new(),
            waiting: BTreeMap::new(),
            serial: 0,
            told_up_to: 0,
        }
    }

    pub(super) fn expect(&mut self, need: Need) {
        self.needs.push(need);
    }

    pub(super) fn enter(&mut self, priority: Priority, now: Timestamp) -> Ticket {
        let serial = self.next();
        self.waiting.insert(serial, (priority, now));
        Ticket { serial }
    }

    pub(super) fn leave(&mut self, ticket: &Ticket) {
        self.waiting.remove(&ticket.serial);
    }

    const fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// May the holder of `ticket` spend `weight` now? If so, they are spent.
    pub(super) fn ask(&mut self, ticket: &Ticket, weight: u64, now: Timestamp) -> Answer {
        let order = self.waiting.iter().map(|(serial, (priority, since))| (urgency(*priority, *since, now), *serial));
        let Some((priority, first)) = order.min() else {
            return Answer::Wait { until: after(now, PAUSE), on: WaitsOn::Others };
        };
        if first != ticket.serial {
            // Whoever is first tells when it has gone; until then only growing older can change the order.
            return Answer::Wait { until: after(now, PATIENCE), on: WaitsOn::Others };
        }
        match self.free_at(weight, priority, now) {
            Some(until) if until > now => Answer::Wait { until, on: WaitsOn::Credits },
            _ => self.go(weight),
        }
    }

    fn go(&mut self, weight: u64) -> Answer {
        self.in_flight += weight;
        self.calls_in_flight += 1;
        self.earned -= weight as f64;
        Answer::Go { serial: self.next() }
    }

    /// When `weight` can be spent; `None` for now.
    pub(super) fn free_at(&mut self, weight: u64, priority: Priority, now: Timestamp) -> Option<Timestamp> {
        match self.known {
            Known::Assumed { .. } => self.own(weight, now),
            // One call at a time until Miro has said how much there is, or after what it said is out of date.
            Known::Nothing => (self.calls_in_flight > 0).then(|| after(now, PAUSE)),
            Known::Told { reset, .. } if reset <= now => {
                let wait = self.own(weight, now);
                wait.or_else(|| (self.calls_in_flight > 0).then(|| after(now, PAUSE)))
            }
            Known::Told { limit, remaining, reset, .. } => {
                let allowed = self.allowed(limit);
                let left = remaining.saturating_sub(limit.saturating_sub(allowed)).saturating_sub(self.in_flight);
                let kept = if priority == Priority::Tail { 0 } else { self.kept_for_tails(allowed, reset, now) };
                if left < weight.min(allowed) + kept { Some(reset) } else { self.own(weight, now) }
            }
        }
    }

    /// When our own share has earned `weight`; `None` for now.
    fn own(&mut self, weight: u64, now: Timestamp) -> Option<Timestamp> {
        let per_second = self.allowed(self.limit()?) as f64 / PERIOD.as_secs_f64();
        let most = self.saved_most() as f64;
        let since = now.duration_since(self.earned_at).as_secs_f64().clamp(0.0, PERIOD.as_secs_f64());
        self.earned = (self.earned + since * per_second).min(most.max(weight as f64));
        self.earned_at = now;
        let missing = (weight as f64).min(self.allowed(self.limit()?) as f64) - self.earned;
        (missing > 0.0).then(|| after(now, SignedDuration::from_secs_f64(missing / per_second)))
    }

    /// The most that may be saved up of our own share: all of it where Miro tells what is left, and where it does not, no
    /// more than leaves any one period within the assumed limit.
    fn saved_most(&self) -> u64 {
        match self.known {
            Known::Nothing => 0,
            Known::Told { limit, .. } => self.allowed(limit),
            Known::Assumed { limit } => limit.saturating_sub(self.allowed(limit)).max(limit / 10),
        }
    }

    /// What the tails will need until the reset, at most half of what is allowed.
    fn kept_for_tails(&self, allowed: u64, reset: Timestamp, now: Timestamp) -> u64 {
        let left = reset.duration_since(now).min(PERIOD).as_secs_f64();
        let needs = self.needs.iter().map(|need| {
            let every = self.paced(&need.cadence).poll_every;
            ((left / every.as_secs_f64()).ceil() as u64).saturating_mul(need.weight)
        });
        needs.fold(0, u64::saturating_add).min(allowed / 2)
    }

    /// The cadence that the budget carries: the one given where all polls and sweeps fit into it, else a slower one.
    pub(super) fn paced(&self, cadence: &Cadence) -> Cadence {
        let Some(limit) = self.limit() else { return cadence.clone() };
        let room = self.allowed(limit) as f64 * STEADY_PART;
        let fits = |paced: &dyn Fn(&Cadence) -> Cadence| {
            let credits = self.needs.iter().map(|need| paced(&need.cadence).calls_in(PERIOD) * need.weight as f64);
            credits.sum::<f64>() <= room
        };
        if fits(&Cadence::clone) {
            return cadence.clone();
        }
        let paces = std::iter::successors(Some(1.0), |pace| Some(pace * PACE_STEP)).take_while(|pace| *pace < PACE_MAX);
        let pace = paces.into_iter().find(|pace| fits(&|cadence: &Cadence| cadence.slowed(*pace)));
        cadence.slowed(pace.unwrap_or(PACE_MAX))
    }

    /// The ceiling that Miro told, or the one assumed.
    pub(super) const fn limit(&self) -> Option<u64> {
        match self.known {
            Known::Nothing => None,
            Known::Assumed { limit } | Known::Told { limit, .. } => Some(limit),
        }
    }

    fn allowed(&self, limit: u64) -> u64 {
        ((limit as f64 * self.share) as u64).clamp(1, limit.max(1))
    }

    /// A call of `weight`, begun as `serial`, is over; `told` is what its answer said, if it was answered.
    pub(super) fn settle(&mut self, weight: u64, serial: u64, told: Option<&Told>, now: Timestamp) {
        self.in_flight -= weight;
        self.calls_in_flight -= 1;
        let Some(told) = told else { return };
        match (told.limit, told.remaining) {
            (Some(limit), Some(remaining)) => self.learn(serial, limit, remaining, told, now),
            _ => self.assume(told.refused, now),
        }
    }

    /// A call that was permitted was not made after all.
    pub(super) fn withdraw(&mut self, weight: u64) {
        self.in_flight -= weight;
        self.calls_in_flight -= 1;
        self.earned += weight as f64;
    }

    /// An answer said nothing of the budget.
    fn assume(&mut self, refused: bool, now: Timestamp) {
        match &mut self.known {
            Known::Nothing => {
                self.known = Known::Assumed { limit: LIMIT_DOCUMENTED };
                self.earned = self.saved_most() as f64 - weight_of(self.in_flight);
                self.earned_at = now;
            }
            // Refused below what is documented: this account's limit is another, and it is felt for from above.
            Known::Assumed { limit } if refused => {
                *limit = (*limit / 2).max(LIMIT_LEAST);
                self.earned = 0.0;
                self.earned_at = now;
            }
            Known::Assumed { .. } | Known::Told { .. } => {}
        }
    }

    fn learn(&mut self, serial: u64, limit: u64, remaining: u64, told: &Told, now: Timestamp) {
        // A reset that is over already would let the next call go at once; one further away than the period is a mistake,
        // since a limit is by the minute.
        let resets_in = told.resets_in().unwrap_or(PERIOD).clamp(PAUSE, PERIOD);
        let (reset, window) = (after(now, resets_in), told.reset.unwrap_or(told.sent));
        let overlapped = serial <= self.told_up_to;
        match self.known {
            // Answers may overtake each other: of calls in flight together, the later state of Miro's counts.
            // The window only moves on, and until it does, what is left only shrinks.
            Known::Told { limit: known_limit, remaining: known, window: known_window, .. }
                if overlapped
                    && known_limit == limit
                    && (window < known_window || (window == known_window && known < remaining)) =>
            {
                return;
            }
            Known::Told { .. } => {}
            Known::Nothing | Known::Assumed { .. } => {
                self.earned = self.allowed(limit).min(remaining) as f64 - weight_of(self.in_flight);
                self.earned_at = now;
            }
        }
        self.known = Known::Told { limit, remaining, reset, window };
        self.told_up_to = self.serial;
    }

    /// The wait after a refusal, named or not: the reset, or a short pause.
    pub(super) fn wait_after(told: &Told) -> Duration {
        let reset = || Duration::try_from(told.resets_in()?.clamp(SignedDuration::ZERO, PERIOD)).ok();
        told.retry_after.or_else(reset).unwrap_or(Duration::from_secs(1))
    }
}

fn weight_of(in_flight: u64) -> f64 {
    in_flight as f64
}

fn urgency(priority: Priority, since: Timestamp, now: Timestamp) -> Priority {
    if since <= before(now, PATIENCE) { Priority::Tail } else { priority }
}
