//! What is safe to keep: fields of the protocols, and only where their values look as these fields' do.

use super::around::Around;
use super::words;
use crate::times;

/// A field that is never kept, whatever the command line says.
#[derive(Debug, thiserror::Error)]
pub enum NeverKept {
    /// It may hold a credential.
    #[error("`--keep {field}`: credentials are never kept, and its name has `{part}` in it; leave it out")]
    Credential {
        /// As it was given.
        field: String,
        /// What of its name says so.
        part: &'static str,
    },
    /// It names nothing.
    #[error("`--keep {field}`: no field has a name without letters; leave it out")]
    Nameless {
        /// As it was given.
        field: String,
    },
}

/// What the names of credentials have in them.
const CREDENTIAL_PARTS: [&str; 12] =
    ["token", "secret", "auth", "cookie", "pass", "key", "sig", "code", "session", "credential", "sid", "assertion"];

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

/// What in a field's name says that it may hold a credential, however it is written: `X-Api-Key`, `apiKey`, `API_KEY`.
pub(crate) fn credential_part(field: &str) -> Option<&'static str> {
    let name: String = field.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    CREDENTIAL_PARTS.into_iter().find(|part| name.contains(part))
}

pub(super) fn may_be_kept(fields: &[String]) -> Result<(), NeverKept> {
    fields.iter().try_for_each(|field| {
        if let Some(part) = credential_part(field) {
            return Err(NeverKept::Credential { field: field.clone(), part });
        }
        if !field.contains(char::is_alphabetic) {
            return Err(NeverKept::Nameless { field: field.clone() });
        }
        Ok(())
    })
}

/// HTTP's methods (RFC 9110, section 9, and RFC 5789).
pub(super) const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

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
const CODES: [&str; 6] =
    ["code", "error", "error.code", "error.innererror.code", "error.details.code", "tenant_region_scope"];

/// Whether the text at `path` of a body may stay.
pub(super) fn text(side: Side, path: &str, value: &str, around: Around) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    if times::is_field(last) {
        return around.is_time(value) || around.is_epoch(value);
    }
    if WORDS.iter().any(|known| last.eq_ignore_ascii_case(known)) {
        return words::is_known(value);
    }
    side == Side::Response
        && ((CODES.contains(&path) && words::is_code(value))
            || (path == "token_type" && words::is_token_type(value))
            || (matches!(path, "scopes" | "scope") && value.split(' ').all(words::is_scope))
            || (path.ends_with("_supported") && !path.contains('.') && value.split(' ').all(words::is_supported)))
}

/// Whether the number at `path` of a body may stay.
pub(super) fn number(side: Side, path: &str, value: &str, around: Around) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    (times::is_field(last) && around.is_epoch(value))
        || (side == Side::Response && COUNTS.contains(&path) && is_count(value))
}

/// Whether a parameter of an address may stay.
pub(super) fn parameter(name: &str, value: &str, around: Around) -> bool {
    match name {
        "limit" | "offset" => is_count(value),
        "api-version" => is_version(value),
        "sorting" | "sort" => matches!(value, "ASC" | "DESC" | "asc" | "desc"),
        name => times::is_field(name) && (around.is_time(value) || around.is_epoch(value)),
    }
}

/// Whether a field of a form may stay.
pub(super) fn form(name: &str, value: &str) -> bool {
    match name {
        "grant_type" => words::is_grant_type(value),
        "client_assertion_type" => words::is_assertion_type(value),
        "response_type" => matches!(value, "code" | "token" | "id_token"),
        _ => false,
    }
}

/// What of a header may stay: all of it, or its time; none where it is replaced.
pub(super) fn header(name: &str, value: &str, around: Around) -> Option<String> {
    let is_safe = match name {
        "date" | "last-modified" => return around.http_date(value),
        "expires" if !matches!(value, "-1" | "0") => return around.http_date(value),
        "retry-after" if !is_seconds(value) => return around.http_date(value),
        "expires" | "retry-after" => true,
        "content-type" | "accept" => value.split(',').all(|one| words::is_media_type(one.trim())),
        "content-length" => is_length(value),
        "age" | "x-ratelimit-limit" | "x-ratelimit-remaining" => is_count(value),
        "x-ratelimit-reset" => is_count(value) || around.is_epoch(value),
        "content-encoding" | "transfer-encoding" | "accept-encoding" | "connection" | "pragma" | "te" => {
            value.split(',').all(|one| TRANSFER.contains(&one.trim()))
        }
        "cache-control" => value.split(',').all(|one| CACHE.contains(&one.trim())),
        "x-ms-error-code" => words::is_code(value),
        "server" => value == "Microsoft-HTTPAPI/2.0",
        _ => false,
    };
    is_safe.then(|| value.to_owned())
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
        "alg" | "typ" => matches!(value, "JWT" | "RS256" | "PS256" | "ES256" | "HS256" | "at+jwt"),
        "ver" => matches!(value, "1.0" | "2.0"),
        _ => false,
    }
}

/// A longer count is a telephone number.
const DIGITS_MAX: usize = 7;

fn is_digits(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_count(value: &str) -> bool {
    value.len() <= DIGITS_MAX && is_digits(value)
}

/// Bytes: those of the longest body that is kept have eight digits.
fn is_length(value: &str) -> bool {
    value.len() <= 9 && is_digits(value)
}

/// Seconds, with a fraction or none.
fn is_seconds(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    value.len() <= DIGITS_MAX && is_digits(whole) && is_digits(fraction)
}

/// `2023-01-01`, `2023-01-01-preview`.
fn is_version(value: &str) -> bool {
    let date = value.strip_suffix("-preview").unwrap_or(value);
    date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10
}
