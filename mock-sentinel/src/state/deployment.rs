//! The resources that a world begins with, read from its ARM documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::arm::{self, ArmError, EndpointResource, Resource, RuleResource, Setting, TableResource};
use crate::rules::Rule;
use crate::workspace::Library;
use crate::world::{Document, World, WorldError};

/// Our own tables and rules, as they are deployed.
const OWN_TABLES: &str = include_str!("../../../connector/deploy/arm/tables.json");
const OWN_RULES: &str = include_str!("../../../connector/deploy/arm/rules.json");

/// The resources that a world begins with.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(super) tables: BTreeMap<String, TableResource>,
    pub(super) endpoints: Vec<EndpointResource>,
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) library: Arc<Library>,
}

impl Deployment {
    /// Reads the world's ARM documents. The built-in ones are used for tables and rules when neither are named, and for tables
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
        let library = Arc::new(Library::load(world, now)?);
        let geo = library.geo_info();
        let compile = |(origin, rule): (String, RuleResource)| {
            Rule::compile(rule, &tables, geo.as_ref()).map(Arc::new).map_err(|error| refused(&origin, &error))
        };
        let rules = rules.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { tables, endpoints, rules, library })
    }
}

fn refused(origin: &str, error: &ArmError) -> WorldError {
    WorldError::Arm { origin: origin.to_owned(), message: error.to_string() }
}
