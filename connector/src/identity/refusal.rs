//! What the identity service's errors mean, and what to do about them.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use url::Url;

use super::TokenError;
use crate::Problem;
use crate::config::Identity;
use crate::peer_text::{PeerText, Received};
use crate::problem::Code;
use crate::redact::Secrets;
use crate::response::{Foreign, Service};
use crate::retry::retry_after;
use crate::transport::TransportError;

/// What the bridge saw of the one exchange.
#[derive(Debug)]
pub(super) enum Seen {
    /// The service answered.
    Answer {
        /// Its status and the kind of its body.
        shown: Foreign,
        /// How long to wait, if it said so.
        retry_after: Option<Duration>,
        /// Why it refused, if the body is in its error form.
        refusal: Option<Refusal>,
        /// What the answer shows, if something else than the service sent it.
        foreign: Option<Foreign>,
    },
    /// There was no answer.
    Failed(TransportError),
}

/// The identity service's error form
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11-22).
#[derive(Debug, serde::Deserialize)]
pub(super) struct Refusal {
    /// The word of OAuth.
    #[serde(rename = "error")]
    _error: String,
    /// AADSTS codes. What speaks for the service at times leaves them out, and then the description names one.
    #[serde(default)]
    pub(super) error_codes: Vec<u32>,
    /// The first line names the cause; the others are trace ids.
    #[serde(default)]
    pub(super) error_description: Received,
}

impl Refusal {
    /// The refusal in a body that has the form of an OAuth error with an AADSTS code in it.
    fn read(body: &[u8]) -> Option<Self> {
        let mut refusal: Self = serde_json::from_slice(body).ok()?;
        if refusal.error_codes.is_empty() {
            refusal.error_codes.extend(refusal.error_description.number_after("AADSTS"));
        }
        Some(refusal)
    }
}

impl Seen {
    pub(super) fn answer(answer: &http::Response<Bytes>, now: Timestamp) -> Self {
        let refused = !answer.status().is_success();
        Self::Answer {
            shown: Foreign::of(answer),
            retry_after: retry_after(answer, now),
            refusal: refused.then(|| Refusal::read(answer.body())).flatten(),
            foreign: if answer.status().is_client_error() {
                Foreign::error_beside(answer, Service::Identity)
            } else if refused {
                Foreign::error(answer)
            } else {
                Foreign::in_another_form(answer)
            },
        }
    }
}

/// Refused for good, or worth another try. Unknown means another try, visibly.
/// `seen` is what came over the transport, if the library got that far; `said` is the library's own error.
pub(super) fn explain(identity: &Identity, seen: Option<Seen>, said: &str) -> TokenError {
    match seen {
        Some(Seen::Failed(TransportError::Tls { host, reason })) => TokenError::Refused(Problem {
            code: Code::AzureCertificateRefused,
            subject: "sentinel.identity.authority".into(),
            cause: format!("the certificate of {host} is not trusted: {reason}"),
            next_step: "if a proxy or a private authority signs it, name its root certificate in `http.ca_file`".into(),
        }),
        Some(Seen::Failed(TransportError::Proxy(error))) => {
            TokenError::Unavailable { problem: error.problem(Code::AzureFailing), after: None }
        }
        Some(Seen::Failed(error)) => unavailable(error.to_string(), REACH, None),
        Some(Seen::Answer { foreign: Some(seen), retry_after, .. }) if seen.is_proxy_login() => {
            TokenError::Unavailable { problem: seen.proxy_login(Code::AzureFailing), after: retry_after }
        }
        Some(Seen::Answer { foreign: Some(seen), retry_after, .. }) => unavailable(
            format!("something between us and the identity service responds: {seen}"),
            IN_BETWEEN,
            retry_after,
        ),
        Some(Seen::Answer { shown, retry_after, refusal, foreign: None }) => {
            let status = shown.status().as_u16();
            match refusal.filter(|refusal| !passes(status, refusal)) {
                Some(refusal) => TokenError::Refused(named(identity, &refusal)),
                None => unavailable(format!("the identity service responds with HTTP {status}"), SERVICE, retry_after),
            }
        }
        None => unavailable(masked(identity, &Received::new(said)).into(), REACH, None),
    }
}

/// A success without a token in it: not the service's.
pub(super) fn without_token(seen: Option<Seen>) -> TokenError {
    let cause = match seen {
        Some(Seen::Answer { shown, .. }) => {
            format!("something between us and the identity service responds: {shown}, without a token")
        }
        Some(Seen::Failed(_)) | None => "the identity service gave no token".to_owned(),
    };
    unavailable(cause, IN_BETWEEN, None)
}

/// No whole response in time.
pub(super) fn silent(authority: &Url, limit: Duration) -> TokenError {
    unavailable(format!("no response from {} within {limit:?}", authority.host_str().unwrap_or_default()), REACH, None)
}

/// The service named a wait that is not over.
pub(super) fn asked_to_wait() -> Problem {
    failing("the identity service asked to wait".to_owned(), SERVICE)
}

const REACH: &str = "check that this machine may open connections to `sentinel.identity.authority`, and `http.proxy`";
const IN_BETWEEN: &str = "see what responds in the place of the identity service: a proxy, a filter, a sign-in page; let this machine \
                          through to the host of `sentinel.identity.authority`";
const SERVICE: &str = "wait, and see https://azure.status.microsoft if it lasts; nothing is lost meanwhile";

fn unavailable(cause: String, next_step: &str, after: Option<Duration>) -> TokenError {
    TokenError::Unavailable { problem: failing(cause, next_step), after }
}

fn failing(cause: String, next_step: &str) -> Problem {
    Problem { code: Code::AzureFailing, subject: "sentinel.identity".into(), cause, next_step: next_step.to_owned() }
}

/// Whether the failure passes: throttled, overloaded, or transient by its code
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, read 2026-11-22).
fn passes(status: u16, refusal: &Refusal) -> bool {
    let transient = refusal.error_codes.iter().any(|code| matches!(code, 90_033 | 50_196));
    status == 408 || status == 429 || status >= 500 || transient || refusal.error_codes.is_empty()
}

/// The problem named by the first code we know; another code is a refusal in the service's own words.
fn named(identity: &Identity, refusal: &Refusal) -> Problem {
    let codes = &refusal.error_codes;
    codes.iter().find_map(|code| known(identity, *code)).unwrap_or_else(|| {
        let said = masked(identity, &refusal.error_description.first_line());
        let code = codes.first().copied().unwrap_or_default();
        Problem {
            code: Code::AzureIdentityRefused,
            subject: "sentinel.identity".into(),
            cause: format!("Azure refuses a token: {said}"),
            next_step: format!("look up AADSTS{code} at https://login.microsoftonline.com/error?code={code}"),
        }
    })
}

fn known(identity: &Identity, code: u32) -> Option<Problem> {
    let Identity::ClientSecret { tenant_id, client_id, authority, scope, .. } = identity;
    let host = authority.host_str().unwrap_or_default();
    let (name, key, cause, next_step) = match code {
        7_000_215 => (
            Code::AzureSecretRefused,
            "client_secret",
            format!("Azure does not accept the client secret of application {client_id} (AADSTS{code})"),
            "copy the secret's value (not its id) from the app registration, Certificates & secrets, into \
             `sentinel.identity.client_secret`"
                .to_owned(),
        ),
        7_000_222 => (
            Code::AzureSecretRefused,
            "client_secret",
            format!("the client secret of application {client_id} has expired (AADSTS{code})"),
            "make a new secret in the app registration, Certificates & secrets, and put its value into \
             `sentinel.identity.client_secret`"
                .to_owned(),
        ),
        7_000_216 | 7_000_218 => (
            Code::AzureSecretRefused,
            "client_secret",
            format!("Azure wants a client secret of application {client_id} and got none (AADSTS{code})"),
            "put the secret's value into `sentinel.identity.client_secret`".to_owned(),
        ),
        700_016 => (
            Code::AzureApplicationUnknown,
            "client_id",
            format!("Azure does not know application {client_id} in tenant {tenant_id} (AADSTS{code})"),
            "copy the application (client) id and the directory (tenant) id from the app registration's overview"
                .to_owned(),
        ),
        7_000_112 => (
            Code::AzureApplicationUnknown,
            "client_id",
            format!("application {client_id} is switched off in tenant {tenant_id} (AADSTS{code})"),
            "switch it on: Entra ID, Enterprise applications, the application, Properties, Enabled for users to sign in"
                .to_owned(),
        ),
        90_002 | 900_021 | 900_023 => (
            Code::AzureTenantUnknown,
            "tenant_id",
            format!("{host} does not know tenant {tenant_id} (AADSTS{code})"),
            "copy the directory (tenant) id from the app registration's overview; in a sovereign cloud set \
             `sentinel.identity.authority` too"
                .to_owned(),
        ),
        70_011 | 500_011 | 1_002_012 => (
            Code::AzureIdentityRefused,
            "scope",
            format!("{host} does not know the scope {scope} (AADSTS{code})"),
            "leave `sentinel.identity.scope` out, so that it follows from `sentinel.identity.authority`".to_owned(),
        ),
        53_003 | 530_033 => (
            Code::AzureIdentityRefused,
            "client_id",
            format!("a conditional access policy keeps application {client_id} from signing in (AADSTS{code})"),
            "allow this machine's address in the policy, or leave the application out of it".to_owned(),
        ),
        _ => return None,
    };
    Some(Problem { code: name, subject: format!("sentinel.identity.{key}"), cause, next_step })
}

/// The service's words. It does not repeat secrets; should it or a proxy ever, in whatever encoding, they stop here.
fn masked(identity: &Identity, said: &Received) -> PeerText {
    let Identity::ClientSecret { client_secret, .. } = identity;
    said.masked(&Secrets::new([client_secret]))
}
