//! Errors of Entra ID, in the shape and with the codes that its clients know.
//!
//! Codes and texts: the Entra error reference and recorded responses, read 2026-11-22.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::http::Reply;

/// One kind of refusal by Entra ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aadsts {
    /// The tenant does not exist.
    TenantNotFound(String),
    /// The application has no service principal in the tenant.
    AppNotFound { client_id: String, tenant: String },
    /// The client secret is wrong.
    WrongSecret { client_id: String },
    /// The client secret has expired.
    ExpiredSecret { client_id: String },
    /// Neither a secret nor an assertion came.
    NoCredential,
    /// No certificate or key of the app fits the assertion's signature.
    AssertionKey { client_id: String },
    /// The assertion's issuer or subject is not the app.
    AssertionIssuer { client_id: String },
    /// The assertion has another audience.
    AssertionAudience { audience: String },
    /// The assertion is not valid now.
    AssertionTime { now: Timestamp },
    /// The assertion is not a JSON Web Token.
    AssertionForm,
    /// The app trusts no such issuer.
    FederatedIssuer { issuer: String },
    /// The app trusts the issuer, but not for this subject.
    FederatedSubject { subject: String },
    /// The scope is not of the form `<resource>/.default`.
    Scope(String),
    /// The resource has its form, but the tenant has no such one.
    Resource { resource: String, tenant: String },
    /// A required parameter is missing.
    MissingParameter(&'static str),
    /// A grant type other than client credentials.
    GrantType(String),
    /// The form did not arrive.
    UnreadableBody { status: u16, why: String },
}

/// The numbers and words of a refusal.
struct Wording {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

impl Aadsts {
    fn wording(&self) -> Wording {
        let (status, error, code, text) = match self {
            Self::TenantNotFound(tenant) => (
                400,
                "invalid_tenant",
                90_002,
                format!(
                    "Tenant '{tenant}' not found. This may happen if there are no active subscriptions for the tenant. \
                     Check to make sure you have the correct tenant ID and are signing into the correct cloud."
                ),
            ),
            Self::AppNotFound { client_id, tenant } => (
                400,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can \
                     happen if the application has not been installed by the administrator of the tenant or consented \
                     to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
                ),
            ),
            Self::WrongSecret { client_id } => (
                401,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                     value, not the client secret ID, for a secret added to app '{client_id}'."
                ),
            ),
            Self::ExpiredSecret { client_id } => (
                401,
                "invalid_client",
                7_000_222,
                format!("The provided client secret keys for app '{client_id}' are expired."),
            ),
            Self::NoCredential => (
                401,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
                    .to_owned(),
            ),
            Self::AssertionKey { client_id } => (
                401,
                "invalid_client",
                700_027,
                format!(
                    "The certificate with identifier used to sign the client assertion is not registered on application, \
                     or the signature is not valid. Application: '{client_id}'."
                ),
            ),
            Self::AssertionIssuer { client_id } => (
                401,
                "invalid_client",
                700_021,
                format!("Client assertion application identifier doesn't match 'client_id' parameter '{client_id}'."),
            ),
            Self::AssertionAudience { audience } => (
                401,
                "invalid_client",
                700_023,
                format!("Client assertion audience claim does not match Realm issuer. Audience: '{audience}'."),
            ),
            Self::AssertionTime { now } => (
                401,
                "invalid_client",
                700_024,
                format!("Client assertion is not within its valid time range. Current time: {now}."),
            ),
            Self::AssertionForm => (401, "invalid_client", 50_027, "JWT token is invalid or malformed.".to_owned()),
            Self::FederatedIssuer { issuer } => (
                401,
                "invalid_client",
                700_211,
                format!("No matching federated identity record found for presented assertion issuer '{issuer}'."),
            ),
            Self::FederatedSubject { subject } => (
                401,
                "invalid_client",
                700_213,
                format!("No matching federated identity record found for presented assertion subject '{subject}'."),
            ),
            Self::Scope(scope) => (
                400,
                "invalid_scope",
                70_011,
                format!(
                    "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
                ),
            ),
            Self::Resource { resource, tenant } => (
                400,
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if \
                     the application has not been installed by the administrator of the tenant or consented to by any user \
                     in the tenant. You might have sent your authentication request to the wrong tenant."
                ),
            ),
            Self::MissingParameter(name) => (
                400,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            ),
            Self::GrantType(kind) => (
                400,
                "unsupported_grant_type",
                70_003,
                format!("The app requested an unsupported grant type '{kind}'."),
            ),
            Self::UnreadableBody { status, why } => {
                let error = if *status == 503 { "temporarily_unavailable" } else { "invalid_request" };
                (*status, error, 90_014, format!("The request body could not be read: {why}."))
            }
        };
        Wording { status, error, code, text }
    }

    /// The response, with the world's own statuses: trace and correlation ids, the time, and the text with all of them in it.
    pub(crate) fn reply(&self, trace: Uuid, correlation: Uuid, now: Timestamp, statuses: &BTreeMap<u32, u16>) -> Reply {
        let Wording { status, error, code, text } = self.wording();
        let status = statuses.get(&code).copied().unwrap_or(status);
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Reply::json(status, &body, format!("AADSTS{code}: {text}"))
    }
}
