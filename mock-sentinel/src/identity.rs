//! Entra ID: who may ask for tokens, what is in them, and how they are checked on use.

pub(crate) mod aadsts;
mod assertion;
pub(crate) mod directory;
pub(crate) mod entra;
pub(crate) mod managed;
pub(crate) mod token;

/// The resources that tokens are issued for; each is accepted with and without a trailing slash.
///
/// Sources: the Logs Ingestion API overview for the three clouds, the Log Analytics API access page, read 2026-11-22.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// Data collection endpoints.
    Monitor,
    /// The Log Analytics query API.
    LogAnalytics,
    /// Azure Resource Manager.
    Manager,
}

impl Resource {
    /// The resource that an audience or a scope without `/.default` names.
    pub(crate) fn named(audience: &str) -> Option<Self> {
        match audience.trim_end_matches('/') {
            "https://monitor.azure.com" | "https://monitor.azure.us" | "https://monitor.azure.cn" => {
                Some(Self::Monitor)
            }
            "https://api.loganalytics.io" | "https://api.loganalytics.azure.com" => Some(Self::LogAnalytics),
            "https://management.azure.com" | "https://management.core.windows.net" => Some(Self::Manager),
            _ => None,
        }
    }
}
