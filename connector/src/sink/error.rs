//! Why Azure did not take a batch, and what happens next: the status first, the code second.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::identity::TokenError;
use crate::peer_text::Received;
use crate::problem::Code;
use crate::response::{Foreign, Service};
use crate::retry::{Failure, Next, retry_after};
use crate::transport::TransportError;
use crate::{Problem, Stream};

/// What a failure at Azure may ask of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SinkAction {
    /// The batch is refused as a whole: send its halves.
    Split,
    /// Azure will never accept the one event in the batch.
    DeadLetter,
    /// The bearer token is refused: get another, once.
    RefreshToken,
}

/// Why an upload did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// No answer: the batch may or may not have been taken.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No bearer token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Something that is not Azure answered in its place, or Azure with something that acknowledges nothing.
    #[error("something between us and Azure responds: {seen}")]
    Foreign { seen: Foreign, after: Option<Duration> },
    /// A success that is not the acknowledgement of an upload.
    #[error("something between us and Azure responds: {seen}, which acknowledges nothing")]
    NotAcknowledged { seen: Foreign },
    /// 429 or 503.
    #[error("Azure asks to wait{}: HTTP {status}", told_wait(*.after))]
    Throttled { status: StatusCode, after: Option<Duration> },
    /// Nobody may call yet, and this run does not wait that long.
    #[error("Azure asks to be called no earlier than in {left:.0?}")]
    Blocked { left: Duration },
    /// The connector is ending.
    #[error("the connector is ending")]
    Closing,
    /// Other 5xx, and 408.
    #[error("Azure is failing: HTTP {status}")]
    Failing { status: StatusCode, after: Option<Duration> },
    /// The batch itself is refused.
    #[error("Azure refuses the batch: {0}")]
    Refused(Refusal),
    /// 401.
    #[error("the endpoint does not accept the bearer token of the application")]
    TokenRefused,
    /// 403, 404, or a stream that the rule does not have.
    #[error("Azure refuses: {}", .0.cause)]
    Denied(Problem),
    /// One event after another is refused.
    #[error("the rule `{rule}` refuses one event after another{}", told(reason))]
    RefusesEverything { rule: String, reason: String },
    /// Anything else.
    #[error("Azure responds with HTTP {status}{}", told(reason))]
    Unexpected { status: StatusCode, reason: String },
}

/// Why a batch is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("it is too large")]
    TooLarge,
    /// Too large for something that stands in between: smaller batches may pass, and no event is judged by it.
    #[error("something between us and Azure responds: {0}")]
    TooLargeInBetween(Foreign),
    #[error("{reason}")]
    Unexplained { reason: String },
}

fn told_wait(after: Option<Duration>) -> String {
    after.map(|after| format!(" {after:.0?}")).unwrap_or_default()
}

fn told(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// Azure's error object; some hosts capitalise its keys
/// (<https://github.com/Azure/azure-sdk-for-net/issues/46439>, read 2026-11-22).
#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(alias = "Error", default)]
    error: Told,
}

#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(alias = "Code", default)]
    code: Option<Received>,
}

impl SendError {
    /// What the answer means for `stream` of `rule`; nothing when it acknowledges the upload.
    pub(super) fn read(answer: &Response<Bytes>, rule: &str, stream: Stream, now: Timestamp) -> Option<Self> {
        let status = answer.status();
        if status.is_success() {
            return (!acknowledges(answer)).then(|| Self::unexpected_success(answer));
        }
        let after = retry_after(answer, now);
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Some(Self::Throttled { status, after });
        }
        if let Some(seen) = foreign(answer) {
            return Some(match status {
                StatusCode::PAYLOAD_TOO_LARGE => Self::Refused(Refusal::TooLargeInBetween(seen)),
                _ => Self::Foreign { seen, after },
            });
        }
        let code = code(answer);
        Some(match status {
            StatusCode::BAD_REQUEST if code == "InvalidStream" => Self::Denied(stream_unknown(rule, stream)),
            StatusCode::BAD_REQUEST if is_size(&code) => Self::Refused(Refusal::TooLarge),
            StatusCode::BAD_REQUEST if code == "InvalidApiVersion" => {
                Self::RefusesEverything { rule: rule.to_owned(), reason: code }
            }
            StatusCode::BAD_REQUEST => {
                let reason = if code.is_empty() { "HTTP 400".to_owned() } else { code };
                Self::Refused(Refusal::Unexplained { reason })
            }
            StatusCode::UNAUTHORIZED => Self::TokenRefused,
            StatusCode::FORBIDDEN => Self::Denied(role_missing(rule)),
            StatusCode::NOT_FOUND => Self::Denied(rule_unknown(rule, stream)),
            StatusCode::PAYLOAD_TOO_LARGE => Self::Refused(Refusal::TooLarge),
            StatusCode::SERVICE_UNAVAILABLE => Self::Throttled { status, after },
            StatusCode::REQUEST_TIMEOUT => Self::Failing { status, after },
            _ if status.is_server_error() => Self::Failing { status, after },
            _ => Self::Unexpected { status, reason: code },
        })
    }

    fn unexpected_success(answer: &Response<Bytes>) -> Self {
        let seen = Foreign::of(answer);
        if is_json(answer) { Self::NotAcknowledged { seen } } else { Self::Foreign { seen, after: None } }
    }

    /// The same with the wait that is kept instead of the one that was named.
    pub(super) fn waiting(mut self, keep: impl FnOnce(Duration) -> Duration) -> Self {
        if let Self::Throttled { after, .. } | Self::Failing { after, .. } | Self::Foreign { after, .. } = &mut self {
            *after = after.map(keep);
        }
        self
    }

    /// True when the batch may be in the table all the same.
    pub(super) fn leaves_outcome_unknown(&self) -> bool {
        match self {
            Self::Transport(error) => matches!(
                error,
                TransportError::Cut { .. } | TransportError::TimedOut { .. } | TransportError::TooLarge { .. }
            ),
            // Whoever responded in Azure's place may have passed the request on.
            Self::Failing { .. } | Self::Foreign { .. } | Self::NotAcknowledged { .. } | Self::Unexpected { .. } => {
                true
            }
            Self::Throttled { status, .. } => *status == StatusCode::SERVICE_UNAVAILABLE,
            Self::Token(_)
            | Self::Blocked { .. }
            | Self::Closing
            | Self::Refused(_)
            | Self::TokenRefused
            | Self::Denied(_)
            | Self::RefusesEverything { .. } => false,
        }
    }

    /// True when it is likely enough that the batch is in the table to say so when it comes again and again.
    pub(super) fn is_probably_stored(&self) -> bool {
        match self {
            Self::Foreign { seen, .. } => seen.status().is_server_error(),
            Self::NotAcknowledged { .. } | Self::Unexpected { .. } | Self::Throttled { .. } => false,
            other => other.leaves_outcome_unknown(),
        }
    }

    /// The problem of one batch whose upload ended like this so many `times`.
    pub(super) fn repeated(&self, times: usize) -> Problem {
        Problem {
            code: Code::AzureFailing,
            subject: "sentinel.endpoint".to_owned(),
            cause: format!(
                "the outcome of {times} uploads of one batch is unknown, and each may have put it into the table: {self}"
            ),
            next_step:
                "see what stands between this machine and Azure, and raise `http.timeout` if answers are only slow; \
                        `possible_duplicates` in `miro-sentinel status` counts the events concerned"
                    .to_owned(),
        }
    }
}

/// `answer`, an error, if something else than Azure sent it. A role or a rule is judged by Azure's own form of errors alone; a token
/// that is refused in whatever form is renewed, which costs nothing.
fn foreign(answer: &Response<Bytes>) -> Option<Foreign> {
    match answer.status() {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND if !answer.headers().contains_key(ERROR_CODE) => {
            Foreign::error_beside(answer, Service::Azure)
        }
        _ => Foreign::error(answer),
    }
}

/// The header in which Azure repeats the code of an error.
const ERROR_CODE: &str = "x-ms-error-code";

/// True when `answer` acknowledges an upload. The service answers 204, without a body and a content type; 200 and 202 are spoken
/// of too. They count without a body and with its request id: whatever else is a success was not sent by it
/// (<https://github.com/Azure/azure-rest-api-specs/blob/main/specification/monitor/data-plane/Ingestion/stable/2023-01-01/DataCollectionRules.json>,
/// <https://learn.microsoft.com/en-us/azure/azure-monitor/data-collection/data-collection-monitor>, read 2026-11-29).
fn acknowledges(answer: &Response<Bytes>) -> bool {
    let is_empty = answer.body().is_empty();
    match answer.status() {
        StatusCode::NO_CONTENT => is_empty && !answer.headers().contains_key(CONTENT_TYPE),
        StatusCode::OK | StatusCode::ACCEPTED => {
            let is_page = answer
                .headers()
                .get(CONTENT_TYPE)
                .is_some_and(|kind| !kind.as_bytes().starts_with(b"application/json"));
            is_empty && !is_page && answer.headers().get("x-ms-request-id").is_some_and(|id| !id.is_empty())
        }
        _ => false,
    }
}

fn is_json(answer: &Response<Bytes>) -> bool {
    serde_json::from_slice::<&RawValue>(answer.body()).is_ok()
}

impl Failure for SendError {
    type Action = SinkAction;

    fn next(&self) -> Next<SinkAction> {
        match self {
            Self::Transport(TransportError::Tls { .. }) => Next::Block(self.lasting()),
            Self::Transport(
                TransportError::Connect { .. }
                | TransportError::Proxy(_)
                | TransportError::Cut { .. }
                | TransportError::TimedOut { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Invalid { .. },
            )
            | Self::NotAcknowledged { .. }
            | Self::Closing
            | Self::Unexpected { .. } => Next::Retry { after: None },
            Self::Token(TokenError::Refused(problem)) => Next::Block(problem.clone()),
            Self::Token(TokenError::Unavailable { after, .. })
            | Self::Foreign { after, .. }
            | Self::Throttled { after, .. }
            | Self::Failing { after, .. } => Next::Retry { after: *after },
            Self::Blocked { left } => Next::Retry { after: Some(*left) },
            Self::Refused(Refusal::TooLarge | Refusal::TooLargeInBetween(_)) => Next::Act(SinkAction::Split),
            Self::Refused(Refusal::Unexplained { .. }) => Next::Act(SinkAction::DeadLetter),
            Self::TokenRefused => Next::Act(SinkAction::RefreshToken),
            Self::Denied(problem) => Next::Block(problem.clone()),
            Self::RefusesEverything { .. } => Next::Block(self.lasting()),
        }
    }

    fn lasting(&self) -> Problem {
        let (code, subject, next_step) = match self {
            Self::Denied(problem)
            | Self::Token(TokenError::Refused(problem) | TokenError::Unavailable { problem, .. }) => {
                return problem.clone();
            }
            Self::Transport(TransportError::Proxy(error)) => return error.problem(Code::AzureFailing),
            Self::Foreign { seen, .. } if seen.is_proxy_login() => return seen.proxy_login(Code::AzureFailing),
            Self::Transport(TransportError::Tls { .. }) => (
                Code::AzureCertificateRefused,
                "sentinel.endpoint",
                "set `http.ca_file` to the root certificate of the proxy or server in between, or replace its certificate",
            ),
            Self::Transport(
                TransportError::Connect { .. }
                | TransportError::Cut { .. }
                | TransportError::TimedOut { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Invalid { .. },
            ) => (
                Code::AzureFailing,
                "sentinel.endpoint",
                "check `sentinel.endpoint`, `http.proxy` and that this machine may open connections to it",
            ),
            Self::Foreign { .. } | Self::NotAcknowledged { .. } => (
                Code::AzureFailing,
                "sentinel.endpoint",
                "see what responds in Azure's place: a proxy, a filter, a sign-in page, or another host than the rule's logs \
                 ingestion address in `sentinel.endpoint`; nothing was counted as delivered",
            ),
            Self::Throttled { .. }
            | Self::Blocked { .. }
            | Self::Closing
            | Self::Failing { .. }
            | Self::Unexpected { .. }
            | Self::Refused(_) => (
                Code::AzureFailing,
                "sentinel.endpoint",
                "see https://azure.status.microsoft and what stands between this machine and Azure; nothing is lost \
                 meanwhile",
            ),
            Self::TokenRefused => (
                Code::AzureTokenRefused,
                "sentinel.endpoint",
                "check that `sentinel.identity.scope` and `sentinel.identity.authority` belong to the cloud of \
                 `sentinel.endpoint`",
            ),
            Self::RefusesEverything { .. } => (
                Code::AzureRefusesEverything,
                "sentinel.rules",
                "compare the rule's streams and transformation with those that `miro-sentinel deploy` writes; nothing \
                 was set aside",
            ),
        };
        Problem { code, subject: subject.to_owned(), cause: self.to_string(), next_step: next_step.to_owned() }
    }
}

/// A longer code is none of Azure's.
const CODE_CHARS_MAX: usize = 80;

fn code(answer: &Response<Bytes>) -> String {
    let header = answer.headers().get(ERROR_CODE).and_then(|code| code.to_str().ok()).map(Received::new);
    let told = || serde_json::from_slice::<Body>(answer.body()).ok()?.error.code;
    let code = header.or_else(told).unwrap_or_default();
    code.code(CODE_CHARS_MAX).unwrap_or_default().to_owned()
}

fn is_size(code: &str) -> bool {
    code == "ContentLengthLimitExceeded" || code.starts_with("PayloadSizeLimitExc")
}

fn role_missing(rule: &str) -> Problem {
    Problem {
        code: Code::AzureRoleMissing,
        subject: "sentinel.identity".to_owned(),
        cause: format!("the application may not send to the data collection rule `{rule}`"),
        next_step: "assign it the role `Monitoring Metrics Publisher` on the rule; that takes up to 30 minutes to work"
            .to_owned(),
    }
}

fn rule_unknown(rule: &str, stream: Stream) -> Problem {
    Problem {
        code: Code::AzureRuleUnknown,
        subject: format!("sentinel.rules.{stream}"),
        cause: format!("there is no data collection rule `{rule}` behind `sentinel.endpoint`"),
        next_step: format!(
            "copy the rule's immutable id (JSON view of the rule, `immutableId`) to `sentinel.rules.{stream}`, and its \
             logs ingestion address to `sentinel.endpoint`"
        ),
    }
}

fn stream_unknown(rule: &str, stream: Stream) -> Problem {
    Problem {
        code: Code::AzureStreamUnknown,
        subject: format!("sentinel.rules.{stream}"),
        cause: format!("the data collection rule `{rule}` does not declare the stream `{}`", stream.rule_stream()),
        next_step: format!(
            "check that `sentinel.rules.{stream}` is the rule of this stream, or deploy the rule that \
             `miro-sentinel deploy` writes"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "dcr-1";

    fn read(status: u16, body: &str, headers: &[(&str, &str)]) -> SendError {
        let builder = headers
            .iter()
            .fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
        let answer = builder.body(Bytes::from(body.to_owned())).unwrap();
        SendError::read(&answer, RULE, Stream::Audit, Timestamp::UNIX_EPOCH).expect("no acknowledgement")
    }

    fn body(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#)
    }

    fn next(status: u16, body: &str) -> String {
        match read(status, body, &[]).next() {
            Next::Block(problem) => format!("stop: {}", problem.code.name()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_answer_has_its_next_step() {
        let retry = "Retry { after: None }";
        let table = [
            (400, body("InvalidStream"), "stop: azure-stream-unknown"),
            (400, body("InvalidApiVersion"), "stop: azure-refuses-everything"),
            (400, r#"{"Error":{"Code":"InvalidStream"}}"#.to_owned(), "stop: azure-stream-unknown"),
            (400, body("ContentLengthLimitExceeded"), "Act(Split)"),
            (400, body("PayloadSizeLimitExceeded"), "Act(Split)"),
            (400, body("SomethingElse"), "Act(DeadLetter)"),
            (400, String::new(), "Act(DeadLetter)"),
            // Not Azure's: retried whatever the status, and never a verdict on the batch, the rule or the role.
            (400, "<html>".to_owned(), retry),
            (401, "<html>".to_owned(), retry),
            (403, "<html>".to_owned(), retry),
            (404, "<html>".to_owned(), retry),
            (403, r#"{"message":"Forbidden"}"#.to_owned(), retry),
            (404, r#"{"status":"ok"}"#.to_owned(), retry),
            (407, String::new(), retry),
            (413, "<html>".to_owned(), "Act(Split)"),
            (200, "<html>".to_owned(), retry),
            (200, body("OperationFailed"), retry),
            (200, String::new(), retry),
            (201, String::new(), retry),
            (203, String::new(), retry),
            (206, "[".to_owned(), retry),
            (401, String::new(), "Act(RefreshToken)"),
            (403, body("OperationFailed"), "stop: azure-role-missing"),
            (404, body("NotFound"), "stop: azure-rule-unknown"),
            (404, String::new(), "stop: azure-rule-unknown"),
            (408, String::new(), retry),
            (413, String::new(), "Act(Split)"),
            (413, body("ContentLengthLimitExceeded"), "Act(Split)"),
            (429, String::new(), retry),
            (500, String::new(), retry),
            (502, "<html>".to_owned(), retry),
            (503, String::new(), retry),
            (504, String::new(), retry),
            (302, String::new(), retry),
            (418, body("Teapot"), retry),
        ];
        for (status, body, expected) in table {
            assert_eq!(next(status, &body), expected, "{status} {body}");
        }
    }

    #[test]
    fn only_what_azure_sends_acknowledges_an_upload() {
        const ID: (&str, &str) = ("x-ms-request-id", "6a0d");
        type Row = (u16, &'static str, &'static [(&'static str, &'static str)], bool);
        let table: [Row; 14] = [
            (204, "", &[], true),
            (204, "", &[ID], true),
            (200, "", &[ID], true),
            (202, "", &[ID], true),
            (202, "", &[ID, ("content-type", "application/json; charset=utf-8")], true),
            (204, "", &[("content-type", "text/html")], false),
            (200, "", &[], false),
            (202, "", &[("x-ms-request-id", "")], false),
            (200, "{}", &[ID], false),
            (200, "", &[ID, ("content-type", "text/html")], false),
            (202, "<html>", &[ID], false),
            (201, "", &[ID], false),
            (203, "", &[ID], false),
            (206, "", &[ID], false),
        ];
        for (status, body, headers, expected) in table {
            let answer = headers
                .iter()
                .fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
            let answer = answer.body(Bytes::from_static(body.as_bytes())).unwrap();
            let read = SendError::read(&answer, RULE, Stream::Audit, Timestamp::UNIX_EPOCH);
            assert_eq!(read.is_none(), expected, "{status} {body} {headers:?}: {read:?}");
        }
    }

    #[test]
    fn what_stands_in_between_is_named_by_what_it_shows() {
        let html: &[(&str, &str)] = &[("content-type", "text/html; charset=utf-8")];
        for (status, text) in [(200, "HTTP 200 text/html"), (403, "HTTP 403 text/html"), (404, "HTTP 404 text/html")] {
            let problem = read(status, "<html>secret</html>", html).lasting();
            assert_eq!(problem.cause, format!("something between us and Azure responds: {text}"));
            assert_eq!(problem.code, Code::AzureFailing);
        }
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept() {
        let error = read(429, "", &[("Retry-After", "7")]);
        assert_eq!(error.next(), Next::Retry { after: Some(Duration::from_secs(7)) });
    }

    #[test]
    fn the_code_in_the_header_comes_first_and_text_is_not_repeated() {
        let error = read(400, &body("Other"), &[("x-ms-error-code", "InvalidStream")]);
        assert!(matches!(error, SendError::Denied(_)));
        let error = read(400, &body("the event {\\\"email\\\":1} is wrong"), &[]);
        assert_eq!(error.to_string(), "Azure refuses the batch: HTTP 400");
    }

    #[test]
    fn what_may_be_in_the_table_all_the_same_is_known() {
        for (status, body, expected) in [
            (500, "", true),
            (504, "", true),
            (408, "", true),
            (502, "<html>", true),
            (403, "<html>", true),
            (200, "{}", true),
            (429, "", false),
            (503, "", true),
            (400, "", false),
            (401, "", false),
            (403, "", false),
            (413, "", false),
            (409, "", true),
            (418, "", true),
        ] {
            assert_eq!(read(status, body, &[]).leaves_outcome_unknown(), expected, "{status} {body}");
        }
        let host = || "h".to_owned();
        let cut = TransportError::Cut { host: host(), reason: String::new() };
        let late = TransportError::TimedOut { host: host(), limit: Duration::ZERO };
        let connect = TransportError::Connect { host: host(), reason: String::new() };
        for (error, expected) in [
            (cut, true),
            (late, true),
            (TransportError::TooLarge { host: host(), limit: 0 }, true),
            (connect, false),
            (TransportError::Invalid { host: host(), reason: String::new() }, false),
        ] {
            let error = SendError::from(error);
            assert_eq!(error.leaves_outcome_unknown(), expected, "{error}");
        }
    }

    #[test]
    fn only_what_azure_may_well_have_stored_counts_as_stored_once_more() {
        for (status, body, expected) in [
            (500, "", true),
            (504, "", true),
            (408, "", true),
            (502, "<html>", true),
            // Its outcome is unknown too, but whoever says this mostly did not pass the request on.
            (403, "<html>", false),
            (407, "", false),
            (200, "<html>", false),
            (200, "{}", false),
            (418, "", false),
            (503, "", false),
            (429, "", false),
            (400, "", false),
        ] {
            assert_eq!(read(status, body, &[]).is_probably_stored(), expected, "{status} {body}");
        }
        let host = || "h".to_owned();
        let late = SendError::from(TransportError::TimedOut { host: host(), limit: Duration::ZERO });
        let connect = SendError::from(TransportError::Connect { host: host(), reason: String::new() });
        assert_eq!([late, connect].map(|error| error.is_probably_stored()), [true, false]);
    }

    #[test]
    fn a_success_that_acknowledges_nothing_is_somebody_elses_unless_it_is_json() {
        assert_eq!(
            read(200, "{}", &[]).to_string(),
            "something between us and Azure responds: HTTP 200, which acknowledges nothing"
        );
        assert_eq!(read(200, "<html>", &[]).to_string(), "something between us and Azure responds: HTTP 200");
    }

    #[test]
    fn a_proxy_that_asks_for_a_password_is_told_as_that_and_nothing_else_is() {
        let credentials = "put the proxy's user and password into `http.proxy`";
        assert_eq!(read(407, "", &[]).lasting().next_step, credentials);
        for (status, body) in [(403, "<html>"), (502, "<html>"), (200, "<html>"), (200, "{}")] {
            let next_step = read(status, body, &[]).lasting().next_step;
            assert!(next_step.starts_with("see what responds in Azure's place"), "{status} {body}: {next_step}");
        }
    }

    #[test]
    fn the_wait_that_is_kept_stands_for_the_one_that_was_named() {
        for (status, body) in [(408, ""), (429, ""), (503, ""), (500, ""), (502, "<html>")] {
            let named = read(status, body, &[("Retry-After", "7")]);
            let kept = named.waiting(|named| named + Duration::from_secs(2));
            assert_eq!(kept.next(), Next::Retry { after: Some(Duration::from_secs(9)) }, "{status}");
        }
        let unnamed = read(500, "", &[]).waiting(|_| unreachable!("no wait was named"));
        assert_eq!(unnamed.next(), Next::Retry { after: None });
    }

    #[test]
    fn errors_tell_what_is_known() {
        let text = |status, body: &str, headers: &[_]| read(status, body, headers).to_string();
        assert_eq!(text(429, "", &[("Retry-After", "7")]), "Azure asks to wait 7s: HTTP 429 Too Many Requests");
        assert_eq!(text(503, "", &[]), "Azure asks to wait: HTTP 503 Service Unavailable");
        assert_eq!(text(418, &body("Teapot"), &[]), "Azure responds with HTTP 418 I'm a teapot (Teapot)");
        assert_eq!(text(418, "", &[]), "Azure responds with HTTP 418 I'm a teapot");
        let long = [80, 81].map(|length| text(400, &body(&"x".repeat(length)), &[]));
        assert_eq!(
            long,
            [format!("Azure refuses the batch: {}", "x".repeat(80)), "Azure refuses the batch: HTTP 400".into()]
        );
        let repeated = read(500, "", &[]).repeated(3);
        assert!(repeated.cause.starts_with("the outcome of 3 uploads of one batch is unknown"), "{}", repeated.cause);
    }
}
