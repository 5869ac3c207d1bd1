//! The three logs of an organization.

/// A log of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Who signed in, shared, exported, administered.
    Audit,
    /// Which item was created, changed, deleted.
    Content,
    /// Prompts to and responses of Miro's AI (beta).
    AiInteraction,
}

impl Log {
    /// The member of an event with the time by which the log is queried.
    pub(crate) fn time_field(self) -> &'static str {
        match self {
            Self::Audit => "createdAt",
            Self::Content => "actionTime",
            Self::AiInteraction => "storedAt",
        }
    }

    /// The scope that a token needs (<https://developers.miro.com/reference/scopes>, read 2026-11-22).
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Audit => "auditlogs:read",
            Self::Content => "contentlogs:export",
            Self::AiInteraction => "aiinteractionlogs:read",
        }
    }
}
