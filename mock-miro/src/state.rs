//! Everything that changes, behind one lock and one entry point: [`State::decide`].

mod answering;
mod holdings;
mod steer;

pub(crate) use holdings::Holdings;

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Method};
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::answer::Answer;
use crate::api::{self, Caller, Codes};
use crate::credits::Bucket;
use crate::event_log::ndjson::EventFileError;
use crate::fault::Trouble;
use crate::fault::plan::{Plan, Strike};
use crate::journal::{Bounded, JournalEntry, Violation};
use crate::operation;
use crate::params::{self, Params};
use crate::watch::{Breach, Watch};
use crate::world::World;

/// A request as the state sees it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Whether there was more of the body than is read; `body` is empty then.
    pub(crate) too_long: bool,
}

/// What to send back, and what is to go wrong with it.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    pub(crate) trouble: Trouble,
    /// How long to hold the answer back.
    pub(crate) delay: Option<Duration>,
    pub(crate) journal_id: u64,
}

/// The world and what became of it.
#[derive(Debug)]
pub(crate) struct State {
    start: Holdings,
    pub(crate) holdings: Holdings,
    buckets: BTreeMap<String, Bucket>,
    pub(crate) faults: Plan,
    pub(crate) journal: Bounded<JournalEntry>,
    pub(crate) violations: Bounded<Violation>,
    watch: Watch,
    codes: Codes,
    /// For what is made up on the way.
    random: ChaCha8Rng,
    /// For how long answers take.
    latency: ChaCha8Rng,
    next_id: u64,
}

/// Who called, as far as the request tells.
struct Identity {
    caller: Option<Caller>,
    token_name: String,
    budget: String,
    has_token: bool,
}

impl State {
    pub(crate) fn new(world: World, now: Timestamp) -> Result<Self, EventFileError> {
        Ok(Self::beginning(Holdings::new(world, now)?))
    }

    /// Back to the start.
    pub(crate) fn reset(&mut self) {
        *self = Self::beginning(self.start.clone());
    }

    fn beginning(start: Holdings) -> Self {
        let World { journal_max, seed, .. } = start.world;
        Self {
            holdings: start.clone(),
            start,
            buckets: BTreeMap::new(),
            faults: Plan::default(),
            journal: Bounded::new(journal_max),
            violations: Bounded::new(journal_max),
            watch: Watch::default(),
            codes: Codes::default(),
            random: stream(seed, Stream::MadeUp),
            latency: stream(seed, Stream::Latency),
            next_id: 1,
        }
    }

    /// Decides a request whole: who calls, which fault strikes, what is answered, what is noted.
    pub(crate) fn decide(&mut self, request: &Request<'_>, now: Timestamp) -> Decision {
        let params = Params::parse(request.query.as_bytes());
        let identity = self.identify(request, &params);
        let id = self.next_id;
        self.next_id += 1;
        if let Some(breach) = self.watch.called(&identity.budget, now) {
            self.report(id, &identity, now, breach);
        }
        let route = operation::find(request.method, request.path);
        let name = route.as_ref().map_or("unknown", |route| route.operation.name);
        let strike = route.as_ref().ok().and_then(|_| self.faults.strike(name, &identity.token_name, now));
        let (mut answer, standing) = self.answer(route, strike.as_ref(), &identity, &params, request, now);
        self.add_headers(&mut answer, &identity, standing, now);
        let trouble = strike.as_ref().map(|strike| strike.trouble.clone()).unwrap_or_default();
        let delay = self.delay(name, &trouble);
        self.look_for_loops(id, &identity, name, request.query, (&answer, &trouble), now);
        self.journal.push(JournalEntry {
            id,
            at: now,
            call: name,
            method: request.method.to_string(),
            path: request.path.to_owned(),
            query: params::without_secrets(request.query),
            token: identity.token_name,
            status: if trouble.loses_answer() { 0 } else { answer.status.as_u16() },
            code: answer.code.map(str::to_owned),
            decision: describe(&answer, strike.as_ref()),
            events: answer.events,
            credits_remaining: standing.map(|standing| standing.remaining),
            delayed_ms: delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            fault: strike.map(|strike| strike.number),
        });
        Decision { answer, trouble, delay, journal_id: id }
    }

    fn identify(&self, request: &Request<'_>, params: &Params<'_>) -> Identity {
        let world = &self.holdings.world;
        let value = api::credentials(request.headers, params, &world.switches);
        let caller = value.and_then(|value| api::identify(world, value));
        let token_name = match (caller, value) {
            (Some(caller), _) => caller.token(world).name.clone(),
            (None, Some(_)) => "unknown".to_owned(),
            (None, None) => "none".to_owned(),
        };
        let budget = caller.map_or_else(|| token_name.clone(), |caller| api::budget(world, caller));
        Identity { caller, token_name, budget, has_token: value.is_some() }
    }

    /// How long the world and a fault hold the answer back.
    fn delay(&mut self, call: &str, trouble: &Trouble) -> Option<Duration> {
        let of_world = &self.holdings.world.latency;
        let of_world = of_world.get(call).or_else(|| of_world.get("all"));
        let drawn = [of_world, trouble.latency.as_ref()].into_iter().flatten();
        let drawn: Duration = drawn.map(|latency| latency.draw(&mut self.latency)).sum();
        let fixed = trouble.delay.and_then(|delay| Duration::try_from(delay).ok()).unwrap_or_default();
        Some(drawn.saturating_add(fixed)).filter(|delay| !delay.is_zero())
    }

    fn look_for_loops(
        &mut self,
        id: u64,
        identity: &Identity,
        call: &'static str,
        query: &str,
        (answer, trouble): (&Answer, &Trouble),
        now: Timestamp,
    ) {
        let breach = if answer.code == Some("tokenNotFound") {
            self.watch.refused(&identity.token_name, now)
        } else if answer.events.is_some() && query.contains("cursor=") && *trouble == Trouble::default() {
            self.watch.served(&identity.token_name, call, query)
        } else {
            None
        };
        if let Some(breach) = breach {
            self.report(id, identity, now, breach);
        }
    }

    fn report(&mut self, journal_id: u64, identity: &Identity, at: Timestamp, breach: Breach) {
        let Breach { rule, detail } = breach;
        self.violations.push(Violation { journal_id, at, rule, token: identity.token_name.clone(), detail });
    }
}

/// What randomness is used for, apart from what chose the first tokens.
enum Stream {
    MadeUp = 1,
    Latency = 2,
}

fn stream(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream as u64);
    random
}

fn describe(answer: &Answer, strike: Option<&Strike>) -> String {
    match strike {
        None => answer.decision.clone(),
        Some(strike) => format!("{}; fault {}: {}", answer.decision, strike.number, strike.trouble.describe()),
    }
}
