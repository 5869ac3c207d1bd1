//! The OpenAPI document of what is served, made from the table of routes.

mod bodies;
mod responses;
mod security;
mod versions;

use serde_json::{Map, Value, json};

use super::routes::{Operation, ROUTES, Route};
use crate::call::Call;

/// The document.
pub(crate) fn document() -> Value {
    let paths: Map<String, Value> = ROUTES.iter().map(|route| (route.path.to_owned(), path(route))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mock-sentinel",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Entra ID, managed identity, data collection, Log Analytics queries and resources of one workspace.",
        },
        "paths": paths,
        "components": {"schemas": responses::schemas(), "securitySchemes": security::schemes()},
    })
}

fn path(route: &Route) -> Value {
    let operations =
        route.operations.iter().map(|operation| (operation.method.to_lowercase(), described(route, operation)));
    Value::Object(operations.collect())
}

fn described(route: &Route, operation: &Operation) -> Value {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| parameter(name, "path", true, json!({"type": "string", "minLength": 1})));
    let in_query = operation.query.iter().map(|(name, required)| {
        let schema = match *name {
            "api-version" => json!({"type": "string", "enum": versions::of(route)}),
            "limit" | "last" | "after" if is_number(route, name) => json!({"type": "integer", "minimum": 0}),
            "refused" => json!({"type": "boolean"}),
            "call" => json!({"type": "string", "enum": crate::CALLS.names}),
            _ => json!({"type": "string"}),
        };
        parameter(name, "query", *required, schema)
    });
    let mut described = json!({
        "operationId": id(route, operation),
        "summary": operation.summary,
        "tags": [route.reference],
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": responses::of(route, operation),
        "security": security::of(route),
    });
    if let Some(kind) = operation.body {
        let schema = bodies::of(route, operation);
        described["requestBody"] = json!({"required": true, "content": {kind: {"schema": schema}}});
    }
    described
}

/// The ids of a table are text, the numbers of the journal are not.
fn is_number(route: &Route, name: &str) -> bool {
    name != "after" || !route.path.ends_with("/ids")
}

fn parameter(name: &str, place: &str, required: bool, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": required, "schema": schema})
}

/// A name for each operation: its method and the words of its path.
fn id(route: &Route, operation: &Operation) -> String {
    let words = route.path.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut id = operation.method.to_lowercase();
    for word in words {
        let (first, rest) = word.split_at(1);
        id.extend([&first.to_ascii_uppercase(), rest]);
    }
    id
}

/// The kind of call that a route takes, as faults tell them apart.
fn call(route: &Route) -> Call {
    Call::of(route.path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn operations_have_ids_of_their_own_and_bodies_have_schemas() {
        let document = document();
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        let mut ids = BTreeSet::new();
        for operation in operations {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
            for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(Map::values) {
                assert!(content["schema"]["type"].is_string() || content["schema"]["oneOf"].is_array(), "{operation}");
            }
            let versions = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|parameter| parameter["name"] == "api-version");
            assert!(versions.into_iter().all(|parameter| !parameter["schema"]["enum"].as_array().unwrap().is_empty()));
        }
        assert!(ids.contains("postDataCollectionRulesRuleStreamsStream"), "{ids:?}");
    }
}
