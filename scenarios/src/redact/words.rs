//! Words that say what something is and nothing about anybody: those that are documented, and no others.

use std::collections::HashSet;
use std::sync::LazyLock;

/// What happened to what, in Miro's words; the file names their sources.
static VOCABULARY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("vocabulary.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether a value of `type`, `event` and the like is one of Miro's.
pub(super) fn is_known(value: &str) -> bool {
    VOCABULARY.contains(value)
}

/// Codes of errors: Miro's (<https://developers.miro.com/reference/errors>), OAuth's (RFC 6749, sections 4.1.2.1 and 5.2) and Entra's
/// (<https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>), and those of Azure's ingestion
/// (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>); all read 2026-11-22. Last, the regions in
/// the metadata of an identity service.
const CODES: &[&str] = &[
    // Miro.
    "conflict",
    "forbiddenAccess",
    "insufficientPermissions",
    "internalError",
    "invalidParameters",
    "notFound",
    "oauthError",
    "tokenNotFound",
    "tokenNotProvided",
    "tooManyRequests",
    // OAuth and Entra.
    "access_denied",
    "authorization_pending",
    "consent_required",
    "expired_token",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_resource",
    "invalid_scope",
    "invalid_tenant",
    "invalid_token",
    "login_required",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    // Azure.
    "AuthenticationFailed",
    "AuthorizationFailed",
    "BadArgumentError",
    "BadRequest",
    "ContentLengthLimitExceeded",
    "ExpiredAuthenticationToken",
    "GatewayTimeout",
    "InsufficientAccessError",
    "InternalServerError",
    "InvalidApiVersion",
    "InvalidApiVersionParameter",
    "InvalidArgument",
    "InvalidAuthenticationToken",
    "InvalidAuthenticationTokenAudience",
    "InvalidBody",
    "InvalidContentEncoding",
    "InvalidDataCollectionEndpoint",
    "InvalidParameter",
    "InvalidPayload",
    "InvalidRequestContent",
    "InvalidStream",
    "InvalidTokenError",
    "LimitError",
    "MalformedJson",
    "MethodNotAllowed",
    "MissingApiVersionParameter",
    "NotFound",
    "OperationFailed",
    "PartialError",
    "PathNotFoundError",
    "PayloadSizeLimitExceeded",
    "RecordsTimeRangeIsMoreThan30Minutes",
    "ResourceGroupNotFound",
    "ResourceLimitExceeded",
    "ResourceNotFound",
    "SemanticError",
    "ServiceUnavailable",
    "SignatureVerificationFailed",
    "SubscriptionNotFound",
    "SyntaxError",
    "ThrottledError",
    "TooManyRequests",
    "UnauthorizedClient",
    "UnsupportedAccessTokenType",
    "UnsupportedContentEncoding",
    "WorkspaceNotFoundError",
    // Regions.
    "AF",
    "AS",
    "EU",
    "NA",
    "OC",
    "SA",
    "USG",
    "USGov",
    "WW",
];

/// Whether a code is one that is documented.
pub(super) fn is_code(value: &str) -> bool {
    CODES.contains(&value) || is_aadsts(value)
}

/// The number of one of Entra's messages, which says only what is wrong.
pub(super) fn is_aadsts(value: &str) -> bool {
    let digits = value.strip_prefix("AADSTS");
    digits.is_some_and(|digits| (3..=7).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// RFC 6749, RFC 7523 and RFC 8628.
pub(super) fn is_grant_type(value: &str) -> bool {
    matches!(
        value,
        "authorization_code"
            | "client_credentials"
            | "password"
            | "refresh_token"
            | "urn:ietf:params:oauth:grant-type:jwt-bearer"
            | "urn:ietf:params:oauth:grant-type:saml2-bearer"
            | "urn:ietf:params:oauth:grant-type:device_code"
            | "urn:ietf:params:oauth:grant-type:token-exchange"
    )
}

/// RFC 7521.
pub(super) fn is_assertion_type(value: &str) -> bool {
    matches!(
        value,
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            | "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    )
}

pub(super) fn is_token_type(value: &str) -> bool {
    ["bearer", "pop"].iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// Scopes of Miro's (<https://developers.miro.com/reference/scopes>, read 2026-11-29).
pub(super) fn is_scope(value: &str) -> bool {
    matches!(
        value,
        "aiinteractionlogs:read"
            | "auditlogs:read"
            | "boards:export"
            | "boards:read"
            | "boards:write"
            | "contentlogs:export"
            | "identity:read"
            | "identity:write"
            | "organization:cases:management"
            | "organizations:groups:read"
            | "organizations:groups:write"
            | "organizations:read"
            | "organizations:teams:read"
            | "organizations:teams:write"
            | "projects:read"
            | "projects:write"
            | "sessions:delete"
            | "team:read"
            | "team:write"
    )
}

/// What an identity service supports (OpenID Connect Discovery 1.0, section 3).
pub(super) fn is_supported(value: &str) -> bool {
    const SUPPORTED: &[&str] = &[
        "RS256",
        "ES256",
        "PS256",
        "aud",
        "client_secret_basic",
        "client_secret_post",
        "code",
        "email",
        "exp",
        "form_post",
        "fragment",
        "iat",
        "id_token",
        "iss",
        "nbf",
        "offline_access",
        "openid",
        "pairwise",
        "private_key_jwt",
        "profile",
        "public",
        "query",
        "self_signed_tls_client_auth",
        "sub",
        "tid",
        "tls_client_auth",
        "token",
        "ver",
    ];
    SUPPORTED.contains(&value)
}

/// Whether a media type is one of those that services send.
pub(super) fn is_media_type(value: &str) -> bool {
    const ESSENCES: &[&str] = &[
        "*/*",
        "application/*",
        "application/javascript",
        "application/json",
        "application/octet-stream",
        "application/problem+json",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/xhtml+xml",
        "application/xml",
        "text/*",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    ];
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    ESSENCES.contains(&essence.as_str()) && parts.all(|part| is_parameter(&part))
}

fn is_parameter(part: &str) -> bool {
    let is_weight = |weight: &str| {
        (1..=5).contains(&weight.len()) && weight.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    part.strip_prefix("q=").is_some_and(is_weight)
        || matches!(part, "charset=utf-8" | "charset=\"utf-8\"" | "charset=us-ascii" | "charset=iso-8859-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documented_words_are_words() {
        assert!(is_known("sign_in_succeeded") && is_known("cursor-list") && is_known("comment_thread"));
        assert!(!is_known("ada-lovelace") && !is_known("") && !is_known("# Categories:"));
        assert!(is_code("tooManyRequests") && is_code("AADSTS7000215") && !is_code("AdaLovelace"));
        assert!(!is_code("AADSTS44123456789") && !is_aadsts("AADSTS"));
        assert!(is_media_type("application/json; charset=utf-8") && is_media_type("text/html;q=0.9"));
        assert!(!is_media_type("text/ada.lovelace") && !is_media_type("text/plain; name=ada"));
    }
}
