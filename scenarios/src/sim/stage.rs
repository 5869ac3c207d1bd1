//! What happens around the connector in the course of a day, and how it is seen that everything has come right.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use connector::Stream;
use jiff::Timestamp;
use mock_miro::{MockMiro, TokenState};
use mock_sentinel::MockSentinel;

use super::clock::SimClock;
use super::coverage::Kind;
use super::disk::SimDisk;
use super::expected::{doubtful, unsendable};
use super::plan::{Credential, Lockout, Plan};
use super::watch::Watch;
use super::world::{Alive, SimWorld};
use crate::deployment::{log_of, table_of};
use crate::scenario::{Action, ClockOwner, Content, MiroEvent};

/// Everything visible has to be delivered this long after the faults have stopped and the last late event has shown
/// up: a last sweep, a wait of an hour that a peer named just before, and the longest pause that a failing peer has earned.
const COMES_RIGHT_WITHIN: Duration = Duration::from_hours(3);
/// Between two looks whether everything has come right.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// A connector that died is started within ten minutes, and says within five how it is.
const STARTS_WITHIN: Duration = Duration::from_mins(15);

/// The hands on the mocks.
#[derive(Debug)]
pub(super) struct Stage {
    miro: MockMiro,
    sentinel: MockSentinel,
    clock: SimClock,
    disk: SimDisk,
    watch: Watch,
    alive: Alive,
}

/// An event under this size counts as tiny.
const TINY: usize = 300;
/// One over this size counts as large.
const LARGE: usize = 250_000;

/// Something to be done at an instant.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Lock(Credential, bool),
    FillDisk(bool),
    SkewClock { whose: ClockOwner, drifts: bool, set_back: bool },
    ClockRight { set_back: bool },
    Happen(Stream, &'a MiroEvent),
}

/// What is to be done on that day, in order. What only concerns calls is done by the network.
fn steps(plan: &Plan) -> Vec<(Timestamp, Step<'_>)> {
    let mut steps = Vec::new();
    for Lockout { from, until, what } in &plan.lockouts {
        steps.extend([(*from, Step::Lock(*what, true)), (*until, Step::Lock(*what, false))]);
    }
    for event in &plan.timeline {
        match &event.action {
            Action::FillDisk => {
                steps.extend([(event.at, Step::FillDisk(true)), (event.until(), Step::FillDisk(false))]);
            }
            Action::SkewClock { whose, by, drift_ppm } => {
                let begin = Step::SkewClock { whose: *whose, drifts: *drift_ppm != 0, set_back: by.is_negative() };
                steps.extend([(event.at, begin), (event.until(), Step::ClockRight { set_back: by.is_positive() })]);
            }
            Action::Happen { stream, event: miro } => steps.push((event.at, Step::Happen(*stream, miro))),
            Action::Intercept { .. }
            | Action::Refuse { .. }
            | Action::Trickle { .. }
            | Action::Slow { .. }
            | Action::LimitUploads { .. } => {}
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    steps
}

impl Stage {
    pub(super) fn of(world: &SimWorld) -> Self {
        Self {
            miro: world.miro.clone(),
            sentinel: world.sentinel.clone(),
            clock: world.clock,
            disk: world.disk.clone(),
            watch: world.watch.clone(),
            alive: world.alive.clone(),
        }
    }

    /// Plays the day to the end of its timeline.
    pub(super) async fn play(&self, plan: &Plan) {
        for (at, step) in steps(plan) {
            self.wait_until(at).await;
            self.take(step);
        }
        self.wait_until(plan.dusk).await;
        self.watch.met_times(Kind::DiskFull, self.disk.refused());
    }

    fn take(&self, step: Step<'_>) {
        match step {
            Step::Lock(what, locked) => self.lock(what, locked),
            Step::FillDisk(full) => {
                self.disk.set_full(full);
                self.watch.disk_is_full(full);
                self.watch.note(format!("{} disk full: {full}", self.clock.now()));
            }
            Step::SkewClock { whose, drifts, set_back } => self.skew(whose, drifts, set_back),
            Step::ClockRight { set_back } => {
                if set_back {
                    self.watch.met(Kind::ClockSetBack);
                }
            }
            Step::Happen(stream, event) => self.happen(stream, event),
        }
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
        let (bytes, id) = event.bytes(stream);
        if bytes.len() < TINY {
            self.watch.met(Kind::TinyEvent);
        }
        if bytes.len() > LARGE {
            self.watch.met(Kind::LargeEvent);
        }
        if !event.content.is_sendable() && event.content != Content::Refused {
            self.watch.met(Kind::BrokenEvent);
        }
        self.miro.add_raw_event(log_of(stream), &bytes, id, event.time);
    }

    /// Waits until all that will ever be visible has been delivered or set aside. Returns how long after dusk that was, or
    /// nothing when it took too long.
    pub(super) async fn comes_right(&self, plan: &Plan) -> Option<Duration> {
        self.wait_until(plan.everything_visible_at()).await;
        let (unsendable, doubtful) = (unsendable(plan), doubtful(plan));
        let expected = Stream::ALL.map(|stream| {
            let mut expected = self.visible(stream);
            expected.retain(|id| !unsendable[&stream].contains(id) && !doubtful.contains(id));
            (stream, expected)
        });
        let latest = tokio::time::Instant::now() + COMES_RIGHT_WITHIN;
        while tokio::time::Instant::now() < latest {
            if expected.iter().all(|(stream, expected)| self.has_arrived(*stream, expected)) {
                self.check_health().await;
                return self.clock.now().duration_since(plan.dusk).try_into().ok();
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.watch.violated(format!("{}: not everything was delivered; {}", self.clock.now(), self.alive.tell()));
        None
    }

    /// With nothing wrong any more and everything delivered, the connector has to say so. One that died last may have yet to
    /// be started, and to reach both its ends.
    async fn check_health(&self) {
        if self.alive.status().is_none() {
            let latest = tokio::time::Instant::now() + STARTS_WITHIN;
            while tokio::time::Instant::now() < latest && !self.alive.status().is_some_and(|status| status.ready) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        let healthy = self.alive.status().is_some_and(|status| status.ready);
        if !healthy {
            self.watch.violated(format!("{}: nothing is wrong, and yet: {}", self.clock.now(), self.alive.tell()));
        }
    }

    fn visible(&self, stream: Stream) -> BTreeSet<String> {
        self.miro.ids(log_of(stream), self.clock.now()).into_iter().collect()
    }

    /// Whether all that is `expected` is in the table. Counted first: that is cheap.
    fn has_arrived(&self, stream: Stream, expected: &BTreeSet<String>) -> bool {
        let table = table_of(stream);
        let rows = self.sentinel.table_count(table).map_or(0, |table| table.distinct_ids);
        rows >= expected.len() as u64 && {
            let stored: HashSet<String> = self.sentinel.ids(table).into_iter().collect();
            expected.iter().all(|id| stored.contains(id))
        }
    }

    async fn wait_until(&self, at: Timestamp) {
        tokio::time::sleep_until(self.clock.instant(at)).await;
    }

    /// Makes a credential stop working, or work again.
    fn lock(&self, what: Credential, locked: bool) {
        let state = if locked { TokenState::SwitchedOff } else { TokenState::Active };
        let content = Stream::Content.rule_stream();
        let known = match what {
            Credential::AuditToken => self.miro.set_token_state("audit", state),
            Credential::ContentToken => self.miro.set_token_state("content", state),
            Credential::ContentRole => {
                if locked {
                    self.sentinel.unassign_role(content);
                } else {
                    self.sentinel.assign_role(content);
                }
                Ok(())
            }
        };
        known.expect("the worlds of plans have the tokens `audit` and `content`");
        if locked {
            self.watch.met(Kind::LockedOut);
        }
        self.watch.note(format!("{} {what:?} locked: {locked}", self.clock.now()));
    }
}
