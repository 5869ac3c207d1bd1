//! The OpenAPI document of what is served, made from the same table that requests are routed by.

use serde_json::{Map, Value, json};

use crate::operation::{Auth, Guarded, OPERATIONS, Open, Operation};

/// OpenAPI 3.1.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mock-miro",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The part of Miro's API that a security log connector uses, as this mock serves it. \
                Controlled under /_control; behavior that Miro does not document is a switch, listed at /_control/switches.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Page": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "cursor-list"},
                        "limit": {"type": "integer"},
                        "size": {"type": "integer", "description": "Events in this page"},
                        "cursor": {
                            "type": ["string", "null"],
                            "description": "Absent, null or empty on the last page; percent-encode it to request the next page",
                        },
                        "data": {"type": "array", "items": {"type": "object"}},
                    },
                },
                "Error": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "error"},
                        "status": {"type": "integer"},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "context": {"type": ["object", "null"]},
                    },
                },
            },
        },
    })
}

fn described(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    if operation.path.contains("{org_id}") {
        parameters.push(json!({"name": "org_id", "in": "path", "required": true, "schema": {"type": "string"}}));
    }
    parameters.extend(query_parameters(operation.auth));
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses(operation.auth),
    });
    if let Auth::Token(_, level) = operation.auth {
        described["security"] = json!([{"token": []}]);
        described["x-credits"] = json!(level.credits());
    }
    described
}

fn query_parameters(auth: Auth) -> Vec<Value> {
    let required = |name: &str, schema: Value| json!({"name": name, "in": "query", "required": true, "schema": schema});
    let optional = |name: &str, schema: Value| json!({"name": name, "in": "query", "schema": schema});
    let text = || json!({"type": "string"});
    let time = || json!({"type": "string", "format": "date-time"});
    let listed = || json!({"type": "array", "maxItems": 15, "items": {"type": "string"}});
    let limit = |default: u32, max: u32| json!({"type": "integer", "minimum": 1, "maximum": max, "default": default});
    let sorting = |words: [&str; 2]| json!({"type": "string", "enum": words, "default": words[0]});
    match auth {
        Auth::Token(Guarded::AuditLogs, _) => vec![
            required("createdAfter", time()),
            required("createdBefore", time()),
            optional("cursor", text()),
            optional("limit", limit(100, 500)),
            optional("sorting", sorting(["ASC", "DESC"])),
        ],
        Auth::Token(Guarded::ContentLogs | Guarded::AiInteractionLogs, _) => {
            let is_content = matches!(auth, Auth::Token(Guarded::ContentLogs, _));
            let (objects, max) = if is_content { ("board_ids", 1_000) } else { ("object_ids", 100) };
            vec![
                required("from", time()),
                required("to", time()),
                optional(objects, listed()),
                optional("emails", listed()),
                optional("cursor", text()),
                optional("limit", limit(max, max)),
                optional("sorting", sorting(["asc", "desc"])),
            ]
        }
        Auth::Open(Open::Authorize | Open::Approve) => vec![
            required("response_type", json!({"const": "code"})),
            required("client_id", text()),
            required("redirect_uri", text()),
            optional("state", text()),
            optional("team_id", text()),
        ],
        Auth::Open(Open::Token) => vec![
            required("grant_type", json!({"enum": ["authorization_code", "refresh_token"]})),
            required("client_id", text()),
            required("client_secret", text()),
            optional("code", text()),
            optional("redirect_uri", text()),
            optional("refresh_token", text()),
        ],
        Auth::Open(Open::RevokeByQuery) => vec![required("access_token", text())],
        Auth::Token(Guarded::Organization | Guarded::TokenInfo, _) | Auth::Open(Open::RevokeByBody) => Vec::new(),
    }
}

fn responses(auth: Auth) -> Value {
    let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
    let page = || json_of(json!({"$ref": "#/components/schemas/Page"}));
    let object = || json_of(json!({"type": "object"}));
    let mut responses = match auth {
        Auth::Token(Guarded::AuditLogs | Guarded::ContentLogs | Guarded::AiInteractionLogs, _) => {
            json!({"200": {"description": "A page", "content": page()}})
        }
        Auth::Token(Guarded::Organization | Guarded::TokenInfo, _) | Auth::Open(Open::Token) => {
            json!({"200": {"description": "Success", "content": object()}})
        }
        Auth::Open(Open::Authorize) => json!({"200": {"description": "A page", "content": {"text/html": {}}}}),
        Auth::Open(Open::Approve) => json!({"302": {"description": "Redirect to the app, with a code"}}),
        Auth::Open(Open::RevokeByQuery | Open::RevokeByBody) => json!({"204": {"description": "Revoked"}}),
    };
    responses["default"] = json!({
        "description": "An error",
        "content": json_of(json!({"$ref": "#/components/schemas/Error"})),
    });
    responses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_every_operation_once() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let described: usize = paths.values().map(|methods| methods.as_object().unwrap().len()).sum();
        assert_eq!(described, OPERATIONS.len());
        let audit = &paths["/v2/audit/logs"]["get"];
        assert_eq!((&audit["operationId"], &audit["x-credits"]), (&json!("audit_logs"), &json!(100)));
    }
}
