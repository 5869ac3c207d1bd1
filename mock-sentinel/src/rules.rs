//! Data collection rules as they run: streams, compiled transforms, metrics.

mod compile;
mod limits;
mod meter;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use kql::{GeoInfo, Schema, Transform};
use uuid::Uuid;

use crate::arm::{ArmError, RuleResource, TableResource};

pub(crate) use meter::{Counts, Meter, Quota, Throttled};

/// Names the immutable ids: the same rule has the same id in every run.
const ID_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_6463_7200_0001);

/// A rule that was accepted.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `dcr-` and 32 hex digits.
    pub(crate) immutable_id: String,
    pub(crate) name: String,
    pub(crate) streams: BTreeMap<String, Stream>,
    pub(crate) resource: RuleResource,
}

/// A stream that uploads may name.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The declared columns.
    pub(crate) schema: Schema,
    /// Where its rows go.
    pub(crate) flows: Vec<Flow>,
}

/// One way from a stream into a table.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) table: String,
    /// The rule's own transform; without one, the stream's columns as they are.
    pub(crate) transform: Transform,
    /// Whether the rule has a transform of its own.
    pub(crate) transforms: bool,
}

/// All rules, by immutable id.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    by_id: BTreeMap<String, Arc<Rule>>,
    meters: BTreeMap<String, Meter>,
}

impl Rule {
    /// Checks a rule against the tables and compiles its transforms. `geo` knows where addresses are, for `geo_location`;
    /// without it, that function gives null.
    pub(crate) fn compile(
        resource: RuleResource,
        tables: &BTreeMap<String, TableResource>,
        geo: Option<&Arc<dyn GeoInfo>>,
    ) -> Result<Self, ArmError> {
        let streams = compile::streams(&resource, tables, geo)?;
        let immutable_id = format!("dcr-{}", Uuid::new_v5(&ID_SPACE, resource.name.to_lowercase().as_bytes()).simple());
        Ok(Self { immutable_id, name: resource.name.clone(), streams, resource })
    }
}

impl Rules {
    pub(crate) fn add(&mut self, rule: Arc<Rule>) {
        self.by_id.insert(rule.immutable_id.clone(), rule);
    }

    /// Deletes a rule.
    pub(crate) fn remove(&mut self, immutable_id: &str) -> bool {
        self.by_id.remove(immutable_id).is_some()
    }

    pub(crate) fn get(&self, immutable_id: &str) -> Option<&Arc<Rule>> {
        self.by_id.get(immutable_id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.by_id.values()
    }

    /// The first rule, by name, that declares a stream.
    pub(crate) fn with_stream(&self, stream: &str) -> Option<&Arc<Rule>> {
        let mut rules: Vec<_> = self.by_id.values().filter(|rule| rule.streams.contains_key(stream)).collect();
        rules.sort_by(|a, b| a.name.cmp(&b.name));
        rules.first().copied()
    }

    /// Every stream with the immutable id of the rule that declares it.
    pub(crate) fn by_stream(&self) -> BTreeMap<String, String> {
        let streams = self.by_id.values().flat_map(|rule| rule.streams.keys());
        streams.filter_map(|stream| Some((stream.clone(), self.with_stream(stream)?.immutable_id.clone()))).collect()
    }

    /// What a rule has counted so far.
    pub(crate) fn meter(&mut self, immutable_id: &str) -> &mut Meter {
        self.meters.entry(immutable_id.to_owned()).or_default()
    }
}
