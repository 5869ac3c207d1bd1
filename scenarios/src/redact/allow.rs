//! What is safe to keep: fields of the protocols, and only where their values look as these fields' do.

use crate::times;

/// A field that is never kept, whatever the command line says.
#[derive(Debug, thiserror::Error)]
#[error("`--keep {field}`: credentials are never kept; leave it out")]
pub struct NeverKept {
    field: String,
}

/// Fields that hold credentials.
const CREDENTIALS: [&str; 15] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "assertion",
    "password",
    "code_verifier",
    "token",
    "secret",
    "x-api-key",
];

pub(super) fn may_be_kept(fields: &[String]) -> Result<(), NeverKept> {
    match fields.iter().find(|field| is_credential(field)) {
        Some(field) => Err(NeverKept { field: field.clone() }),
        None => Ok(()),
    }
}

pub(super) fn is_credential(field: &str) -> bool {
    CREDENTIALS.iter().any(|known| field.eq_ignore_ascii_case(known))
}

pub(super) fn is_token(field: &str) -> bool {
    field.to_ascii_lowercase().ends_with("token")
}

/// Which body a field is in: what a peer says of an error is not what somebody uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// Fields anywhere that say what something is, in words of Miro's.
const WORDS: [&str; 5] = ["type", "event", "category", "actiontype", "itemtype"];
/// Counts at the root of a response.
const COUNTS: [&str; 8] = ["limit", "size", "status", "total", "offset", "expires_in", "ext_expires_in", "error_codes"];
/// Codes of errors, by where they stand in a response.
const CODES: [&str; 7] =
    ["code", "error", "error.code", "error.innererror.code", "error.details.code", "token_type", "tenant_region_scope"];

/// Whether the text at `path` of a body may stay.
pub(super) fn text(side: Side, path: &str, value: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    if times::is_field(last) {
        return is_time(value);
    }
    if WORDS.iter().any(|known| last.eq_ignore_ascii_case(known)) {
        return is_word(value);
    }
    side == Side::Response
        && ((CODES.contains(&path) && is_code(value))
            || (matches!(path, "scopes" | "scope") && value.split(' ').all(is_scope))
            || (path.ends_with("_supported") && !path.contains('.') && is_plain(value)))
}

/// Whether the number at `path` of a body may stay.
pub(super) fn number(side: Side, path: &str, value: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    (times::is_field(last) && times::is_epoch(value))
        || (side == Side::Response && COUNTS.contains(&path) && is_count(value))
}

/// Whether a parameter of an address may stay.
pub(super) fn parameter(name: &str, value: &str) -> bool {
    match name {
        "limit" | "offset" => is_count(value),
        "api-version" => is_version(value),
        "sorting" | "sort" => matches!(value, "ASC" | "DESC" | "asc" | "desc"),
        name => times::is_field(name) && is_time(value),
    }
}

/// Whether a field of a form may stay.
pub(super) fn form(name: &str, value: &str) -> bool {
    match name {
        "grant_type" => is_word(value) || value.starts_with("urn:ietf:params:oauth:grant-type:") && value.len() < 60,
        "client_assertion_type" => {
            value.starts_with("urn:ietf:params:oauth:client-assertion-type:") && value.len() < 80
        }
        "response_type" => is_word(value),
        _ => false,
    }
}

/// Whether a header may stay.
pub(super) fn header(name: &str, value: &str) -> bool {
    match name {
        "content-type" | "accept" => value.split(',').all(|one| is_media_type(one.trim())),
        "content-length" | "age" | "x-ratelimit-limit" | "x-ratelimit-remaining" => is_count(value),
        "x-ratelimit-reset" => is_count(value) || times::is_epoch(value),
        "date" | "last-modified" => times::http_date(value).is_some(),
        "expires" => times::http_date(value).is_some() || matches!(value, "-1" | "0"),
        "retry-after" => is_seconds(value) || times::http_date(value).is_some(),
        "content-encoding" | "transfer-encoding" | "accept-encoding" | "connection" | "pragma" | "te" => {
            value.split(',').all(|one| TRANSFER.contains(&one.trim()))
        }
        "cache-control" => value.split(',').all(|one| CACHE.contains(&one.trim())),
        "x-ms-error-code" => is_code(value),
        "server" => value == "Microsoft-HTTPAPI/2.0",
        _ => false,
    }
}

const TRANSFER: [&str; 12] = [
    "gzip",
    "deflate",
    "br",
    "zstd",
    "identity",
    "chunked",
    "keep-alive",
    "close",
    "no-cache",
    "*",
    "trailers",
    "gzip;q=1.0",
];
const CACHE: [&str; 8] =
    ["no-cache", "no-store", "private", "public", "must-revalidate", "max-age=0", "no-transform", "proxy-revalidate"];

/// Parts of paths that are the services' own.
pub(super) const SEGMENTS: [&str; 25] = [
    "",
    "v1",
    "v2",
    "v2.0",
    "audit",
    "logs",
    "orgs",
    "content-logs",
    "ai-interaction-logs",
    "items",
    "interactions",
    "oauth-token",
    "oauth",
    "oauth2",
    "token",
    "revoke",
    "common",
    "organizations",
    "discovery",
    "instance",
    "keys",
    ".well-known",
    "openid-configuration",
    "dataCollectionRules",
    "streams",
];

/// Names that are the same for everybody.
pub(super) const NAMES: [&str; 5] = [
    "Custom-MiroAuditLogs_CL",
    "Custom-MiroContentLogs_CL",
    "Custom-MiroAiInteractionLogs_CL",
    ".default",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
];

/// Hosts that are the same for everybody, and those below which customers have their own.
pub(super) const HOSTS: [&str; 12] = [
    "localhost",
    "api.miro.com",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.windows.net",
    "sts.windows.net",
    "monitor.azure.com",
    "monitor.azure.us",
    "monitor.azure.cn",
    "management.azure.com",
    "graph.microsoft.com",
];
pub(super) const SUFFIXES: [&str; 3] =
    [".ingest.monitor.azure.com", ".ingest.monitor.azure.us", ".ingest.monitor.azure.cn"];

/// Parameters of JSON Web Tokens that say how they are signed.
pub(super) fn jwt(path: &str, value: &str) -> bool {
    match path {
        "alg" | "typ" => is_code(value) || matches!(value, "RS256" | "PS256" | "ES256" | "HS256" | "at+jwt"),
        "ver" => matches!(value, "1.0" | "2.0"),
        _ => false,
    }
}

fn is_time(value: &str) -> bool {
    let found = times::find(value);
    matches!(found.as_slice(), [one] if one.range == (0..value.len())) || times::is_epoch(value)
}

/// Lower-case words, such as `sign_in_succeeded` and `cursor-list`.
fn is_word(value: &str) -> bool {
    (1..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// Letters, as in `tokenNotFound` and `invalid_client`.
fn is_code(value: &str) -> bool {
    (1..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// `auditlogs:read`.
fn is_scope(value: &str) -> bool {
    value.split_once(':').is_some_and(|(what, how)| is_word(what) && is_word(how))
}

fn is_plain(value: &str) -> bool {
    value.len() <= 40 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' '))
}

fn is_count(value: &str) -> bool {
    (1..=9).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_seconds(value: &str) -> bool {
    value.len() <= 12 && value.split('.').count() <= 2 && value.split('.').all(is_count)
}

/// `2023-01-01`, `2023-01-01-preview`.
fn is_version(value: &str) -> bool {
    let date = value.strip_suffix("-preview").unwrap_or(value);
    date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10
}

fn is_media_type(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_known = ["application/", "text/", "*/"].iter().any(|kind| essence.starts_with(kind));
    let is_parameter = |part: &str| {
        let part = part.to_ascii_lowercase();
        part.strip_prefix("q=").is_some_and(|weight| weight.len() <= 5)
            || matches!(
                part.as_str(),
                "charset=utf-8" | "charset=\"utf-8\"" | "charset=us-ascii" | "charset=iso-8859-1"
            )
    };
    is_known
        && essence.len() <= 40
        && essence.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'+' | b'-' | b'*' | b'.'))
        && parts.all(is_parameter)
}
