//! Which response a request gets: that of a fault, an error, or that of the operation.

use bytes::Bytes;
use faults::{Hit, http_date};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;

use super::{Identity, Request, State};
use crate::api::{self, Caller, OAuthContext};
use crate::credits::{Bucket, Level, RateLimitState};
use crate::journal::Rule;
use crate::operation::{Auth, Guarded, Open, Route};
use crate::params::Params;
use crate::response::{ErrorResponse, Response};
use crate::switches::{RateHeaders, ResetUnit, RetryAfterForm};

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How many budgets are kept at most; renewed tokens can each have their own.
const BUDGETS_MAX: usize = 10_000;

impl State {
    /// The response, and the rate limit after it where the call cost credits.
    pub(super) fn respond(
        &mut self,
        route: Result<Route<'_>, ErrorResponse>,
        hit: Option<&Hit>,
        identity: &Identity,
        params: &Params<'_>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> (Response, Option<RateLimitState>) {
        let route = match route {
            Ok(route) => route,
            Err(error) => return (error.into(), None),
        };
        if request.too_long {
            let (code, message) = ("payloadTooLarge", "The body is longer than any of this API's");
            let error = ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, code, message, "body too long");
            return (error.into(), None);
        }
        if let Some(hit) = hit {
            if hit.trouble.reset {
                return (Response::empty(StatusCode::SERVICE_UNAVAILABLE, "connection reset"), None);
            }
            if let Some(canned) = &hit.answer {
                return (canned_response(canned, now), None);
            }
        }
        match route.operation.auth {
            Auth::Open(open) => (self.perform_open(open, params, request, now), None),
            Auth::Token(guarded, level) => self.perform_guarded((guarded, level), route.org_id, identity, params, now),
        }
    }

    fn perform_guarded(
        &mut self,
        (guarded, level): (Guarded, Level),
        org_id: Option<&str>,
        identity: &Identity,
        params: &Params<'_>,
        now: Timestamp,
    ) -> (Response, Option<RateLimitState>) {
        let known = api::authenticate(&self.dataset.world, guarded, identity.caller, identity.has_token, now);
        let caller = match known {
            Ok(caller) => caller,
            Err(error) => return (error.into(), None),
        };
        let (rate_limit, granted) = self.pay(caller, identity, level, now);
        if !granted {
            return (self.too_many(rate_limit, now), Some(rate_limit));
        }
        let done = api::perform(guarded, &self.dataset, caller, org_id, params, now);
        (done.unwrap_or_else(Response::from), Some(rate_limit))
    }

    fn perform_open(&mut self, open: Open, params: &Params<'_>, request: &Request<'_>, now: Timestamp) -> Response {
        let params = params.and(request.body);
        let Self { dataset, codes, random, .. } = self;
        let mut context = OAuthContext { world: &mut dataset.world, codes, random, now };
        api::perform_open(open, &mut context, &params, request.body).unwrap_or_else(Response::from)
    }

    /// Charges the credits of a call if enough are left.
    fn pay(&mut self, caller: Caller, identity: &Identity, level: Level, now: Timestamp) -> (RateLimitState, bool) {
        let world = &self.dataset.world;
        let (ceiling, model) = (caller.organization(world).credits_per_minute, world.switches.credit_model);
        if self.buckets.len() >= BUDGETS_MAX && !self.buckets.contains_key(&identity.budget) {
            self.buckets.pop_first();
        }
        let bucket = self.buckets.entry(identity.budget.clone()).or_insert_with(|| Bucket::full(ceiling, now));
        bucket.take(level.credits(), ceiling, model, now)
    }

    /// The 429 for a call that exceeds the rate limit.
    fn too_many(&self, rate_limit: RateLimitState, now: Timestamp) -> Response {
        let mut response = Response::from(ErrorResponse {
            decision: "out of credits".to_owned(),
            ..ErrorResponse::for_status(StatusCode::TOO_MANY_REQUESTS)
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
            response = response.with(RETRY_AFTER, text_value(&header));
        }
        response.pause = Some((reset, rule));
        response
    }

    /// Adds the `X-RateLimit-*` headers.
    pub(super) fn add_headers(
        &self,
        response: &mut Response,
        identity: &Identity,
        rate_limit: Option<RateLimitState>,
        now: Timestamp,
    ) {
        let world = &self.dataset.world;
        if world.switches.rate_headers == RateHeaders::Successes && response.status != StatusCode::OK {
            return;
        }
        let rate_limit = rate_limit.unwrap_or_else(|| {
            let ceiling = identity.caller.map_or(world.organizations[0].credits_per_minute, |caller| {
                caller.organization(world).credits_per_minute
            });
            let mut untouched = RateLimitState::untouched(ceiling, now);
            if response.status == StatusCode::TOO_MANY_REQUESTS {
                untouched.remaining = 0;
            }
            untouched
        });
        let reset = match world.switches.rate_reset_unit {
            ResetUnit::Seconds => (rate_limit.reset_ms as u64).div_ceil(1_000) as i64,
            ResetUnit::Milliseconds => rate_limit.reset_ms,
        };
        response.headers.entry(RATE_LIMIT).or_insert_with(|| HeaderValue::from(rate_limit.ceiling));
        response.headers.entry(RATE_REMAINING).or_insert_with(|| HeaderValue::from(rate_limit.remaining));
        response.headers.entry(RATE_RESET).or_insert_with(|| HeaderValue::from(reset));
    }
}

/// The response that a fault sends in place of Miro's.
fn canned_response(canned: &faults::Answer, now: Timestamp) -> Response {
    let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::from(ErrorResponse::for_status(status));
    match &canned.body {
        None => {}
        Some(serde_json::Value::String(text)) => {
            response.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            response.body = Bytes::from(text.clone());
        }
        Some(json) => response.body = Bytes::from(json.to_string()),
    }
    if let Some((value, until)) = canned.retry_after.and_then(|pause| pause.header(now)) {
        response = response.with(RETRY_AFTER, text_value(&value));
        response.pause = Some((until, Rule::CallBeforeRetryAfter));
    }
    for (name, value) in &canned.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers.insert(name, value);
        }
    }
    response
}

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and HTTP dates are ASCII")
}
