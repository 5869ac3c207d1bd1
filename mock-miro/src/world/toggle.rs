//! The enterprise integrations of the company settings.

use serde::Deserialize;

/// An enterprise integration of the company settings, which has a token while it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Toggle {
    /// Provides a token for the audit log.
    Siem,
    /// Provides a token for the content log.
    Ediscovery,
}

impl Toggle {
    /// The app that the integration installs.
    pub(crate) fn app(self) -> &'static str {
        match self {
            Self::Siem => "SIEM",
            Self::Ediscovery => "eDiscovery",
        }
    }

    /// The one scope of its token.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Siem => "auditlogs:read",
            Self::Ediscovery => "contentlogs:export",
        }
    }

    /// The short name of its token.
    pub(crate) fn token_name(self) -> &'static str {
        match self {
            Self::Siem => "audit",
            Self::Ediscovery => "content",
        }
    }
}
