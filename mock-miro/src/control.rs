//! The control plane under `/_control`: how a test inspects and controls the mock.

mod origin;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use faults::{ClockChange, Fault};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::log::Log;
use crate::mock::{MockMiro, NewEvent};
use crate::openapi;
use crate::params::Params;
use crate::switches::Switches;
use crate::world::{Events, Traits, WorldChange};

const ROUTES: &str =
    "health, world, clock, faults, events, incidents, journal, violations, switches, openapi.json, reset";

/// The size of all logs from which on no events are added. A single request can add as much again as a world may start with.
const EVENTS_BYTES_MAX: usize = 8 << 30;

/// The largest accepted body, some 100,000 events.
const BODY_MAX: usize = 64 << 20;

pub(crate) fn router() -> Router<MockMiro> {
    Router::new()
        .route("/health", get(health))
        .route("/world", get(world).post(change_world))
        .route("/clock", get(clock).post(change_clock))
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/faults/{number}", delete(remove_fault))
        .route("/events", get(events).post(add_events))
        .route("/incidents", get(incidents))
        .route("/journal", get(journal))
        .route("/violations", get(violations))
        .route("/switches", get(switches))
        .route("/openapi.json", get(document))
        .route("/reset", post(reset))
        .fallback(unknown)
        .layer(axum::middleware::from_fn(origin::guard))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

/// A response of the control plane: JSON, or an error.
type Reply = Result<axum::Json<Value>, ControlError>;

struct ControlError(StatusCode, String);

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.0, axum::Json(json!({"error": self.1}))).into_response()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in `map_err`")]
fn bad_request(reason: impl ToString) -> ControlError {
    ControlError(StatusCode::BAD_REQUEST, reason.to_string())
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(invalid_body)
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in `map_err`")]
fn invalid_body(error: serde_json::Error) -> ControlError {
    bad_request(format!("invalid request body: {error}"))
}

async fn unknown() -> ControlError {
    ControlError(StatusCode::NOT_FOUND, format!("unknown route; known: {ROUTES}"))
}

async fn health(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(json!({"status": "ok", "now": mock.now(), "version": env!("CARGO_PKG_VERSION")})))
}

async fn world(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(serde_json::to_value(mock.world()).map_err(bad_request)?))
}

/// Returns the world and, in `minted`, the tokens that the change minted: the only response that ever contains their values.
async fn change_world(State(mock): State<MockMiro>, body: Bytes) -> Reply {
    let change: WorldChange = read(&body)?;
    let minted = mock.change_world(change).map_err(bad_request)?;
    let mut response = serde_json::to_value(mock.world()).map_err(bad_request)?;
    response["minted"] = serde_json::to_value(minted).map_err(bad_request)?;
    Ok(axum::Json(response))
}

async fn clock(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(json!({"now": mock.now()})))
}

async fn change_clock(State(mock): State<MockMiro>, body: Bytes) -> Reply {
    let change: ClockChange = read(&body)?;
    let now = mock.change_clock(change).map_err(bad_request)?;
    Ok(axum::Json(json!({"now": now})))
}

async fn faults(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(json!({"faults": mock.faults()})))
}

/// Accepts one fault or a list, and adds all of them or none.
async fn add_faults(State(mock): State<MockMiro>, body: Bytes) -> Reply {
    let faults = Fault::read(&body).map_err(invalid_body)?;
    let numbers = mock.inject_all(faults).map_err(bad_request)?;
    Ok(axum::Json(json!({"numbers": numbers})))
}

async fn remove_fault(State(mock): State<MockMiro>, Path(number): Path<String>) -> Reply {
    let number: u64 = number.parse().map_err(|_| bad_request(format!("{number:?} is not a fault number")))?;
    if !mock.remove_fault(number) {
        return Err(ControlError(StatusCode::NOT_FOUND, format!("there is no fault {number}")));
    }
    faults(State(mock)).await
}

async fn clear_faults(State(mock): State<MockMiro>) -> Reply {
    mock.clear_faults();
    Ok(axum::Json(json!({"faults": []})))
}

/// With `?log=audit` the ids of what is visible, else the counts.
async fn events(State(mock): State<MockMiro>, RawQuery(query): RawQuery) -> Reply {
    let query = query.unwrap_or_default();
    let now = mock.now();
    match Params::parse(query.as_bytes()).get("log") {
        None => {
            let counts = |log| json!({"count": mock.count(log), "visible": mock.count_visible(log, now)});
            Ok(axum::Json(json!({
                "audit": counts(Log::Audit),
                "content": counts(Log::Content),
                "ai_interaction": counts(Log::AiInteraction),
            })))
        }
        Some(name) => {
            let log: Log = serde_json::from_value(json!(name)).map_err(bad_request)?;
            Ok(axum::Json(json!({"log": log, "ids": mock.ids(log, now)})))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsRequest {
    log: Log,
    #[serde(default)]
    events: Vec<Box<RawValue>>,
    /// When the given events become visible.
    #[serde(default)]
    visible_at: Option<Timestamp>,
    #[serde(default)]
    generate: usize,
    /// The interval of generated events; it ends now unless `from` is given.
    #[serde(default)]
    over: Option<SignedDuration>,
    #[serde(default)]
    from: Option<Timestamp>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    traits: Traits,
}

impl EventsRequest {
    /// Applies the same limits as a world file.
    fn check(&self) -> Result<(), ControlError> {
        let events = Events { generate: self.generate, over: self.over, traits: self.traits, ..Events::default() };
        let mut contradictions = Vec::new();
        events.check("events", &mut contradictions);
        if contradictions.is_empty() { Ok(()) } else { Err(bad_request(contradictions.join("\n"))) }
    }
}

async fn add_events(State(mock): State<MockMiro>, body: Bytes) -> Reply {
    let request: EventsRequest = read(&body)?;
    request.check()?;
    let held = mock.bytes();
    if held > EVENTS_BYTES_MAX {
        return Err(bad_request(format!(
            "the logs hold {held} bytes, over the limit of {EVENTS_BYTES_MAX}; POST /_control/reset clears them"
        )));
    }
    let given = request.events.into_iter().map(|json| NewEvent {
        json: Bytes::from(Box::<str>::from(json).into_string()),
        visible_at: request.visible_at,
    });
    mock.add_events(request.log, given.collect()).map_err(bad_request)?;
    let over = request.over.unwrap_or(SignedDuration::from_hours(1));
    let over = std::time::Duration::try_from(over).map_err(|_| bad_request("`over` must not be negative"))?;
    let from = request.from.unwrap_or_else(|| mock.now().saturating_sub(over).unwrap_or(Timestamp::MIN));
    mock.generate_with(request.log, request.generate, from, over, request.seed, request.traits);
    Ok(axum::Json(json!({"log": request.log, "count": mock.count(request.log)})))
}

async fn incidents(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(json!({"incidents": mock.planted()})))
}

/// With `?after=17` only the entries after that one.
async fn journal(State(mock): State<MockMiro>, RawQuery(query): RawQuery) -> Reply {
    let query = query.unwrap_or_default();
    let after = Params::parse(query.as_bytes()).get("after").map_or(Ok(0), str::parse::<u64>).map_err(bad_request)?;
    Ok(axum::Json(json!({"entries": mock.journal_after(after), "dropped": mock.journal_dropped()})))
}

async fn violations(State(mock): State<MockMiro>) -> Reply {
    Ok(axum::Json(json!({"violations": mock.violations()})))
}

async fn switches() -> Reply {
    Ok(axum::Json(json!({"switches": Switches::catalogue()})))
}

async fn document() -> Reply {
    Ok(axum::Json(openapi::document()))
}

async fn reset(State(mock): State<MockMiro>) -> Reply {
    mock.reset();
    clock(State(mock)).await
}
