//! What a connector has to be told to work with a pair of mocks, whether they are on sockets or in this process.

use std::path::PathBuf;

use connector::Stream;
use mock_miro::MockMiro;
use mock_sentinel::MockSentinel;
use toml::{Table, Value};
use url::Url;

/// The addresses of a pair of mocks.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Miro's API.
    pub miro: Url,
    /// The identity service.
    pub authority: Url,
    /// The ingestion endpoint.
    pub endpoint: Url,
    /// The root certificate to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// The settings of a connector between these two mocks, with the credentials they expect, as its configuration file has them.
/// Everything else has its default.
pub fn settings(miro: &MockMiro, sentinel: &MockSentinel, addresses: &Addresses) -> Table {
    let (tokens, app) = (miro.tokens(), sentinel.credentials());
    let rule = |stream: Stream| sentinel.rule(stream.rule_stream()).unwrap_or_default();
    let mut settings = Table::new();
    for (key, value) in [
        ("miro.base_url", addresses.miro.to_string()),
        ("streams.audit.access_token", tokens.audit),
        ("streams.content.access_token", tokens.content),
        ("streams.content.organization_id", miro.organization_id()),
        ("sentinel.endpoint", addresses.endpoint.to_string()),
        ("sentinel.rules.audit", rule(Stream::Audit)),
        ("sentinel.rules.content", rule(Stream::Content)),
        ("sentinel.identity.kind", "client_secret".to_owned()),
        ("sentinel.identity.tenant_id", app.tenant_id),
        ("sentinel.identity.client_id", app.client_id),
        ("sentinel.identity.client_secret", app.client_secret),
        ("sentinel.identity.authority", addresses.authority.to_string()),
        ("store.path", "state.redb".to_owned()),
        ("telemetry.listen", "off".to_owned()),
    ] {
        set(&mut settings, key, value.into());
    }
    if let Some(ca_file) = &addresses.ca_file {
        set(&mut settings, "http.ca_file", ca_file.display().to_string().into());
    }
    settings
}

/// Settings of the same shape that lead nowhere: to check what is set beside them.
pub(crate) fn example_settings() -> Table {
    let mut settings = Table::new();
    for (key, value) in [
        ("miro.base_url", "https://api.miro.com"),
        ("streams.audit.access_token", "example-audit"),
        ("streams.content.access_token", "example-content"),
        ("streams.content.organization_id", "3074457345618265000"),
        ("sentinel.endpoint", "https://miro-abcd.westeurope-1.ingest.monitor.azure.com"),
        ("sentinel.rules.audit", "dcr-00000000000000000000000000000001"),
        ("sentinel.rules.content", "dcr-00000000000000000000000000000002"),
        ("sentinel.identity.kind", "client_secret"),
        ("sentinel.identity.tenant_id", "7f9c2ba4-0000-4000-8000-6d69726f0001"),
        ("sentinel.identity.client_id", "7f9c2ba4-0000-4000-8000-6d69726f0002"),
        ("sentinel.identity.client_secret", "example-secret"),
        ("store.path", "state.redb"),
    ] {
        set(&mut settings, key, value.into());
    }
    settings
}

/// A secret of a configuration, in a file of its own.
#[derive(Debug)]
pub(crate) struct SecretFile {
    /// The file's name, such as `audit-token`.
    pub(crate) name: &'static str,
    /// What stands in it.
    pub(crate) secret: String,
}

/// The keys whose values go into files of their own, and the names of these files.
const SECRETS: [(&str, &str); 3] = [
    ("streams.audit.access_token", "audit-token"),
    ("streams.content.access_token", "content-token"),
    ("sentinel.identity.client_secret", "client-secret"),
];

/// Takes the secrets out of the settings, which name a file for each from then on: the one that `path_of` gives for its name.
pub(crate) fn take_secrets(settings: &mut Table, path_of: impl Fn(&str) -> PathBuf) -> Vec<SecretFile> {
    let mut files = Vec::new();
    for (key, name) in SECRETS {
        let Some(secret) = get(settings, key).and_then(Value::as_str).map(str::to_owned) else { continue };
        let file = path_of(name).display().to_string();
        set(settings, key, Table::from_iter([("file".to_owned(), file.into())]).into());
        files.push(SecretFile { name, secret });
    }
    files
}

/// The value of the key with this dotted name.
pub(crate) fn get<'a>(settings: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => settings.get(key),
        Some((section, rest)) => get(settings.get(section)?.as_table()?, rest),
    }
}

/// Removes the key with this dotted name, and what it holds.
pub(crate) fn remove(settings: &mut Table, key: &str) {
    match key.split_once('.') {
        None => drop(settings.remove(key)),
        Some((section, rest)) => {
            if let Some(Value::Table(inner)) = settings.get_mut(section) {
                remove(inner, rest);
            }
        }
    }
}

/// Sets the key with this dotted name.
pub(crate) fn set(settings: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            settings.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = settings.entry(section).or_insert_with(|| Table::new().into());
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

/// The mock's log that feeds `stream`.
pub fn log_of(stream: Stream) -> mock_miro::Log {
    match stream {
        Stream::Audit => mock_miro::Log::Audit,
        Stream::Content => mock_miro::Log::Content,
    }
}

/// The table that `stream` is delivered to.
pub fn table_of(stream: Stream) -> &'static str {
    match stream {
        Stream::Audit => "MiroAuditLogs_CL",
        Stream::Content => "MiroContentLogs_CL",
    }
}
