//! Answers in place of the real ones.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Call, RetryAfter, RetryAfterWord};
use crate::http::Reply;

/// What the words for `Retry-After` stand for.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

impl Answer {
    pub(crate) fn reply(&self, call: Call, now: Timestamp) -> Reply {
        let reason = "answered by a fault";
        let mut reply = match &self.body {
            Some(Value::String(text)) => Reply::text(self.status, "text/plain; charset=utf-8", text.clone(), reason),
            Some(json) => Reply::json(self.status, json, reason),
            None if self.status >= 400 && matches!(call, Call::Token | Call::Discovery | Call::ManagedIdentity) => {
                self.identity_error(reason)
            }
            None if self.status >= 400 => self.default_error(reason),
            None => Reply::empty(self.status, reason),
        };
        if let Some(value) = self.retry_after.as_ref().and_then(|after| after.header(now)) {
            reply = reply.header("retry-after", &value);
        }
        for (name, value) in &self.headers {
            reply = reply.any_header(name, value);
        }
        reply
    }

    /// What Entra ID and the hosts' endpoints say.
    fn identity_error(&self, reason: &str) -> Reply {
        let (error, description) = match self.status {
            401 => ("unauthorized_client", "The client is not authorized."),
            404 => ("not_found", "The identity is being updated."),
            410 => ("gone", "The endpoint is being updated. Try again within 70 seconds."),
            429 => ("too_many_requests", "Too many requests. Try again later."),
            503 => ("temporarily_unavailable", "The service is temporarily unavailable. Try again later."),
            500..=599 => ("unknown", "Failed to retrieve a token."),
            _ => ("invalid_request", "The request is not valid."),
        };
        let body = json!({"error": error, "error_description": description, "error_codes": []});
        Reply::json(self.status, &body, reason)
    }

    fn default_error(&self, reason: &str) -> Reply {
        let (code, message) = match self.status {
            401 => ("InvalidAuthenticationToken", "The access token is not valid."),
            403 => ("OperationFailed", "The authentication token provided does not have access to ingest data."),
            404 => ("NotFound", "The resource was not found."),
            413 => ("ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes (1 MB)."),
            429 => ("TooManyRequests", "Too many requests. Try again later."),
            503 => ("ServiceUnavailable", "The service is unavailable. Try again later."),
            500..=599 => return Reply::empty(self.status, reason),
            _ => ("OperationFailed", "The operation failed."),
        };
        Reply::error(self.status, code, message, reason)
    }
}

impl RetryAfter {
    fn header(&self, now: Timestamp) -> Option<String> {
        match self {
            Self::Seconds(seconds) => Some(seconds.to_string()),
            Self::Duration(pause) => Some(pause.as_secs().max(0).to_string()),
            Self::At(instant) => Some(http_date(*instant)),
            Self::Word(RetryAfterWord::Seconds) => Some(PAUSE.as_secs().to_string()),
            Self::Word(RetryAfterWord::HttpDate) => Some(http_date(now.saturating_add(PAUSE).unwrap_or(now))),
            Self::Word(RetryAfterWord::Absent) => None,
        }
    }
}

pub(crate) fn http_date(instant: Timestamp) -> String {
    instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_every_form() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for (form, header) in [
            ("7", Some("7")),
            ("\"30s\"", Some("30")),
            ("\"2026-03-01T00:00:09Z\"", Some("Sun, 01 Mar 2026 00:00:09 GMT")),
            ("\"seconds\"", Some("30")),
            ("\"http-date\"", Some("Sun, 01 Mar 2026 00:00:30 GMT")),
            ("\"absent\"", None),
        ] {
            let after: RetryAfter = serde_json::from_str(form).unwrap();
            assert_eq!(after.header(now).as_deref(), header, "{form}");
        }
    }
}
