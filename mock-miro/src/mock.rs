//! The handle: a world under a clock, ready to be served and steered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SteeredClock};
use crate::fault::Fault;
use crate::journal::{Bounded, JournalEntry, Violation};
use crate::switches::Switches;
use crate::world::{Plan, Token, TokenState, World, WorldError};

/// Which of an organisation's logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Who signed in, shared, exported, administered.
    Audit,
    /// Which item was created, changed, deleted.
    Content,
}

/// The values of the two tokens that a connector needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token for the audit log.
    pub audit: String,
    /// The token for the content log.
    pub content: String,
}

/// An event to be added, as the bytes that Miro would send.
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
    /// What is wrong with it.
    pub reason: String,
}

/// A name that no token has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no token is called {name:?}; there are: {known}")]
pub struct UnknownToken {
    /// The name asked for.
    pub name: String,
    /// The names there are.
    pub known: String,
}

/// A cheap handle on one mock; clones share the same world.
#[derive(Debug, Clone)]
pub struct MockMiro {
    clock: SteeredClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    start: World,
    world: World,
    faults: Vec<Fault>,
    journal: Bounded<JournalEntry>,
    violations: Bounded<Violation>,
}

impl MockMiro {
    /// A mock of this world under this clock.
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Result<Self, WorldError> {
        let state = State {
            start: world.clone(),
            faults: Vec::new(),
            journal: Bounded::new(world.journal_max),
            violations: Bounded::new(world.journal_max),
            world,
        };
        Ok(Self { clock: SteeredClock::new(clock), state: Arc::new(Mutex::new(state)) })
    }

    /// The API and the control plane, usable with and without a socket.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Serves until `stop`, then lets open connections finish the answer they are at.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let served = axum::serve(listener, self.router()).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%error, "Serving ended early.");
        }
    }

    /// What a program that starts this mock prints, so that others find it.
    pub fn handshake(&self, base_url: &str) -> Value {
        let tokens = self.tokens();
        json!({
            "base_url": base_url,
            "control_url": format!("{base_url}/_control"),
            "organization_id": self.organization_id(),
            "tokens": {"audit": tokens.audit, "content": tokens.content},
        })
    }

    /// The tokens named `audit` and `content` of the first organisation.
    pub fn tokens(&self) -> Tokens {
        let state = self.state();
        let value = |name: &str| {
            state.world.organizations[0]
                .tokens
                .iter()
                .find(|t| t.name == name)
                .map(|t| t.value.clone())
                .unwrap_or_default()
        };
        Tokens { audit: value("audit"), content: value("content") }
    }

    /// The id of the first organisation.
    pub fn organization_id(&self) -> String {
        self.state().world.organizations[0].id.clone()
    }

    /// The present instant of the mock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets the seeded generator add `count` events that happen within `over` after `from`.
    pub fn generate(&self, log: Log, count: usize, from: Timestamp, over: Duration, seed: u64) {
        let (_, _, _, _, _) = (log, count, from, over, seed);
    }

    /// Adds events; all or none.
    pub fn add_events(&self, log: Log, events: Vec<NewEvent>) -> Result<(), EventError> {
        let (_, _) = (log, events);
        Ok(())
    }

    /// The ids of all events that are visible at `visible_until`, in the order of their time.
    pub fn ids(&self, log: Log, visible_until: Timestamp) -> Vec<String> {
        let (_, _) = (log, visible_until);
        Vec::new()
    }

    /// How many events the log holds, visible or not.
    pub fn count(&self, log: Log) -> usize {
        let _ = log;
        0
    }

    /// Puts a fault in place.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Replaces the switches.
    pub fn set_switches(&self, switches: Switches) {
        self.state().world.switches = switches;
    }

    /// Makes the token of this short name answer 401 from now on.
    pub fn revoke_token(&self, name: &str) -> Result<(), UnknownToken> {
        self.set_token_state(name, TokenState::Revoked)
    }

    /// Makes the token work (or not) from now on.
    pub fn set_token_state(&self, name: &str, token_state: TokenState) -> Result<(), UnknownToken> {
        self.with_token(name, |token| token.state = token_state)
    }

    /// Replaces the scopes of a token.
    pub fn set_scopes(&self, name: &str, scopes: &[&str]) -> Result<(), UnknownToken> {
        self.with_token(name, |token| token.scopes = scopes.iter().map(|&s| s.to_owned()).collect())
    }

    /// Buys or cancels the Enterprise Guard add-on.
    pub fn set_guard(&self, guard: bool) {
        self.state().world.organizations[0].guard = guard;
    }

    /// Changes the plan.
    pub fn set_plan(&self, plan: Plan) {
        self.state().world.organizations[0].plan = plan;
    }

    /// The requests so far, oldest first, as many as the journal keeps.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.state().journal.to_vec()
    }

    /// The rules that clients broke so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.state().violations.to_vec()
    }

    /// Back to the world as it was handed in: clock, tokens, credits, switches and events too.
    pub fn reset(&self) {
        let mut state = self.state();
        state.world = state.start.clone();
        state.faults.clear();
        self.clock.reset();
    }

    fn with_token(&self, name: &str, change: impl FnOnce(&mut Token)) -> Result<(), UnknownToken> {
        let mut state = self.state();
        let tokens = &mut state.world.organizations[0].tokens;
        let known = tokens.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
        let token = tokens.iter_mut().find(|t| t.name == name);
        token.map(change).ok_or_else(|| UnknownToken { name: name.to_owned(), known })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
