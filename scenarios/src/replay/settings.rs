//! Our connector as it was set up when it was recorded, as far as the recording tells.

use std::collections::BTreeSet;

use connector::Stream;
use connector::config::Config;

use crate::deployment::{example_settings, remove, set};
use crate::har::Har;
use crate::scenario::Call;
use crate::scenario::world::{WorldProblem, load};
use crate::subject::Variables;

/// The keys of the configuration by the variables of a certified program.
const KEYS: [(&str, &str); 15] = [
    ("MIRO_BASE_URL", "miro.base_url"),
    ("MIRO_ACCESS_TOKEN_AUDIT", "streams.audit.access_token"),
    ("START", "streams.audit.start"),
    ("POLL_EVERY", "streams.audit.poll_every"),
    ("MIRO_ACCESS_TOKEN_CONTENT", "streams.content.access_token"),
    ("MIRO_ORGANIZATION_ID", "streams.content.organization_id"),
    ("START", "streams.content.start"),
    ("POLL_EVERY", "streams.content.poll_every"),
    ("SENTINEL_ENDPOINT", "sentinel.endpoint"),
    ("SENTINEL_RULE_AUDIT", "sentinel.rules.audit"),
    ("SENTINEL_RULE_CONTENT", "sentinel.rules.content"),
    ("AZURE_AUTHORITY_HOST", "sentinel.identity.authority"),
    ("AZURE_TENANT_ID", "sentinel.identity.tenant_id"),
    ("AZURE_CLIENT_ID", "sentinel.identity.client_id"),
    ("AZURE_CLIENT_SECRET", "sentinel.identity.client_secret"),
];

/// The configuration with these variables, through the connector's own loader. What the recording does not tell has an example's value:
/// nothing was asked for with it. A log of which no page was recorded is not delivered.
///
/// # Errors
///
/// A value that the connector refuses, by its key.
pub(super) fn config(har: &Har, variables: &Variables) -> Result<Config, WorldProblem> {
    let mut settings = example_settings();
    set(&mut settings, "telemetry.listen", "off".into());
    for (variable, key) in KEYS {
        if let Some(value) = variables.get(variable).filter(|value| !value.is_empty()) {
            set(&mut settings, key, value.into());
        }
    }
    let recorded = streams(har);
    for stream in Stream::ALL.into_iter().filter(|stream| !recorded.contains(stream)) {
        remove(&mut settings, &format!("streams.{}", stream.name()));
        remove(&mut settings, &format!("sentinel.rules.{}", stream.name()));
    }
    load(&settings)
}

/// The logs of which pages were asked for; both, where none was.
fn streams(har: &Har) -> BTreeSet<Stream> {
    let calls = har.log.entries.iter().filter_map(crate::har::Entry::call);
    let read: BTreeSet<Stream> = calls
        .filter_map(|call| match call {
            Call::AuditLogs => Some(Stream::Audit),
            Call::ContentLogs => Some(Stream::Content),
            _ => None,
        })
        .collect();
    if read.is_empty() { Stream::ALL.into() } else { read }
}
