//! Responses that faults inject.

use faults::Answer;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Reply;
use crate::call::Call;

/// The response that a fault injects, with Azure's own text unless it brings a body.
pub(super) fn reply(answer: &Answer, call: Call, now: Timestamp) -> Reply {
    let reason = "response injected by a fault";
    let mut reply = match &answer.body {
        Some(Value::String(text)) => Reply::text(answer.status, "text/plain; charset=utf-8", text.clone(), reason),
        Some(json) => Reply::json(answer.status, json, reason),
        None if answer.status >= 400 && matches!(call, Call::Token | Call::Discovery | Call::ManagedIdentity) => {
            identity_error(answer.status, reason)
        }
        None if answer.status >= 400 => default_error(answer.status, reason),
        None => Reply::empty(answer.status, reason),
    };
    if let Some((value, _)) = answer.retry_after.and_then(|after| after.header(now)) {
        reply = reply.header("retry-after", &value);
    }
    for (name, value) in &answer.headers {
        reply = reply.any_header(name, value);
    }
    reply
}

/// What Entra ID and the hosts' endpoints say.
fn identity_error(status: u16, reason: &str) -> Reply {
    let (error, description) = match status {
        401 => ("unauthorized_client", "The client is not authorized."),
        404 => ("not_found", "The identity is being updated."),
        410 => ("gone", "The endpoint is being updated. Try again within 70 seconds."),
        429 => ("too_many_requests", "Too many requests. Try again later."),
        503 => ("temporarily_unavailable", "The service is temporarily unavailable. Try again later."),
        500..=599 => ("unknown", "Failed to retrieve a token."),
        _ => ("invalid_request", "The request is not valid."),
    };
    let body = json!({"error": error, "error_description": description, "error_codes": []});
    Reply::json(status, &body, reason)
}

fn default_error(status: u16, reason: &str) -> Reply {
    let (code, message) = match status {
        401 => ("InvalidAuthenticationToken", "The access token is not valid."),
        403 => ("OperationFailed", "The authentication token provided does not have access to ingest data."),
        404 => ("NotFound", "The resource was not found."),
        413 => ("ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes (1 MB)."),
        429 => ("TooManyRequests", "Too many requests. Try again later."),
        503 => ("ServiceUnavailable", "The service is unavailable. Try again later."),
        500..=599 => return Reply::empty(status, reason),
        _ => ("OperationFailed", "The operation failed."),
    };
    Reply::error(status, code, message, reason)
}
