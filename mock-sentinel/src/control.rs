//! The control plane: how tests inspect and change the world.

mod origin;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::routing::{delete, get, post};
use bytes::Bytes;
use faults::{ClockChange, Fault, Object};
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::call::Call;
use crate::http::{Reply, openapi};
use crate::state::Shared;
use crate::workspace::StoredTable;

/// Most bytes of a request's body.
const BODY_BYTES_MAX: u64 = 1024 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/health", get(health))
        .route("/world", get(world))
        .route("/openapi.json", get(described))
        .route("/clock", get(clock).post(change_clock))
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/faults/{number}", delete(remove_fault))
        .route("/tables", get(tables))
        .route("/tables/{table}", get(table))
        .route("/tables/{table}/ids", get(table_ids))
        .route("/rules", get(rules))
        .route("/journal", get(journal))
        .route("/secret", post(secret))
        .route("/roles", post(roles))
        .route("/assertion", post(assertion))
        .route("/reset", post(reset))
        .layer(axum::middleware::from_fn(origin::guard))
}

async fn health(State(shared): State<Arc<Shared>>) -> Reply {
    Reply::json(200, &json!({"status": "ok", "now": shared.clock.now()}), "health")
}

/// The world's settings, without its secrets.
async fn world(State(shared): State<Arc<Shared>>) -> Reply {
    let mut world = shared.world.clone();
    for app in &mut world.identity.apps {
        "***".clone_into(&mut app.client_secret);
        app.expired_secret = app.expired_secret.take().map(|_| "***".to_owned());
    }
    Reply::json(200, &world, "world")
}

async fn described(State(shared): State<Arc<Shared>>) -> Reply {
    let known = openapi::Known::of(&shared);
    Reply::json(200, &openapi::document(&known), "OpenAPI document")
}

async fn clock(State(shared): State<Arc<Shared>>) -> Reply {
    Reply::json(200, &json!({"now": shared.clock.now()}), "clock")
}

async fn change_clock(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let change: ClockChange = match read(&shared, request).await {
        Ok(change) => change,
        Err(reply) => return reply,
    };
    match shared.clock.change(change) {
        Ok(now) => Reply::json(200, &json!({"now": now}), "clock changed"),
        Err(error) => Reply::error(400, "InvalidClock", error.to_string(), "invalid clock change"),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Reply {
    Reply::json(200, &json!({"faults": shared.state().faults.progress()}), "faults")
}

/// Takes one fault or a list; all are added or none.
async fn add_faults(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let body = match receive(&shared, request).await {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let faults = match Fault::read(&body) {
        Ok(faults) => faults,
        Err(error) => {
            let code = if error.is_data() { "InvalidFault" } else { "InvalidBody" };
            return Reply::error(400, code, error.to_string(), "not a fault");
        }
    };
    match shared.state().faults.add_all(faults) {
        Ok(numbers) => Reply::json(200, &json!({"numbers": numbers}), "faults added"),
        Err(error) => Reply::error(400, "InvalidFault", error.to_string(), "invalid fault"),
    }
}

async fn remove_fault(State(shared): State<Arc<Shared>>, Path(number): Path<u64>) -> Reply {
    if !shared.state().faults.remove(number) {
        return Reply::error(404, "NotFound", format!("No fault has the number {number}."), "unknown fault");
    }
    faults(State(shared)).await
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> Reply {
    shared.state().faults.clear();
    faults(State(shared)).await
}

async fn tables(State(shared): State<Arc<Shared>>) -> Reply {
    let state = shared.state();
    let tables: serde_json::Map<_, _> =
        state.tables.iter().map(|(name, table)| (name.clone(), json!(table.count()))).collect();
    Reply::json(200, &tables, "tables")
}

async fn table(State(shared): State<Arc<Shared>>, Path(table): Path<String>) -> Reply {
    match shared.state().tables.get(&table).map(StoredTable::count) {
        Some(count) => Reply::json(200, &count, "table"),
        None => unknown_table(&table),
    }
}

/// The maximum and default number of ids in a page.
pub(crate) const IDS_MAX: usize = 10_000;

#[derive(Debug, Deserialize)]
struct IdsQuery {
    /// The last id of the page before.
    after: Option<String>,
    limit: Option<usize>,
}

/// The different ids of a table, in the order in which they first arrived.
async fn table_ids(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    query: Result<Query<IdsQuery>, QueryRejection>,
) -> Reply {
    let Query(IdsQuery { after, limit }) = match query {
        Ok(query) => query,
        Err(rejection) => return Reply::error(400, "InvalidQuery", rejection.body_text(), "invalid query"),
    };
    let limit = limit.unwrap_or(IDS_MAX);
    if !(1..=IDS_MAX).contains(&limit) {
        return Reply::error(400, "InvalidQuery", format!("limit is {limit}: 1 to {IDS_MAX}."), "limit out of bounds");
    }
    let state = shared.state();
    let Some(table) = state.tables.get(&name) else { return unknown_table(&name) };
    match table.ids_page(after.as_deref(), limit) {
        Some(page) => {
            let next = page.ids.last().filter(|_| page.more);
            Reply::json(200, &json!({"ids": page.ids, "next": next}), "ids")
        }
        None => {
            Reply::error(404, "NotFound", format!("Table '{name}' has no row with the id of 'after'."), "unknown id")
        }
    }
}

fn unknown_table(name: &str) -> Reply {
    Reply::error(404, "NotFound", format!("No table '{name}'."), "unknown table")
}

/// Every rule with what it has counted.
async fn rules(State(shared): State<Arc<Shared>>) -> Reply {
    let mut state = shared.state();
    let rules: Vec<_> = state.rules.iter().cloned().collect();
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            json!({
                "name": rule.name,
                "immutableId": rule.immutable_id,
                "streams": rule.streams.keys().collect::<Vec<_>>(),
                "metrics": state.rules.meter(&rule.immutable_id),
            })
        })
        .collect();
    Reply::json(200, &json!({"rules": rules}), "rules")
}

#[derive(Debug, Deserialize)]
struct JournalQuery {
    /// Only those after the entry of this id.
    after: Option<u64>,
    /// The number of entries to return, from the end.
    last: Option<usize>,
    /// Only this kind of call.
    call: Option<Call>,
    /// Only calls whose response was 400 or above.
    #[serde(default)]
    refused: bool,
}

async fn journal(State(shared): State<Arc<Shared>>, query: Result<Query<JournalQuery>, QueryRejection>) -> Reply {
    let Query(query) = match query {
        Ok(query) => query,
        Err(rejection) => return Reply::error(400, "InvalidQuery", rejection.body_text(), "invalid query"),
    };
    let state = shared.state();
    let mut entries: Vec<_> = state
        .journal
        .after(query.after.unwrap_or(0))
        .rev()
        .filter(|entry| query.call.is_none_or(|call| entry.call == call) && (!query.refused || entry.status >= 400))
        .take(query.last.unwrap_or(usize::MAX))
        .collect();
    entries.reverse();
    Reply::json(200, &json!({"entries": entries, "dropped": state.journal.dropped()}), "journal")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretChange {
    client_secret: String,
}

async fn secret(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    match read::<SecretChange>(&shared, request).await {
        Ok(change) => {
            shared.set_client_secret(&change.client_secret);
            Reply::empty(204, "client secret changed")
        }
        Err(reply) => reply,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    stream: String,
    assigned: bool,
}

async fn roles(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let change: RoleChange = match read(&shared, request).await {
        Ok(change) => change,
        Err(reply) => return reply,
    };
    let known = if change.assigned { shared.assign_role(&change.stream) } else { shared.unassign_role(&change.stream) };
    if known {
        Reply::empty(204, "role changed")
    } else {
        Reply::error(404, "NotFound", format!("No rule declares stream '{}'.", change.stream), "unknown stream")
    }
}

/// What an issuer that an app trusts would say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssertionOrder {
    issuer: String,
    subject: String,
    audience: String,
    #[serde(default = "AssertionOrder::life")]
    life: SignedDuration,
}

impl AssertionOrder {
    fn life() -> SignedDuration {
        SignedDuration::from_mins(10)
    }
}

/// Signs an assertion with the key used for issuers without a key set.
async fn assertion(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    match read::<AssertionOrder>(&shared, request).await {
        Ok(AssertionOrder { issuer, subject, audience, life }) => {
            let signed = shared.signer.assertion(&issuer, &subject, &audience, shared.clock.now(), life);
            Reply::json(200, &json!({"assertion": signed}), "assertion signed")
        }
        Err(reply) => reply,
    }
}

async fn reset(State(shared): State<Arc<Shared>>) -> Reply {
    shared.reset();
    Reply::empty(204, "reset")
}

async fn read<T: DeserializeOwned>(shared: &Shared, request: Request) -> Result<T, Reply> {
    let body = receive(shared, request).await?;
    let read = serde_json::from_slice(&body).map(|Object(read)| read);
    read.map_err(|error| Reply::error(400, "InvalidBody", format!("{error}"), "invalid body"))
}

/// A body of the control plane. Its memory is released at once: what is parsed of it is small.
async fn receive(shared: &Shared, request: Request) -> Result<Bytes, Reply> {
    let held = shared.control_body_memory.read(request.into_body(), BODY_BYTES_MAX).await.map_err(|error| {
        Reply::error(error.status(), "InvalidBody", format!("The body could not be read: {error}."), error.to_string())
    })?;
    Ok(held.bytes)
}
