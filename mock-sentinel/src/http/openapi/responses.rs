//! The responses: the shapes of errors and the statuses of each route.

use serde_json::{Map, Value, json};

use super::call;
use crate::call::Call;
use crate::http::routes::{ErrorShape, Operation, Route};

/// The shapes of errors.
pub(super) fn schemas() -> Value {
    json!({
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
    })
}

/// The responses of an operation.
pub(super) fn of(route: &Route, operation: &Operation) -> Map<String, Value> {
    let everywhere: &[u16] = if call(route) == Call::Control { &[403, 408, 503] } else { &[] };
    let statuses = operation.statuses.iter().chain(everywhere);
    statuses.map(|status| (status.to_string(), response(route, operation, *status))).collect()
}

fn response(route: &Route, operation: &Operation, status: u16) -> Value {
    let description = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut response = json!({"description": description.unwrap_or_default()});
    // HEAD has no body anywhere, and an upload's bare 500 is what was seen for an empty body.
    let is_bare = operation.method == "HEAD" || (call(route) == Call::Ingest && matches!(status, 408 | 500));
    if status >= 400 && !is_bare {
        let schema = match route.errors {
            ErrorShape::Azure => "#/components/schemas/AzureError",
            ErrorShape::Entra => "#/components/schemas/EntraError",
            ErrorShape::Host => "#/components/schemas/HostError",
        };
        response["content"] = json!({"application/json": {"schema": {"$ref": schema}}});
    }
    response
}
