//! Responses before they become HTTP: status, headers, body, and the reason.

use bytes::Bytes;
use faults::Ids;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::journal::Rule;

/// What is sent to the client, and what the journal records about it.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The `code` of an error body.
    pub(crate) code: Option<&'static str>,
    /// The reason, in a few words, for the journal.
    pub(crate) decision: String,
    /// How many events the body holds.
    pub(crate) events: Option<usize>,
    /// Their ids.
    pub(crate) ids: Ids,
    /// Until when it asks the client to pause, and the rule that a client breaks by not doing so.
    pub(crate) pause: Option<(Timestamp, Rule)>,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Response {
    /// 200 with a JSON body.
    pub(crate) fn json(body: impl Into<Bytes>, decision: impl Into<String>) -> Self {
        let mut response = Self::empty(StatusCode::OK, decision);
        response.headers.insert(CONTENT_TYPE, JSON);
        response.body = body.into();
        response
    }

    /// Its `Retry-After`, if short enough for the journal.
    pub(crate) fn retry_after(&self) -> Option<String> {
        const KEPT_MAX: usize = 128;
        let value = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
        (value.len() <= KEPT_MAX).then(|| value.to_owned())
    }

    /// Any status without a body.
    pub(crate) fn empty(status: StatusCode, decision: impl Into<String>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            code: None,
            decision: decision.into(),
            events: None,
            ids: Ids::default(),
            pause: None,
        }
    }

    /// The same response with a further header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// An error response, with the body Miro documents at <https://developers.miro.com/reference/errors> (read 2026-11-22).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) context: Option<Value>,
    /// The actual cause, which the body does not reveal.
    pub(crate) decision: String,
}

/// A parameter that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl ErrorResponse {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: &str, decision: impl Into<String>) -> Self {
        Self { status, code, message: message.to_owned(), context: None, decision: decision.into() }
    }

    /// 400 with one entry a parameter.
    pub(crate) fn invalid_parameters(fields: &[FieldError]) -> Self {
        let names = fields.iter().map(|field| field.field).collect::<Vec<_>>().join(", ");
        let fields: Vec<Value> = fields
            .iter()
            .map(|field| json!({"field": field.field, "reason": field.reason, "message": field.message}))
            .collect();
        Self {
            context: Some(json!({"fields": fields})),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "invalidParameters",
                "Method parameters are not valid",
                format!("parameters not valid: {names}"),
            )
        }
    }

    /// The documented body for a status that a fault asks for.
    pub(crate) fn for_status(status: StatusCode) -> Self {
        let (code, message) = match status.as_u16() {
            400 => ("invalidParameters", "Method parameters are not valid"),
            401 => ("tokenNotFound", "The token was not found"),
            403 => ("insufficientPermissions", "Insufficient permissions"),
            404 => ("notFound", "The resource was not found"),
            409 => ("conflict", "The request conflicts with the state of the resource"),
            429 => ("tooManyRequests", "Request rate limit exceed"),
            _ => ("internalError", "An internal error occurred"),
        };
        Self::new(status, code, message, "as planned by a fault")
    }
}

impl From<ErrorResponse> for Response {
    fn from(error: ErrorResponse) -> Self {
        let ErrorResponse { status, code, message, context, decision } = error;
        let body =
            json!({"type": "error", "status": status.as_u16(), "code": code, "message": message, "context": context});
        Self { status, code: Some(code), ..Self::json(body.to_string(), decision) }
    }
}

impl FieldError {
    pub(crate) fn missing(field: &'static str) -> Self {
        Self { field, reason: "notFound", message: format!("{field} is required") }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, reason: "invalid", message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_body_has_the_documented_members() {
        let error = ErrorResponse::invalid_parameters(&[FieldError::missing("createdAfter")]);
        let body: Value = serde_json::from_slice(&Response::from(error).body).unwrap();
        insta::assert_json_snapshot!(body, @r#"
        {
          "code": "invalidParameters",
          "context": {
            "fields": [
              {
                "field": "createdAfter",
                "message": "createdAfter is required",
                "reason": "notFound"
              }
            ]
          },
          "message": "Method parameters are not valid",
          "status": 400,
          "type": "error"
        }
        "#);
    }

    #[test]
    fn a_limit_reached_has_no_context() {
        let body = Response::from(ErrorResponse::for_status(StatusCode::TOO_MANY_REQUESTS)).body;
        insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"{"code":"tooManyRequests","context":null,"message":"Request rate limit exceed","status":429,"type":"error"}"#);
    }
}
