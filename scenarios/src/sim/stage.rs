//! What happens around the connector in the course of a day, and how it is seen that everything has come right.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use connector::Stream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use mock_miro::{MockMiro, TokenState, Traits};
use mock_sentinel::MockSentinel;

use super::clock::SimClock;
use super::coverage::Kind;
use super::disk::SimDisk;
use super::expected::{doubtful, unsendable};
use super::plan::{Plan, is_timed};
use super::query;
use super::timeline::Timeline;
use super::violation::{Promise, Violation};
use super::watch::Watch;
use super::world::{Alive, SimWorld};
use crate::deployment::{log_of, table_of};
use crate::scenario::{
    Action, Amount, AzureChange, ClockOwner, Content, Credential, CredentialState, Delivered, Expect, GeneratedEvents,
    MiroEvent, Step, world,
};

/// Everything visible has to be delivered this long after the faults have stopped and the last late event has shown
/// up: a last sweep, a wait of an hour that a peer named just before, and the longest pause that a failing peer has earned.
const COMES_RIGHT_WITHIN: Duration = Duration::from_hours(3);
/// Between two looks whether everything has come right; at first, and later.
const LOOK_FIRST: Duration = Duration::from_secs(1);
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
    timeline: Timeline,
    /// The secret that works.
    client_secret: String,
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

impl Stage {
    pub(super) fn of(world: &SimWorld) -> Self {
        Self {
            miro: world.miro.clone(),
            sentinel: world.sentinel.clone(),
            clock: world.clock,
            disk: world.disk.clone(),
            watch: world.watch.clone(),
            alive: world.alive.clone(),
            timeline: world.timeline.clone(),
            client_secret: world.sentinel.credentials().client_secret,
        }
    }

    /// Plays the timeline to its end. What concerns calls is done by the network, and what ends the connector by its lives.
    pub(super) async fn play(&self, plan: &Plan) {
        let mut steps: FuturesUnordered<_> = self
            .timeline
            .steps()
            .iter()
            .enumerate()
            .filter(|(_, step)| is_ours(step))
            .map(|(number, step)| self.play_step(plan, number, step))
            .collect();
        let all = async { while steps.next().await.is_some() {} };
        // One that waits for a call that never comes does not hold up the end.
        let end = async {
            self.wait_until(plan.dusk).await;
            // What begins at the same instant is played first.
            tokio::task::yield_now().await;
        };
        tokio::select! {
            biased;
            () = async { futures_util::future::join(all, self.wait_until(plan.dusk)).await; } => {}
            () = end, if plan.scenario.timeline.iter().any(|step| !is_timed(step)) => {}
        }
        self.watch.met_times(Kind::DiskFull, self.disk.refused());
    }

    async fn play_step(&self, plan: &Plan, number: usize, step: &Step) {
        self.timeline.begun(number, &self.clock).await;
        self.begin(plan, number, step);
        if let (true, Some(until)) = (step.action.lasts(), self.timeline.ends(number)) {
            self.wait_until(until).await;
            self.end(step);
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
                        event.time = self.miro.now();
                    }
                    self.happen(*stream, &event);
                }
            }
            Action::Events(events) => self.generate(events),
            Action::Miro(change) => {
                let changed = world::change(change)
                    .and_then(|change| self.miro.change_world(change).map_err(|error| error.to_string()));
                if let Err(error) = changed {
                    let detail = format!("step {} cannot be done: {error}", number + 1);
                    self.watch.violated(Violation::new(Promise::Playable, detail).at(now));
                }
                self.watch.note(format!("{now} step {}: miro changed", number + 1));
            }
            Action::Azure(change) => {
                self.change_azure(change);
                self.watch.note(format!("{now} step {}: {change:?}", number + 1));
            }
            Action::Query(query) => {
                if let Some(detail) = query::difference(&self.sentinel, query) {
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

    fn generate(&self, events: &GeneratedEvents) {
        let now = self.miro.now();
        let over = Duration::try_from(events.over).unwrap_or_default();
        let from = now.saturating_sub(over).unwrap_or(Timestamp::MIN);
        let usual = Traits::default();
        let traits = Traits {
            ties: events.ties.unwrap_or(usual.ties),
            duplicates: events.duplicates.unwrap_or(usual.duplicates),
            ..usual
        };
        self.miro.generate_with(log_of(events.stream), events.generate, from, over, events.seed, traits);
    }

    fn change_azure(&self, change: &AzureChange) {
        // False means that it was so already.
        let _changed = match change {
            AzureChange::AssignRole(stream) => self.sentinel.assign_role(stream.rule_stream()),
            AzureChange::UnassignRole(stream) => self.sentinel.unassign_role(stream.rule_stream()),
            AzureChange::RemoveRule(stream) => self.sentinel.remove_rule(stream.rule_stream()),
            AzureChange::RestoreRule(stream) => self.sentinel.restore_rule(stream.rule_stream()),
        };
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
    /// nothing when it took too long. A stream that is expected to be blocked has to say so instead.
    pub(super) async fn comes_right(&self, plan: &Plan) -> Option<Duration> {
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
        let latest = tokio::time::Instant::now() + within.unwrap_or(COMES_RIGHT_WITHIN);
        let mut look_every = LOOK_FIRST;
        while tokio::time::Instant::now() < latest {
            let is_blocked = expect.blocked.iter().all(|(stream, blocked)| self.is_blocked(*stream, &blocked.0));
            let counted = Stream::ALL.into_iter().filter_map(|stream| Some((stream, expected_count(expect, stream)?)));
            let has_counts = counted.into_iter().all(|(stream, amount)| amount.allows(self.stored(stream)));
            if is_blocked && has_counts && expected.iter().all(|(stream, expected)| self.has_arrived(*stream, expected))
            {
                if expect.blocked.is_empty() {
                    self.check_health().await;
                }
                return self.clock.now().duration_since(plan.dusk).try_into().ok();
            }
            tokio::time::sleep(look_every).await;
            look_every = (look_every * 2).min(LOOK_EVERY);
        }
        let missed = expect.blocked.iter().filter(|(stream, blocked)| !self.is_blocked(**stream, &blocked.0));
        let mut what: Vec<_> = missed.map(|(stream, blocked)| format!("{stream} does not say {}", blocked.0)).collect();
        if what.is_empty() {
            what.push("not everything was delivered".to_owned());
        }
        let detail = format!("{}; {}", what.join(", "), self.alive.tell());
        self.watch.violated(Violation::new(Promise::ComesRight, detail).at(self.clock.now()));
        None
    }

    /// Whether the connector names this problem of the stream.
    fn is_blocked(&self, stream: Stream, code: &str) -> bool {
        let status = self.alive.status();
        let problem = status.and_then(|status| status.streams.get(stream.name())?.problem.clone());
        problem.is_some_and(|problem| problem.code == code)
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
            let detail = format!("nothing is wrong, and yet: {}", self.alive.tell());
            self.watch.violated(Violation::new(Promise::ComesRight, detail).at(self.clock.now()));
        }
    }

    fn visible(&self, stream: Stream) -> BTreeSet<String> {
        self.miro.ids(log_of(stream), self.clock.now()).into_iter().collect()
    }

    /// Whether all that is `expected` is in the table. Counted first: that is cheap.
    fn has_arrived(&self, stream: Stream, expected: &BTreeSet<String>) -> bool {
        self.stored(stream) >= expected.len() as u64 && {
            let stored: HashSet<String> = self.sentinel.ids(table_of(stream)).into_iter().collect();
            expected.iter().all(|id| stored.contains(id))
        }
    }

    /// How many events are in the table, each counted once.
    fn stored(&self, stream: Stream) -> u64 {
        self.sentinel.table_count(table_of(stream)).map_or(0, |table| table.distinct_ids)
    }

    async fn wait_until(&self, at: Timestamp) {
        tokio::time::sleep_until(self.clock.instant(at)).await;
    }

    /// Makes a credential stop working, or work again.
    fn lock(&self, which: Credential, state: Option<CredentialState>) {
        let token_state = match state {
            None => TokenState::Active,
            Some(CredentialState::SwitchedOff) => TokenState::SwitchedOff,
            Some(CredentialState::Revoked) => TokenState::Revoked,
            Some(CredentialState::Uninstalled) => TokenState::Uninstalled,
        };
        let is_locked = state.is_some();
        let known = match which {
            Credential::AuditToken => self.miro.set_token_state("audit", token_state),
            Credential::ContentToken => self.miro.set_token_state("content", token_state),
            Credential::AuditRole => {
                self.lock_role(Stream::Audit, is_locked);
                Ok(())
            }
            Credential::ContentRole => {
                self.lock_role(Stream::Content, is_locked);
                Ok(())
            }
            Credential::ClientSecret => {
                let secret = if is_locked { "another-secret-of-the-same-app" } else { self.client_secret.as_str() };
                self.sentinel.set_client_secret(secret);
                Ok(())
            }
        };
        if let Err(error) = known {
            self.watch.violated(Violation::new(Promise::Playable, error.to_string()).at(self.clock.now()));
        }
        if is_locked {
            self.watch.met(Kind::LockedOut);
        }
        self.watch.note(format!("{} {which:?} locked: {is_locked}", self.clock.now()));
    }

    fn lock_role(&self, stream: Stream, is_locked: bool) {
        let rule = stream.rule_stream();
        // False means that it was so already.
        let _changed = if is_locked { self.sentinel.unassign_role(rule) } else { self.sentinel.assign_role(rule) };
    }
}

/// How many events of a stream arrive, if that is said.
fn expected_count(expect: &Expect, stream: Stream) -> Option<Amount> {
    match expect.delivered.get(&stream) {
        Some(Delivered::Count(amount)) => Some(*amount),
        Some(Delivered::All) | None => None,
    }
}
