//! Who sent a response. Proxies, filters and sign-in pages stand between us and a service and answer in its place: what
//! they say is never taken for the service's word.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::Problem;
use crate::problem::Code;

/// Whose word an error is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// `{"type": "error", "status": 403, "code": "…", "message": "…"}` (<https://developers.miro.com/reference/errors>, read
    /// 2026-11-22).
    Miro,
    /// `{"error": {"code": "…", "message": "…"}}`; some hosts capitalize the keys
    /// (<https://github.com/Azure/azure-sdk-for-net/issues/46439>, read 2026-11-22).
    Azure,
    /// `{"error": "…", "error_description": "…", "error_codes": […]}`
    /// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11-22).
    Identity,
}

impl Service {
    fn says(self, body: &Map<String, Value>) -> bool {
        match self {
            Self::Miro => {
                body.get("code").is_some_and(Value::is_string) || body.get("type") == Some(&Value::from("error"))
            }
            Self::Azure => ["error", "Error"].iter().any(|key| body.get(*key).is_some_and(Value::is_object)),
            Self::Identity => body.get("error").is_some_and(Value::is_string),
        }
    }
}

/// A longer media type is cut before it is shown.
const MEDIA_TYPE_MAX: usize = 60;

/// What a response shows of itself when the service did not send it: its status and the kind of its body, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    status: StatusCode,
    media_type: Option<String>,
}

impl Foreign {
    /// `response` as something that the service does not send.
    pub(crate) fn of<B>(response: &Response<B>) -> Self {
        Self { status: response.status(), media_type: media_type(response) }
    }

    /// `response`, if it is an error that the service did not send. Both services answer an error with a JSON object or
    /// with nothing, and neither redirects (<https://developers.miro.com/reference/errors>,
    /// <https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-22).
    pub(crate) fn error(response: &Response<Bytes>) -> Option<Self> {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let is_foreign = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            || status.is_redirection()
            || (is_error && !is_blank(response.body()) && !is_object(response.body()))
            || (is_error && is_page_for_people(response));
        is_foreign.then(|| Self::of(response))
    }

    /// `response`, an error, if its body is not in the form in which `service` tells errors. A gateway or filter refuses with JSON of its
    /// own; that is no verdict about a token, a role or a plan. A body without anything may be anybody's.
    pub(crate) fn error_beside(response: &Response<Bytes>, service: Service) -> Option<Self> {
        let is_own = is_blank(response.body())
            || serde_json::from_slice(response.body()).is_ok_and(|body: Map<String, Value>| service.says(&body));
        Self::error(response).or_else(|| (!is_own).then(|| Self::of(response)))
    }

    /// `response`, if its body says that it is something else than JSON, whatever its status is.
    pub(crate) fn in_another_form<B>(response: &Response<B>) -> Option<Self> {
        let seen = Self::of(response);
        seen.media_type.as_ref().is_some_and(|media_type| !media_type.contains("json")).then_some(seen)
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The problem of a proxy that asks for credentials, with the code of the host that cannot be reached because of it.
    pub(crate) fn proxy_login(&self, code: Code) -> Problem {
        Problem {
            code,
            subject: "http.proxy".to_owned(),
            cause: format!("the proxy wants a user name and password: {self}"),
            next_step: "put the proxy's user and password into `http.proxy`".to_owned(),
        }
    }

    /// True when a proxy asks for credentials.
    pub(crate) fn is_proxy_login(&self) -> bool {
        self.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        self.media_type.iter().try_for_each(|media_type| write!(f, " {media_type}"))
    }
}

fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(body).is_ok_and(|json| json.get().starts_with('{'))
}

fn is_page_for_people<B>(response: &Response<B>) -> bool {
    media_type(response).is_some_and(|media_type| media_type == "text/html" || media_type == "application/xhtml+xml")
}

/// The media type without its parameters; only the characters that one is made of, since a peer chose them.
fn media_type<B>(response: &Response<B>) -> Option<String> {
    let text = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default();
    let is_kept = |c: &char| c.is_ascii_alphanumeric() || "/+.-_".contains(*c);
    let media_type: String = essence.chars().filter(is_kept).take(MEDIA_TYPE_MAX).collect();
    (!media_type.is_empty()).then(|| media_type.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, media_type: &str, body: &'static str) -> Response<Bytes> {
        let builder = Response::builder().status(status);
        let builder = if media_type.is_empty() { builder } else { builder.header(CONTENT_TYPE, media_type) };
        builder.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn a_body_that_says_what_it_is_names_who_answered() {
        for (media_type, expected) in [
            ("", None),
            ("application/json; charset=utf-8", None),
            ("application/problem+json", None),
            ("text/html; charset=utf-8", Some("HTTP 200 text/html")),
            ("text/plain", Some("HTTP 200 text/plain")),
        ] {
            let seen = Foreign::in_another_form(&response(200, media_type, "{}"));
            assert_eq!(seen.map(|seen| seen.to_string()).as_deref(), expected, "{media_type}");
        }
    }

    #[test]
    fn a_verdict_is_told_in_the_form_of_the_service() {
        let (miro, azure, identity) = (Service::Miro, Service::Azure, Service::Identity);
        let blocked = Some("HTTP 403 application/json");
        for (service, body, expected) in [
            (miro, "", None),
            (miro, r#"{"type":"error","status":403,"code":"forbiddenAccess","message":"m"}"#, None),
            (miro, r#"{"code":"insufficientPermissions"}"#, None),
            (miro, r#"{"message":"Forbidden"}"#, blocked),
            (miro, r#"{"status":"blocked","code":17}"#, blocked),
            (azure, "", None),
            (azure, r#"{"error":{"code":"OperationFailed"}}"#, None),
            (azure, r#"{"Error":{"Code":"OperationFailed"}}"#, None),
            (azure, r#"{"error":"blocked"}"#, blocked),
            (azure, "{}", blocked),
            (identity, r#"{"error":"invalid_client","error_codes":[7000215]}"#, None),
            (identity, r#"{"error":{"code":"x"}}"#, blocked),
            (identity, "<html>", blocked),
        ] {
            let seen = Foreign::error_beside(&response(403, "application/json", body), service);
            assert_eq!(seen.map(|seen| seen.to_string()).as_deref(), expected, "{service:?} {body}");
        }
    }

    #[test]
    fn an_error_is_the_services_only_when_it_is_an_object_or_nothing() {
        let (html, json, text) = ("text/html; charset=utf-8", "application/json", "text/plain");
        let table = [
            (400, json, r#"{"type":"error"}"#, None),
            (403, "", "", None),
            (403, json, " \r\n", None),
            (403, text, r#" {"code":"forbiddenAccess"} "#, None),
            (500, "", "", None),
            (200, html, "<html>", None),
            (401, html, "<html>", Some("HTTP 401 text/html")),
            (403, html, "", Some("HTTP 403 text/html")),
            (404, text, "not found", Some("HTTP 404 text/plain")),
            (404, json, "[]", Some("HTTP 404 application/json")),
            (404, json, "{", Some("HTTP 404 application/json")),
            (407, "", "", Some("HTTP 407")),
            (302, "", "", Some("HTTP 302")),
            (502, html, "<html>", Some("HTTP 502 text/html")),
            (502, "x\u{7f}<script>/y", "<", Some("HTTP 502 xscript/y")),
        ];
        for (status, media_type, body, expected) in table {
            let Ok(value) = http::HeaderValue::from_bytes(media_type.replace('\u{7f}', " ").as_bytes()) else {
                panic!()
            };
            let seen = Foreign::error(&response(status, value.to_str().unwrap(), body));
            assert_eq!(seen.map(|seen| seen.to_string()).as_deref(), expected, "{status} {media_type} {body}");
        }
    }
}
