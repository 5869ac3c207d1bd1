//! Errors of the query API: the outer code for programs, the innermost for people.

use serde_json::{Value, json};

use crate::call::CallId;
use crate::http::Reply;
use crate::http::body::BodyError;
use crate::identity::token::Refusal;

/// Why a query failed.
#[derive(Debug, Clone)]
pub(super) enum QueryError {
    /// The token is missing or not accepted.
    Token(Refusal),
    /// The token is good, but its principal may not read the workspace.
    Access(String),
    /// No such workspace.
    Workspace(String),
    /// The body could not be read.
    Body(BodyError),
    /// The request lacks a property, or has one of the wrong form.
    Argument(String),
    /// The query itself.
    Query(kql::Error),
    /// The query ran into its time limit. The only 504 there is: clients ask again after one, and any other bound would
    /// only be run into again.
    Timeout(String),
    /// The engine broke down. A fault of this mock.
    Broken(String),
    /// Too many queries at once, or in a short time.
    Throttled { seconds: i64 },
}

impl From<kql::Error> for QueryError {
    /// A query that was ended from outside ran out of time; every other error is one of the query, also when it is a bound
    /// of size.
    fn from(mut error: kql::Error) -> Self {
        // A limit that was hit while the query ran has no position in its text.
        if error.as_limit().is_some() && error.span.start == error.span.end {
            (error.line, error.column) = (0, 0);
        }
        match error.as_limit() {
            Some(kql::Limit::Cancelled) => Self::Timeout(error.message),
            _ => Self::Query(error),
        }
    }
}

impl QueryError {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Token(Refusal::Missing | Refusal::Scheme) => 401,
            Self::Token(_) | Self::Access(_) => 403,
            Self::Workspace(_) => 404,
            Self::Body(error) => error.status(),
            Self::Argument(_) | Self::Query(_) => 400,
            Self::Broken(_) => 500,
            Self::Timeout(_) => 504,
            Self::Throttled { .. } => 429,
        }
    }

    pub(super) fn reply(&self, id: CallId) -> Reply {
        let body = self.body(id);
        let code = body["error"]["code"].as_str().unwrap_or_default().to_owned();
        let reply = Reply::json(self.status(), &body, self.reason()).header("x-ms-error-code", &code);
        if let Self::Throttled { seconds } = self { reply.header("retry-after", &seconds.to_string()) } else { reply }
    }

    /// `{"error": …}` with the call's id.
    pub(super) fn body(&self, id: CallId) -> Value {
        let mut error = self.error();
        error["correlationId"] = json!(id.request_id);
        json!({"error": error})
    }

    fn error(&self) -> Value {
        match self {
            Self::Token(Refusal::Missing) => plain("AuthenticationFailed", "The 'Authorization' header is missing."),
            Self::Token(Refusal::Scheme) => {
                plain("AuthenticationFailed", "The 'Authorization' header is not a Bearer token.")
            }
            Self::Token(Refusal::Audience(audience)) => plain(
                "InvalidAuthenticationTokenAudience",
                &format!("The access token has been obtained from wrong audience or resource '{audience}'."),
            ),
            Self::Token(Refusal::Signature) => json!({
                "code": "InvalidTokenError",
                "message": "The provided authentication is not valid for this resource",
                "innererror": plain("SignatureVerificationFailed", "Could not validate the request"),
            }),
            Self::Token(refusal) => {
                plain("InvalidAuthenticationToken", &format!("The access token is invalid: {refusal}."))
            }
            Self::Access(who) => json!({
                "code": "InsufficientAccessError",
                "message": "The provided credentials have insufficient access to perform the requested operation",
                "innererror": plain("UnauthorizedClient", &format!("The client {who} may not read this workspace.")),
            }),
            Self::Workspace(name) => {
                plain("WorkspaceNotFoundError", &format!("The workspace could not be found: '{name}'."))
            }
            Self::Body(BodyError::NoMemory) => plain("ServiceUnavailable", "The service is busy. Try again later."),
            Self::Body(why) => bad_argument(&plain("InvalidBody", &format!("The body could not be read: {why}."))),
            Self::Argument(why) => bad_argument(&plain("InvalidArgument", why)),
            Self::Query(error) => bad_argument(&inner(error)),
            Self::Broken(why) => plain("InternalServerError", why),
            Self::Timeout(why) => plain("GatewayTimeout", why),
            Self::Throttled { .. } => plain("ThrottledError", "Too many queries run at once. Try again later."),
        }
    }

    pub(super) fn reason(&self) -> String {
        match self {
            Self::Token(refusal) => refusal.to_string(),
            Self::Access(who) => format!("{who} may not read the workspace"),
            Self::Workspace(name) => format!("no workspace {name:?}"),
            Self::Body(why) => why.to_string(),
            Self::Argument(why) | Self::Broken(why) | Self::Timeout(why) => why.clone(),
            Self::Query(error) => error.to_string(),
            Self::Throttled { .. } => "too many queries at once".to_owned(),
        }
    }
}

fn plain(code: &str, message: &str) -> Value {
    json!({"code": code, "message": message})
}

fn bad_argument(inner: &Value) -> Value {
    json!({
        "code": "BadArgumentError",
        "message": "The request had some invalid properties",
        "innererror": inner,
    })
}

/// The family, and below it the finding with its place.
fn inner(error: &kql::Error) -> Value {
    let (code, message) = match error.kind {
        kql::ErrorKind::Syntax => ("SyntaxError", "A recognition error occurred in the query."),
        kql::ErrorKind::Refused => ("SemanticError", "The query asks for something that this engine does not offer."),
        kql::ErrorKind::Limit(_) => ("LimitError", "The query exceeds a limit."),
        kql::ErrorKind::Semantic | _ => ("SemanticError", "A semantic error occurred."),
    };
    let near = error.near.as_ref().map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
    let mut finding = json!({"code": error.code, "message": format!("{}{near}", error.message)});
    if error.line > 0 {
        finding["line"] = json!(error.line);
        finding["pos"] = json!(error.column);
    }
    if let Some(token) = &error.token {
        finding["token"] = json!(token);
    }
    json!({"code": code, "message": message, "innererror": finding})
}
