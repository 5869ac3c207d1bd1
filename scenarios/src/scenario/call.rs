//! The calls that a connector makes, by peer and by path.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// Miro's API.
    Miro,
    /// The identity service.
    Entra,
    /// The ingestion endpoint.
    Ingestion,
}

impl Peer {
    /// The name in journals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Miro => "miro",
            Self::Entra => "entra",
            Self::Ingestion => "ingestion",
        }
    }
}

/// A kind of call, or all to one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Call {
    /// Every call to Miro.
    #[serde(rename = "miro")]
    Miro,
    /// A page of the audit log.
    #[serde(rename = "miro.audit_logs")]
    AuditLogs,
    /// A page of the content log.
    #[serde(rename = "miro.content_logs")]
    ContentLogs,
    /// Facts about the organization.
    #[serde(rename = "miro.organization")]
    Organization,
    /// What a token may do.
    #[serde(rename = "miro.token_info")]
    TokenInfo,
    /// Every call to the identity service.
    #[serde(rename = "entra")]
    Entra,
    /// A token of the identity service.
    #[serde(rename = "sentinel.token")]
    Token,
    /// What the identity service says of itself.
    #[serde(rename = "sentinel.discovery")]
    Discovery,
    /// Every call to the ingestion endpoint.
    #[serde(rename = "ingestion")]
    Ingestion,
    /// An upload.
    #[serde(rename = "sentinel.ingest")]
    Ingest,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Miro,
        Self::AuditLogs,
        Self::ContentLogs,
        Self::Organization,
        Self::TokenInfo,
        Self::Entra,
        Self::Token,
        Self::Discovery,
        Self::Ingestion,
        Self::Ingest,
    ];

    /// The name in files and journals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Miro => "miro",
            Self::AuditLogs => "miro.audit_logs",
            Self::ContentLogs => "miro.content_logs",
            Self::Organization => "miro.organization",
            Self::TokenInfo => "miro.token_info",
            Self::Entra => "entra",
            Self::Token => "sentinel.token",
            Self::Discovery => "sentinel.discovery",
            Self::Ingestion => "ingestion",
            Self::Ingest => "sentinel.ingest",
        }
    }

    /// Who is called.
    pub const fn peer(self) -> Peer {
        match self {
            Self::Miro | Self::AuditLogs | Self::ContentLogs | Self::Organization | Self::TokenInfo => Peer::Miro,
            Self::Entra | Self::Token | Self::Discovery => Peer::Entra,
            Self::Ingestion | Self::Ingest => Peer::Ingestion,
        }
    }

    /// What a request is: the name of its path, or of all calls to its peer.
    pub fn of(peer: Peer, path: &str) -> Self {
        let path = path.trim_matches('/');
        match peer {
            Peer::Miro if path.ends_with("audit/logs") => Self::AuditLogs,
            Peer::Miro if path.contains("content-logs") => Self::ContentLogs,
            Peer::Miro if path.ends_with("oauth-token") => Self::TokenInfo,
            Peer::Miro if path.starts_with("v2/orgs/") => Self::Organization,
            Peer::Miro => Self::Miro,
            Peer::Entra if path.ends_with("/token") => Self::Token,
            Peer::Entra => Self::Discovery,
            Peer::Ingestion if path.starts_with("dataCollectionRules/") => Self::Ingest,
            Peer::Ingestion => Self::Ingestion,
        }
    }

    /// Whether `one` call is one of these.
    pub fn includes(self, one: Self) -> bool {
        self == one || (matches!(self, Self::Miro | Self::Entra | Self::Ingestion) && self.peer() == one.peer())
    }
    /// All calls to a peer.
    pub const fn to(peer: Peer) -> Self {
        match peer {
            Peer::Miro => Self::Miro,
            Peer::Entra => Self::Entra,
            Peer::Ingestion => Self::Ingestion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart_by_their_paths() {
        for (peer, path, call) in [
            (Peer::Miro, "/v2/audit/logs", Call::AuditLogs),
            (Peer::Miro, "/v2/orgs/307/content-logs/items", Call::ContentLogs),
            (Peer::Miro, "/v2/orgs/307", Call::Organization),
            (Peer::Miro, "/v1/oauth-token", Call::TokenInfo),
            (Peer::Miro, "/", Call::Miro),
            (Peer::Entra, "/7f9c/oauth2/v2.0/token", Call::Token),
            (Peer::Entra, "/7f9c/v2.0/.well-known/openid-configuration", Call::Discovery),
            (Peer::Ingestion, "/dataCollectionRules/dcr-1/streams/Custom-X", Call::Ingest),
            (Peer::Ingestion, "/", Call::Ingestion),
        ] {
            assert_eq!(Call::of(peer, path), call, "{path}");
            assert!(Call::to(peer).includes(call), "{path}");
        }
        assert!(!Call::AuditLogs.includes(Call::ContentLogs));
        for call in Call::ALL {
            assert_eq!(serde_json::to_value(call).unwrap(), call.name());
        }
    }
}
