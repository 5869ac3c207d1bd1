//! The Logs Ingestion API: an upload on its way through every check, in the service's order.
//!
//! Statuses, codes and texts: the API's specification, recorded traffic of its clients' live tests and user reports,
//! read 2026-11-22. What is not publicly documented is a setting of the world (`ingestion.answers`).

#![warn(clippy::wildcard_enum_match_arm)]

mod cells;
mod conform;
mod content;
mod inflate;
mod refusals;
mod rows;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use jiff::Timestamp;

use crate::call::CallId;
use crate::http::Reply;
use crate::http::body::{self, BodyError, BufferedBody};
use crate::identity::Resource;
use crate::identity::token::Claims;
use crate::roles;
use crate::rules::{Quota, Rule};
use crate::state::{self, Shared, Stored, Upload};
use crate::world::UnknownAnswers;
use content::{Content, ContentError};
use inflate::{Coding, InflateError};
pub(crate) use refusals::API_VERSIONS;
use refusals::{Refused, check_version};

/// Inflated bodies larger than this are worked on aside, one at a time, so that others are served meanwhile. Above what
/// any client of the service packs into one call.
const HEAVY_BYTES: u64 = 2 * 1024 * 1024;
/// The most characters of a name from outside that messages repeat.
const NAME_MAX: usize = 128;

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
    call.handle(request).await
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

impl Call {
    async fn handle(mut self, request: Request) -> Reply {
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
        let bytes = wire.bytes.len() as u64;
        let reply = match self.take(&rule, &parts.headers, wire.bytes.clone()).await {
            Ok(reply) | Err(Refused(reply)) => reply,
        };
        self.count(Some(&rule), reply.bytes(bytes))
    }

    /// Every check that needs no body: authenticate, role, rule, stream, the calls of the minute.
    fn admit(&self, query: Option<&str>, headers: &HeaderMap) -> Result<Arc<Rule>, Refused> {
        let claims = self.authenticate(headers)?;
        check_version(query, self.shared.world.ingestion.capitalised_version_error)?;
        let mut state = self.shared.state();
        let rule = state.rules.get(&self.rule).cloned().ok_or_else(|| Refused::rule(&self.rule))?;
        self.check_role(&state, &rule, &claims)?;
        self.check_stream(&rule)?;
        let taken = state.rules.meter(&rule.immutable_id).take_call(self.quota(), self.now);
        taken.map_err(|throttled| Refused::throttled(throttled, "calls", &self.shared.world.ingestion.answers))?;
        Ok(rule)
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<Claims, Refused> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let tenant_id = &self.shared.world.identity.tenant_id;
        let verified = self.shared.signer.verify(header, Resource::Monitor, tenant_id, self.now);
        verified.map_err(|refusal| Refused::token(&refusal, &self.shared.world.ingestion.answers))
    }

    fn check_role(&self, state: &state::State, rule: &Rule, claims: &Claims) -> Result<(), Refused> {
        let delay = self.shared.world.ingestion.role_delay;
        let arm_id = self.shared.world.workspace.rule_resource_id(&rule.name);
        if state.roles.allow(&claims.oid, roles::SEND, &arm_id, self.now, delay) {
            return Ok(());
        }
        Err(Refused::role(&rule.immutable_id, &arm_id, claims, delay))
    }

    fn check_stream(&self, rule: &Rule) -> Result<(), Refused> {
        if rule.streams.contains_key(&self.stream) {
            return Ok(());
        }
        let known: Vec<&str> = rule.streams.keys().map(String::as_str).collect();
        let message = format!(
            "Stream '{}' is not declared in data collection rule '{}'. Declared streams: {}.",
            self.stream.chars().take(NAME_MAX).collect::<String>(),
            rule.immutable_id,
            known.join(", ")
        );
        Err(Refused::unknown(&self.shared.world.ingestion.answers.unknown_stream, &message))
    }

    /// The body as it came, within the limit on the wire.
    async fn receive(&self, headers: &HeaderMap, body: axum::body::Body) -> Result<BufferedBody<'_>, Refused> {
        let limit = self.shared.world.ingestion.wire_bytes_max;
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(length) = announced.filter(|length| *length > limit) {
            let drained = body::drain(body, self.drain_max()).await;
            return Err(Refused::too_large(limit, Some(length), drained));
        }
        self.shared.body_memory.read(body, limit).await.map_err(|error| match error {
            BodyError::TooLong(_) => Refused::too_large(limit, None, limit),
            BodyError::Broken | BodyError::Slow => Refused(Reply::empty(error.status(), error.to_string())),
            BodyError::NoMemory => {
                let message = "The service is unavailable. Try again later.";
                let reply = Reply::error(error.status(), "ServiceUnavailable", message, error.to_string());
                Refused(reply.header("retry-after", "1"))
            }
        })
    }

    /// The body's way into the tables.
    async fn take(&self, rule: &Arc<Rule>, headers: &HeaderMap, wire: Bytes) -> Result<Reply, Refused> {
        if wire.is_empty() {
            let message = "The request has no body.";
            return Err(Refused::unknown(&self.shared.world.ingestion.answers.empty_body, message));
        }
        let coding =
            Coding::named(headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok())).map_err(|other| {
                let message = format!("Content-Encoding '{other}' is not supported; use gzip.");
                Refused::unknown(&self.shared.world.ingestion.answers.unknown_encoding, &message)
            })?;
        let client_request_id = headers.get("x-ms-client-request-id").and_then(|value| value.to_str().ok());
        let client_request_id = client_request_id.unwrap_or_default().chars().take(NAME_MAX).collect();
        let work = Work { call: self.clone(), rule: rule.clone(), coding, wire, client_request_id };
        match work.text(HEAVY_BYTES.min(self.shared.world.ingestion.inflated_bytes_max)) {
            Ok(text) => return work.store(&text),
            Err(InflateError::Gzip(why)) => return Err(work.no_gzip(&why)),
            Err(InflateError::TooBig) => {}
        }
        let _permit = self.shared.large_bodies.acquire().await;
        tokio::task::spawn_blocking(move || work.run())
            .await
            .unwrap_or_else(|error| Err(Refused(Reply::empty(500, format!("processing the upload failed: {error}")))))
    }

    fn quota(&self) -> Quota {
        let ingestion = &self.shared.world.ingestion;
        Quota { calls_max: ingestion.calls_per_minute, bytes_max: ingestion.bytes_per_minute }
    }

    /// How much of a refused body is read, so that its sender receives the response.
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
    /// The body in the clear, at most `bytes_max` bytes of it.
    fn text(&self, bytes_max: u64) -> Result<Bytes, InflateError> {
        self.coding.inflate(self.wire.clone(), bytes_max)
    }

    fn no_gzip(&self, why: &str) -> Refused {
        let answers = &self.call.shared.world.ingestion.answers;
        Refused::unknown(&answers.invalid_gzip, &format!("The body is not valid gzip: {why}."))
    }

    fn run(self) -> Result<Reply, Refused> {
        let world = &self.call.shared.world.ingestion;
        let text = self.text(world.inflated_bytes_max).map_err(|error| match error {
            InflateError::TooBig => Refused::unknown(
                &world.answers.inflated_too_big,
                &format!("The decompressed payload is larger than {} bytes.", world.inflated_bytes_max),
            ),
            InflateError::Gzip(why) => self.no_gzip(&why),
        })?;
        self.store(&text)
    }

    fn store(self, text: &Bytes) -> Result<Reply, Refused> {
        let Self { call, rule, wire, client_request_id, .. } = self;
        let (shared, world) = (&call.shared, &call.shared.world.ingestion);
        let request_id = call.id.request_id.to_string();
        let upload = Upload {
            rule: &rule,
            stream: &call.stream,
            client_request_id: &client_request_id,
            request_id: &request_id,
            now: call.now,
        };
        let admitted = shared.state().admit_body(&upload, call.quota(), wire.len() as u64, text.len() as u64);
        let destinations = admitted.map_err(|throttled| Refused::throttled(throttled, "bytes", &world.answers))?;
        let content = match content::read(text, &upload, &rule.streams[&call.stream], destinations, world) {
            Ok(content) => content,
            Err((error, errors)) => {
                shared.state().log_errors(&shared.world, &upload, &errors);
                return Err(error.refused(&world.answers));
            }
        };
        let Content { conformed, not_objects, not_an_array, ids } = content;
        let outcome = Summary {
            received: conformed.received,
            undeclared: conformed.undeclared,
            transform_errors: conformed.transform_errors,
            not_objects,
            not_an_array,
        };
        let stored = shared.state().accept(&shared.world, &upload, conformed);
        Ok(Reply::empty(204, outcome.reason(&stored)).rows(stored.kept).ids(ids))
    }
}

impl ContentError {
    fn refused(&self, answers: &UnknownAnswers) -> Refused {
        match self {
            Self::Json(why) => Refused::unknown(&answers.invalid_json, &format!("The body is not valid JSON: {why}.")),
            Self::Nested(column) => {
                let message = format!("malformed JSON: column '{column}' takes neither objects nor arrays.");
                Refused::unknown(&answers.nested_value, &message)
            }
            Self::Spread => {
                let message = "The TimeGenerated values of the records span more than 30 minutes.";
                Refused::unknown(&answers.time_spread, message)
            }
        }
    }
}

/// What the body of an accepted upload held.
struct Summary {
    received: u64,
    undeclared: u64,
    transform_errors: u64,
    not_objects: u64,
    not_an_array: bool,
}

impl Summary {
    /// What a 204 hides, for the journal.
    fn reason(&self, stored: &Stored) -> String {
        if self.not_an_array {
            return "204, but the body is not a JSON array: nothing was stored".to_owned();
        }
        let mut reason = format!("stored {} of {} rows", stored.kept, self.received);
        for (count, what) in [
            (self.not_objects, "elements were not objects"),
            (self.undeclared, "values belonged to undeclared columns"),
            (self.transform_errors, "transforms failed"),
            (stored.restamped, "rows were given the receive time as TimeGenerated"),
            (stored.over_cap, "rows were dropped by the daily cap"),
        ] {
            if count > 0 {
                reason.extend(["; ", &count.to_string(), " ", what]);
            }
        }
        reason
    }
}
