//! The two logs that Miro keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of Miro's two logs. Each is read, remembered and delivered on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Who signed in, shared, exported, administered. Enterprise plan, scope `auditlogs:read`.
    Audit,
    /// Which item was created, changed, deleted. Enterprise Guard, scope `contentlogs:export`.
    Content,
}

impl Stream {
    /// Both streams, in the order in which they are reported.
    pub const ALL: [Self; 2] = [Self::Audit, Self::Content];

    /// The name used in the configuration, in labels and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Content => "content",
        }
    }

    /// The scope that the access token of this stream must carry
    /// (<https://developers.miro.com/reference/scopes>, read 2026-11-22).
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Audit => "auditlogs:read",
            Self::Content => "contentlogs:export",
        }
    }

    /// The stream declared in the data collection rule, as in the published solution
    /// (<https://github.com/Azure/Azure-Sentinel/tree/master/Solutions/Miro>, read 2026-11-22).
    pub const fn rule_stream(self) -> &'static str {
        match self {
            Self::Audit => "Custom-MiroAuditLogs_CL",
            Self::Content => "Custom-MiroContentLogs_CL",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
