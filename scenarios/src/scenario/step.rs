//! A step of a timeline: when it begins, how long it lasts, and what it does.

use connector::Stream;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::{Action, Peer};
use super::length;

/// Something that begins, and may last. In a file, trigger and action are keys of the step itself.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What other steps call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it begins.
    #[serde(flatten)]
    pub trigger: Trigger,
    /// How long it lasts. Without it, what concerns calls meets one of them, and what is switched stays so.
    #[serde(default, rename = "for", with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub lasts: Option<SignedDuration>,
    /// How many calls it meets at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Which calls it meets; those that began it, unless given.
    #[serde(flatten)]
    pub calls: Calls,
    /// What it does.
    #[serde(flatten)]
    pub action: Action,
}

/// When a step begins.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// So long after the beginning.
    At(
        #[serde(with = "length")]
        #[schemars(with = "String")]
        SignedDuration,
    ),
    /// With a call.
    When(Nth),
    /// So long after another step began.
    #[serde(untagged)]
    After {
        /// Its name.
        #[serde(rename = "after")]
        step: String,
        /// How long after.
        #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
        #[schemars(with = "String")]
        by: SignedDuration,
    },
}

/// A call that begins a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nth {
    /// Which calls count.
    pub call: Call,
    /// Only those for this log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::action::StreamName>")]
    pub stream: Option<Stream>,
    /// The first, the second, …
    #[serde(default = "first")]
    pub nth: u64,
}

const fn first() -> u64 {
    1
}

/// Calls that a step concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// Which kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Call>,
    /// Only those for this log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::action::StreamName>")]
    pub stream: Option<Stream>,
    /// How many of them, 0 to 1; all unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses them, where only a share is met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
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
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => write!(f, "at {}", length::text(*at)),
            Self::When(nth) => write!(f, "with call {} of {}", nth.nth, nth.call.name()),
            Self::After { step, by } => write!(f, "{} after `{step}`", length::text(*by)),
        }
    }
}

impl Call {
    /// All calls to a peer.
    pub const fn to(peer: Peer) -> Self {
        match peer {
            Peer::Miro => Self::Miro,
            Peer::Entra => Self::Entra,
            Peer::Ingestion => Self::Ingestion,
        }
    }
}

impl Nth {
    /// Whether a call, for this log if that is known, counts.
    pub fn counts(&self, call: Call, stream: Option<Stream>) -> bool {
        self.call.includes(call) && (self.stream.is_none() || self.stream == stream)
    }
}

impl Step {
    /// What begins it or is meant by it, as a selector: nothing where it meets no calls.
    pub fn meets(&self, call: Call, stream: Option<Stream>) -> bool {
        let begun_by = match &self.trigger {
            Trigger::When(nth) => Some(nth),
            Trigger::At(_) | Trigger::After { .. } => None,
        };
        let of = self.calls.stream.or(begun_by.and_then(|nth| nth.stream));
        let on = match self.action {
            Action::LimitUploads { .. } => Some(Call::Ingestion),
            _ => self.calls.on.or(begun_by.map(|nth| nth.call)),
        };
        on.is_some_and(|on| on.includes(call)) && (of.is_none() || of == stream)
    }

    /// How many calls it meets at most.
    pub fn times(&self) -> u64 {
        let endless = self.lasts.is_some() || (self.calls.share.is_some() && !matches!(self.trigger, Trigger::When(_)));
        self.times.unwrap_or(if endless { u64::MAX } else { 1 })
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
