//! The mock as a whole: one world, its state, and the ways to serve, drive and inspect it.

mod connection_limit;
mod socket;
mod sockets;

use std::sync::Arc;

use axum::{Router, middleware};
use faults::{Clock, ClockChange, ClockError, Fault};
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::http::{front, near_miss};
use crate::journal::JournalEntry;
use crate::state::{QUERY_THREADS, Shared};
use crate::tls::Tls;
use crate::workspace::{StoredTable, TableCount, instant};
use crate::world::{World, WorldError};
use crate::{control, identity, ingest, manager, query};

pub(crate) use connection_limit::Connection;

/// The threads for blocking work that a runtime should have for the mock: the queries' and one for a large upload.
pub const BLOCKING_THREADS: usize = QUERY_THREADS + 1;

/// A tenant, an endpoint with its rules, a workspace and its query API. Clones share one state.
#[derive(Clone)]
pub struct MockSentinel {
    shared: Arc<Shared>,
    has_control: bool,
}

impl std::fmt::Debug for MockSentinel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let world = &self.shared.world;
        f.debug_struct("MockSentinel")
            .field("tenant_id", &world.identity.tenant_id)
            .field("workspace_id", &world.workspace.id)
            .finish_non_exhaustive()
    }
}

/// The credentials of an app.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Credentials {
    /// The tenant's id.
    pub tenant_id: String,
    /// The application (client) id.
    pub client_id: String,
    /// The client secret that is valid now.
    pub client_secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("tenant_id", &self.tenant_id)
            .field("client_id", &self.client_id)
            .field("client_secret", &"***")
            .finish()
    }
}

impl MockSentinel {
    /// Makes the world's state, loading its tables and rules.
    ///
    /// # Errors
    /// When a table, a rule, a watchlist or the data on addresses is not valid.
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Result<Self, WorldError> {
        Ok(Self { shared: Arc::new(Shared::new(world, clock)?), has_control: true })
    }

    /// The same mock without its control plane, so that the program under test can neither inspect nor change it.
    #[must_use]
    pub fn without_control(mut self) -> Self {
        self.has_control = false;
        self
    }

    /// Everything that is served, whatever the host name: Entra ID, managed identity, ingestion, query, resources and
    /// the control plane under `/_control`, unless it is switched off.
    pub fn router(&self) -> Router {
        let mut routes = identity::entra::routes()
            .merge(identity::managed::routes())
            .merge(ingest::routes())
            .merge(query::routes())
            .merge(manager::routes());
        if self.has_control {
            routes = routes.nest("/_control", control::routes());
        }
        let routes = routes.fallback(near_miss::no_route).method_not_allowed_fallback(near_miss::refuse_method);
        routes.layer(middleware::from_fn_with_state(self.shared.clone(), front::front)).with_state(self.shared.clone())
    }

    /// Serves on sockets until `stop`, then lets calls in progress end within five seconds. Returns when every
    /// listener is closed.
    pub async fn serve(self, http: TcpListener, https: Option<(TcpListener, Tls)>, stop: CancellationToken) {
        if let Err(error) = sockets::serve(&self.router(), http, https, stop).await {
            tracing::error!(%error, "The server stopped early.");
        }
    }

    /// The credentials of the default (first) app.
    pub fn credentials(&self) -> Credentials {
        let state = self.shared.state();
        let app = state.directory.default_app().cloned().unwrap_or_default();
        Credentials {
            tenant_id: state.directory.tenant_id.clone(),
            client_id: app.client_id,
            client_secret: app.client_secret,
        }
    }

    /// The immutable id of the rule that declares this stream.
    pub fn rule(&self, stream: &str) -> Option<String> {
        self.shared.state().rules.with_stream(stream).map(|rule| rule.immutable_id.clone())
    }

    /// The workspace's id, as in `/v1/workspaces/{id}/query`.
    pub fn workspace_id(&self) -> String {
        self.shared.world.workspace.id.clone()
    }

    /// The Azure region of all resources.
    pub fn location(&self) -> String {
        self.shared.world.workspace.location.clone()
    }

    /// Addresses, credentials and names for a program that connects to the mock; printed by the binary once it is listening.
    pub fn handshake(&self, http_url: &str, https_url: &str, ca_file: &str) -> serde_json::Value {
        let credentials = self.credentials();
        let workspace_id = self.workspace_id();
        let workspace = &self.shared.world.workspace;
        let object_id = self.shared.state().directory.default_app().map(|app| app.object_id.clone());
        serde_json::json!({
            "http_url": http_url,
            "https_url": https_url,
            "control_url": format!("{http_url}/_control"),
            "ca_file": ca_file,
            "authority": https_url,
            "tenant_id": credentials.tenant_id,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "endpoint": https_url,
            "rules": self.shared.state().rules.by_stream(),
            "workspace_id": workspace_id,
            "workspace_name": workspace.name,
            "subscription_id": workspace.subscription_id,
            "resource_group": workspace.resource_group,
            "location": workspace.location,
            "object_id": object_id,
            "query_url": format!("{https_url}/v1/workspaces/{workspace_id}/query"),
        })
    }

    /// How many rows a table holds; `None` for a table that does not exist.
    pub fn table_count(&self, table: &str) -> Option<TableCount> {
        self.shared.state().tables.get(table).map(StoredTable::count)
    }

    /// The column `id` of every row of a table, in the order of arrival.
    pub fn ids(&self, table: &str) -> Vec<String> {
        self.shared.state().tables.get(table).map(StoredTable::ids).unwrap_or_default()
    }

    /// Runs a query on what is visible now, without a token and in the caller's thread.
    ///
    /// # Errors
    /// When the query is not valid or hits a limit of the engine.
    pub fn query(&self, kql: &str) -> Result<kql::Answer, kql::Error> {
        let now = self.shared.clock.now();
        let snapshot = self.shared.snapshot(now);
        let settings = kql::Settings::at(instant(now)).with_seed(self.shared.world.seed);
        kql::run(kql, &snapshot, &settings)
    }

    /// Changes the world's clock, which runs on top of the one that was passed in.
    ///
    /// # Errors
    /// When the change leaves the range of times.
    pub fn change_clock(&self, change: ClockChange) -> Result<Timestamp, ClockError> {
        self.shared.clock.change(change)
    }

    /// Adds a fault after the active ones; returns its number. [`Fault::check`] validates one beforehand.
    pub fn inject(&self, fault: Fault) -> u64 {
        self.shared.state().faults.add(fault)
    }

    /// Removes the fault of this number. False when there is none.
    pub fn remove_fault(&self, number: u64) -> bool {
        self.shared.state().faults.remove(number)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Makes another secret the default app's only valid one.
    pub fn set_client_secret(&self, secret: &str) {
        self.shared.set_client_secret(secret);
    }

    /// Gives the default app Monitoring Metrics Publisher on the rule of a stream; in effect after the world's
    /// `role_delay`. False when no rule declares the stream.
    pub fn assign_role(&self, stream: &str) -> bool {
        self.shared.assign_role(stream)
    }

    /// Takes the default app's role on the rule of a stream away, not one that it has on the group or above. False when no rule declares the stream.
    pub fn unassign_role(&self, stream: &str) -> bool {
        self.shared.unassign_role(stream)
    }

    /// Deletes the rule of a stream. False when no rule declares it.
    pub fn remove_rule(&self, stream: &str) -> bool {
        self.shared.remove_rule(stream)
    }

    /// Deploys the world's own rules for a stream again, with the same immutable ids and roles. False when there are
    /// none.
    pub fn restore_rule(&self, stream: &str) -> bool {
        self.shared.restore_rule(stream)
    }

    /// The recorded calls, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared.state().journal.iter().cloned().collect()
    }

    /// Like [`journal`](Self::journal), only those after the entry of this id.
    pub fn journal_after(&self, id: u64) -> Vec<JournalEntry> {
        self.shared.state().journal.after(id).cloned().collect()
    }

    /// Back to the beginning: no rows, the world's own faults, secrets, roles and rules, an empty journal. The clock
    /// goes on.
    pub fn reset(&self) {
        self.shared.reset();
    }
}
