//! Entra ID: issuing tokens and verifying them.

#![warn(clippy::wildcard_enum_match_arm)]

pub(crate) mod aadsts;
mod assertion;
pub(crate) mod directory;
pub(crate) mod entra;
pub(crate) mod managed;
pub(crate) mod token;

/// The resources that tokens are issued for; each is accepted with and without a trailing slash.
///
/// Sources: the Logs Ingestion API overview for the three clouds, the Log Analytics API access page, read 2026-11-22; the
/// application ids of Microsoft's own resources,
/// <https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in>, read 2026-11-29.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// Data collection endpoints.
    Monitor,
    /// The Log Analytics query API.
    LogAnalytics,
    /// Azure Resource Manager.
    Manager,
    /// Others that every tenant has, for which a token is good nowhere here.
    Elsewhere,
}

impl Resource {
    /// The resource that an audience or a scope without `/.default` names.
    pub(crate) fn named(audience: &str) -> Option<Self> {
        match audience.trim_end_matches('/') {
            "https://monitor.azure.com" | "https://monitor.azure.us" | "https://monitor.azure.cn" => {
                Some(Self::Monitor)
            }
            "https://api.loganalytics.io"
            | "https://api.loganalytics.azure.com"
            | "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5" => Some(Self::LogAnalytics),
            "https://management.azure.com"
            | "https://management.core.windows.net"
            | "797f4846-ba00-4fd7-ba43-dac1f8f63013" => Some(Self::Manager),
            "https://graph.microsoft.com"
            | "https://graph.windows.net"
            | "https://storage.azure.com"
            | "https://vault.azure.net"
            | "00000003-0000-0000-c000-000000000000" => Some(Self::Elsewhere),
            _ => None,
        }
    }

    /// Whether a text has the form of a resource: an absolute URI, or an application's id.
    pub(crate) fn is_well_formed(text: &str) -> bool {
        let uri = text.split_once("://").is_some_and(|(scheme, rest)| {
            matches!(scheme, "https" | "http" | "api") && rest.starts_with(|first: char| first.is_ascii_alphanumeric())
        });
        uri || uuid::Uuid::parse_str(text).is_ok()
    }
}
