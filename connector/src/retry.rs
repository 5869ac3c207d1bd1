//! What happens after a failure, and the one place that waits before another try.

use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use crate::ledger::WindowId;
use crate::pack::BatchId;
use crate::peer::Peer;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::{Problem, Random};

pub(crate) use named_wait::{Pause, Pauses, date, retry_after};
pub(crate) use next::{Abort, Failure, Next};
pub(crate) use twice::twice;

mod named_wait;
mod next;
mod twice;

/// Whether a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunMode {
    /// It does not: the process stays up and reports what is wrong.
    Service,
    /// It does: a problem that requires operator action ends it, and so does a peer that fails for long.
    Once,
}

/// The first wait is at most this, the later ones double.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Full jitter may draw zero; a failing peer is still given a breath.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
/// Waits while operator action is required.
const BLOCKED_FIRST: Duration = Duration::from_secs(5);
const BLOCKED_MAX: Duration = Duration::from_mins(1);
/// A peer that fails for this long, or names a longer wait, is reported as a problem.
const REPORT_AFTER: Duration = Duration::from_mins(1);
/// A run that ends gives up on a peer that fails for this long, or names a longer wait.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_mins(5);

/// The waits between the attempts of one thing. Made for each thing, and handed each failure.
#[derive(Debug)]
pub(crate) struct Retrier<'a> {
    pub(crate) progress: &'a Progress,
    pub(crate) random: &'a Random,
    pub(crate) stop: &'a Stop,
    pub(crate) run_mode: RunMode,
    peer: Peer,
    /// What the attempts are made for, in log lines.
    window: Option<WindowId>,
    pub(crate) batch: Option<BatchId>,
    failures: u32,
    refusals: u32,
    refreshed: bool,
    failing_since: Option<Instant>,
}

impl<'a> Retrier<'a> {
    pub(crate) fn new(
        progress: &'a Progress,
        random: &'a Random,
        stop: &'a Stop,
        run_mode: RunMode,
        peer: Peer,
    ) -> Self {
        Self {
            progress,
            random,
            stop,
            run_mode,
            peer,
            window: None,
            batch: None,
            failures: 0,
            refusals: 0,
            refreshed: false,
            failing_since: None,
        }
    }

    /// The same, with the window that the attempts are made for.
    pub(crate) fn of_window(self, window: WindowId) -> Self {
        Self { window: Some(window), ..self }
    }

    /// An attempt succeeded: the peer is well.
    pub(crate) fn succeeded(&mut self) {
        (self.failures, self.refusals, self.refreshed, self.failing_since) = (0, 0, false, None);
        self.progress.mended(self.peer);
    }

    /// Says what is wrong, and goes on.
    pub(crate) fn report(&self, problem: Problem) {
        self.progress.troubled(self.peer, problem);
    }

    /// Waits before the attempt that ended with `failure` is made again: the time that the peer named, or a growing random one.
    ///
    /// Cancel safe: dropping it forgets nothing but the wait.
    pub(crate) async fn wait(&mut self, failure: &impl Failure, after: Option<Duration>) -> Result<(), Abort> {
        self.progress.retried();
        self.progress.failed(self.peer, failure.to_string(), failure.lasting());
        let failing_for = self.failing_since.get_or_insert_with(Instant::now).elapsed();
        let named = after.unwrap_or_default();
        if failing_for.max(named) >= GIVE_UP_AFTER && self.run_mode == RunMode::Once {
            return Err(self.give_up(failure.lasting()));
        }
        if failing_for >= REPORT_AFTER || named >= REPORT_AFTER {
            self.progress.troubled(self.peer, failure.lasting());
        }
        let ceiling = BACKOFF_FIRST.saturating_mul(1 << self.failures.min(16)).min(BACKOFF_MAX);
        let delay = match after {
            Some(after) => after + self.random.up_to(BACKOFF_FIRST),
            None => self.random.up_to(ceiling).max(BACKOFF_MIN),
        };
        self.failures += 1;
        self.log(&failure.to_string(), self.failures, failure.waits().unwrap_or_default().max(delay));
        // Whoever is to end does not sit out a wait, which may be an hour: what waits was not delivered, and is read again.
        tokio::select! {
            biased;
            () = self.stop.finishing() => Err(Abort::Stopping),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }

    /// The line of a wait, from which the way of one batch through an outage can be read.
    fn log(&self, error: &str, attempt: u32, delay: Duration) {
        debug!(
            stream = %self.progress.stream(),
            peer = self.peer.name(),
            window = self.window.map(tracing::field::display),
            batch = self.batch.map(tracing::field::display),
            error,
            attempt,
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "Retrying."
        );
    }

    /// A run that ends, ends with `problem`, and its last status says so.
    fn give_up(&self, problem: Problem) -> Abort {
        self.progress.ended_with(self.peer, problem.clone());
        Abort::Blocked(problem)
    }

    /// Makes the next attempt at once, the first time since a success; after that operator action is required.
    pub(crate) async fn once_more(&mut self, problem: Problem) -> Result<(), Abort> {
        if self.refreshed {
            return self.block(problem).await;
        }
        self.progress.retried();
        self.refreshed = true;
        Ok(())
    }

    /// Operator action is required: waits, and returns now and then for another attempt that shows whether it was taken.
    ///
    /// Cancel safe: dropping it forgets nothing but the wait.
    pub(crate) async fn block(&mut self, problem: Problem) -> Result<(), Abort> {
        self.progress.retried();
        if self.run_mode == RunMode::Once {
            return Err(self.give_up(problem));
        }
        let cause = problem.cause.clone();
        self.progress.troubled(self.peer, problem);
        let ceiling = BLOCKED_FIRST.saturating_mul(1 << self.refusals.min(8)).min(BLOCKED_MAX);
        let delay = BLOCKED_FIRST.max(self.random.up_to(ceiling));
        self.refusals += 1;
        self.refreshed = false;
        self.log(&cause, self.refusals, delay);
        tokio::select! {
            biased;
            () = self.stop.finishing() => Err(Abort::Stopping),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::Stream;
    use crate::problem::Code;

    /// A peer that fails, and may name a wait.
    #[derive(Debug, thiserror::Error)]
    #[error("it fails")]
    struct Failing(Option<Duration>);

    impl Failure for Failing {
        type Action = Infallible;

        fn next(&self) -> Next<Infallible> {
            Next::Retry { after: self.0 }
        }

        fn lasting(&self) -> Problem {
            Problem { code: Code::MiroFailing, subject: "it".into(), cause: self.to_string(), next_step: "wait".into() }
        }
    }

    /// Bears a peer that fails for two hours; returns when that became a problem to be told, and when it was given up.
    async fn borne(run_mode: RunMode, named: Option<Duration>) -> (Option<u64>, Option<u64>) {
        let (progress, random, stop) = (Progress::new(Stream::Audit), Random::seeded(1), Stop::new());
        let mut retrier = Retrier::new(&progress, &random, &stop, run_mode, Peer::Source);
        let began = Instant::now();
        let mut told = None;
        while began.elapsed() < Duration::from_hours(2) {
            let at = began.elapsed().as_secs();
            let verdict = retrier.wait(&Failing(named), named).await;
            if progress.snapshot().problem.is_some() {
                told.get_or_insert(at);
            }
            match verdict {
                Ok(()) => {}
                Err(Abort::Blocked(problem)) => {
                    assert_eq!(problem, Failing(named).lasting());
                    return (told, Some(at));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        (told, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_peer_is_told_after_a_minute_and_a_run_that_ends_gives_up_after_five() {
        let (told, given_up) = borne(RunMode::Once, None).await;
        assert!(told.is_some_and(|told| (60..91).contains(&told)), "{told:?}");
        assert!(given_up.is_some_and(|given_up| (300..331).contains(&given_up)), "{given_up:?}");
        let (told, given_up) = borne(RunMode::Service, None).await;
        assert!(told.is_some_and(|told| (60..91).contains(&told)), "{told:?}");
        assert_eq!(given_up, None, "a service goes on for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_named_counts_as_failing_for_so_long() {
        // The wait named, when it is told, and when a run that ends gives up.
        for (named, told_from, expected_given_up) in
            [(59, 60, 300..363), (60, 0, 300..363), (299, 0, 598..602), (300, 0, 0..1)]
        {
            let (told, given_up) = borne(RunMode::Once, Some(Duration::from_secs(named))).await;
            assert!(told.is_some_and(|told| (told_from..120).contains(&told)), "{named}: {told:?}");
            assert!(given_up.is_some_and(|given_up| expected_given_up.contains(&given_up)), "{named}: {given_up:?}");
        }
        assert_eq!(borne(RunMode::Service, Some(Duration::from_mins(10))).await, (Some(0), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_mends_the_peer_and_begins_the_time_anew() {
        let (progress, random, stop) = (Progress::new(Stream::Audit), Random::seeded(1), Stop::new());
        let mut retrier = Retrier::new(&progress, &random, &stop, RunMode::Once, Peer::Source);
        for _ in 0..3 {
            let began = Instant::now();
            while began.elapsed() < Duration::from_mins(4) {
                retrier.wait(&Failing(None), None).await.expect("less than five minutes in a row");
            }
            assert!(progress.snapshot().problem.is_some());
            retrier.succeeded();
            assert_eq!(progress.snapshot().problem, None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Never earlier than a peer asked for, never much later, and without a word from the peer between the bounds.
        #[test]
        fn waits_keep_to_what_was_named_and_to_their_bounds(
            waits in proptest::collection::vec(proptest::option::of(0_u64..3_600), 1..40),
            seed in any::<u64>(),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let (progress, random, stop) = (Progress::new(Stream::Audit), Random::seeded(seed), Stop::new());
                let mut retrier = Retrier::new(&progress, &random, &stop, RunMode::Service, Peer::Source);
                for named in waits {
                    let named = named.map(Duration::from_secs);
                    let began = Instant::now();
                    retrier.wait(&Failing(named), named).await.expect("a service goes on");
                    let waited = began.elapsed();
                    match named {
                        Some(named) => {
                            prop_assert!(named <= waited && waited <= named + BACKOFF_FIRST + TICK, "{named:?}: {waited:?}");
                        }
                        None => prop_assert!(BACKOFF_MIN <= waited && waited <= BACKOFF_MAX + TICK, "{waited:?}"),
                    }
                }
                Ok(())
            })?;
        }
    }

    /// The timer's own step.
    const TICK: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn who_is_to_end_does_not_sit_out_a_wait() {
        let (progress, random, stop) = (Progress::new(Stream::Audit), Random::seeded(1), Stop::new());
        let mut retrier = Retrier::new(&progress, &random, &stop, RunMode::Service, Peer::Destination);
        let began = Instant::now();
        let told = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            stop.finish();
        };
        let failing = Failing(Some(Duration::from_mins(10)));
        let (verdict, ()) = futures_util::future::join(retrier.wait(&failing, failing.0), told).await;
        assert!(matches!(verdict, Err(Abort::Stopping)));
        assert_eq!(began.elapsed().as_secs(), 5);
    }
}
