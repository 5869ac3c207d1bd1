//! One stream's counts, kept while it runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};

use crate::ledger::Ledger;
use crate::retry::End;
use crate::skew;
use crate::status::{StatusProblem, StreamStatus};
use crate::{Problem, Stream};

/// The counts of one stream. Every change is one step under one lock, so that the law of conservation
/// `fetched = delivered + duplicate + set_aside + in_flight` holds whenever somebody looks.
#[derive(Debug)]
pub(crate) struct Progress {
    stream: Stream,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    status: StreamStatus,
    /// Of those in flight, how many are nobody's until they are read again.
    postponed: u64,
    at_source: Option<Problem>,
    at_destination: Option<Problem>,
    at_store: Option<Problem>,
    /// What fails at the moment, at each end, and has not failed for long enough to be told.
    failing: BTreeMap<End, Problem>,
    /// How far our clock is ahead of Miro's, or behind it where negative, when that is too far. Kept apart from either peer's
    /// problems: a page that is read does not mend a clock.
    skew: Option<SignedDuration>,
}

impl Progress {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, state: Mutex::default() }
    }

    pub(crate) const fn stream(&self) -> Stream {
        self.stream
    }

    /// A page is asked for.
    pub(crate) fn asked(&self) {
        self.lock().status.pages += 1;
    }

    /// Miro answered a page.
    pub(crate) fn answered(&self, now: Timestamp) {
        self.lock().status.last_page = Some(now);
    }

    /// Miro told its rate budget.
    pub(crate) fn budget(&self, limit: u64, remaining: u64) {
        let mut state = self.lock();
        state.status.budget_limit = Some(limit);
        state.status.budget_remaining = Some(remaining);
    }

    /// Miro answered 429.
    pub(crate) fn rate_limited(&self) {
        self.lock().status.rate_limited += 1;
    }

    /// An attempt failed.
    pub(crate) fn retried(&self) {
        self.lock().status.retries += 1;
    }

    /// A span is read again from its beginning.
    pub(crate) fn restarted(&self) {
        self.lock().status.restarts += 1;
    }

    /// The tail is polled so often; `slowed` when that is less often than configured.
    pub(crate) fn paced(&self, every: SignedDuration, slowed: bool) {
        let seconds = u64::try_from(every.as_secs()).unwrap_or_default();
        let before = std::mem::replace(&mut self.lock().status.poll_seconds, seconds);
        if before != seconds && (slowed || before != 0) {
            info!(stream = %self.stream, poll_seconds = seconds, slowed, "The rate budget decides how often to poll.");
        }
    }

    /// A sweep waits for the rate budget.
    pub(crate) fn sweep_delayed(&self) {
        self.lock().status.sweeps_delayed += 1;
    }

    /// A page is unusual; true when it is the first.
    pub(crate) fn odd_page(&self) -> bool {
        let mut state = self.lock();
        state.status.odd_pages += 1;
        state.status.odd_pages == 1
    }

    /// Our clock is `skew` ahead of Miro's, which is too far, or agrees with it. Logged when it is news.
    pub(crate) fn skewed(&self, skew: Option<SignedDuration>) {
        let mut state = self.lock();
        match (state.skew, skew) {
            (None, Some(skew)) => report(self.stream, &skew::problem(skew)),
            (Some(_), None) => info!(stream = %self.stream, "Recovered: the clocks agree again."),
            (Some(_), Some(_)) | (None, None) => {}
        }
        state.skew = skew;
    }

    /// How far our clock is ahead of Miro's, or behind it where negative, if that is too far.
    pub(crate) fn skew(&self) -> Option<SignedDuration> {
        self.lock().skew
    }

    /// An upload of so many events has an unknown outcome, and they will be sent again.
    pub(crate) fn outcome_unknown(&self, events: usize) {
        self.lock().status.possible_duplicates += events as u64;
    }

    /// Events of a page came in: so many new, so many known.
    pub(crate) fn took(&self, new: usize, known: usize) {
        let mut state = self.lock();
        // What was read, given back and is read again is counted once.
        let again = state.postponed.min(new as u64);
        state.postponed -= again;
        state.status.fetched += (new + known) as u64 - again;
        state.status.duplicate += known as u64;
        state.status.in_flight += new as u64 - again;
    }

    /// So many events that are in flight will be read again before they are settled.
    pub(crate) fn postponed(&self, events: usize) {
        self.lock().postponed += events as u64;
    }

    /// An event has a field that Azure will cut.
    pub(crate) fn long_field(&self) {
        self.lock().status.long_fields += 1;
    }

    /// Azure acknowledged an upload of so many compressed bytes.
    pub(crate) fn uploaded(&self, bytes: usize, now: Timestamp) {
        let mut state = self.lock();
        state.status.batches += 1;
        state.status.bytes_sent += bytes as u64;
        state.status.last_delivery = Some(now);
    }

    /// Events are settled, and durably so.
    pub(crate) fn settled(&self, delivered: usize, set_aside: usize) {
        let mut state = self.lock();
        state.status.delivered += delivered as u64;
        state.status.set_aside += set_aside as u64;
        state.status.dead_letters += set_aside as u64;
        state.status.in_flight -= (delivered + set_aside) as u64;
    }

    /// The dead-letter store holds so many events of this stream.
    pub(crate) fn dead_letters(&self, held: u64) {
        self.lock().status.dead_letters = held;
    }

    /// Where the ledger stands.
    pub(crate) fn ledger(&self, ledger: &Ledger) {
        let mut state = self.lock();
        state.status.covered_to = Some(ledger.covered_to());
        state.status.settled_to = Some(ledger.settled_to());
        state.status.open_spans = ledger.open_spans() as u64;
        state.status.to_do_seconds = ledger.unread().as_secs().unsigned_abs();
    }

    /// Somebody has to mend something. Logged when it is news.
    pub(crate) fn troubled(&self, end: End, problem: Problem) {
        let mut state = self.lock();
        let held = state.at(end);
        if held.as_ref() != Some(&problem) {
            report(self.stream, &problem);
            *held = Some(problem);
        }
    }

    /// An attempt failed at `end`, for a reason that may pass.
    pub(crate) fn failing(&self, end: End, problem: Problem) {
        self.lock().failing.insert(end, problem);
    }

    /// A run that ends, ends with `problem`. Whoever started it is told: no log line is needed.
    pub(crate) fn ended_with(&self, end: End, problem: Problem) {
        *self.lock().at(end) = Some(problem);
    }

    /// A run that ends was not done in time: what failed until then is the reason.
    pub(crate) fn ended_late(&self) {
        let mut state = self.lock();
        while let Some((end, problem)) = state.failing.pop_first() {
            state.at(end).get_or_insert(problem);
        }
    }

    /// All is well at `end`; true when it was not before.
    pub(crate) fn mended(&self, end: End) -> bool {
        let mut state = self.lock();
        state.failing.remove(&end);
        state.at(end).take().is_some()
    }

    /// The counts now.
    pub(crate) fn snapshot(&self) -> StreamStatus {
        let state = self.lock();
        let skew = state.skew.map(skew::problem);
        let problems =
            [state.at_source.as_ref(), state.at_destination.as_ref(), state.at_store.as_ref(), skew.as_ref()];
        let problem = problems.into_iter().flatten().next().map(StatusProblem::from);
        StreamStatus { problem, ..state.status.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counts stay meaningful after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(stream: Stream, problem: &Problem) {
    error!(
        stream = %stream,
        code = problem.code.name(),
        subject = problem.subject,
        cause = problem.cause,
        next_step = problem.next_step,
        "Somebody has to mend something."
    );
}

impl State {
    const fn at(&mut self, end: End) -> &mut Option<Problem> {
        match end {
            End::Source => &mut self.at_source,
            End::Destination => &mut self.at_destination,
            End::Store => &mut self.at_store,
        }
    }
}
