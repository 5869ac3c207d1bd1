//! What each route takes as its body.

use serde_json::{Value, json};

use crate::http::routes::{Operation, Route};

/// The schema of a body; any object where the body is a resource of whatever kind.
pub(super) fn of(route: &Route, operation: &Operation) -> Value {
    match route.path {
        "/dataCollectionRules/{rule}/streams/{stream}" => json!({"type": "array", "items": {"type": "object"}}),
        "/{tenant}/oauth2/v2.0/token" => token(),
        path if path.ends_with("/query") => query(),
        "/v1/$batch" => batch(),
        "/_control/clock" => clock(),
        "/_control/faults" => json!({"oneOf": [fault(), {"type": "array", "items": fault()}]}),
        "/_control/secret" => closed(json!({"client_secret": text()}), &["client_secret"]),
        "/_control/roles" => {
            closed(json!({"stream": text(), "assigned": {"type": "boolean"}}), &["stream", "assigned"])
        }
        "/_control/assertion" => closed(
            json!({"issuer": text(), "subject": text(), "audience": text(), "life": duration()}),
            &["issuer", "subject", "audience"],
        ),
        path if path.contains("savedSearches") => saved_search(),
        _ if operation.method == "PUT" => resource(),
        _ => json!({"type": "object"}),
    }
}

fn text() -> Value {
    json!({"type": "string"})
}

/// `5m`; other forms are taken too.
fn duration() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{1,3}(ms|s|m)$"})
}

/// An object of these properties and no others.
#[expect(clippy::needless_pass_by_value, reason = "a schema is written where it is used")]
fn closed(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn token() -> Value {
    json!({
        "type": "object",
        "properties": {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "client_id": text(),
            "client_secret": text(),
            "client_assertion": text(),
            "client_assertion_type": {"type": "string", "enum": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]},
            "scope": text(),
        },
        "required": ["grant_type", "client_id", "scope"],
    })
}

fn query() -> Value {
    json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1},
            "timespan": {"type": ["string", "null"]},
            "workspaces": {"type": ["array", "null"], "items": text()},
        },
        "required": ["query"],
    })
}

fn batch() -> Value {
    let request = json!({
        "type": "object",
        "properties": {
            "id": text(),
            "workspace": text(),
            "method": text(),
            "path": {"type": ["string", "null"], "examples": ["/query"]},
            "headers": {"type": "object", "additionalProperties": text()},
            "body": query(),
        },
        "required": ["id", "workspace"],
    });
    json!({
        "type": "object",
        "properties": {"requests": {"type": "array", "items": request, "maxItems": 100}},
        "required": ["requests"],
    })
}

fn resource() -> Value {
    json!({
        "type": "object",
        "properties": {
            "location": text(),
            "kind": text(),
            "tags": {"type": "object", "additionalProperties": text()},
            "properties": {"type": "object"},
        },
        "required": ["properties"],
    })
}

fn saved_search() -> Value {
    let properties = json!({
        "category": {"type": "string", "minLength": 1, "pattern": "^\\S"},
        "displayName": {"type": "string", "minLength": 1, "pattern": "^\\S"},
        "query": {"type": "string", "minLength": 1, "pattern": "^\\S"},
        "functionAlias": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,99}$"},
        "functionParameters": text(),
        "version": {"type": "integer", "minimum": 1, "maximum": 2},
        "tags": {"type": "array", "items": {
            "type": "object",
            "properties": {"name": text(), "value": text()},
            "required": ["name", "value"],
        }},
    });
    json!({
        "type": "object",
        "properties": {
            "etag": text(),
            "properties": {"type": "object", "properties": properties, "required": ["category", "displayName", "query"]},
        },
        "required": ["properties"],
    })
}

fn clock() -> Value {
    closed(
        json!({
            "advance": {"type": "string", "pattern": "^[0-9]{1,4}(ms|s|m|h)$"},
            "set": {"type": "string", "format": "date-time"},
            "freeze": {"type": "boolean"},
            "scale": {"type": "number", "minimum": 0, "maximum": 1_000_000},
        }),
        &[],
    )
}

/// Conditions, a response or trouble, a count; the crate of faults says more.
fn fault() -> Value {
    let when = json!({
        "call": {"type": "string", "enum": crate::CALLS.names},
        "nth": {"type": "integer", "minimum": 1},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "seed": {"type": "integer", "minimum": 0},
        "from": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
        "stream": text(),
    });
    let answer = json!({
        "status": {"type": "integer", "minimum": 200, "maximum": 599},
        "headers": {"type": "object", "additionalProperties": text()},
        "body": {},
        "retry_after": {"type": ["integer", "string"]},
        "bare": {"type": "boolean"},
    });
    let trouble = json!({
        "lost_answer": {"type": "boolean"},
        "reset": {"type": "boolean"},
        "cut_after_bytes": {"type": "integer", "minimum": 0},
        "delay": duration(),
        "garbage": {"type": "boolean"},
        "dribble": closed(json!({"bytes": {"type": "integer", "minimum": 1}, "every": duration()}), &["bytes", "every"]),
        "latency": closed(json!({"median": duration()}), &["median"]),
    });
    let mut fault = closed(
        json!({
            "when": closed(when, &[]),
            "answer": closed(answer, &["status"]),
            "fault": closed(trouble, &[]),
            "times": {"type": "integer", "minimum": 1},
        }),
        &[],
    );
    fault["anyOf"] = json!([{"required": ["answer"]}, {"required": ["fault"]}]);
    fault
}
