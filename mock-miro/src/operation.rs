//! What can be called: one table that routing, faults, the journal and near misses all read.

use http::Method;
use http::StatusCode;
use serde_json::json;

use crate::answer::Refusal;
use crate::credits::Level;
use crate::fault::FaultError;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    AuditLogs,
    ContentLogs,
    AiInteractionLogs,
    TokenInfo,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) call: Call,
    /// The name in faults and journal.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// `{org_id}` stands for one segment.
    pub(crate) path: &'static str,
    pub(crate) level: Level,
}

/// Every operation. Levels: the `x-rate-level` notes of Miro's specification, read 2026-11-22.
pub(crate) static OPERATIONS: [Operation; 4] = [
    Operation {
        call: Call::AuditLogs,
        name: "audit_logs",
        method: Method::GET,
        path: "/v2/audit/logs",
        level: Level::Two,
    },
    Operation {
        call: Call::ContentLogs,
        name: "content_logs",
        method: Method::GET,
        path: "/v2/orgs/{org_id}/content-logs/items",
        level: Level::Four,
    },
    Operation {
        call: Call::AiInteractionLogs,
        name: "ai_interaction_logs",
        method: Method::GET,
        path: "/v2/orgs/{org_id}/ai-interaction-logs",
        level: Level::Four,
    },
    Operation {
        call: Call::TokenInfo,
        name: "token_info",
        method: Method::GET,
        path: "/v1/oauth-token",
        level: Level::One,
    },
];

/// An operation together with the organisation its path names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) org_id: Option<&'a str>,
}

/// Finds the operation of a request, or says which one comes nearest.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Refusal> {
    for operation in &OPERATIONS {
        if operation.method == *method
            && let Some(route) = operation.route(path)
        {
            return Ok(route);
        }
    }
    Err(near_miss(method, path))
}

/// Refuses a name that no operation has; a leading `miro.` is allowed.
pub(crate) fn check_name(asked: &str) -> Result<(), FaultError> {
    let name = asked.strip_prefix("miro.").unwrap_or(asked);
    let names = || OPERATIONS.iter().map(|operation| operation.name);
    if names().any(|known| known == name) {
        return Ok(());
    }
    let nearest = names().min_by_key(|known| strsim::damerau_levenshtein(known, name)).unwrap_or_default();
    Err(FaultError::UnknownCall { asked: asked.to_owned(), nearest })
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

fn near_miss(method: &Method, path: &str) -> Refusal {
    let asked = format!("{method} {path}");
    let nearest = OPERATIONS
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .max_by(|a, b| strsim::jaro_winkler(a, &asked).total_cmp(&strsim::jaro_winkler(b, &asked)))
        .expect("the table of operations is not empty");
    let message = format!("There is no {asked} here; the nearest is {nearest}");
    Refusal {
        context: Some(json!({"asked": asked, "nearest": nearest})),
        ..Refusal::new(StatusCode::NOT_FOUND, "notFound", &message, format!("no such operation; nearest: {nearest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_organisation_in_the_path() {
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
