//! The names that the certificate is valid for.

use std::net::IpAddr;

/// Always among them.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Azure's hosts in the public cloud that the mock serves. The name of a data collection endpoint has its region
/// before `ingest.monitor.azure.com`, and a wildcard stands for one label only.
/// Sources: the pages on the Logs Ingestion API, on the query API and on Entra ID's endpoints, read 2026-11-29.
const AZURE: [&str; 14] = [
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "management.azure.com",
    "management.core.windows.net",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
    "api.monitor.azure.com",
    "monitor.azure.com",
    "*.monitor.azure.com",
    "*.ingest.monitor.azure.com",
    "graph.microsoft.com",
    "graph.windows.net",
];
/// Most names.
const NAMES_MAX: usize = 100;

/// The names and addresses that a certificate is valid for, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<String>);

/// Why a name cannot be put into a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Neither a host name nor an address.
    #[error(
        "'{0}' is not a host name, an address or `azure`; use one such as mock.example, *.mock.example or 192.0.2.1, without scheme and port"
    )]
    NoName(String),
    /// Too many.
    #[error("more than {NAMES_MAX} names")]
    TooMany,
}

impl Default for Names {
    /// This machine: `localhost`, `127.0.0.1` and `::1`.
    fn default() -> Self {
        Self(LOCAL.map(str::to_owned).to_vec())
    }
}

impl Names {
    /// This machine and the names given: host names, perhaps with `*` as their first label, addresses, and `azure` for
    /// Azure's own hosts, those of a data collection endpoint in `region` among them.
    ///
    /// # Errors
    /// When one is neither, or when there are more than 100.
    pub fn new<'a>(asked: impl IntoIterator<Item = &'a str>, region: &str) -> Result<Self, NameError> {
        let mut names = Self::default();
        for name in asked {
            if name == "azure" {
                for host in AZURE {
                    names.add(host);
                }
                names.add(&format!("*.{region}-1.ingest.monitor.azure.com"));
            } else if is_name(name) {
                names.add(&name.to_ascii_lowercase());
            } else {
                return Err(NameError::NoName(name.chars().take(100).collect()));
            }
            if names.0.len() > NAMES_MAX {
                return Err(NameError::TooMany);
            }
        }
        Ok(names)
    }

    /// Adds an address that the listener can be reached at.
    #[must_use]
    pub fn with(mut self, address: IpAddr) -> Self {
        self.add(&address.to_string());
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }
}

/// Whether a `Host` header, perhaps with a port, names one of Azure's hosts.
pub(crate) fn is_azure_host(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    AZURE.iter().any(|name| match name.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => host.eq_ignore_ascii_case(name),
    })
}

fn is_name(text: &str) -> bool {
    if text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let host = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        let inner = |char: char| char == '-' || char.is_ascii_alphanumeric();
        (1..=63).contains(&label.len()) && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    // The last label of a host name is never a number: that would be an address.
    let ends_in_number = host.rsplit('.').next().is_some_and(|last| last.chars().all(|char| char.is_ascii_digit()));
    host.len() <= 253 && host.split('.').all(is_label) && !ends_in_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_stands_for_its_hosts_and_each_name_stands_once() {
        let names = Names::new(["azure", "Mock.example", "mock.example", "192.0.2.1", "*.lab"], "westeurope").unwrap();
        let all: Vec<&str> = names.iter().collect();
        for name in
            ["localhost", "login.microsoftonline.com", "*.westeurope-1.ingest.monitor.azure.com", "192.0.2.1", "*.lab"]
        {
            assert!(all.contains(&name), "{name}");
        }
        assert_eq!(all.iter().filter(|name| **name == "mock.example").count(), 1);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "https://mock", "mock:443", "a..b", "-a", "a.*.b", "300.1.1.1", "a b", "ü.example"] {
            assert_eq!(Names::new([name], "x"), Err(NameError::NoName(name.to_owned())), "{name}");
        }
        let many: Vec<String> = (0..200).map(|n| format!("host-{n}")).collect();
        assert_eq!(Names::new(many.iter().map(String::as_str), "x"), Err(NameError::TooMany));
    }
}
