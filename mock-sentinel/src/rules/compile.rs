//! From ARM to something that runs: transforms compiled, their output checked against the tables.

use std::collections::BTreeMap;

use kql::{Schema, Transform};

use super::{Flow, Stream};
use crate::arm::{ArmError, DataFlow, Detail, RuleResource, TableResource};

/// What a flow without a transform does.
const PASS_THROUGH: &str = "source";

/// The streams of a rule with their flows, or every finding in them.
pub(super) fn streams(
    resource: &RuleResource,
    tables: &BTreeMap<String, TableResource>,
) -> Result<BTreeMap<String, Stream>, ArmError> {
    let mut details = Vec::new();
    let mut streams: BTreeMap<String, Stream> = resource
        .streams
        .iter()
        .map(|(name, schema)| (name.clone(), Stream { schema: schema.clone(), flows: Vec::new() }))
        .collect();
    for (number, flow) in resource.flows.iter().enumerate() {
        let target = format!("properties.dataFlows[{number}]");
        for name in &flow.streams {
            let Some(stream) = streams.get_mut(name) else { continue };
            match compile(flow, &stream.schema, tables, &target) {
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
    let transform = Transform::compile(text, input).map_err(|error| {
        let message = format!(
            "Error occurred while compiling query in query: {} at {}:{}",
            compiler_message(&error),
            error.line,
            error.column
        );
        vec![Detail::new("InvalidTransformQuery", message, format!("{target}.transformKql"))]
    })?;
    let differences = differences(transform.output(), &table.schema);
    if differences.is_empty() {
        return Ok(Flow { table: table.name.clone(), transform, transforms: flow.transform.is_some() });
    }
    let message = format!(
        "Types of transform output columns do not match the ones defined by the output stream: {}",
        differences.join(", ")
    );
    Err(vec![Detail::new("InvalidTransformOutput", message, target)])
}

/// `SyntaxError:…` or `SemanticError:…`, as the rule's compiler words it.
fn compiler_message(error: &kql::Error) -> String {
    let family = match error.kind {
        kql::ErrorKind::Syntax => "SyntaxError",
        kql::ErrorKind::Semantic | kql::ErrorKind::Refused => "SemanticError",
        kql::ErrorKind::Limit(_) => "LimitError",
    };
    let near = error.near.as_ref().map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
    format!("{family}:{} {}{near}", error.code, error.message)
}

/// Output columns that the table does not have, or has with another type.
fn differences(output: &Schema, table: &Schema) -> Vec<String> {
    output
        .columns()
        .iter()
        .filter_map(|column| match table.index_of(&column.name) {
            Some(index) if table.kind(index) == column.kind => None,
            Some(index) => {
                Some(format!("{} [produced:'{}', output:'{}']", column.name, column.kind, table.kind(index)))
            }
            None => Some(format!("{} [produced:'{}', output:none]", column.name, column.kind)),
        })
        .collect()
}
