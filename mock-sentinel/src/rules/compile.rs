//! From ARM to something that runs: transforms compiled, their output checked against the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use kql::{ColumnType, Error, GeoInfo, Schema, Transform};

use super::{Flow, Stream, limits, words};
use crate::arm::{ArmError, DataFlow, Detail, RuleResource, TableResource};

/// What a flow without a transform does.
const PASS_THROUGH: &str = "source";

/// The column that the output of every transform must have, with a time in it. Source, which shows no text of the error:
/// <https://learn.microsoft.com/azure/azure-monitor/essentials/data-collection-transformations-structure#required-columns>,
/// read 2026-11-29.
const TIME: &str = "TimeGenerated";
/// In words of our own.
const NO_TIME: &str = "The transform output has no column 'TimeGenerated' of type datetime, which every row must have: keep \
    it, or add it with extend or project.";

/// The streams of a rule with their flows, or every finding in them.
pub(super) fn streams(
    resource: &RuleResource,
    tables: &BTreeMap<String, TableResource>,
    geo: Option<&Arc<dyn GeoInfo>>,
) -> Result<BTreeMap<String, Stream>, ArmError> {
    let mut details = limits::exceeded(resource);
    let mut streams: BTreeMap<String, Stream> = resource
        .streams
        .iter()
        .map(|(name, schema)| (name.clone(), Stream { schema: schema.clone(), flows: Vec::new() }))
        .collect();
    for (number, flow) in resource.flows.iter().enumerate() {
        let target = format!("properties.dataFlows[{number}]");
        for name in &flow.streams {
            let Some(stream) = streams.get_mut(name) else { continue };
            match compile(flow, &stream.schema, tables, geo, &target) {
                Ok(compiled) => stream.flows.push(compiled),
                Err(found) => details.extend(found),
            }
        }
    }
    ArmError::invalid_rule(details)?;
    Ok(streams)
}

fn compile(
    flow: &DataFlow,
    input: &Schema,
    tables: &BTreeMap<String, TableResource>,
    geo: Option<&Arc<dyn GeoInfo>>,
    target: &str,
) -> Result<Flow, Vec<Detail>> {
    let table = flow.output_stream.strip_prefix("Custom-").and_then(|name| tables.get(name)).ok_or_else(|| {
        let message = format!(
            "Table for output stream '{}' is not available for destination '{}'.",
            flow.output_stream, flow.destination
        );
        vec![Detail::new("InvalidOutputTable", message, target)]
    })?;
    let text = flow.transform.as_deref().unwrap_or(PASS_THROUGH);
    let refused = |error: Error| {
        let message = format!("Error occurred while compiling query in query: {}", words::of(&error, text));
        vec![Detail::new("InvalidTransformQuery", message, target)]
    };
    let transform = Transform::compile_with_geo(text, input, geo.cloned()).map_err(refused)?;
    if flow.transform.is_some() && transform.output().index_of(TIME).is_none() {
        return Err(vec![Detail::new("InvalidTransformOutput", NO_TIME, target)]);
    }
    let differences = differences(transform.output(), table);
    if differences.is_empty() {
        let transform = stored(text, transform, input, geo).map_err(refused)?;
        return Ok(Flow { table: table.name.clone(), transform, transforms: flow.transform.is_some() });
    }
    let message = format!(
        "Types of transform output columns do not match the ones defined by the output stream: {}",
        differences.join(", ")
    );
    Err(vec![Detail::new("InvalidTransformOutput", message, target)])
}

/// Output columns that the table does not have, or has with another type.
fn differences(output: &Schema, table: &TableResource) -> Vec<String> {
    let different = |column: &kql::ColumnDef| {
        let produced = words::type_name(column.kind);
        match table.schema.index_of(&column.name).map(|index| declared(table, index)) {
            Some(kind) if kind == column.kind => None,
            Some(kind) => Some(format!("{} [produced:'{produced}', output:'{}']", column.name, words::type_name(kind))),
            None => Some(format!("{} [produced:'{produced}', output:none]", column.name)),
        }
    };
    output.columns().iter().filter_map(different).collect()
}

/// The type that a table declares for a column: a `guid` is one to the rule, although it is stored as text.
fn declared(table: &TableResource, index: usize) -> ColumnType {
    let name = &table.schema.columns()[index].name;
    let columns = table.source["properties"]["schema"]["columns"].as_array();
    let written = columns.and_then(|columns| columns.iter().find(|column| column["name"] == **name));
    let is_guid =
        written.is_some_and(|column| column["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("guid")));
    if is_guid { ColumnType::Guid } else { table.schema.kind(index) }
}

/// The transform whose rows are stored: guids become text.
fn stored(text: &str, checked: Transform, input: &Schema, geo: Option<&Arc<dyn GeoInfo>>) -> Result<Transform, Error> {
    let columns = checked.output().columns().iter();
    let guids: Vec<String> = columns
        .filter(|column| column.kind == ColumnType::Guid)
        .map(|column| format!("['{0}'] = tostring(['{0}'])", column.name))
        .collect();
    if guids.is_empty() {
        return Ok(checked);
    }
    let text = text.trim_end().trim_end_matches(';');
    Transform::compile_with_geo(&format!("{text}\n| extend {}", guids.join(", ")), input, geo.cloned())
}
