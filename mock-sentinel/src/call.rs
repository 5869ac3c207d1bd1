//! The kinds of call, distinguished by their path alone, so that faults also apply to calls that no route takes.

use faults::{Calls, Selector};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The names by which faults choose calls.
pub static CALLS: Calls = Calls {
    prefix: "sentinel",
    names: &["ingest", "token", "discovery", "managed_identity", "query", "arm", "unknown"],
    selectors: &[Selector::Stream],
};

/// The kinds of call that the world serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Uploads to a stream of a rule.
    #[serde(rename = "sentinel.ingest", alias = "ingest")]
    Ingest,
    /// Tokens from Entra ID.
    #[serde(rename = "sentinel.token", alias = "token")]
    Token,
    /// Discovery document, key set and instance metadata of Entra ID.
    #[serde(rename = "sentinel.discovery", alias = "discovery")]
    Discovery,
    /// Tokens from a managed identity's endpoint.
    #[serde(rename = "sentinel.managed_identity", alias = "managed_identity")]
    ManagedIdentity,
    /// Queries, single or batched.
    #[serde(rename = "sentinel.query", alias = "query")]
    Query,
    /// Resources: subscriptions, groups, deployments, tables, rules, endpoints, role assignments; the cloud's metadata; the directory.
    #[serde(rename = "sentinel.arm", alias = "arm")]
    Arm,
    /// The control plane. Faults do not apply to it, and it is not recorded in the journal.
    #[serde(rename = "control")]
    Control,
    /// A route that does not exist.
    #[serde(rename = "unknown")]
    Unknown,
}

/// The id that Azure would give a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallId {
    pub(crate) request_id: Uuid,
}

impl Call {
    /// Its name in [`CALLS`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Token => "token",
            Self::Discovery => "discovery",
            Self::ManagedIdentity => "managed_identity",
            Self::Query => "query",
            Self::Arm => "arm",
            Self::Control => "control",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let segments: Vec<&str> = lower.trim_start_matches('/').split('/').collect();
        match segments.as_slice() {
            ["_control", ..] => Self::Control,
            ["datacollectionrules", ..] => Self::Ingest,
            ["v1", "workspaces" | "subscriptions", ..] | ["v1", "$batch" | "%24batch"] => Self::Query,
            ["subscriptions", .., "microsoft.operationalinsights", "workspaces", _, "query"]
            | ["subscriptions", .., "microsoft.operationalinsights", "workspaces", _, "api", "query"] => Self::Query,
            ["subscriptions" | "tenants" | "providers" | "v1.0", ..] | ["metadata", "endpoints"] => Self::Arm,
            ["metadata", "identity", ..] | ["msi", ..] => Self::ManagedIdentity,
            [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"] => Self::Token,
            [_, "discovery" | ".well-known", ..] | [_, "v2.0", ".well-known", ..] => Self::Discovery,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_calls_as_the_journal_does() {
        for name in CALLS.names {
            let call: Call = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            let shown = serde_json::to_value(call).unwrap();
            assert_eq!((call.name(), CALLS.short(shown.as_str().unwrap())), (*name, *name));
        }
    }

    #[test]
    fn every_route_has_its_kind() {
        for (path, call) in [
            ("/dataCollectionRules/dcr-1/streams/Custom-X", Call::Ingest),
            ("/contoso.example/oauth2/v2.0/token", Call::Token),
            ("/contoso.example/v2.0/.well-known/openid-configuration", Call::Discovery),
            ("/common/discovery/instance", Call::Discovery),
            ("/metadata/identity/oauth2/token", Call::ManagedIdentity),
            ("/v1/workspaces/w/query", Call::Query),
            ("/v1/%24batch", Call::Query),
            ("/subscriptions/s/resourceGroups/g", Call::Arm),
            ("/subscriptions", Call::Arm),
            ("/tenants", Call::Arm),
            ("/metadata/endpoints", Call::Arm),
            ("/contoso.example/oauth2/token", Call::Token),
            ("/v1/subscriptions/s/resourceGroups/g/providers/x/y/z/query", Call::Query),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/api/query",
                Call::Query,
            ),
            ("/_control/health", Call::Control),
            ("/", Call::Unknown),
            ("/v2/audit/logs", Call::Unknown),
        ] {
            assert_eq!(Call::of(path), call, "{path}");
        }
    }
}
