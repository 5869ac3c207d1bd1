//! The OpenAPI document of what is served, made from the table of routes.

mod bodies;
mod parameters;
mod responses;
mod security;
mod versions;

use serde_json::{Map, Value, json};

use super::routes::{Operation, ROUTES, Route};
use crate::call::Call;

pub(crate) use parameters::Known;

/// The document of a world that knows these names.
pub(crate) fn document(known: &Known) -> Value {
    let paths: Map<String, Value> = ROUTES.iter().map(|route| (route.path.to_owned(), path(route, known))).collect();
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

fn path(route: &Route, known: &Known) -> Value {
    let described = |operation: &Operation| (operation.method.to_lowercase(), described(route, operation, known));
    Value::Object(route.operations.iter().map(described).collect())
}

fn described(route: &Route, operation: &Operation, known: &Known) -> Value {
    let mut described = json!({
        "operationId": id(route, operation),
        "summary": operation.summary,
        "tags": [route.reference],
        "parameters": parameters::of(route, operation, known),
        "responses": responses::of(route, operation),
        "security": security::of(route),
    });
    if let Some(kind) = operation.body {
        let schema = bodies::of(route, operation);
        // The query API accepts a request without a body too.
        let required = !route.path.ends_with("/query");
        described["requestBody"] = json!({"required": required, "content": {kind: {"schema": schema}}});
    }
    described
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
        let document = document(&Known::default());
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
