//! From layers to a [`Config`]: every value read, every rule between values checked, every finding kept.

use std::path::PathBuf;

use url::Url;

use super::finding::{Finding, Findings, Origin, Severity};
use super::key::{AnyKey, Key};
use super::keys::{self, IdentityKind, StreamKeys};
use super::kind::{Count, Kind as _, Text};
use super::misplaced::Pasted;
use super::reader::Reader;
use super::rights;
use super::secret::{Secret, SecretSource};
use super::sources::Sources;
use super::{Config, ContentConfig, Http, Identity, Miro, Sentinel, StoreConfig, StreamConfig, Telemetry};
use crate::bounded_file;
use crate::redact::MASK;
use crate::rights::{CONFIGURATION, SECRET};

/// Checks everything and returns the configuration with its warnings.
///
/// # Errors
///
/// All that is wrong with it at once, each finding with its key, value and origin.
pub fn load(sources: &Sources) -> Result<(Config, Vec<Finding>), Findings> {
    let mut findings = Vec::new();
    let layers = sources.layers(&mut findings);
    if findings.iter().any(|finding| finding.key.is_empty()) {
        return Err(Findings(findings));
    }
    if let Some((path, _)) = &sources.file {
        findings.extend(rights::warning("", path, Origin::Absent { path: Some(path.clone()) }));
    }
    let mut reader = Reader { layers: &layers, variables: &sources.variables, findings };
    let config = build(&mut reader);
    let mut findings = reader.findings;
    Pasted::read(sources, &layers).judge(&layers, &mut findings);
    findings.sort_by(|one, other| one.origin.cmp(&other.origin));
    match config {
        Some(config) if findings.iter().all(|finding| finding.severity == Severity::Warning) => Ok((config, findings)),
        _ => Err(Findings(findings)),
    }
}

/// The files that others must not change, with the key that names each: those of secrets, and the configuration itself.
pub(crate) fn files_to_guard(sources: &Sources) -> Vec<Guarded> {
    let own = sources.file.iter().map(|(path, _)| ("configuration".to_owned(), path.clone(), CONFIGURATION));
    own.chain(keyed_secret_files(sources).into_iter().map(|(key, path)| (key, path, SECRET))).collect()
}

/// A key, the file that it names, and the rights that are enough for that.
pub(crate) type Guarded = (String, PathBuf, u32);

/// The files that secrets are read from.
pub(crate) fn secret_files(sources: &Sources) -> Vec<PathBuf> {
    keyed_secret_files(sources).into_iter().map(|(_, path)| path).collect()
}

fn keyed_secret_files(sources: &Sources) -> Vec<(String, PathBuf)> {
    let layers = sources.layers(&mut Vec::new());
    let secrets = [&keys::AUDIT.access_token, &keys::CONTENT.access_token, &keys::CLIENT_SECRET];
    let read = |key: &Key<Secret>| match key.kind.read(&layers.get(key)?.raw) {
        Ok(SecretSource::File(path)) => Some((key.path.to_owned(), path)),
        Ok(SecretSource::Inline(_) | SecretSource::Given(_) | SecretSource::Variable(_)) | Err(_) => None,
    };
    secrets.into_iter().filter_map(read).collect()
}

/// Reads every part before the first is missed, so that all findings come at once.
fn build(reader: &mut Reader<'_>) -> Option<Config> {
    let miro = miro(reader);
    let (uses_audit, uses_content) = (reader.layers.uses("streams.audit"), reader.layers.uses("streams.content"));
    // A stream that is used and wrong leaves a finding, so that nobody gets a configuration without it.
    let audit = if uses_audit { stream(reader, &keys::AUDIT) } else { None };
    let content = if uses_content { content(reader) } else { None };
    let sentinel = sentinel(reader);
    let store = store(reader);
    let http = http(reader);
    let telemetry = telemetry(reader);
    rules_fit_streams(reader, uses_audit, uses_content);
    Some(Config { miro: miro?, audit, content, sentinel: sentinel?, store: store?, http: http?, telemetry: telemetry? })
}

fn miro(reader: &mut Reader<'_>) -> Option<Miro> {
    let base_url = reader.get(&keys::BASE_URL);
    let budget_share = reader.get(&keys::BUDGET_SHARE);
    let concurrent_reads = size(reader, &keys::CONCURRENT_READS);
    Some(Miro { base_url: base_url?, budget_share: budget_share?, concurrent_reads: concurrent_reads? })
}

fn stream(reader: &mut Reader<'_>, keys: &'static StreamKeys) -> Option<StreamConfig> {
    let access_token = reader.secret(&keys.access_token);
    let poll_every = reader.get(&keys.poll_every);
    let late_sweeps = reader.get(&keys.late_sweeps);
    let start = reader.get(&keys.start);
    Some(StreamConfig {
        access_token: access_token?,
        poll_every: poll_every?,
        late_sweeps: late_sweeps?,
        start: start?,
    })
}

fn content(reader: &mut Reader<'_>) -> Option<ContentConfig> {
    let organization_id = reader.get(&keys::ORGANIZATION_ID);
    let stream = stream(reader, &keys::CONTENT);
    Some(ContentConfig { stream: stream?, organization_id: organization_id? })
}

fn sentinel(reader: &mut Reader<'_>) -> Option<Sentinel> {
    let endpoint = reader.get(&keys::ENDPOINT);
    let audit_rule = reader.get(&keys::AUDIT_RULE);
    let content_rule = reader.get(&keys::CONTENT_RULE);
    let identity = identity(reader);
    let plain_bytes_max = size(reader, &keys::PLAIN_BYTES_MAX);
    let compression_level = size(reader, &keys::COMPRESSION_LEVEL);
    let concurrent_uploads = size(reader, &keys::CONCURRENT_UPLOADS);
    Some(Sentinel {
        endpoint: endpoint?,
        audit_rule,
        content_rule,
        identity: identity?,
        plain_bytes_max: plain_bytes_max?,
        compression_level: compression_level?,
        concurrent_uploads: concurrent_uploads?,
    })
}

fn identity(reader: &mut Reader<'_>) -> Option<Identity> {
    match reader.get(&keys::IDENTITY_KIND)? {
        IdentityKind::ClientSecret => client_secret(reader),
    }
}

fn client_secret(reader: &mut Reader<'_>) -> Option<Identity> {
    let tenant_id = reader.get(&keys::TENANT_ID);
    let client_id = reader.get(&keys::CLIENT_ID);
    let client_secret = reader.secret(&keys::CLIENT_SECRET);
    let authority = reader.get(&keys::AUTHORITY);
    let scope = reader.get(&keys::SCOPE);
    let authority = authority?;
    Some(Identity::ClientSecret {
        tenant_id: tenant_id?,
        client_id: client_id?,
        client_secret: client_secret?,
        scope: scope.unwrap_or_else(|| scope_of(&authority).to_owned()),
        authority,
    })
}

/// The scope of the cloud that `authority` belongs to
/// (<https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-22).
pub(crate) fn scope_of(authority: &Url) -> &'static str {
    match authority.host_str() {
        Some("login.microsoftonline.us") => "https://monitor.azure.us/.default",
        Some("login.chinacloudapi.cn") => "https://monitor.azure.cn/.default",
        _ => "https://monitor.azure.com/.default",
    }
}

fn store(reader: &mut Reader<'_>) -> Option<StoreConfig> {
    let path = reader.get(&keys::STORE_PATH);
    let dead_letters_bytes_max = reader.get(&keys::DEAD_LETTERS_BYTES_MAX);
    Some(StoreConfig { path: path?, dead_letters_bytes_max: dead_letters_bytes_max? })
}

fn http(reader: &mut Reader<'_>) -> Option<Http> {
    let ca_file = reader.get(&keys::CA_FILE);
    if let Some(path) = &ca_file
        && let Err(error) = bounded_file::open(path)
    {
        let key = &keys::CA_FILE;
        let finding = Finding::error(key.path, format!("could not be read: {error}"), reader.origin(key));
        let shown = reader.layers.get(key).map_or_else(|| MASK.to_owned(), |entry| key.shown(&entry.raw));
        let finding = finding.with_value(shown);
        reader.findings.push(finding.with_allowed("a readable file of root certificates in PEM form"));
    }
    let proxy = reader.get(&keys::PROXY);
    let timeout = reader.get(&keys::TIMEOUT);
    Some(Http { ca_file, proxy, timeout: timeout? })
}

fn telemetry(reader: &mut Reader<'_>) -> Option<Telemetry> {
    let listen = reader.get(&keys::LISTEN);
    let log_format = reader.get(&keys::LOG_FORMAT);
    let grace = reader.get(&keys::GRACE);
    Some(Telemetry { listen: listen?, log_format: log_format?, grace: grace? })
}

/// A count that the program holds in a smaller type; the bounds of its key make it fit.
fn size<T: TryFrom<u64>>(reader: &mut Reader<'_>, key: &'static Key<Count>) -> Option<T> {
    reader.get(key).map(|count| T::try_from(count).ok().expect("the bounds of the key fit the type"))
}

/// Each stream needs its rule, each rule its stream, and there must be a stream.
fn rules_fit_streams(reader: &mut Reader<'_>, audit: bool, content: bool) {
    if !audit && !content && !reader.layers.is_misspelt("streams") {
        let finding = Finding::error("streams", "has no stream to deliver", reader.layers.absent("streams"));
        let finding = finding.with_allowed("[streams.audit], [streams.content] or both");
        reader.findings.push(finding.with_help("`miro-sentinel config example` shows both"));
    }
    rule_fits_stream(reader, audit, "streams.audit", &keys::AUDIT_RULE);
    rule_fits_stream(reader, content, "streams.content", &keys::CONTENT_RULE);
}

fn rule_fits_stream(reader: &mut Reader<'_>, used: bool, section: &str, rule: &'static Key<Text>) {
    let set = reader.layers.get(rule).is_some();
    if used && !set && !reader.layers.is_misspelt(rule.path) {
        let finding = Finding::error(
            rule.path,
            format!("is missing, and `[{section}]` needs it"),
            reader.layers.absent(rule.section()),
        );
        let finding = finding.with_allowed(rule.allowed());
        reader.findings.push(finding.with_help(format!("write the rule's immutable id, or leave `[{section}]` out")));
    }
    if set && !used && !reader.layers.is_misspelt(section) {
        let finding =
            Finding::error(rule.path, format!("has no stream: there is no `[{section}]`"), reader.origin(rule));
        reader.findings.push(finding.with_help(format!("add `[{section}]`, or leave the rule out")));
    }
}
