//! One stream's counts, kept while it runs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, info};

use crate::durations::{RequestOutcome, Service};
use crate::ledger::Ledger;
use crate::outage::Health;
use crate::peer::Peer;
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
    at_source: Health,
    at_destination: Health,
    at_store: Health,
    /// Kept apart from either peer's problems: a page that is read does not mend a clock.
    clock: Health,
    /// How far our clock is ahead of Miro's, or behind it where negative, when that is too far.
    skew: Option<SignedDuration>,
    /// Whether the rate budget slows the polls.
    slowed: bool,
    /// Whether Miro was asked for nothing of a window because it is too old.
    passed_over: bool,
    logged: Logged,
    /// When the work was taken up.
    began: Option<Timestamp>,
}

/// What the last line about deliveries counted up to.
#[derive(Clone, Copy, Debug, Default)]
struct Logged {
    delivered: u64,
    set_aside: u64,
    /// Whether an event that was set aside has had a line of its own since.
    dead_letter: bool,
}

impl Progress {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, state: Mutex::default() }
    }

    /// What was in flight in a run that has ended will be read again by the one that goes on after it.
    pub(crate) fn run_ended(&self) {
        let mut state = self.lock();
        state.postponed = state.status.in_flight;
    }

    pub(crate) const fn stream(&self) -> Stream {
        self.stream
    }

    /// The work is taken up at `now`.
    pub(crate) fn begins(&self, now: Timestamp) {
        self.lock().began.get_or_insert(now);
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

    /// A request to `service` ended after `took`.
    pub(crate) fn requested(&self, service: Service, outcome: RequestOutcome, took: Duration) {
        self.lock().status.request_durations.observe(service, outcome, took);
    }

    /// An attempt failed.
    pub(crate) fn retried(&self) {
        self.lock().status.retries += 1;
    }

    /// A window is read again from its beginning.
    pub(crate) fn restarted(&self) {
        self.lock().status.restarts += 1;
    }

    /// The tail is polled so often; `slowed` when that is less often than configured.
    pub(crate) fn paced(&self, every: SignedDuration, slowed: bool) {
        let poll_seconds = u64::try_from(every.as_secs()).unwrap_or_default();
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.status.poll_seconds, poll_seconds);
        let was_slowed = std::mem::replace(&mut state.slowed, slowed);
        if slowed && !was_slowed {
            info!(stream = %self.stream, poll_seconds, "Rate budget is low: polling less often.");
        } else if was_slowed && !slowed {
            info!(stream = %self.stream, poll_seconds, "Rate budget is sufficient: polling as configured.");
        } else if before != poll_seconds {
            debug!(stream = %self.stream, poll_seconds, "Polling as often as the rate budget allows.");
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
        match skew {
            Some(skew) => state.clock.troubled(self.stream, CLOCK, skew::problem(skew)),
            None => state.clock.mended(self.stream, CLOCK),
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

    /// True for the first event set aside since the last line about deliveries, which counts the others.
    pub(crate) fn first_dead_letter(&self) -> bool {
        !std::mem::replace(&mut self.lock().logged.dead_letter, true)
    }

    /// The dead-letter store holds so many events of this stream.
    pub(crate) fn dead_letters(&self, held: u64) {
        self.lock().status.dead_letters = held;
    }

    /// So many events left the dead-letter store.
    pub(crate) fn removed_dead_letters(&self, events: u64) {
        let mut state = self.lock();
        state.status.dead_letters = state.status.dead_letters.saturating_sub(events);
    }

    /// Where the ledger stands.
    pub(crate) fn ledger(&self, ledger: &Ledger) {
        let mut state = self.lock();
        state.status.covered_to = Some(ledger.covered_to());
        state.status.tail_to = ledger.tail_to().or(state.began);
        state.status.settled_to = Some(ledger.settled_to());
        state.status.open_spans = ledger.open_spans() as u64;
        state.status.to_do_seconds = ledger.unread().as_secs().unsigned_abs();
    }

    /// An attempt at `peer` failed and is made again; `lasting` is what it comes to when that goes on.
    pub(crate) fn failed(&self, peer: Peer, cause: String, lasting: Problem) {
        self.lock().at(peer).failed(cause, lasting);
    }

    /// A run that ends, ends with `problem`. Whoever started it is told: no log line is needed.
    pub(crate) fn ended_with(&self, peer: Peer, problem: Problem) {
        self.lock().at(peer).ended_with(problem);
    }

    /// A run that ends was not done in time: what failed until then is the reason.
    pub(crate) fn ended_late(&self) {
        let mut state = self.lock();
        for peer in [Peer::Source, Peer::Destination, Peer::Store] {
            state.at(peer).ended_late();
        }
    }

    /// Operator action is required, or attempts fail for long. Logged when it is news.
    pub(crate) fn troubled(&self, peer: Peer, problem: Problem) {
        self.lock().at(peer).troubled(self.stream, peer.name(), problem);
    }

    /// All is well at `peer`. Logged when it was not before.
    pub(crate) fn mended(&self, peer: Peer) {
        self.lock().at(peer).mended(self.stream, peer.name());
    }

    /// Some of a window is older than Miro shows; true when it is the first.
    pub(crate) fn passed_over(&self) -> bool {
        !std::mem::replace(&mut self.lock().passed_over, true)
    }

    /// Logs what was delivered since the last such line, and how far behind `now` the newest time is that was.
    pub(crate) fn log(&self, now: Timestamp) {
        let mut state = self.lock();
        let StreamStatus { delivered, set_aside, tail_to, to_do_seconds, .. } = state.status;
        let before = std::mem::replace(&mut state.logged, Logged { delivered, set_aside, dead_letter: false });
        let dead_lettered = Some(set_aside - before.set_aside).filter(|events| *events > 0);
        let lag_seconds = tail_to.map(|time| now.duration_since(time).as_secs().max(0));
        let backlog_seconds = Some(to_do_seconds).filter(|seconds| *seconds > 0);
        let problem = state.problem().map(|problem| problem.code.name());
        let retrying = state.failing().filter(|_| problem.is_none());
        info!(
            stream = %self.stream,
            delivered = delivered - before.delivered,
            dead_lettered,
            lag_seconds,
            backlog_seconds,
            problem,
            retrying,
            "Progress."
        );
    }

    /// The counts now.
    pub(crate) fn snapshot(&self) -> StreamStatus {
        let state = self.lock();
        let problem = state.problem().map(StatusProblem::from);
        let retrying = state.failing().map(str::to_owned);
        StreamStatus { problem, retrying, ..state.status.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counts stay meaningful after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is out of order when the clocks differ, in the log.
const CLOCK: &str = "clock";

impl State {
    /// The first problem that is reported.
    fn problem(&self) -> Option<&Problem> {
        self.healths().into_iter().find_map(Health::problem)
    }

    /// Why attempts fail at present, at the first end where they do.
    fn failing(&self) -> Option<&str> {
        self.healths().into_iter().find_map(Health::failing)
    }

    const fn healths(&self) -> [&Health; 4] {
        [&self.at_source, &self.at_destination, &self.at_store, &self.clock]
    }

    const fn at(&mut self, peer: Peer) -> &mut Health {
        match peer {
            Peer::Source => &mut self.at_source,
            Peer::Destination => &mut self.at_destination,
            Peer::Store => &mut self.at_store,
        }
    }
}
