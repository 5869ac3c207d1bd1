//! [`MockMiro`], the handle: a world under a clock, ready to be served and controlled.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use faults::{Clock, ClockChange, ClockError, Fault, FaultError, Outcome, Progress, SteeredClock};
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::event_log::{Facts, ndjson};
use crate::generator::{self, Planted};
use crate::journal::{JournalEntry, Violation};
use crate::log::Log;
use crate::state::{Decision, Request, State};
use crate::switches::Switches;
use crate::world::{
    ChangeError, MintedToken, Plan, Role, Toggle, Token, TokenState, Traits, UnknownToken, World, WorldChange,
    WorldError,
};

/// The two access tokens that a connector needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token for the audit log.
    pub audit: String,
    /// The token for the content log.
    pub content: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens { audit: ***, content: *** }")
    }
}

/// An event to add, as the bytes that Miro would send.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The JSON object; needs a string `id` and, by log, `createdAt` or `actionTime`.
    pub json: Bytes,
    /// When it becomes visible, if later than it happened.
    pub visible_at: Option<Timestamp>,
}

/// Why an event was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {position}: {reason}")]
pub struct EventError {
    /// Its place in the list, from 1.
    pub position: usize,
    /// Why it is invalid.
    pub reason: String,
}

/// A cheap handle on one mock; clones share the same world.
#[derive(Debug, Clone)]
pub struct MockMiro {
    clock: SteeredClock,
    state: Arc<Mutex<State>>,
    has_control: bool,
}

impl MockMiro {
    /// A mock of this world under this clock, with the events that the world asks for.
    ///
    /// # Errors
    ///
    /// The world is invalid, or an event file cannot be read.
    pub fn new(mut world: World, clock: Arc<dyn Clock>) -> Result<Self, WorldError> {
        world.mint_missing(&mut ChaCha8Rng::seed_from_u64(world.seed));
        world.check()?;
        let clock = SteeredClock::new(clock, None);
        let state = State::new(world, clock.now())?;
        Ok(Self { clock, state: Arc::new(Mutex::new(state)), has_control: true })
    }

    /// The same mock without its control plane: the program under test can neither inspect nor change it.
    #[must_use]
    pub fn without_control(mut self) -> Self {
        self.has_control = false;
        self
    }

    /// Whether the control plane is served.
    pub(crate) fn has_control(&self) -> bool {
        self.has_control
    }

    /// The JSON that a program prints after starting this mock: address, organization and tokens.
    pub fn handshake(&self, base_url: &str) -> Value {
        self.settings().handshake(base_url)
    }

    /// The tokens named `audit` and `content` of the first organization, or the first valid ones with the scope; empty if there is
    /// none.
    pub fn tokens(&self) -> Tokens {
        let state = self.state();
        let organization = &state.dataset.world.organizations[0];
        let value = |name: &str, log: Log| {
            let tokens = || organization.tokens.iter();
            let fits =
                |token: &&Token| token.state == TokenState::Active && token.scopes.iter().any(|s| s == log.scope());
            let token = tokens().find(|token| token.name == name).or_else(|| tokens().find(fits));
            token.map(|token| token.value.clone()).unwrap_or_default()
        };
        Tokens { audit: value("audit", Log::Audit), content: value("content", Log::Content) }
    }

    /// The id of the first organization.
    pub fn organization_id(&self) -> String {
        self.state().dataset.world.organizations[0].id.clone()
    }

    /// The world as it is now.
    pub fn world(&self) -> World {
        self.state().dataset.world.clone()
    }

    /// The current time of the mock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Changes the mock's clock, which is derived from the one that was passed in.
    ///
    /// # Errors
    ///
    /// A step back, since clients rely on time that only moves forward; a rate or an instant out of range.
    pub fn change_clock(&self, change: ClockChange) -> Result<Timestamp, ClockError> {
        self.clock.change(change.forward()?)
    }

    /// Generates `count` events of the first organization within `over` after `from`. The same call on the same log adds the same
    /// events.
    pub fn generate(&self, log: Log, count: usize, from: Timestamp, over: Duration, seed: u64) {
        self.generate_with(log, count, from, over, seed, Traits::default());
    }

    /// Like [`generate`](Self::generate), with chosen shares of ties, late events and duplicates.
    pub fn generate_with(&self, log: Log, count: usize, from: Timestamp, over: Duration, seed: u64, traits: Traits) {
        let over = SignedDuration::try_from(over).unwrap_or(SignedDuration::MAX);
        let batch = generator::Batch { count, from, over, seed, traits };
        let mut state = self.state();
        let dataset = &mut state.dataset;
        let organization = dataset.world.organizations[0].clone();
        generator::generate(dataset.log_mut(0, log), log, &organization, &batch);
    }

    /// The planted incidents, as a detection should find them.
    pub fn planted(&self) -> Vec<Planted> {
        self.state().dataset.planted.to_vec()
    }

    /// Adds events to the first organization, all or none.
    ///
    /// # Errors
    ///
    /// The first event that is not a JSON object with an id and a time.
    #[expect(clippy::needless_pass_by_value, reason = "the events belong to the mock from here on")]
    pub fn add_events(&self, log: Log, events: Vec<NewEvent>) -> Result<(), EventError> {
        let mut facts = Vec::with_capacity(events.len());
        for (nth, event) in events.iter().enumerate() {
            let read = ndjson::facts(event.json.trim_ascii(), log);
            facts.push(read.map_err(|reason| EventError { position: nth + 1, reason })?);
        }
        let mut state = self.state();
        let into = state.dataset.log_mut(0, log);
        for (event, facts) in events.iter().zip(&facts) {
            into.push(event.json.trim_ascii(), facts, event.visible_at);
        }
        into.sort();
        Ok(())
    }

    /// Adds an event of the first organization as arbitrary bytes, even invalid JSON. `id` is the range of its id in the bytes (empty if
    /// it has none), `time` when it happened and becomes visible.
    ///
    /// # Panics
    ///
    /// If `id` lies outside the bytes.
    pub fn add_raw_event(&self, log: Log, bytes: &[u8], id: Range<usize>, time: Timestamp) {
        assert!(bytes.get(id.clone()).is_some(), "the id of an event lies within its bytes");
        let mut state = self.state();
        let into = state.dataset.log_mut(0, log);
        into.push(bytes, &Facts { time: time.as_millisecond(), id }, None);
        into.sort();
    }

    /// The ids of all events that are visible at `visible_until`, in the order of their time.
    pub fn ids(&self, log: Log, visible_until: Timestamp) -> Vec<String> {
        let state = self.state();
        if state.dataset.is_silent(0, visible_until) {
            return Vec::new();
        }
        state.dataset.log(0, log).ids(visible_until.as_millisecond())
    }

    /// How many events the log holds, visible or not.
    pub fn count(&self, log: Log) -> usize {
        self.state().dataset.log(0, log).len()
    }

    /// How many bytes the events of the first organization take, visible or not.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.state();
        [Log::Audit, Log::Content, Log::AiInteraction].iter().map(|log| state.dataset.log(0, *log).bytes()).sum()
    }

    /// How many events of the log are visible at that instant.
    pub fn count_visible(&self, log: Log, at: Timestamp) -> usize {
        let state = self.state();
        if state.dataset.is_silent(0, at) {
            return 0;
        }
        state.dataset.log(0, log).count_visible(at.as_millisecond())
    }

    /// Adds a fault after the active ones; returns its number. Validate it first with [`Fault::check`].
    pub fn inject(&self, fault: Fault) -> u64 {
        self.state().faults.add(fault)
    }

    /// Adds all of them, or none when one cannot work or there would be too many.
    pub(crate) fn inject_all(&self, faults: Vec<Fault>) -> Result<Vec<u64>, FaultError> {
        self.state().faults.add_all(faults)
    }

    /// Removes the fault of this number; `false` if there is none.
    pub fn remove_fault(&self, number: u64) -> bool {
        self.state().faults.remove(number)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    pub(crate) fn faults(&self) -> Vec<Progress> {
        self.state().faults.progress()
    }

    /// The current switches.
    pub fn switches(&self) -> Switches {
        self.state().dataset.world.switches.clone()
    }

    /// Replaces the switches.
    pub fn set_switches(&self, switches: Switches) {
        self.state().dataset.set_switches(switches);
    }

    /// Applies a change to the world atomically. Returns the tokens that it minted, whose values are not available later.
    ///
    /// # Errors
    ///
    /// The change names an unknown organization, app, token or switch, or the changed world is invalid.
    pub fn change_world(&self, change: WorldChange) -> Result<Vec<MintedToken>, ChangeError> {
        let now = self.clock.now();
        self.state().change(change, now)
    }

    /// Revokes the token of this short name: requests with it get 401 from now on.
    ///
    /// # Errors
    ///
    /// There is no token of that name.
    pub fn revoke_token(&self, name: &str) -> Result<(), UnknownToken> {
        self.set_token_state(name, TokenState::Revoked)
    }

    /// Sets the state of a token.
    ///
    /// # Errors
    ///
    /// There is no token of that name.
    pub fn set_token_state(&self, name: &str, token_state: TokenState) -> Result<(), UnknownToken> {
        self.state().dataset.world.organizations[0].token_mut(name)?.state = token_state;
        Ok(())
    }

    /// Replaces the scopes of a token.
    ///
    /// # Errors
    ///
    /// There is no token of that name.
    pub fn set_scopes(&self, name: &str, scopes: &[&str]) -> Result<(), UnknownToken> {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.state().dataset.world.organizations[0].token_mut(name)?.scopes = scopes;
        Ok(())
    }

    /// Changes the role of the user who set up a token. Users who set up other tokens keep theirs.
    ///
    /// # Errors
    ///
    /// There is no token of that name.
    pub fn set_role(&self, token: &str, role: Role) -> Result<(), UnknownToken> {
        self.state().dataset.world.organizations[0].set_role(token, role)
    }

    /// Turns an enterprise integration off, which invalidates its token, or on, which mints another under the same short name. Returns
    /// the value of the token that is valid now, if any.
    pub fn set_toggle(&self, toggle: Toggle, on: bool) -> Option<String> {
        self.state().set_toggle(0, toggle, on).map(|(value, _)| value)
    }

    /// Buys or cancels the Enterprise Guard add-on.
    pub fn set_guard(&self, guard: bool) {
        self.state().dataset.world.organizations[0].guard = guard;
    }

    /// Changes the plan.
    pub fn set_plan(&self, plan: Plan) {
        self.state().dataset.world.organizations[0].plan = plan;
    }

    /// Changes the rate limit, in credits per minute; remaining credits are capped at it.
    pub fn set_credits_per_minute(&self, credits: u64) {
        self.state().dataset.world.organizations[0].credits_per_minute = credits;
    }

    /// The journal: the requests so far, oldest first, up to its size limit.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.state().journal.iter().cloned().collect()
    }

    /// The entries of the [`journal`](Self::journal) after the one of this id.
    pub fn journal_after(&self, id: u64) -> Vec<JournalEntry> {
        self.state().journal.after(id).cloned().collect()
    }

    /// Records the final outcome of a request.
    pub(crate) fn record_outcome(&self, journal_id: u64, outcome: Outcome) {
        self.state().journal.settle(journal_id, outcome);
    }

    /// How many entries the journal has evicted.
    pub fn journal_dropped(&self) -> u64 {
        self.state().journal.dropped()
    }

    /// The rules that clients broke so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.state().violations.iter().cloned().collect()
    }

    /// Restores the world as it was passed in: events, tokens, switches and clock. Faults and journal are cleared.
    pub fn reset(&self) {
        self.state().reset();
        self.clock.reset();
    }

    pub(crate) fn decide(&self, request: &Request<'_>) -> Decision {
        let now = self.clock.now();
        self.state().decide(request, now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
