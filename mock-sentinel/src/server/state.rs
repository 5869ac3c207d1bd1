//! What changes while serving, and how it is made from a world.

use std::collections::BTreeMap;
use std::sync::Arc;

use faults::{Journal, Schedule};
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use crate::arm::{self, ArmError, EndpointResource, Resource, RuleResource, Setting, TableResource};
use crate::call::CALLS;
use crate::identity::directory::Directory;
use crate::journal::JournalEntry;
use crate::query::Rates;
use crate::roles::{Assignment, Assignments, DEPLOYER, LOG_ANALYTICS_READER, PUBLISHER};
use crate::rules::{Rule, Rules};
use crate::workspace::{Library, Searches, Tables};
use crate::world::{Document, World, WorldError};

/// Our own tables and rules, as they are deployed.
const OWN_TABLES: &str = include_str!("../../../connector/deploy/arm/tables.json");
const OWN_RULES: &str = include_str!("../../../connector/deploy/arm/rules.json");

/// The resources that a world begins with.
#[derive(Debug)]
pub(crate) struct Deployment {
    tables: BTreeMap<String, TableResource>,
    endpoints: Vec<EndpointResource>,
    rules: Vec<Arc<Rule>>,
    pub(super) library: Arc<Library>,
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
    /// Who may do what.
    pub(crate) roles: Assignments,
    /// What the agent of Azure Arc expects from the caller it challenged last.
    pub(crate) arc_secret: Option<String>,
    random: ChaCha8Rng,
}

impl Deployment {
    /// Reads the world's ARM documents. Our own stand in for tables and rules when neither are named, and for tables
    /// when only rules are.
    pub(crate) fn load(world: &World, now: Timestamp) -> Result<Self, WorldError> {
        let own = |name: &str, text: &str| vec![Document { name: name.to_owned(), text: text.to_owned() }];
        let named = &world.resources;
        let mut documents = named.tables.clone();
        if documents.is_empty() {
            documents = own("connector/deploy/arm/tables.json", OWN_TABLES);
        }
        if named.rules.is_empty() && named.tables.is_empty() {
            documents.extend(own("connector/deploy/arm/rules.json", OWN_RULES));
        }
        documents.extend(named.rules.iter().cloned());
        let setting = Setting { parameters: world.parameters.clone(), infers: true, ..world.setting() };
        let (mut tables, mut endpoints, mut rules) = (BTreeMap::new(), Vec::new(), Vec::new());
        for document in documents {
            let found = arm::resources(&document.text, &setting).map_err(|error| refused(&document.name, &error))?;
            if found.is_empty() {
                return Err(WorldError::NoResource { origin: document.name });
            }
            for resource in found {
                match resource {
                    Resource::Table(table) => drop(tables.insert(table.name.clone(), table)),
                    Resource::Endpoint(endpoint) => endpoints.push(endpoint),
                    Resource::Rule(rule) => {
                        let named = rule.endpoint_name().map(|name| EndpointResource::implied(name, &setting.location));
                        endpoints.extend(named);
                        rules.push((document.name.clone(), rule));
                    }
                }
            }
        }
        let compile = |(origin, rule): (String, RuleResource)| {
            Rule::compile(rule, &tables).map(Arc::new).map_err(|error| refused(&origin, &error))
        };
        let rules = rules.into_iter().map(compile).collect::<Result<_, _>>()?;
        let library = Arc::new(Library::load(world, now)?);
        Ok(Self { tables, endpoints, rules, library })
    }
}

fn refused(origin: &str, error: &ArmError) -> WorldError {
    WorldError::Arm { origin: origin.to_owned(), message: error.to_string() }
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
    pub(super) fn restore_rule(&mut self, world: &World, deployment: &Deployment, stream: &str) -> bool {
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
