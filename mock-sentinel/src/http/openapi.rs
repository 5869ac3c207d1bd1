//! The OpenAPI document of what is served, made from the table of routes.

use serde_json::{Map, Value, json};

use super::routes::{ErrorShape, Operation, ROUTES, Route};

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
        "components": {"schemas": {
            "AzureError": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                }},
            },
            "EntraError": {
                "type": "object",
                "required": ["error", "error_description", "error_codes"],
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}, "error_codes": {"type": "array"}},
            },
            "HostError": {"type": "object"},
        }},
    })
}

fn path(route: &Route) -> Value {
    let operations =
        route.operations.iter().map(|operation| (operation.method.to_lowercase(), described(route, operation)));
    Value::Object(operations.collect())
}

fn described(route: &Route, operation: &Operation) -> Value {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| parameter(name, "path", true));
    let in_query = operation.query.iter().map(|(name, required)| parameter(name, "query", *required));
    let mut described = json!({
        "summary": operation.summary,
        "tags": [route.reference],
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": operation.statuses.iter().map(|status| (status.to_string(), response(route, *status))).collect::<Map<_, _>>(),
    });
    if let Some(kind) = operation.body {
        described["requestBody"] = json!({"content": {kind: {"schema": {}}}});
    }
    described
}

fn parameter(name: &str, place: &str, required: bool) -> Value {
    json!({"name": name, "in": place, "required": required, "schema": {"type": "string"}})
}

fn response(route: &Route, status: u16) -> Value {
    let description = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut response = json!({"description": description.unwrap_or_default()});
    if status >= 400 {
        let schema = match route.errors {
            ErrorShape::Azure => "#/components/schemas/AzureError",
            ErrorShape::Entra => "#/components/schemas/EntraError",
            ErrorShape::Host => "#/components/schemas/HostError",
        };
        response["content"] = json!({"application/json": {"schema": {"$ref": schema}}});
    }
    response
}
