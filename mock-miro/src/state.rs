//! Everything that changes, behind one lock and one entry point: [`State::decide`].

mod change;
mod minting;
mod respond;

use std::collections::BTreeMap;
use std::time::Duration;

use faults::{Bounded, Hit, Ids, Journal, Outcome, Schedule, Trouble};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::api::{self, Caller, Codes};
use crate::credits::Bucket;
use crate::dataset::Dataset;
use crate::event_log::ndjson::EventFileError;
use crate::journal::{JournalEntry, Violation, shortened};
use crate::operation::{self, CALLS};
use crate::params::{self, Params};
use crate::response::Response;
use crate::watch::{RuleBreach, Watch};
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

/// The response to send, and the fault to apply to it.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) response: Response,
    pub(crate) trouble: Trouble,
    /// How long to delay the response.
    pub(crate) delay: Option<Duration>,
    /// How much of it the client will receive.
    pub(crate) outcome: Outcome,
    /// Whether the journal entry waits for confirmation of that.
    pub(crate) pending: bool,
    pub(crate) journal_id: u64,
}

/// The world and everything that changes while it is served.
#[derive(Debug)]
pub(crate) struct State {
    start: Dataset,
    pub(crate) dataset: Dataset,
    buckets: BTreeMap<String, Bucket>,
    pub(crate) faults: Schedule,
    pub(crate) journal: Journal<JournalEntry>,
    pub(crate) violations: Bounded<Violation>,
    watch: Watch,
    codes: Codes,
    /// For values generated at run time.
    random: ChaCha8Rng,
    /// For latencies.
    latency: ChaCha8Rng,
}

/// Who called, as far as the request identifies them.
struct Identity {
    caller: Option<Caller>,
    token_name: String,
    budget: String,
    has_token: bool,
}

impl State {
    pub(crate) fn new(world: World, now: Timestamp) -> Result<Self, EventFileError> {
        Ok(Self::beginning(Dataset::new(world, now)?))
    }

    /// Back to the start.
    pub(crate) fn reset(&mut self) {
        *self = Self::beginning(self.start.clone());
    }

    fn beginning(start: Dataset) -> Self {
        let World { journal_max, seed, .. } = start.world;
        Self {
            dataset: start.clone(),
            start,
            buckets: BTreeMap::new(),
            faults: Schedule::new(&CALLS, seed),
            journal: Journal::new(journal_max),
            violations: Bounded::new(journal_max),
            watch: Watch::default(),
            codes: Codes::default(),
            random: stream(seed, Stream::RunTime),
            latency: stream(seed, Stream::Latency),
        }
    }

    /// Decides a request: identifies the caller, picks the fault, makes the response, and records it.
    pub(crate) fn decide(&mut self, request: &Request<'_>, now: Timestamp) -> Decision {
        let params = Params::parse(request.query.as_bytes());
        let identity = self.identify(request, &params);
        let too_early = self.watch.called(&identity.budget, now);
        let route = operation::find(request.method, request.path);
        let name = route.as_ref().map_or("unknown", |route| route.operation.name);
        let seen = faults::Request { call: name, token: Some(&identity.token_name), stream: None, at: now };
        let hit = route.as_ref().ok().and_then(|_| self.faults.hit(&seen));
        let (mut response, rate_limit) = self.respond(route, hit.as_ref(), &identity, &params, request, now);
        if !hit.as_ref().and_then(|hit| hit.answer.as_ref()).is_some_and(|response| response.bare) {
            self.add_headers(&mut response, &identity, rate_limit, now);
        }
        let trouble = hit.as_ref().map(|hit| hit.trouble.clone()).unwrap_or_default();
        let outcome = trouble.outcome(response.status);
        // What a fault takes from the client is known already; whether the client waits for the rest is not. (The server
        // discards the body of the response to a HEAD, which is not the client's doing.)
        let pending = outcome == Outcome::Delivered && request.method != Method::HEAD;
        let is_lost = matches!(outcome, Outcome::ResponseLost | Outcome::Reset);
        // A client cannot respect a pause in a response that it does not receive.
        if let Some((until, rule)) = response.pause.filter(|_| !is_lost) {
            self.watch.pause_requested(&identity.budget, now, until, rule);
        }
        let delay = self.delay(name, hit.as_ref());
        let looping = self.look_for_loops(&identity, name, request.query, (&response, &trouble), now);
        let ids = if trouble.garbage { Ids::default() } else { response.ids.clone() };
        let journal_id = self.journal.push(JournalEntry {
            id: 0,
            at: now,
            call: name,
            method: shortened(request.method.to_string()),
            path: shortened(request.path.to_owned()),
            query: shortened(params::without_secrets(request.query)),
            token: identity.token_name.clone(),
            status: if is_lost { 0 } else { response.status.as_u16() },
            outcome,
            pending,
            code: response.code.map(str::to_owned),
            decision: shortened(describe(&response, hit.as_ref())),
            events: response.events,
            ids_count: ids.count(),
            ids,
            credits_remaining: rate_limit.map(|rate_limit| rate_limit.remaining),
            retry_after: response.retry_after(),
            delayed_ms: delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            fault: hit.map(|hit| hit.number),
        });
        for breach in [too_early, looping].into_iter().flatten() {
            self.report(journal_id, &identity, now, breach);
        }
        Decision { response, trouble, delay, outcome, pending, journal_id }
    }

    fn identify(&self, request: &Request<'_>, params: &Params<'_>) -> Identity {
        let world = &self.dataset.world;
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

    /// The delay by the world's latency and by a fault.
    fn delay(&mut self, call: &str, hit: Option<&Hit>) -> Option<Duration> {
        let of_world = &self.dataset.world.latency;
        let of_call = of_world.iter().find(|(name, _)| CALLS.short(name) == call).map(|(_, latency)| latency);
        let of_world = of_call.or_else(|| of_world.get("all"));
        let drawn = of_world.map(|latency| latency.draw(&mut self.latency)).unwrap_or_default();
        let of_fault = hit.map(|hit| hit.delay).unwrap_or_default();
        Some(drawn.saturating_add(of_fault)).filter(|delay| !delay.is_zero())
    }

    fn look_for_loops(
        &mut self,
        identity: &Identity,
        call: &'static str,
        query: &str,
        (response, trouble): (&Response, &Trouble),
        now: Timestamp,
    ) -> Option<RuleBreach> {
        if response.code == Some("tokenNotFound") {
            self.watch.refused(&identity.token_name, now)
        } else if response.events.is_some() && query.contains("cursor=") && *trouble == Trouble::default() {
            self.watch.served(&identity.token_name, call, query)
        } else {
            None
        }
    }

    fn report(&mut self, journal_id: u64, identity: &Identity, at: Timestamp, breach: RuleBreach) {
        let RuleBreach { rule, detail } = breach;
        self.violations.push(Violation { journal_id, at, rule, token: identity.token_name.clone(), detail });
    }
}

/// The random streams, apart from the one of the initial tokens.
enum Stream {
    RunTime = 1,
    Latency = 2,
}

fn stream(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream as u64);
    random
}

fn describe(response: &Response, hit: Option<&Hit>) -> String {
    match hit {
        None => response.decision.clone(),
        Some(hit) => format!("{}; fault {}: {hit}", response.decision, hit.number),
    }
}
