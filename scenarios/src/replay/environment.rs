//! The variables of a program under replay: those of its recording, with fresh credentials and the stand-ins' addresses.

use connector::Stream;
use jiff::Timestamp;

use super::question::asked_window;
use super::{mint, poll};
use crate::har::{Entry, Har, path_of};
use crate::live::Environment;
use crate::scenario::{Call, Peer};
use crate::subject::Variables;

/// As long as the tokens of Miro's apps.
const TOKEN_LENGTH: usize = 58;
const SECRET_LENGTH: usize = 40;

/// The variables; `url` tells where a peer is now.
pub(super) fn variables(
    har: &Har,
    url: impl Fn(Peer) -> String,
    ca_file: &str,
) -> Result<Variables, serde_json::Error> {
    let known = |name: &str, otherwise: Option<String>| {
        har.log.environment.get(name).cloned().or(otherwise).unwrap_or_default()
    };
    let environment = Environment {
        miro_base_url: url(Peer::Miro),
        miro_access_token_audit: mint::secret(TOKEN_LENGTH),
        miro_access_token_content: mint::secret(TOKEN_LENGTH),
        miro_organization_id: known("MIRO_ORGANIZATION_ID", segment(har, Call::ContentLogs, "orgs")),
        sentinel_endpoint: url(Peer::Ingestion),
        sentinel_rule_audit: known("SENTINEL_RULE_AUDIT", rule(har, Stream::Audit)),
        sentinel_rule_content: known("SENTINEL_RULE_CONTENT", rule(har, Stream::Content)),
        sentinel_stream_audit: known("SENTINEL_STREAM_AUDIT", Some(Stream::Audit.rule_stream().to_owned())),
        sentinel_stream_content: known("SENTINEL_STREAM_CONTENT", Some(Stream::Content.rule_stream().to_owned())),
        azure_authority_host: url(Peer::Entra),
        azure_tenant_id: known("AZURE_TENANT_ID", segment(har, Call::Token, "")),
        azure_client_id: known("AZURE_CLIENT_ID", client_id(har)),
        azure_client_secret: mint::secret(SECRET_LENGTH),
        ca_file: ca_file.to_owned(),
        ssl_cert_file: ca_file.to_owned(),
        requests_ca_bundle: ca_file.to_owned(),
        node_extra_ca_certs: ca_file.to_owned(),
        start: known("START", first_asked(har).or(har.start()).map(|start| start.to_string())),
        poll_every: known("POLL_EVERY", Some(poll::every(har))),
    };
    let values = serde_json::to_value(environment)?;
    let values = values.as_object().into_iter().flatten();
    Ok(values.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect())
}

/// The earliest time that a page was asked for from.
fn first_asked(har: &Har) -> Option<Timestamp> {
    har.log.entries.iter().filter_map(|entry| asked_window(entry)?.0).min()
}

fn of_call(har: &Har, call: Call) -> impl Iterator<Item = &Entry> {
    har.log.entries.iter().filter(move |entry| entry.call() == Some(call))
}

/// The part of a call's path behind that part.
fn segment(har: &Har, call: Call, before: &str) -> Option<String> {
    of_call(har, call).find_map(|entry| after(path_of(&entry.request.url), before))
}

fn rule(har: &Har, stream: Stream) -> Option<String> {
    let mut uploads = of_call(har, Call::Ingest).map(|entry| path_of(&entry.request.url));
    after(uploads.find(|path| path.ends_with(stream.rule_stream()))?, "dataCollectionRules")
}

fn after(path: &str, before: &str) -> Option<String> {
    let mut segments = path.split('/').skip_while(|segment| *segment != before).skip(1);
    segments.next().filter(|segment| !segment.is_empty()).map(str::to_owned)
}

fn client_id(har: &Har) -> Option<String> {
    of_call(har, Call::Token).find_map(|entry| {
        let body = entry.request.post_data.as_ref()?;
        form_urlencoded::parse(body.text.as_bytes())
            .find(|(name, _)| name == "client_id")
            .map(|(_, value)| value.into_owned())
    })
}
