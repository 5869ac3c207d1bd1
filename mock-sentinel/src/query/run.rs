//! Running a query against the workspace as it is visible now.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::SignedDuration;
use kql::Settings;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::encode::{self, Encoded};
use super::errors::QueryError;
use super::options::Options;
use super::request::QueryRequest;
use super::timespan::Timespan;
use super::view::Within;
use crate::http::response_memory::BufferedResponse;
use crate::identity::Resource;
use crate::identity::token::Claims;
use crate::roles;
use crate::state::Shared;
use crate::workspace::{Snapshot, instant};

/// What a query came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The workspace holds no data at all.
    Empty,
    /// The body of the response.
    Response { body: BufferedResponse, rows: u64, reason: String },
}

/// Checks that the caller may read this workspace. Returns the caller's object id.
pub(super) fn authorize(shared: &Shared, workspace: &str, headers: &HeaderMap) -> Result<String, QueryError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let tenant_id = &shared.world.identity.tenant_id;
    let claims = shared
        .signer
        .verify(header, Resource::LogAnalytics, tenant_id, shared.clock.now())
        .map_err(QueryError::Token)?;
    may_read(shared, &claims, workspace)
}

/// Whether a caller with a good token may read this workspace.
pub(super) fn may_read(shared: &Shared, claims: &Claims, workspace: &str) -> Result<String, QueryError> {
    if !shared.world.workspace.is_named(workspace) {
        return Err(QueryError::Workspace(workspace.chars().take(128).collect()));
    }
    let (id, now) = (shared.world.workspace.resource_id(), shared.clock.now());
    let reader = shared.state().roles.allow(&claims.oid, roles::QUERY, &id, now, SignedDuration::ZERO);
    if reader { Ok(claims.oid.clone()) } else { Err(QueryError::Access(claims.appid.clone())) }
}

/// Runs a query within its bounds, for a response of at most `bytes_max` bytes.
pub(super) async fn run(
    shared: &Arc<Shared>,
    principal: &str,
    request: QueryRequest,
    options: &Options,
    bytes_max: usize,
) -> Result<Outcome, QueryError> {
    if let Some(foreign) = request.workspaces().iter().find(|name| !shared.world.workspace.is_named(name)) {
        return Err(QueryError::Workspace(foreign.chars().take(128).collect()));
    }
    let now = shared.clock.now();
    let timespan = timespan(&request, now)?;
    shared.state().query_rates.take(principal, shared.world.query.per_thirty_seconds, now)?;
    let permit = shared.query_limit.acquire(&shared.world.query).await?;
    let snapshot = shared.snapshot(now);
    if !snapshot.is_placed && shared.world.query.empty_workspace_is_204 {
        return Ok(Outcome::Empty);
    }
    let limits = &shared.world.query;
    let settings = Settings::at(instant(now))
        .with_rows_max(limits.rows_max)
        .with_memory_max(limits.memory_max)
        .with_seed(shared.world.seed);
    let settings = timespan.bound(settings);
    let query = request.query.unwrap_or_default();
    let job = Job { shared: shared.clone(), query, snapshot, settings, options: options.clone(), bytes_max };
    let Encoded { body, rows, partial } = run_blocking(job, permit, options.wait).await??;
    let body = shared.response_memory.reserve(body).await.ok_or(QueryError::Throttled { seconds: 1 })?;
    let reason = partial.map_or_else(|| format!("{rows} rows"), |why| format!("{rows} rows, partial: {why}"));
    Ok(Outcome::Response { body, rows, reason })
}

/// The time in all timespans given.
fn timespan(request: &QueryRequest, now: jiff::Timestamp) -> Result<Within, QueryError> {
    let mut within = Within::Everything;
    for text in request.timespans() {
        let next = Timespan::parse(text, now).map_err(QueryError::Argument)?;
        within = match within {
            Within::Everything => Within::Timespan(next),
            Within::Timespan(before) => before.intersect(next).map_or(Within::Nothing, Within::Timespan),
            Within::Nothing => Within::Nothing,
        };
    }
    Ok(within)
}

/// Runs on a thread of its own, so that others are served meanwhile, until the caller disconnects or `wait_max` has passed. The permit is
/// released when the thread ends, which may be a little later.
async fn run_blocking(
    mut job: Job,
    permit: OwnedSemaphorePermit,
    wait_max: Duration,
) -> Result<Result<Encoded, QueryError>, QueryError> {
    let stop = StopOnDrop(kql::Cancel::default());
    job.settings = job.settings.with_cancel(stop.0.clone());
    let query_threads = job.shared.query_threads.clone();
    let running = async {
        let thread = query_threads.acquire_owned().await;
        let job = move || {
            let encoded = job.run();
            drop((permit, thread));
            encoded
        };
        tokio::task::spawn_blocking(job).await
    };
    match tokio::time::timeout(wait_max, running).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(QueryError::Broken(format!("the query ended without a result: {error}"))),
        Err(_) => Err(QueryError::Timeout(format!("The query did not end within {} seconds.", wait_max.as_secs()))),
    }
}

/// Cancels a query whose caller has disconnected.
struct StopOnDrop(kql::Cancel);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A query with all it needs.
struct Job {
    shared: Arc<Shared>,
    query: String,
    snapshot: Snapshot,
    settings: Settings,
    options: Options,
    bytes_max: usize,
}

impl Job {
    fn run(self) -> Result<Encoded, QueryError> {
        let answer = kql::run(&self.query, &self.snapshot, &self.settings)?;
        let extras = extras(&self.shared, &answer, &self.options);
        let names = self.shared.world.query.table_names;
        Ok(encode::body(&answer, names, self.bytes_max, &extras))
    }
}

fn extras(shared: &Shared, answer: &kql::Answer, options: &Options) -> Vec<(&'static str, Value)> {
    let mut extras = Vec::new();
    if options.statistics {
        extras.push(("statistics", statistics(answer)));
    }
    if options.render {
        extras.push(("render", encode::render(answer.render())));
    }
    if options.permissions {
        let workspace = &shared.world.workspace;
        extras.push(("permissions", json!({"workspaces": [{"workspaceId": workspace.id}]})));
    }
    if options.data_sources {
        let workspace = &shared.world.workspace;
        extras.push(("dataSources", json!([{"workspaceId": workspace.id, "resourceId": workspace.resource_id()}])));
    }
    extras
}

/// Figures of the query over all its tables. The times are zero, so that equal worlds give equal answers.
fn statistics(answer: &kql::Answer) -> Value {
    let bytes: usize = answer.tables.iter().map(|result| result.table.bytes()).sum();
    let datasets: Vec<Value> = answer
        .tables
        .iter()
        .map(|result| json!({"tableRowCount": result.table.len(), "tableSize": result.table.bytes()}))
        .collect();
    json!({"query": {
        "executionTime": 0.0,
        "resourceUsage": {
            "cache": {"memory": {"hits": 0, "misses": 0, "total": 0}, "disk": {"hits": 0, "misses": 0, "total": 0}},
            "cpu": {"user": "00:00:00", "kernel": "00:00:00", "totalCpu": "00:00:00"},
            "memory": {"peakPerNode": bytes},
        },
        "inputDatasetStatistics": {
            "extents": {"total": 1, "scanned": 1},
            "rows": {"total": answer.rows(), "scanned": answer.rows()},
        },
        "datasetStatistics": datasets,
    }})
}
