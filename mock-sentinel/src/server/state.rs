//! What changes while serving, and how it is made from a world.

use std::collections::BTreeMap;
use std::sync::Arc;

use faults::{Journal, Schedule};
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use uuid::{Builder, Uuid};

use crate::arm::{self, ArmError, Resource, RuleResource, TableResource};
use crate::call::CALLS;
use crate::identity::directory::Directory;
use crate::journal::JournalEntry;
use crate::manager::RoleAssignment;
use crate::query::Rates;
use crate::rules::{Rule, Rules};
use crate::workspace::Tables;
use crate::world::{Document, World, WorldError};

/// Our own tables and rules, as they are deployed.
const OWN_TABLES: &str = include_str!("../../../connector/deploy/arm/tables.json");
const OWN_RULES: &str = include_str!("../../../connector/deploy/arm/rules.json");

/// The resources that a world begins with.
#[derive(Debug)]
pub(crate) struct Deployment {
    tables: BTreeMap<String, TableResource>,
    rules: Vec<Arc<Rule>>,
}

/// What changes while serving.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) faults: Schedule,
    pub(crate) journal: Journal<JournalEntry>,
    pub(crate) directory: Directory,
    pub(crate) tables: Tables,
    pub(crate) rules: Rules,
    pub(crate) query_rates: Rates,
    /// Data collection endpoints that were put, by name in lower case.
    pub(crate) endpoints: BTreeMap<String, Value>,
    /// Role assignments that were put, by id in lower case.
    pub(crate) role_assignments: BTreeMap<String, RoleAssignment>,
    /// What the agent of Azure Arc expects from the caller it challenged last.
    pub(crate) arc_secret: Option<String>,
    random: ChaCha8Rng,
}

impl Deployment {
    /// Reads the world's ARM documents. Our own stand in for tables and rules when neither are named, and for tables
    /// when only rules are.
    pub(crate) fn load(world: &World) -> Result<Self, WorldError> {
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
        let mut tables = BTreeMap::new();
        let mut rules = Vec::new();
        for document in documents {
            let found = arm::resources(&document.text).map_err(|error| refused(&document.name, &error))?;
            if found.is_empty() {
                return Err(WorldError::NoResource { origin: document.name });
            }
            for resource in found {
                match resource {
                    Resource::Table(table) => drop(tables.insert(table.name.clone(), table)),
                    Resource::Rule(rule) => rules.push((document.name.clone(), rule)),
                }
            }
        }
        let compile = |(origin, rule): (String, RuleResource)| {
            Rule::compile(rule, &tables).map(Arc::new).map_err(|error| refused(&origin, &error))
        };
        let rules = rules.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { tables, rules })
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
            rules: Rules::default(),
            query_rates: Rates::default(),
            endpoints: BTreeMap::new(),
            role_assignments: BTreeMap::new(),
            arc_secret: None,
            random: ChaCha8Rng::seed_from_u64(world.seed),
        };
        for fault in &world.faults {
            state.faults.add(fault.clone());
        }
        for rule in &deployment.rules {
            state.deploy(world, rule);
        }
        state
    }

    /// Adds a rule with the roles that the world's apps hold from the start.
    fn deploy(&mut self, world: &World, rule: &Arc<Rule>) {
        for app in world.identity.apps.iter().filter(|app| app.publisher) {
            self.rules.assign(&rule.immutable_id, &app.object_id, Timestamp::MIN);
        }
        self.rules.add(rule.clone());
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
