//! Which answer a request gets: a fault's, a refusal, or the operation's own.

use bytes::Bytes;
use faults::{Hit, http_date};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;

use super::{Identity, Request, State};
use crate::answer::{Answer, Refusal};
use crate::api::{self, Caller, OAuthContext};
use crate::credits::{Bucket, Level, RateLimitState};
use crate::journal::Rule;
use crate::operation::{Auth, Guarded, Open, Route};
use crate::params::Params;
use crate::switches::{RateHeaders, ResetUnit, RetryAfterForm};

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How many budgets are kept at most; renewed tokens can each have their own.
const BUDGETS_MAX: usize = 10_000;

impl State {
    /// The answer, and the budget after it where one was touched.
    pub(super) fn answer(
        &mut self,
        route: Result<Route<'_>, Refusal>,
        hit: Option<&Hit>,
        identity: &Identity,
        params: &Params<'_>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> (Answer, Option<RateLimitState>) {
        let route = match route {
            Ok(route) => route,
            Err(refusal) => return (refusal.into(), None),
        };
        if request.too_long {
            let (code, message) = ("payloadTooLarge", "The body is longer than any of this API's");
            let refusal = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, code, message, "body too long");
            return (refusal.into(), None);
        }
        if let Some(hit) = hit {
            if hit.trouble.reset {
                return (Answer::empty(StatusCode::SERVICE_UNAVAILABLE, "connection reset"), None);
            }
            if let Some(canned) = &hit.answer {
                return (canned_answer(canned, now), None);
            }
        }
        match route.operation.auth {
            Auth::Open(open) => (self.answer_everybody(open, params, request, now), None),
            Auth::Token(guarded, level) => self.answer_holder((guarded, level), route.org_id, identity, params, now),
        }
    }

    fn answer_holder(
        &mut self,
        (guarded, level): (Guarded, Level),
        org_id: Option<&str>,
        identity: &Identity,
        params: &Params<'_>,
        now: Timestamp,
    ) -> (Answer, Option<RateLimitState>) {
        let known = api::authenticate(&self.dataset.world, guarded, identity.caller, identity.has_token, now);
        let caller = match known {
            Ok(caller) => caller,
            Err(refusal) => return (refusal.into(), None),
        };
        let (rate_limit, granted) = self.pay(caller, identity, level, now);
        if !granted {
            return (self.too_many(rate_limit, now), Some(rate_limit));
        }
        let done = api::perform(guarded, &self.dataset, caller, org_id, params, now);
        (done.unwrap_or_else(Answer::from), Some(rate_limit))
    }

    fn answer_everybody(&mut self, open: Open, params: &Params<'_>, request: &Request<'_>, now: Timestamp) -> Answer {
        let params = params.and(request.body);
        let Self { dataset, codes, random, .. } = self;
        let mut context = OAuthContext { world: &mut dataset.world, codes, random, now };
        api::perform_open(open, &mut context, &params, request.body).unwrap_or_else(Answer::from)
    }

    /// Takes the credits of a call, if there are as many.
    fn pay(&mut self, caller: Caller, identity: &Identity, level: Level, now: Timestamp) -> (RateLimitState, bool) {
        let world = &self.dataset.world;
        let (ceiling, model) = (caller.organization(world).credits_per_minute, world.switches.credit_model);
        if self.buckets.len() >= BUDGETS_MAX && !self.buckets.contains_key(&identity.budget) {
            self.buckets.pop_first();
        }
        let bucket = self.buckets.entry(identity.budget.clone()).or_insert_with(|| Bucket::full(ceiling, now));
        bucket.take(level.credits(), ceiling, model, now)
    }

    /// The answer to a call without credits.
    fn too_many(&self, rate_limit: RateLimitState, now: Timestamp) -> Answer {
        let mut answer = Answer::from(Refusal {
            decision: "out of credits".to_owned(),
            ..Refusal::for_status(StatusCode::TOO_MANY_REQUESTS)
        });
        let reset = Timestamp::from_millisecond(rate_limit.reset_ms).unwrap_or(Timestamp::MAX);
        let (header, rule) = match self.dataset.world.switches.retry_after {
            RetryAfterForm::Off => (None, Rule::CallBeforeReset),
            RetryAfterForm::Seconds => {
                let seconds = (rate_limit.reset_ms - now.as_millisecond()).max(0) as u64;
                (Some(seconds.div_ceil(1_000).to_string()), Rule::CallBeforeRetryAfter)
            }
            RetryAfterForm::HttpDate => (Some(http_date(reset)), Rule::CallBeforeRetryAfter),
        };
        if let Some(header) = header {
            answer = answer.with(RETRY_AFTER, text_value(&header));
        }
        answer.pause = Some((reset, rule));
        answer
    }

    /// Adds the `X-RateLimit-*` headers.
    pub(super) fn add_headers(
        &self,
        answer: &mut Answer,
        identity: &Identity,
        rate_limit: Option<RateLimitState>,
        now: Timestamp,
    ) {
        let world = &self.dataset.world;
        if world.switches.rate_headers == RateHeaders::Successes && answer.status != StatusCode::OK {
            return;
        }
        let rate_limit = rate_limit.unwrap_or_else(|| {
            let ceiling = identity.caller.map_or(world.organizations[0].credits_per_minute, |caller| {
                caller.organization(world).credits_per_minute
            });
            let mut untouched = RateLimitState::untouched(ceiling, now);
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                untouched.remaining = 0;
            }
            untouched
        });
        let reset = match world.switches.rate_reset_unit {
            ResetUnit::Seconds => (rate_limit.reset_ms as u64).div_ceil(1_000) as i64,
            ResetUnit::Milliseconds => rate_limit.reset_ms,
        };
        answer.headers.entry(RATE_LIMIT).or_insert_with(|| HeaderValue::from(rate_limit.ceiling));
        answer.headers.entry(RATE_REMAINING).or_insert_with(|| HeaderValue::from(rate_limit.remaining));
        answer.headers.entry(RATE_RESET).or_insert_with(|| HeaderValue::from(reset));
    }
}

/// The answer that a fault has in place of Miro's.
fn canned_answer(canned: &faults::Answer, now: Timestamp) -> Answer {
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
        answer.pause = Some((until, Rule::CallBeforeRetryAfter));
    }
    for (name, value) in &canned.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            answer.headers.insert(name, value);
        }
    }
    answer
}

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and HTTP dates are ASCII")
}
