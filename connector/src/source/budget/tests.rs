//! The account against a Miro that counts in windows, and one whose bucket fills all the time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Budget;
use super::account::{Account, Answer, Need, Priority};
use super::told::Told;
use crate::Stream;
use crate::interval::after;
use crate::ledger::Cadence;
use crate::progress::Progress;

const LIMIT: u64 = 100_000;
const MINUTES: i64 = 12;
const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn start() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// How Miro counts.
#[derive(Clone, Copy, Debug)]
enum Counts {
    InWindows,
    Continuously,
}

#[derive(Debug)]
struct Server {
    counts: Counts,
    limit: u64,
    left: f64,
    at: Timestamp,
    refused: u32,
    spent: u64,
}

impl Server {
    fn new(counts: Counts, limit: u64) -> Self {
        Self { counts, limit, left: limit as f64, at: start(), refused: 0, spent: 0 }
    }

    fn reset(&self) -> Timestamp {
        match self.counts {
            Counts::InWindows => Timestamp::from_second(self.at.as_second().div_euclid(60) * 60 + 60).unwrap(),
            Counts::Continuously => {
                let missing = (self.limit as f64 - self.left) / self.limit as f64 * 60.0;
                Timestamp::from_second(after(self.at, SignedDuration::from_secs_f64(missing)).as_second() + 1).unwrap()
            }
        }
    }

    fn call(&mut self, weight: u64, now: Timestamp) -> Told {
        match self.counts {
            Counts::InWindows if now >= self.reset() => self.left = self.limit as f64,
            Counts::InWindows => {}
            Counts::Continuously => {
                let earned = now.duration_since(self.at).as_secs_f64() * self.limit as f64 / 60.0;
                self.left = (self.left + earned).min(self.limit as f64);
            }
        }
        self.at = now;
        let refused = self.left < weight as f64;
        if refused {
            self.refused += 1;
        } else {
            self.left -= weight as f64;
            self.spent += weight;
        }
        Told {
            limit: Some(self.limit),
            remaining: Some(self.left as u64),
            reset: Some(self.reset()),
            sent: now,
            refused,
            retry_after: None,
        }
    }
}

/// A backfill of `minutes` over `lanes` with calls of `weight` that take 50 ms; returns the server and its lowest level.
fn backfill(counts: Counts, limit: u64, share: f64, weight: u64, lanes: usize, minutes: i64) -> (Server, f64) {
    let mut server = Server::new(counts, limit);
    let mut account = Account::new(share);
    let mut now = start();
    let mut lowest = f64::MAX;
    let mut calls: Vec<(Timestamp, u64, Told)> = Vec::new();
    let mut tickets = Vec::new();
    while now < after(start(), SECOND * i32::try_from(minutes * 60).unwrap()) {
        while let Some(index) = calls.iter().position(|(done, ..)| *done <= now) {
            let (_, serial, told) = calls.remove(index);
            account.settle(weight, serial, Some(&told), now);
        }
        while tickets.len() + calls.len() < lanes {
            tickets.push(account.enter(Priority::History, now));
        }
        let mut waiting = Vec::new();
        for ticket in tickets.drain(..) {
            if let Answer::Go { serial } = account.ask(&ticket, weight, now) {
                account.leave(&ticket);
                let told = server.call(weight, now);
                lowest = lowest.min(server.left);
                calls.push((after(now, SignedDuration::from_millis(50)), serial, told));
            } else {
                waiting.push(ticket);
            }
        }
        tickets = waiting;
        now = after(now, SignedDuration::from_millis(25));
    }
    (server, lowest)
}

#[test]
fn a_backfill_uses_what_is_allowed_and_is_never_refused() {
    for counts in [Counts::InWindows, Counts::Continuously] {
        for (limit, share, weight) in
            [(LIMIT, 0.8, 100), (LIMIT, 0.8, 2000), (10_000, 0.8, 2000), (LIMIT, 1.0, 100), (10_000, 1.0, 2000)]
        {
            let (server, lowest) = backfill(counts, limit, share, weight, 3, MINUTES);
            let allowed = limit as f64 * share * MINUTES as f64;
            let used = server.spent as f64 / allowed;
            assert_eq!(server.refused, 0, "{counts:?} {limit} {share} {weight}");
            assert!(used >= 0.95, "{counts:?} {limit} {share} {weight}: {used}");
            // A bucket that is full at the start may be spent once more than is earned.
            assert!(used <= 1.0 + 1.2 / MINUTES as f64, "{counts:?} {limit} {share} {weight}: {used}");
            let others = limit as f64 * (1.0 - share);
            assert!(lowest >= others - 1.0 - 3.0 * weight as f64 * f64::from(u8::from(share > 0.99)), "{lowest}");
        }
    }
}

fn told(remaining: u64, reset_in: i64) -> Told {
    Told {
        limit: Some(LIMIT),
        remaining: Some(remaining),
        reset: Some(after(start(), SECOND * i32::try_from(reset_in).unwrap())),
        sent: start(),
        ..Told::default()
    }
}

/// An account that has been told so.
fn knowing(told: &Told) -> Account {
    let mut account = Account::new(0.8);
    let ticket = account.enter(Priority::Tail, start());
    let Answer::Go { serial } = account.ask(&ticket, 100, start()) else { panic!("the first call goes at once") };
    account.leave(&ticket);
    account.settle(100, serial, Some(told), start());
    account
}

fn goes(account: &mut Account, priority: Priority, weight: u64, now: Timestamp) -> bool {
    let ticket = account.enter(priority, now);
    let answer = account.ask(&ticket, weight, now);
    account.leave(&ticket);
    matches!(answer, Answer::Go { .. })
}

#[test]
fn the_share_of_others_is_not_touched() {
    let mut account = knowing(&told(20_150, 30));
    assert!(goes(&mut account, Priority::Tail, 100, start()));
    assert!(!goes(&mut account, Priority::Tail, 100, start()), "one is in flight already");
}

#[test]
fn history_leaves_the_tail_what_it_will_need() {
    let mut account = knowing(&told(20_400, 30));
    account.expect(Need { weight: 100, cadence: Cadence::new(Duration::from_secs(15), &[]) });
    assert!(goes(&mut account, Priority::History, 100, start()));
    assert!(goes(&mut account, Priority::History, 100, start()));
    assert!(!goes(&mut account, Priority::History, 100, start()), "200 are the tail's");
    assert!(!goes(&mut account, Priority::Sweep, 100, start()));
    assert!(goes(&mut account, Priority::Tail, 100, start()));
}

#[test]
fn the_tail_goes_first_and_whoever_waited_long_goes_too() {
    let mut account = knowing(&told(90_000, 30));
    let history = account.enter(Priority::History, start());
    let tail = account.enter(Priority::Tail, start());
    assert!(matches!(account.ask(&history, 100, start()), Answer::Wait { .. }));
    let later = after(start(), SECOND * 60);
    assert!(matches!(account.ask(&tail, 100, later), Answer::Wait { .. }), "history came first and waited as long");
    assert!(matches!(account.ask(&history, 100, later), Answer::Go { .. }));
}

/// A budget whose only call was answered so; returns the wait that is kept, and how long the next call really waits.
async fn refused(told: Told) -> (Duration, Duration) {
    let budget = Budget::new(0.8, start(), Arc::default(), None);
    let progress = Progress::new(Stream::Audit);
    let mut reserved = budget.reserve(100, Priority::Tail, &progress).await.unwrap();
    reserved.call();
    let kept = reserved.answered(&Told { refused: true, ..told }).unwrap();
    let asked = tokio::time::Instant::now();
    drop(budget.reserve(100, Priority::Tail, &progress).await.unwrap());
    (kept, asked.elapsed())
}

#[tokio::test(start_paused = true)]
async fn after_429_nobody_calls_before_the_time_named_or_the_reset() {
    let seconds = Duration::from_secs;
    let named = |wait| Told { retry_after: Some(seconds(wait)), ..Told::default() };
    let table = [
        (named(9), seconds(9)),
        (named(3_600), seconds(3_600)),
        (named(86_400), seconds(60)),
        (told(0, 20), seconds(20)),
        (told(0, 86_400), seconds(60)),
        (told(0, -5), seconds(0)),
        (Told::default(), seconds(1)),
    ];
    for (told, expected) in table {
        let (kept, waited) = refused(told).await;
        assert_eq!(kept, expected, "{told:?}");
        assert!(waited >= expected && waited <= expected + seconds(1), "{told:?}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_does_not_wait_for_a_far_time() {
    let budget = Budget::new(0.8, start(), Arc::default(), Some(Duration::from_mins(5)));
    let progress = Progress::new(Stream::Audit);
    let mut reserved = budget.reserve(100, Priority::Tail, &progress).await.unwrap();
    reserved.call();
    let told = Told { refused: true, retry_after: Some(Duration::from_mins(6)), ..Told::default() };
    reserved.answered(&told);
    assert!(budget.reserve(100, Priority::Tail, &progress).await.is_err());
    tokio::time::advance(Duration::from_mins(1)).await;
    assert!(budget.reserve(100, Priority::Tail, &progress).await.is_ok());
}

#[test]
fn one_call_finds_out_and_silence_means_the_documented_limit() {
    let mut account = Account::new(0.8);
    assert!(goes(&mut account, Priority::History, 100, start()));
    assert!(!goes(&mut account, Priority::History, 100, start()));
    let mut account = knowing(&Told::default());
    assert!((0..100).all(|_| goes(&mut account, Priority::History, 100, start())));
}

#[test]
fn after_a_refusal_nothing_that_was_saved_is_spent() {
    let mut account = knowing(&Told::default());
    let ticket = account.enter(Priority::Tail, start());
    let Answer::Go { serial } = account.ask(&ticket, 100, start()) else { panic!("some of the limit is saved") };
    account.leave(&ticket);
    account.settle(100, serial, Some(&Told { refused: true, ..Told::default() }), start());
    assert!(!goes(&mut account, Priority::Tail, 100, start()));
    assert!(goes(&mut account, Priority::Tail, 100, after(start(), SECOND)));
}

/// A Miro that counts in windows of a minute without a word; returns the calls it took and those it refused.
fn without_headers(limit: u64, share: f64, weight: u64, minutes: i64) -> (u64, u32) {
    let mut server = Server::new(Counts::InWindows, limit);
    let mut account = Account::new(share);
    let (mut calls, mut now, mut blocked) = (0, start(), start());
    while now < after(start(), SECOND * i32::try_from(minutes * 60).unwrap()) {
        let ticket = account.enter(Priority::History, now);
        if now >= blocked
            && let Answer::Go { serial } = account.ask(&ticket, weight, now)
        {
            calls += 1;
            let told = Told { refused: server.call(weight, now).refused, sent: now, ..Told::default() };
            account.settle(weight, serial, Some(&told), now);
            if told.refused {
                blocked = after(now, SignedDuration::try_from(Account::wait_after(&told)).unwrap());
            }
        }
        account.leave(&ticket);
        now = after(now, SignedDuration::from_millis(50));
    }
    (calls, server.refused)
}

#[test]
fn without_headers_the_documented_limit_is_kept_and_a_smaller_one_is_found() {
    for (weight, per_minute) in [(2_000, 40), (100, 800)] {
        let (calls, refused) = without_headers(100_000, 0.8, weight, 10);
        assert_eq!(refused, 0, "{weight}");
        assert!(calls >= per_minute * 9, "{weight}: {calls} calls");
    }
    let (calls, refused) = without_headers(10_000, 0.8, 2_000, 30);
    assert!(refused <= 12 && calls >= 60, "{calls} calls, {refused} refused");
}

#[test]
fn an_answer_that_was_overtaken_does_not_raise_what_is_left() {
    let mut account = knowing(&told(50_000, 30));
    let begin = |account: &mut Account| {
        let ticket = account.enter(Priority::Tail, start());
        let Answer::Go { serial } = account.ask(&ticket, 100, start()) else { panic!() };
        account.leave(&ticket);
        serial
    };
    let (one, other) = (begin(&mut account), begin(&mut account));
    account.settle(100, other, Some(&told(20_100, 30)), start());
    account.settle(100, one, Some(&told(49_900, 30)), start());
    assert!(goes(&mut account, Priority::Tail, 100, start()));
    assert!(!goes(&mut account, Priority::Tail, 100, start()));
}

#[test]
fn a_server_whose_clock_is_behind_is_not_hammered() {
    let mut account = knowing(&told(0, -5));
    assert!(!goes(&mut account, Priority::Tail, 100, start()));
    assert!(!goes(&mut account, Priority::Tail, 100, after(start(), SignedDuration::from_millis(900))));
    assert!(goes(&mut account, Priority::Tail, 100, after(start(), SECOND)));
}

/// What polls and sweeps of these streams cost a minute, after an account with `limit` credits a minute has paced them.
fn paced_cost(limit: u64, weights: &[u64]) -> (f64, SignedDuration) {
    let sweeps = [2, 10, 30].map(Duration::from_mins);
    let cadence = Cadence::new(Duration::from_secs(15), &sweeps);
    let mut account = Account::new(0.8);
    for weight in weights {
        account.expect(Need { weight: *weight, cadence: cadence.clone() });
    }
    let mut server = Server::new(Counts::InWindows, limit);
    let ticket = account.enter(Priority::Tail, start());
    assert!(matches!(account.ask(&ticket, weights[0], start()), Answer::Go { .. }));
    account.settle(weights[0], 1, Some(&server.call(weights[0], start())), start());
    let paced = account.paced(&cadence);
    let minute = SignedDuration::from_mins(1);
    (weights.iter().map(|weight| paced.calls_in(minute) * *weight as f64).sum(), paced.poll_every)
}

#[test]
fn a_large_budget_changes_no_cadence() {
    let (_, every) = paced_cost(100_000, &[2_000, 100]);
    assert_eq!(every, SECOND * 15);
}

#[test]
fn a_small_budget_slows_polls_until_sweeps_fit_beside_them() {
    for (limit, weights) in [(10_000, &[2_000][..]), (10_000, &[2_000, 100]), (20_000, &[2_000]), (4_000, &[2_000])] {
        let (cost, every) = paced_cost(limit, weights);
        assert!(cost <= limit as f64 * 0.8 * 0.75, "{limit}: {cost} credits a minute");
        assert!(every >= SECOND * 15 && every <= SignedDuration::from_mins(10), "{limit}: every {every:#}");
    }
    let (_, every) = paced_cost(10_000, &[2_000]);
    assert!(
        every > SECOND * 15 && every < SECOND * 40,
        "the newest events of a content log come within a minute: {every:#}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_is_delayed_by_credits_that_are_missing_and_by_nothing_else() {
    let told = |remaining| Told {
        limit: Some(LIMIT),
        remaining: Some(remaining),
        reset: Some(after(start(), SECOND * 60)),
        sent: start(),
        ..Told::default()
    };
    for (remaining, is_refused, expected) in [(LIMIT, false, 0), (LIMIT, true, 0), (0, false, 1)] {
        let budget = Budget::new(0.8, start(), Arc::default(), None);
        let progress = Progress::new(Stream::Audit);
        let mut reserved = budget.reserve(100, Priority::Tail, &progress).await.expect("nobody named a wait");
        reserved.call();
        reserved.answered(&told(remaining));
        if is_refused {
            budget.refused();
        }
        let sweep = budget.reserve(100, Priority::Sweep, &progress).await.expect("nobody named a wait");
        drop(sweep);
        assert_eq!(progress.snapshot().sweeps_delayed, expected, "{remaining} left, token refused: {is_refused}");
    }
}
