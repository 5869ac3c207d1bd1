//! The Logs Ingestion API: an upload on its way through every check, in the service's order.
//!
//! Statuses, codes and texts: the API's specification, recorded traffic of its clients' live tests and user reports,
//! read 2026-11-22. What is not publicly known is a switch of the world (`ingestion.answers`).

mod cells;
mod inflate;
mod rows;
mod settle;
mod store;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use jiff::Timestamp;

use crate::http::body::{self, BodyError};
use crate::http::front::CallId;
use crate::http::{Reply, query};
use crate::identity::Resource;
use crate::identity::token::{Claims, Refusal};
use crate::rules::{Quota, Rule, Throttled};
use crate::server::Shared;
use crate::world::StatusCode;
use inflate::{Coding, InflateError};
use store::{ContentError, Stored, Upload};

/// The versions of the API that are served.
const API_VERSIONS: [&str; 3] = ["2021-11-01-preview", "2023-01-01", "2023-04-01-preview"];
/// Inflated bodies larger than this are worked on aside, one at a time, so that others are answered meanwhile.
const HEAVY_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/dataCollectionRules/{rule}/streams/{stream}", post(upload))
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    Path((rule, stream)): Path<(String, String)>,
    Extension(id): Extension<CallId>,
    request: Request,
) -> Reply {
    let call = Call { shared, rule, stream, id, now: Timestamp::UNIX_EPOCH };
    call.answer(request).await
}

/// One upload.
#[derive(Debug, Clone)]
struct Call {
    shared: Arc<Shared>,
    rule: String,
    stream: String,
    id: CallId,
    now: Timestamp,
}

/// An answer other than success.
#[derive(Debug)]
struct Refused(Reply);

impl Call {
    async fn answer(mut self, request: Request) -> Reply {
        let (parts, body) = request.into_parts();
        self.now = self.shared.clock.now();
        let rule = match self.admit(parts.uri.query(), &parts.headers) {
            Ok(rule) => rule,
            Err(Refused(reply)) => {
                let bytes = body::drain(body, self.drain_max()).await;
                return self.count(None, reply.bytes(bytes));
            }
        };
        let wire = match self.receive(&parts.headers, body).await {
            Ok(wire) => wire,
            Err(Refused(reply)) => return self.count(Some(&rule), reply),
        };
        let bytes = wire.len() as u64;
        let reply = match self.take(&rule, &parts.headers, wire).await {
            Ok(reply) | Err(Refused(reply)) => reply,
        };
        self.count(Some(&rule), reply.bytes(bytes))
    }

    /// Everything that needs no body: authenticate, role, rule, stream.
    fn admit(&self, query: Option<&str>, headers: &HeaderMap) -> Result<Arc<Rule>, Refused> {
        let claims = self.authenticate(headers)?;
        check_version(query)?;
        let rule = self.shared.state().rules.get(&self.rule).cloned().ok_or_else(|| {
            let message = format!("Data collection rule with immutable Id '{}' not found.", self.rule);
            Refused(Reply::error(404, "NotFound", &message, &message))
        })?;
        self.check_role(&rule, &claims)?;
        self.check_stream(&rule)?;
        let quota = self.quota();
        let taken = self.shared.state().rules.meter(&rule.immutable_id).take_call(quota, self.now);
        taken.map_err(|throttled| self.throttled(throttled, "calls"))?;
        Ok(rule)
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<Claims, Refused> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let tenant_id = &self.shared.world.identity.tenant_id;
        self.shared.signer.verify(header, Resource::Monitor, tenant_id, self.now).map_err(|refusal| match refusal {
            Refusal::Kind => {
                let message = "S2S17001: SAL was able to validate the protocol, but validation failed as none of the \
                               provided policies are satisfied by the token.";
                Refused(Reply::error(401, "UnsupportedAccessTokenType", message, refusal.to_string()))
            }
            _ => {
                let message = format!("The access token is not valid: {refusal}.");
                self.unknown(&self.shared.world.ingestion.answers.unauthenticated, &message)
            }
        })
    }

    fn check_role(&self, rule: &Rule, claims: &Claims) -> Result<(), Refused> {
        let delay = self.shared.world.ingestion.role_delay;
        if self.shared.state().rules.may_publish(&rule.immutable_id, &claims.oid, self.now, delay) {
            return Ok(());
        }
        let arm_id = self.shared.world.workspace.rule_resource_id(&rule.name);
        let message = format!(
            "The authentication token provided does not have access to ingest data for the data collection rule with \
             immutable Id '{}' PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, IsDcrDceBindingValid: , \
             DcrArmId: {arm_id}, Message: Required authorization action was not found for tenantId {} objectId {} on \
             resourceId {arm_id} ConfigurationId: {}..",
            rule.immutable_id, claims.tid, claims.oid, rule.immutable_id
        );
        let reason = format!(
            "object {} does not hold Monitoring Metrics Publisher on {} (or not for {delay:#} yet)",
            claims.oid, rule.name
        );
        Err(Refused(Reply::error(403, "OperationFailed", message, reason)))
    }

    fn check_stream(&self, rule: &Rule) -> Result<(), Refused> {
        if rule.streams.contains_key(&self.stream) {
            return Ok(());
        }
        let known: Vec<&str> = rule.streams.keys().map(String::as_str).collect();
        let message = format!(
            "Stream '{}' is not declared in data collection rule '{}'. Declared streams: {}.",
            self.stream,
            rule.immutable_id,
            known.join(", ")
        );
        Err(self.unknown(&self.shared.world.ingestion.answers.unknown_stream, &message))
    }

    /// The body as it came, within the limit on the wire.
    async fn receive(&self, headers: &HeaderMap, body: axum::body::Body) -> Result<Bytes, Refused> {
        let limit = self.shared.world.ingestion.wire_bytes_max;
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(length) = announced.filter(|length| *length > limit) {
            let drained = body::drain(body, self.drain_max()).await;
            return Err(too_large(limit, Some(length), drained));
        }
        let _place = self.shared.bodies.acquire().await;
        body::read(body, limit).await.map_err(|error| match error {
            BodyError::TooLong => too_large(limit, None, limit),
            BodyError::Broken => Refused(Reply::empty(400, "the caller went away in the middle of the body")),
            BodyError::Slow => Refused(Reply::empty(408, "the body did not arrive in time")),
        })
    }

    /// The body's way into the tables.
    async fn take(&self, rule: &Arc<Rule>, headers: &HeaderMap, wire: Bytes) -> Result<Reply, Refused> {
        if wire.is_empty() {
            return Err(Refused(Reply::empty(500, "an empty body: the service answers 500 without a body")));
        }
        let coding =
            Coding::named(headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok())).map_err(|other| {
                let message = format!("Content-Encoding '{other}' is not supported; use gzip.");
                self.unknown(&self.shared.world.ingestion.answers.unknown_encoding, &message)
            })?;
        let client_request_id =
            headers.get("x-ms-client-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let work = Work { call: self.clone(), rule: rule.clone(), coding, wire, client_request_id };
        if work.is_heavy() {
            let _turn = self.shared.heavy.acquire().await;
            return tokio::task::spawn_blocking(move || work.run())
                .await
                .unwrap_or_else(|error| Err(Refused(Reply::empty(500, format!("the work failed: {error}")))));
        }
        work.run()
    }

    fn throttled(&self, throttled: Throttled, what: &str) -> Refused {
        let message = format!("The data collection rule takes no more {what} in this minute. Try again later.");
        let Refused(reply) = self.unknown(&self.shared.world.ingestion.answers.throttled, &message);
        Refused(reply.header("retry-after", &throttled.retry_after.to_string()))
    }

    /// An answer that no public source shows.
    fn unknown(&self, answer: &StatusCode, message: &str) -> Refused {
        Refused(match answer.status {
            200..=299 => Reply::empty(answer.status, message),
            status => Reply::error(status, &answer.code, message, message),
        })
    }

    fn quota(&self) -> Quota {
        let ingestion = &self.shared.world.ingestion;
        Quota { calls_max: ingestion.calls_per_minute, bytes_max: ingestion.bytes_per_minute }
    }

    /// How much of a refused body is read, so that its sender gets to see the answer.
    fn drain_max(&self) -> u64 {
        self.shared.world.ingestion.wire_bytes_max.saturating_mul(4)
    }

    fn count(&self, rule: Option<&Arc<Rule>>, reply: Reply) -> Reply {
        let mut state = self.shared.state();
        if let Some(rule) = rule.cloned().or_else(|| state.rules.get(&self.rule).cloned()) {
            *state.rules.meter(&rule.immutable_id).requests.entry(reply.status()).or_default() += 1;
        }
        reply
    }
}

/// The part of an upload that computes, on the caller's task or aside.
struct Work {
    call: Call,
    rule: Arc<Rule>,
    coding: Coding,
    wire: Bytes,
    client_request_id: String,
}

impl Work {
    /// Whether the inflated body is likely to be large: gzip ends with the length of what it holds.
    fn is_heavy(&self) -> bool {
        match (self.coding, self.wire.last_chunk::<4>()) {
            (Coding::Gzip, Some(length)) => {
                u32::from_le_bytes(*length) as usize > HEAVY_BYTES || self.wire.len() > HEAVY_BYTES
            }
            _ => self.wire.len() > HEAVY_BYTES,
        }
    }

    fn run(self) -> Result<Reply, Refused> {
        let Self { call, rule, coding, wire, client_request_id } = self;
        let world = &call.shared.world.ingestion;
        let wire_length = wire.len() as u64;
        let text = coding.inflate(wire, world.inflated_bytes_max).map_err(|error| match error {
            InflateError::TooBig => call.unknown(
                &world.answers.inflated_too_big,
                &format!("The decompressed payload is larger than {} bytes.", world.inflated_bytes_max),
            ),
            InflateError::Gzip(why) => {
                call.unknown(&world.answers.invalid_gzip, &format!("The body is not valid gzip: {why}."))
            }
        })?;
        let taken = call.shared.state().rules.meter(&rule.immutable_id).take_bytes(
            call.quota(),
            wire_length,
            text.len() as u64,
            call.now,
        );
        taken.map_err(|throttled| call.throttled(throttled, "bytes"))?;
        let upload = Upload {
            shared: &call.shared,
            rule: &rule,
            stream_name: &call.stream,
            client_request_id: &client_request_id,
            request_id: call.id.request_id.to_string(),
            now: call.now,
        };
        match upload.store(&text) {
            Ok(stored) => {
                call.shared.state().rules.meter(&rule.immutable_id).add(&stored.counts());
                Ok(Reply::empty(204, stored.reason()).rows(stored.stored))
            }
            Err(ContentError::Json(why)) => {
                Err(call.unknown(&world.answers.invalid_json, &format!("The body is not valid JSON: {why}.")))
            }
            Err(ContentError::Spread) => {
                let message = "The TimeGenerated values of the records span more than 30 minutes.";
                Err(Refused(Reply::error(400, "RecordsTimeRangeIsMoreThan30Minutes", message, message)))
            }
        }
    }
}

impl Stored {
    fn counts(&self) -> crate::rules::Counts {
        crate::rules::Counts {
            received: self.received,
            stored: self.stored,
            dropped: self.dropped,
            columns_dropped: self.undeclared,
            transformation_errors: self.transform_errors,
        }
    }

    /// What 204 hides, in words.
    fn reason(&self) -> String {
        if self.not_an_array {
            return "204, but the body is no JSON array: nothing was stored".to_owned();
        }
        let mut reason = format!("stored {} of {} rows", self.stored, self.received);
        for (count, what) in [
            (self.not_objects, "elements were no objects"),
            (self.undeclared, "values belonged to undeclared columns"),
            (self.transform_errors, "transforms failed"),
            (self.restamped, "rows got the receive time as TimeGenerated"),
        ] {
            if count > 0 {
                reason.push_str(&format!("; {count} {what}"));
            }
        }
        reason
    }
}

fn check_version(query: Option<&str>) -> Result<(), Refused> {
    let version = query::get(query, "api-version").unwrap_or_default();
    if API_VERSIONS.contains(&version.as_str()) {
        return Ok(());
    }
    let message = format!("The api version is invalid. Allowed Api versions: {}", API_VERSIONS.join(", "));
    let reason = format!("api-version {version:?} is not one of {}", API_VERSIONS.join(", "));
    Err(Refused(Reply::error(400, "InvalidApiVersion", message, reason)))
}

fn too_large(limit: u64, provided: Option<u64>, read: u64) -> Refused {
    let mut message = format!("Maximum allowed content length: {limit} bytes ({} MB).", limit / 1_048_576);
    if let Some(provided) = provided {
        message.push_str(&format!(" Provided content length: {provided} bytes ({} MB).", provided / 1_048_576));
    }
    Refused(Reply::error(413, "ContentLengthLimitExceeded", &message, &message).bytes(read))
}
