//! Everything that changes, behind one lock and one entry point: [`State::decide`].

mod holdings;
mod steer;

pub(crate) use holdings::Holdings;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::answer::{Answer, Refusal};
use crate::api::{self, Caller};
use crate::credits::{Bucket, Standing};
use crate::event_log::ndjson::EventFileError;
use crate::fault::plan::{Plan, Strike};
use crate::fault::{self, Trouble};
use crate::journal::{Bounded, JournalEntry, Rule, Violation};
use crate::operation::{self, Route};
use crate::params::{self, Params};
use crate::switches::{RateHeaders, ResetUnit, RetryAfterForm};
use crate::watch::{Breach, Watch};
use crate::world::World;

/// A request as the state sees it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

/// What to send back, and what is to go wrong with it.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    pub(crate) trouble: Trouble,
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
    /// For what is made up on the way.
    random: ChaCha8Rng,
    next_id: u64,
}

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Who called, as far as the request tells.
struct Identity {
    caller: Option<Caller>,
    token_name: String,
    budget: String,
    has_token: bool,
}

impl State {
    pub(crate) fn new(world: World, now: Timestamp) -> Result<Self, EventFileError> {
        let journal_max = world.journal_max;
        let random = made_up(world.seed);
        let start = Holdings::new(world, now)?;
        Ok(Self {
            holdings: start.clone(),
            start,
            buckets: BTreeMap::new(),
            faults: Plan::default(),
            journal: Bounded::new(journal_max),
            violations: Bounded::new(journal_max),
            watch: Watch::default(),
            random,
            next_id: 1,
        })
    }

    /// Back to the start.
    pub(crate) fn reset(&mut self) {
        let journal_max = self.start.world.journal_max;
        self.holdings = self.start.clone();
        self.buckets.clear();
        self.faults = Plan::default();
        self.journal = Bounded::new(journal_max);
        self.violations = Bounded::new(journal_max);
        self.watch = Watch::default();
        self.random = made_up(self.start.world.seed);
        self.next_id = 1;
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
        let (mut answer, standing) = self.answer(route, strike.as_ref(), &identity, &params, now);
        self.add_headers(&mut answer, &identity, standing, now);
        let trouble = strike.as_ref().map(|strike| strike.trouble.clone()).unwrap_or_default();
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
            fault: strike.map(|strike| strike.number),
        });
        Decision { answer, trouble, journal_id: id }
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

    /// The answer, and the budget after it where one was touched.
    fn answer(
        &mut self,
        route: Result<Route<'_>, Refusal>,
        strike: Option<&Strike>,
        identity: &Identity,
        params: &Params<'_>,
        now: Timestamp,
    ) -> (Answer, Option<Standing>) {
        let route = match route {
            Ok(route) => route,
            Err(refusal) => return (refusal.into(), None),
        };
        if let Some(strike) = strike {
            if strike.trouble.reset {
                return (Answer::empty(StatusCode::SERVICE_UNAVAILABLE, "connection reset"), None);
            }
            if let Some(canned) = &strike.answer {
                return (self.canned(canned, identity, now), None);
            }
        }
        let switches = &self.holdings.world.switches;
        let caller =
            match api::authenticate(&self.holdings.world, route.operation, identity.caller, identity.has_token, now) {
                Ok(caller) => caller,
                Err(refusal) => return (refusal.into(), None),
            };
        let ceiling = caller.organization(&self.holdings.world).credits_per_minute;
        let bucket = self.buckets.entry(identity.budget.clone()).or_insert_with(|| Bucket::full(ceiling, now));
        let (standing, granted) = bucket.take(route.operation.level.credits(), ceiling, switches.credit_model, now);
        if !granted {
            return (self.too_many(identity, standing, now), Some(standing));
        }
        let answer = api::perform(&self.holdings, caller, route, params, now).unwrap_or_else(Answer::from);
        (answer, Some(standing))
    }

    /// The answer to a call without credits.
    fn too_many(&mut self, identity: &Identity, standing: Standing, now: Timestamp) -> Answer {
        let mut answer = Answer::from(Refusal {
            decision: "out of credits".to_owned(),
            ..Refusal::for_status(StatusCode::TOO_MANY_REQUESTS)
        });
        let reset = Timestamp::from_millisecond(standing.reset_ms).unwrap_or(Timestamp::MAX);
        let (header, rule) = match self.holdings.world.switches.retry_after {
            RetryAfterForm::Off => (None, Rule::CallBeforeReset),
            RetryAfterForm::Seconds => {
                let seconds = (standing.reset_ms - now.as_millisecond()).max(0) as u64;
                (Some(seconds.div_ceil(1_000).to_string()), Rule::CallBeforeRetryAfter)
            }
            RetryAfterForm::HttpDate => (Some(fault::http_date(reset)), Rule::CallBeforeRetryAfter),
        };
        if let Some(header) = header {
            answer = answer.with(RETRY_AFTER, text_value(&header));
        }
        self.watch.told_to_pause(&identity.budget, now, reset, rule);
        answer
    }

    /// The answer that a fault has in place of Miro's.
    fn canned(&mut self, canned: &fault::Answer, identity: &Identity, now: Timestamp) -> Answer {
        let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = Answer::from(Refusal::for_status(status));
        match &canned.body {
            None => {}
            Some(serde_json::Value::String(text)) => {
                answer.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                answer.body = Bytes::from(text.clone());
            }
            Some(json) => answer.body = Bytes::from(json.to_string()),
        }
        if let Some((value, until)) = canned.retry_after.and_then(|pause| pause.header(now)) {
            answer = answer.with(RETRY_AFTER, text_value(&value));
            self.watch.told_to_pause(&identity.budget, now, until, Rule::CallBeforeRetryAfter);
        }
        for (name, value) in &canned.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                answer.headers.insert(name, value);
            }
        }
        answer
    }

    fn add_headers(&self, answer: &mut Answer, identity: &Identity, standing: Option<Standing>, now: Timestamp) {
        let world = &self.holdings.world;
        if world.switches.rate_headers == RateHeaders::Successes && answer.status != StatusCode::OK {
            return;
        }
        let standing = standing.unwrap_or_else(|| {
            let ceiling = identity.caller.map_or(world.organizations[0].credits_per_minute, |caller| {
                caller.organization(world).credits_per_minute
            });
            let mut untouched = Standing::untouched(ceiling, now);
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                untouched.remaining = 0;
            }
            untouched
        });
        let reset = match world.switches.rate_reset_unit {
            ResetUnit::Seconds => (standing.reset_ms as u64).div_ceil(1_000) as i64,
            ResetUnit::Milliseconds => standing.reset_ms,
        };
        answer.headers.entry(RATE_LIMIT).or_insert_with(|| HeaderValue::from(standing.ceiling));
        answer.headers.entry(RATE_REMAINING).or_insert_with(|| HeaderValue::from(standing.remaining));
        answer.headers.entry(RATE_RESET).or_insert_with(|| HeaderValue::from(reset));
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

fn made_up(seed: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Apart from the stream that chose the first tokens.
    random.set_stream(1);
    random
}

fn describe(answer: &Answer, strike: Option<&Strike>) -> String {
    match strike {
        None => answer.decision.clone(),
        Some(strike) => format!("{}; fault {}: {}", answer.decision, strike.number, strike.trouble.describe()),
    }
}

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and HTTP dates are ASCII")
}
