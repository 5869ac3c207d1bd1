//! The one state of a mock: what is fixed while it serves, and behind one lock what changes.

#![warn(clippy::wildcard_enum_match_arm)]

mod accept;
mod changes;
mod deployment;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faults::{Clock, Journal, Schedule, SteeredClock};
use jiff::Timestamp;
use kql::GeoInfo;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::{Builder, Uuid};

use crate::arm::EndpointResource;
use crate::call::CALLS;
use crate::http::body::BodyMemory;
use crate::http::response_memory::ResponseMemory;
use crate::identity::directory::Directory;
use crate::identity::token::Signer;
use crate::journal::JournalEntry;
use crate::query::{ConcurrencyLimit, Rates};
use crate::roles::{Assignment, Assignments, DEPLOYER, LOG_ANALYTICS_READER, PUBLISHER};
use crate::rules::{Rule, Rules};
use crate::workspace::{Searches, Snapshot, Tables};
use crate::world::{World, WorldError};
use deployment::Deployment;

pub(crate) use accept::{Conformed, Destination, FlowRows, RowError, Stored, Upload};

/// Queries that compute at the same time; the others that were admitted wait. Each takes memory of its own.
pub(crate) const QUERY_THREADS: usize = 2;
/// The memory that bodies in progress may take together.
const BODY_MEMORY_BYTES: u32 = 64 * 1024 * 1024;
/// The memory that large responses may take together until their callers have read them.
const RESPONSE_MEMORY_BYTES: u32 = 128 * 1024 * 1024;
/// The same for bodies of the control plane, which stays usable under any load.
const CONTROL_MEMORY_BYTES: u32 = 8 * 1024 * 1024;

/// A world as it is served.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) clock: SteeredClock,
    pub(crate) signer: Signer,
    /// Limits the memory of bodies in progress.
    pub(crate) body_memory: BodyMemory,
    /// The same for the control plane.
    pub(crate) control_body_memory: BodyMemory,
    /// Limits the memory of large responses.
    pub(crate) response_memory: ResponseMemory,
    /// Limits the queries in progress.
    pub(crate) query_limit: ConcurrencyLimit,
    /// Limits the queries that compute at the same time.
    pub(crate) query_threads: Arc<Semaphore>,
    /// Limits the large bodies that are worked on to one.
    pub(crate) large_bodies: Semaphore,
    deployment: Deployment,
    state: Mutex<State>,
}

/// What changes while serving.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) faults: Schedule,
    pub(crate) journal: Journal<JournalEntry>,
    pub(crate) directory: Directory,
    pub(crate) tables: Tables,
    pub(crate) searches: Searches,
    pub(crate) rules: Rules,
    pub(crate) query_rates: Rates,
    /// Data collection endpoints, by name in lower case.
    pub(crate) endpoints: BTreeMap<String, EndpointResource>,
    /// Resource groups as they were put, by name in lower case, each with the name as it was written.
    pub(crate) groups: BTreeMap<String, (String, Value)>,
    /// The workspace's own resource.
    pub(crate) workspace: Value,
    /// Deployments that were made, by name in lower case.
    pub(crate) deployments: BTreeMap<String, Value>,
    /// Role assignments.
    pub(crate) roles: Assignments,
    /// What the agent of Azure Arc expects from the caller it challenged last.
    pub(crate) arc_secret: Option<String>,
    random: ChaCha8Rng,
}

impl Shared {
    /// The beginning of a world, its tables and rules loaded.
    pub(crate) fn new(world: World, clock: Arc<dyn Clock>) -> Result<Self, WorldError> {
        let clock = SteeredClock::new(clock, world.clock);
        let deployment = Deployment::load(&world, clock.now())?;
        let state = State::new(&world, &deployment);
        let query_limit = ConcurrencyLimit::new(&world.query);
        Ok(Self {
            world,
            clock,
            signer: Signer::new(),
            body_memory: BodyMemory::new(BODY_MEMORY_BYTES),
            control_body_memory: BodyMemory::new(CONTROL_MEMORY_BYTES),
            query_threads: Arc::new(Semaphore::new(QUERY_THREADS)),
            large_bodies: Semaphore::new(1),
            response_memory: ResponseMemory::new(RESPONSE_MEMORY_BYTES),
            query_limit,
            deployment,
            state: Mutex::new(state),
        })
    }

    /// The workspace as a query sees it now.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut state = self.state();
        let searches = state.searches.clone();
        state.tables.snapshot(now, &self.world.workspace.id, &searches, &self.deployment.library)
    }

    /// What is known of addresses, for the transforms of rules.
    pub(crate) fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        self.deployment.library.geo_info()
    }

    /// The state, for a moment: never held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The beginning of a world.
    pub(crate) fn new(world: &World, deployment: &Deployment) -> Self {
        let mut state = Self {
            faults: Schedule::new(&CALLS, world.seed),
            journal: Journal::new(world.journal_entries),
            directory: Directory::new(&world.identity),
            tables: Tables::new(&deployment.tables),
            searches: Searches::default(),
            rules: Rules::default(),
            query_rates: Rates::default(),
            endpoints: BTreeMap::new(),
            groups: BTreeMap::new(),
            workspace: json!({"location": world.workspace.location, "properties": {
                "sku": {"name": "PerGB2018"}, "retentionInDays": 30,
                "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled"}}),
            deployments: BTreeMap::new(),
            roles: Assignments::default(),
            arc_secret: None,
            random: ChaCha8Rng::seed_from_u64(world.seed),
        };
        for fault in &world.faults {
            state.faults.add(fault.clone());
        }
        let group = &world.workspace.resource_group;
        state.groups.insert(group.to_lowercase(), (group.clone(), json!({"location": world.workspace.location})));
        state.give_roles(world);
        for endpoint in &deployment.endpoints {
            state.endpoints.entry(endpoint.name.to_lowercase()).or_insert_with(|| endpoint.clone());
        }
        for rule in &deployment.rules {
            state.deploy(world, rule);
        }
        state
    }

    /// Adds a rule with the roles that the world's apps hold from the start.
    fn deploy(&mut self, world: &World, rule: &Arc<Rule>) {
        let scope = world.workspace.rule_resource_id(&rule.name);
        for app in world.identity.apps.iter().filter(|app| app.publisher) {
            self.roles.give(Assignment::given(&scope, PUBLISHER, &app.object_id, Timestamp::MIN));
        }
        self.rules.add(rule.clone());
    }

    /// The roles of the world's apps on more than one rule.
    fn give_roles(&mut self, world: &World) {
        for app in &world.identity.apps {
            let mut give = |scope: &str, role| {
                self.roles.give(Assignment::given(scope, role, &app.object_id, Timestamp::MIN));
            };
            if app.reader {
                give(&world.workspace.group(), LOG_ANALYTICS_READER);
            }
            if app.contributor {
                give(&world.workspace.subscription(), DEPLOYER);
            }
        }
    }

    /// Deploys the world's rules for a stream again.
    pub(crate) fn restore_rule(&mut self, world: &World, deployment: &Deployment, stream: &str) -> bool {
        let restored: Vec<_> = deployment.rules.iter().filter(|rule| rule.streams.contains_key(stream)).collect();
        let any = !restored.is_empty();
        for rule in restored {
            self.deploy(world, rule);
        }
        any
    }

    /// A GUID drawn from the world's seed.
    pub(crate) fn random_id(&mut self) -> Uuid {
        Builder::from_random_bytes(self.random.random()).into_uuid()
    }
}
