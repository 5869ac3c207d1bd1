//! The mock as a whole: one world, its state, and the ways to serve, drive and inspect it.

mod sockets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::get;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, WorldClock};
use crate::faults::{Fault, Faults};
use crate::journal::{Journal, JournalEntry};
use crate::tls::Tls;
use crate::world::{World, WorldError};

/// A tenant, an endpoint with its rules, a workspace and its query API. Clones share one state.
#[derive(Debug, Clone)]
pub struct MockSentinel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) clock: WorldClock,
    state: Mutex<State>,
}

/// What changes while serving.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) client_secret: String,
    rules: BTreeMap<String, String>,
    tables: BTreeMap<String, TableCount>,
    ids: BTreeMap<String, Vec<String>>,
    unassigned: BTreeSet<String>,
}

/// What an app needs to get a token.
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

/// How many rows a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TableCount {
    /// Rows stored, visible to queries or not yet.
    pub count: u64,
    /// Different values of the column `id` among them; 0 for tables without one.
    pub distinct_ids: u64,
}

impl MockSentinel {
    /// Makes the world's state, loading its tables and rules.
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Result<Self, WorldError> {
        let state = State::new(&world);
        let clock = WorldClock::new(clock, world.clock);
        Ok(Self { shared: Arc::new(Shared { world, clock, state: Mutex::new(state) }) })
    }

    /// Everything that is served, whatever the host name: Entra ID, managed identity, ingestion, query, resources and
    /// the control plane under `/_control`.
    pub fn router(&self) -> Router {
        Router::new().route("/_control/health", get(async || "ok"))
    }

    /// Serves on sockets until `stop`, then lets calls in progress end. Returns when every listener is closed.
    pub async fn serve(
        self,
        http: TcpListener,
        https: Option<(TcpListener, Tls)>,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        sockets::serve(self.router(), http, https, stop).await
    }

    /// What the default (first) app needs to get a token.
    pub fn credentials(&self) -> Credentials {
        let identity = &self.shared.world.identity;
        let client_id = identity.apps.first().map(|app| app.client_id.clone()).unwrap_or_default();
        let client_secret = self.state().client_secret.clone();
        Credentials { tenant_id: identity.tenant_id.clone(), client_id, client_secret }
    }

    /// The immutable id of the rule that declares this stream.
    pub fn rule(&self, stream: &str) -> Option<String> {
        self.state().rules.get(stream).cloned()
    }

    /// What a program that connects to the mock needs to know; printed by the binary once it listens.
    pub fn handshake(&self, http_url: &str, https_url: &str, ca_file: &str) -> serde_json::Value {
        let credentials = self.credentials();
        let workspace_id = self.workspace_id();
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
            "rules": self.state().rules,
            "query_url": format!("{https_url}/v1/workspaces/{workspace_id}/query"),
            "workspace_id": workspace_id,
        })
    }

    /// How many rows a table holds; `None` for a table that does not exist.
    pub fn table_count(&self, table: &str) -> Option<TableCount> {
        self.state().tables.get(table).copied()
    }

    /// The column `id` of every row of a table, in the order of arrival.
    pub fn ids(&self, table: &str) -> Vec<String> {
        self.state().ids.get(table).cloned().unwrap_or_default()
    }

    /// Gives the default app Monitoring Metrics Publisher on the rule of a stream.
    pub fn assign_role(&self, stream: &str) {
        self.state().unassigned.remove(stream);
    }

    /// Takes the default app's role on the rule of a stream away.
    pub fn unassign_role(&self, stream: &str) {
        self.state().unassigned.insert(stream.to_owned());
    }

    /// Deletes the rule of a stream.
    pub fn remove_rule(&self, stream: &str) {
        self.state().rules.remove(stream);
    }

    /// The workspace's id, as in `/v1/workspaces/{id}/query`.
    pub fn workspace_id(&self) -> String {
        self.shared.world.workspace.id.clone()
    }

    /// Adds trouble to what is set already.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Makes another secret the default app's only valid one.
    pub fn set_client_secret(&self, secret: &str) {
        secret.clone_into(&mut self.state().client_secret);
    }

    /// The calls remembered, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.state().journal.entries().cloned().collect()
    }

    /// Back to the beginning: no rows, no faults, an empty journal, the world's own secrets, roles and rules. The
    /// clock goes on.
    pub fn reset(&self) {
        *self.state() = State::new(&self.shared.world);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(world: &World) -> Self {
        Self {
            faults: Faults::new(world.seed, world.faults.clone()),
            journal: Journal::new(world.journal_entries),
            client_secret: world.identity.apps.first().map(|app| app.client_secret.clone()).unwrap_or_default(),
            rules: BTreeMap::new(),
            tables: BTreeMap::new(),
            ids: BTreeMap::new(),
            unassigned: BTreeSet::new(),
        }
    }
}
