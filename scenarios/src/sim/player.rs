//! Plays the timeline of a day on the mocks, and waits until everything has been delivered.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use connector::Stream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::clock::SimClock;
use super::coverage::Kind;
use super::disk::SimDisk;
use super::expected::{doubtful, unsendable};
use super::plan::Plan;
use super::timeline::Timeline;
use super::violation::{Promise, Violation};
use super::watch::Watch;
use super::world::{RunningConnector, SimWorld};
use crate::deployment::{log_of, table_of};
use crate::invariants::query;
use crate::mocks::Mocks;
use crate::scenario::{
    Action, Amount, ClockOwner, Content, Credential, CredentialState, Delivered, Expect, MiroEvent, Step,
};

/// Everything visible has to be delivered this long after the faults have stopped and the last late event has shown
/// up: a last sweep, a wait of an hour that a peer named just before, and the longest pause that a failing peer has earned.
const RECOVERS_WITHIN: Duration = Duration::from_hours(3);
/// Between two checks for recovery; at first, and later.
const LOOK_FIRST: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Applies the steps of a timeline to the mocks, the clocks and the disk.
#[derive(Debug)]
pub(super) struct TimelinePlayer {
    mocks: Mocks,
    clock: SimClock,
    disk: SimDisk,
    watch: Watch,
    running: RunningConnector,
    timeline: Timeline,
}

/// Whether a step is played here.
fn is_ours(step: &Step) -> bool {
    let ends_a_life = matches!(step.action, Action::Crash(_) | Action::Kill { .. } | Action::Stop { .. });
    !step.action.concerns_calls() && !ends_a_life
}

/// An event under this size counts as tiny.
const TINY: usize = 300;
/// One over this size counts as large.
const LARGE: usize = 250_000;

impl TimelinePlayer {
    pub(super) fn of(world: &SimWorld) -> Self {
        Self {
            mocks: Mocks::new(world.miro.clone(), world.sentinel.clone()),
            clock: world.clock,
            disk: world.disk.clone(),
            watch: world.watch.clone(),
            running: world.running.clone(),
            timeline: world.timeline.clone(),
        }
    }

    /// Plays the timeline to its end. What concerns calls is done by the network, and what ends the connector by its lives.
    pub(super) async fn play(&self, plan: &Plan) {
        let steps = self.timeline.steps().iter().enumerate().filter(|(_, step)| is_ours(step));
        let mut playing: FuturesUnordered<_> = steps.map(|(number, step)| self.play_step(plan, number, step)).collect();
        let all = async { while playing.next().await.is_some() {} };
        futures_util::future::join(all, self.wait_until(plan.faults_end)).await;
        self.watch.met_times(Kind::DiskFull, self.disk.refused());
    }

    async fn play_step(&self, plan: &Plan, number: usize, step: &Step) {
        tokio::select! {
            biased;
            () = self.timeline.begun(number, &self.clock) => {}
            () = self.never_begins(number, plan.faults_end) => return,
        }
        self.begin(plan, number, step);
        if let (true, Some(until)) = (step.action.lasts(), self.timeline.ends(number)) {
            self.wait_until(until).await;
            self.end(step);
        }
    }

    /// At the end of the fault phase, for a step whose call was not made by then. One that has a time, even a later one, is waited for.
    async fn never_begins(&self, number: usize, faults_end: Timestamp) {
        self.wait_until(faults_end).await;
        if self.timeline.begins(number).is_some() {
            std::future::pending::<()>().await;
        }
    }

    fn begin(&self, plan: &Plan, number: usize, step: &Step) {
        let now = self.clock.now();
        match &step.action {
            Action::Credential { which, state } => self.lock(*which, Some(*state)),
            Action::DiskFull {} => self.fill_disk(true),
            Action::Clock { whose, by, drift_ppm } => self.skew(*whose, *drift_ppm != 0, by.is_negative()),
            Action::Event(spec) => {
                if let Some((_, stream, event)) = plan.events.iter().find(|(of, _, _)| *of == number) {
                    let mut event = event.clone();
                    if spec.time.is_none() {
                        event.time = self.mocks.miro.now();
                    }
                    self.happen(*stream, &event);
                }
            }
            Action::Events(events) => self.mocks.generate(events),
            Action::Miro(change) => {
                if let Err(error) = self.mocks.change_miro(change) {
                    let detail = format!("step {} cannot be done: {error}", number + 1);
                    self.watch.violated(Violation::new(Promise::Playable, detail).at(now));
                }
                self.watch.note(format!("{now} step {}: miro changed", number + 1));
            }
            Action::Azure(change) => {
                self.mocks.change_azure(change);
                self.watch.note(format!("{now} step {}: {change:?}", number + 1));
            }
            Action::Query(query) => {
                if let Some(detail) = query::difference(&self.mocks.sentinel, query) {
                    self.watch.violated(Violation::new(Promise::Expectation, detail).at(now));
                }
            }
            _ => {}
        }
    }

    fn end(&self, step: &Step) {
        match &step.action {
            Action::Credential { which, .. } => self.lock(*which, None),
            Action::DiskFull {} => self.fill_disk(false),
            Action::Clock { by, .. } if by.is_positive() => self.watch.met(Kind::ClockSetBack),
            _ => {}
        }
    }

    fn fill_disk(&self, full: bool) {
        self.disk.set_full(full);
        self.watch.disk_is_full(full);
        self.watch.note(format!("{} disk full: {full}", self.clock.now()));
    }

    fn skew(&self, whose: ClockOwner, drifts: bool, set_back: bool) {
        self.watch.met(match whose {
            ClockOwner::Connector => Kind::ConnectorClockWrong,
            ClockOwner::Miro => Kind::MiroClockWrong,
            ClockOwner::Azure => Kind::AzureClockWrong,
        });
        for (kind, holds) in [
            (Kind::ClockAtStartWrong, self.clock.elapsed() < Duration::from_secs(1)),
            (Kind::ClockDrift, drifts),
            (Kind::ClockSetBack, set_back),
        ] {
            if holds {
                self.watch.met(kind);
            }
        }
    }

    fn happen(&self, stream: Stream, event: &MiroEvent) {
        let bytes = self.mocks.add_event(stream, event);
        if bytes < TINY {
            self.watch.met(Kind::TinyEvent);
        }
        if bytes > LARGE {
            self.watch.met(Kind::LargeEvent);
        }
        if !event.content.is_sendable() && event.content != Content::Refused {
            self.watch.met(Kind::BrokenEvent);
        }
    }

    /// Waits until every event that will ever be visible is delivered or dead-lettered. Returns how long after the end of the fault phase that was, or
    /// nothing when it took too long. A stream that is expected to be blocked has to say so instead.
    pub(super) async fn recovers(&self, plan: &Plan) -> Option<Duration> {
        self.wait_until(plan.everything_visible_at()).await;
        let expect = &plan.scenario.expect;
        let (unsendable, doubtful) = (unsendable(plan), doubtful(plan));
        let goes_on =
            |stream: &Stream| !expect.blocked.contains_key(stream) && expected_count(expect, *stream).is_none();
        let expected = Stream::ALL.into_iter().filter(goes_on).map(|stream| {
            let mut expected = self.visible(stream);
            expected.retain(|id| !unsendable[&stream].contains(id) && !doubtful.contains(id));
            (stream, expected)
        });
        let expected: Vec<_> = expected.collect();
        let within = expect.eventually.and_then(|eventually| Duration::try_from(eventually.within).ok());
        let latest = tokio::time::Instant::now() + within.unwrap_or(RECOVERS_WITHIN);
        let mut look_every = LOOK_FIRST;
        while tokio::time::Instant::now() < latest {
            let is_blocked = expect.blocked.iter().all(|(stream, blocked)| self.is_blocked(*stream, &blocked.0));
            let counted = Stream::ALL.into_iter().filter_map(|stream| Some((stream, expected_count(expect, stream)?)));
            let has_counts = counted.into_iter().all(|(stream, amount)| amount.allows(self.stored(stream)));
            if is_blocked && has_counts && expected.iter().all(|(stream, expected)| self.has_arrived(*stream, expected))
            {
                if expect.blocked.is_empty() {
                    self.check_health(latest).await;
                }
                return self.clock.now().duration_since(plan.faults_end).try_into().ok();
            }
            tokio::time::sleep(look_every).await;
            look_every = (look_every * 2).min(LOOK_EVERY);
        }
        let missed = expect.blocked.iter().filter(|(stream, blocked)| !self.is_blocked(**stream, &blocked.0));
        let mut what: Vec<_> =
            missed.map(|(stream, blocked)| format!("{stream} does not report {}", blocked.0)).collect();
        if what.is_empty() {
            what.push("not every event was delivered".to_owned());
        }
        let detail = format!("{}; {}", what.join(", "), self.running.describe());
        self.watch.violated(Violation::new(Promise::Recovers, detail).at(self.clock.now()));
        None
    }

    /// Whether the connector reports this problem of the stream.
    fn is_blocked(&self, stream: Stream, code: &str) -> bool {
        let status = self.running.status();
        let problem = status.and_then(|status| status.streams.get(stream.name())?.problem.clone());
        problem.is_some_and(|problem| problem.code == code)
    }

    /// Once no fault is active and everything is delivered, the connector must report that it is ready by the same deadline: one that was
    /// just started has yet to reach both peers, and one that waits has yet to retry.
    async fn check_health(&self, latest: tokio::time::Instant) {
        let is_well = || self.running.status().is_some_and(|status| status.ready);
        while !is_well() && tokio::time::Instant::now() < latest {
            tokio::time::sleep(LOOK_FIRST).await;
        }
        if !is_well() {
            let detail = format!("no fault is active, but the connector is not ready: {}", self.running.describe());
            self.watch.violated(Violation::new(Promise::Recovers, detail).at(self.clock.now()));
        }
    }

    fn visible(&self, stream: Stream) -> BTreeSet<String> {
        self.mocks.miro.ids(log_of(stream), self.clock.now()).into_iter().collect()
    }

    /// Whether all that is `expected` is in the table. Counted first: that is cheap.
    fn has_arrived(&self, stream: Stream, expected: &BTreeSet<String>) -> bool {
        self.stored(stream) >= expected.len() as u64 && {
            let stored: HashSet<String> = self.mocks.sentinel.ids(table_of(stream)).into_iter().collect();
            expected.iter().all(|id| stored.contains(id))
        }
    }

    /// How many events are in the table, each counted once.
    fn stored(&self, stream: Stream) -> u64 {
        self.mocks.sentinel.table_count(table_of(stream)).map_or(0, |table| table.distinct_ids)
    }

    async fn wait_until(&self, at: Timestamp) {
        tokio::time::sleep_until(self.clock.instant(at)).await;
    }

    /// Makes a credential stop working, or work again.
    fn lock(&self, which: Credential, state: Option<CredentialState>) {
        if let Err(error) = self.mocks.set_credential(which, state) {
            self.watch.violated(Violation::new(Promise::Playable, error).at(self.clock.now()));
        }
        if state.is_some() {
            self.watch.met(Kind::LockedOut);
        }
        self.watch.note(format!("{} {which:?} locked: {}", self.clock.now(), state.is_some()));
    }
}

/// How many events of a stream arrive, if that is said.
fn expected_count(expect: &Expect, stream: Stream) -> Option<Amount> {
    match expect.delivered.get(&stream) {
        Some(Delivered::Count(amount)) => Some(*amount),
        Some(Delivered::All) | None => None,
    }
}
