//! The operations: one table for routing, faults, the journal and suggestions.

use faults::{Calls, Selector};
use http::Method;
use http::StatusCode;
use serde_json::json;

use crate::credits::Level;
use crate::response::ErrorResponse;

/// The authentication that an operation requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// A valid access token; the call costs the credits of its level.
    Token(Guarded, Level),
    /// None.
    Open(Open),
}

/// The operations that require an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guarded {
    AuditLogs,
    ContentLogs,
    AiInteractionLogs,
    Organization,
    TokenInfo,
}

/// The operations that require no access token: those of OAuth itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Authorize,
    Approve,
    Token,
    RevokeByQuery,
    RevokeByBody,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The name in faults and journal.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// `{org_id}` matches one segment.
    pub(crate) path: &'static str,
    pub(crate) auth: Auth,
    /// What it does, in the OpenAPI document.
    pub(crate) summary: &'static str,
}

const fn get(path: &'static str, name: &'static str, auth: Auth, summary: &'static str) -> Operation {
    Operation { name, method: Method::GET, path, auth, summary }
}

const fn post(path: &'static str, name: &'static str, auth: Auth, summary: &'static str) -> Operation {
    Operation { name, method: Method::POST, path, auth, summary }
}

/// Every operation. Levels: the notes of Miro's specification (<https://github.com/miroapp/api-clients>), read
/// 2026-11-22; that of the token information is not written there.
pub(crate) static OPERATIONS: [Operation; 10] = [
    get("/v2/audit/logs", "audit_logs", Auth::Token(Guarded::AuditLogs, Level::Two), "A page of the audit log"),
    get(
        "/v2/orgs/{org_id}/content-logs/items",
        "content_logs",
        Auth::Token(Guarded::ContentLogs, Level::Four),
        "A page of the content log",
    ),
    get(
        "/v2/orgs/{org_id}/ai-interaction-logs",
        "ai_interaction_logs",
        Auth::Token(Guarded::AiInteractionLogs, Level::Four),
        "A page of the AI interaction log (beta)",
    ),
    get(
        "/v2/orgs/{org_id}",
        "organization",
        Auth::Token(Guarded::Organization, Level::Three),
        "Name, plan and licenses of an organization",
    ),
    get(
        "/v1/oauth-token",
        "token_info",
        Auth::Token(Guarded::TokenInfo, Level::One),
        "Whose token it is and what it may do",
    ),
    get("/oauth/authorize", "authorize", Auth::Open(Open::Authorize), "A page on which a user allows an app"),
    post("/oauth/authorize", "approve", Auth::Open(Open::Approve), "The response of the user on that page"),
    post("/v1/oauth/token", "oauth_token", Auth::Open(Open::Token), "Tokens for a code or a refresh token"),
    post("/v1/oauth/revoke", "revoke_v1", Auth::Open(Open::RevokeByQuery), "Revoke a token (deprecated)"),
    post("/v2/oauth/revoke", "revoke_v2", Auth::Open(Open::RevokeByBody), "Revoke a token"),
];

/// The names by which faults choose calls.
pub static CALLS: Calls = Calls {
    prefix: "miro",
    names: &[
        "audit_logs",
        "content_logs",
        "ai_interaction_logs",
        "organization",
        "token_info",
        "authorize",
        "approve",
        "oauth_token",
        "revoke_v1",
        "revoke_v2",
    ],
    selectors: &[Selector::Token],
};

/// An operation together with the organization its path names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) org_id: Option<&'a str>,
}

/// Finds the operation of a request; the error suggests the nearest one.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, ErrorResponse> {
    for operation in &OPERATIONS {
        if operation.method == *method
            && let Some(route) = operation.route(path)
        {
            return Ok(route);
        }
    }
    Err(near_miss(method, path))
}

impl Operation {
    /// The route when the path is this operation's.
    fn route<'a>(&'static self, path: &'a str) -> Option<Route<'a>> {
        let Some((before, after)) = self.path.split_once("{org_id}") else {
            return (self.path == path).then_some(Route { operation: self, org_id: None });
        };
        let org_id = path.strip_prefix(before)?.strip_suffix(after)?;
        let is_one_segment = !org_id.is_empty() && !org_id.contains('/');
        is_one_segment.then_some(Route { operation: self, org_id: Some(org_id) })
    }
}

fn near_miss(method: &Method, path: &str) -> ErrorResponse {
    let asked = format!("{method} {path}");
    let nearest = OPERATIONS
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .max_by(|a, b| strsim::jaro_winkler(a, &asked).total_cmp(&strsim::jaro_winkler(b, &asked)))
        .expect("the table of operations is not empty");
    let message = format!("Unknown operation {asked}; did you mean {nearest}?");
    ErrorResponse {
        context: Some(json!({"asked": asked, "nearest": nearest})),
        ..ErrorResponse::new(
            StatusCode::NOT_FOUND,
            "notFound",
            &message,
            format!("no such operation; nearest: {nearest}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_can_name_every_operation() {
        assert_eq!(OPERATIONS.iter().map(|operation| operation.name).collect::<Vec<_>>(), CALLS.names);
    }

    #[test]
    fn finds_the_organization_in_the_path() {
        let route = find(&Method::GET, "/v2/orgs/42/content-logs/items").unwrap();
        assert_eq!((route.operation.name, route.org_id), ("content_logs", Some("42")));
    }

    #[test]
    fn names_the_nearest_for_what_is_not_there() {
        let nearest = |method, path| find(&method, path).unwrap_err().context.unwrap()["nearest"].to_string();
        assert_eq!(nearest(Method::GET, "/v2/audit/log"), "\"GET /v2/audit/logs\"");
        assert_eq!(nearest(Method::POST, "/v2/audit/logs"), "\"GET /v2/audit/logs\"");
        assert_eq!(
            nearest(Method::GET, "/v2/orgs//content-logs/items"),
            "\"GET /v2/orgs/{org_id}/content-logs/items\""
        );
    }
}
