//! What happens around the connector in the course of a day, and how it is seen that everything has come right.

use std::collections::BTreeSet;
use std::time::Duration;

use connector::Stream;
use jiff::Timestamp;
use mock_miro::{MockMiro, TokenState};
use mock_sentinel::MockSentinel;

use super::clock::SimClock;
use super::coverage::Kind;
use super::plan::{Credential, Plan};
use super::watch::Watch;
use super::world::{Alive, SimWorld};
use crate::deployment::{log_of, table_of};

/// Everything visible has to be delivered this long after the faults have stopped and the last late event has shown
/// up: a last sweep, and the longest pause that a failing peer has earned.
const COMES_RIGHT_WITHIN: Duration = Duration::from_hours(2);
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
    watch: Watch,
    alive: Alive,
}

impl Stage {
    pub(super) fn of(world: &SimWorld) -> Self {
        Self {
            miro: world.miro.clone(),
            sentinel: world.sentinel.clone(),
            clock: world.clock,
            watch: world.watch.clone(),
            alive: world.alive.clone(),
        }
    }

    /// Plays the day until dusk.
    pub(super) async fn play(&self, plan: &Plan) {
        for lockout in &plan.lockouts {
            self.wait_until(lockout.from).await;
            self.lock(lockout.what, true);
            self.watch.met(Kind::LockedOut);
            self.wait_until(lockout.until).await;
            self.lock(lockout.what, false);
        }
        self.wait_until(plan.dusk).await;
    }

    /// Waits until all that will ever be visible has been delivered. Returns how long after dusk that was, or
    /// nothing when it took too long.
    pub(super) async fn comes_right(&self, plan: &Plan) -> Option<Duration> {
        self.wait_until(plan.everything_visible_at()).await;
        let expected = Stream::ALL.map(|stream| self.visible(stream).len() as u64);
        let latest = tokio::time::Instant::now() + COMES_RIGHT_WITHIN;
        while tokio::time::Instant::now() < latest {
            if Stream::ALL.map(|stream| self.stored(stream)) == expected {
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

    fn stored(&self, stream: Stream) -> u64 {
        self.sentinel.table_count(table_of(stream)).map_or(0, |table| table.distinct_ids)
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
        self.watch.note(format!("{} {what:?} locked: {locked}", self.clock.now()));
    }
}
