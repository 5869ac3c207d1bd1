//! Entra ID's own routes: discovery, key set, instance metadata, token endpoint.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::json;
use uuid::Uuid;

use super::Resource;
use super::aadsts::Aadsts;
use super::assertion::{Assertion, Expectation};
use super::directory::{Directory, check_secret};
use super::token::{Grant, Proof};
use crate::http::Reply;
use crate::http::body::BodyError;
use crate::state::Shared;
use crate::world::App;

/// A token request is a handful of form fields.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// The one type of assertion there is.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the caller reached us, which decides the URLs that we publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
        .route("/{tenant}/discovery/keys", get(keys))
        .route("/common/discovery/instance", get(instance))
        .route("/{tenant}/oauth2/v2.0/token", post(token))
        .route("/{tenant}/oauth2/token", post(token_v1))
}

async fn discovery(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Reply {
    let tenant_id = match check_tenant(&shared, &tenant, &headers) {
        Ok(tenant_id) => tenant_id,
        Err(refused) => return refused,
    };
    let host = authority(scheme, &headers);
    let base = format!("{host}/{tenant_id}");
    let document = json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nbf", "tid", "ver"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    });
    Reply::json(200, &document, "discovery document")
}

async fn keys(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Reply {
    let tenant_id = match check_tenant(&shared, &tenant, &headers) {
        Ok(tenant_id) => tenant_id,
        Err(refused) => return refused,
    };
    let issuer = format!("{}/{tenant_id}/v2.0", authority(scheme, &headers));
    Reply::json(200, &shared.signer.key_set(&issuer), "key set")
}

async fn instance(State(shared): State<Arc<Shared>>, scheme: Option<Extension<Scheme>>, headers: HeaderMap) -> Reply {
    let authority = authority(scheme, &headers);
    let host = authority.split_once("://").map_or(authority.as_str(), |(_, host)| host);
    let tenant_id = shared.state().directory.tenant_id.clone();
    let document = json!({
        "tenant_discovery_endpoint": format!("{authority}/{tenant_id}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    });
    Reply::json(200, &document, "instance metadata")
}

/// The tenant's id when the URL names it; the refusal otherwise.
fn check_tenant(shared: &Shared, named: &str, headers: &HeaderMap) -> Result<String, Reply> {
    let checked = {
        let state = shared.state();
        state.directory.check_tenant(named).map(|()| state.directory.tenant_id.clone())
    };
    checked.map_err(|refusal| refuse(shared, &refusal, headers))
}

/// `https://host:port` as the caller knows it.
pub(crate) fn authority(scheme: Option<Extension<Scheme>>, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    match scheme {
        Some(Extension(Scheme::Http)) => format!("http://{host}"),
        Some(Extension(Scheme::Https)) | None => format!("https://{host}"),
    }
}

/// What a token is asked with: `scope`, or, at the older endpoint, `resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

async fn token(shared: State<Arc<Shared>>, tenant: Path<String>, request: Request) -> Reply {
    give(shared, tenant, request, Version::V2).await
}

/// The endpoint of version 1, which the access page of the Log Analytics API still shows.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api>, read 2026-11-29.
async fn token_v1(shared: State<Arc<Shared>>, tenant: Path<String>, request: Request) -> Reply {
    give(shared, tenant, request, Version::V1).await
}

async fn give(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    request: Request,
    version: Version,
) -> Reply {
    let (parts, form) = request.into_parts();
    let held = match shared.body_memory.read(form, FORM_BYTES_MAX).await {
        Ok(held) => held,
        Err(error) => return unreadable(&shared, error, &parts.headers),
    };
    let bytes = held.bytes.len() as u64;
    let form = TokenForm::parse(&held.bytes, &parts.headers);
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match grant(&shared, &tenant, &form, version, host) {
        Ok(granted) => granted.reply(&parts.headers, version, shared.clock.now()),
        Err(refusal) => refuse(&shared, &refusal, &parts.headers),
    }
    .bytes(bytes)
}

/// Why a form was not read, in the shape of the others.
fn unreadable(shared: &Shared, error: BodyError, headers: &HeaderMap) -> Reply {
    let refusal = Aadsts::UnreadableBody { status: error.status(), why: error.to_string() };
    refuse(shared, &refusal, headers)
}

fn refuse(shared: &Shared, refusal: &Aadsts, headers: &HeaderMap) -> Reply {
    let (trace, fresh) = {
        let mut state = shared.state();
        (state.random_id(), state.random_id())
    };
    let correlation = correlation(headers).and_then(|id| Uuid::parse_str(id).ok()).unwrap_or(fresh);
    let statuses = &shared.world.identity.statuses;
    no_store(refusal.reply(trace, correlation, shared.clock.now(), statuses), headers)
}

fn correlation(headers: &HeaderMap) -> Option<&str> {
    headers.get("client-request-id")?.to_str().ok()
}

/// The headers that every response of the token endpoint carries.
fn no_store(reply: Reply, headers: &HeaderMap) -> Reply {
    let reply = reply
        .header("cache-control", "no-store, no-cache")
        .header("pragma", "no-cache")
        .header("expires", "-1")
        .header("x-ms-ests-server", "2.1.0.0 - MOCK ProdSlices")
        .header("x-ms-clitelem", "1,0,0,,");
    match correlation(headers) {
        Some(id) => reply.header("client-request-id", id),
        None => reply,
    }
}

/// The fields of a token request that matter.
#[derive(Default)]
struct TokenForm {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_assertion: Option<String>,
    client_assertion_type: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
    claims: Option<String>,
}

impl TokenForm {
    fn parse(form: &[u8], headers: &HeaderMap) -> Self {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            let field = match &*name {
                "grant_type" => &mut parsed.grant_type,
                "client_id" => &mut parsed.client_id,
                "client_secret" => &mut parsed.client_secret,
                "client_assertion" => &mut parsed.client_assertion,
                "client_assertion_type" => &mut parsed.client_assertion_type,
                "scope" => &mut parsed.scope,
                "resource" => &mut parsed.resource,
                "claims" => &mut parsed.claims,
                _ => continue,
            };
            *field = Some(value.into_owned());
        }
        if let Some((id, secret)) = basic(headers) {
            parsed.client_id.get_or_insert(id);
            parsed.client_secret.get_or_insert(secret);
        }
        parsed
    }

    /// Whether the client said that it copes with revocation events, for which it gets long-lived tokens.
    fn declares_cp1(&self) -> bool {
        self.claims.as_deref().is_some_and(|claims| claims.contains("xms_cc") && claims.to_lowercase().contains("cp1"))
    }
}

/// Client id and secret from an `Authorization: Basic` header, each percent-encoded before they were joined.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    scheme.eq_ignore_ascii_case("basic").then(|| (plain(id), plain(secret)))
}

struct Granted {
    access_token: String,
    life: SignedDuration,
    audience: String,
    reason: String,
}

fn grant(shared: &Shared, tenant: &str, form: &TokenForm, version: Version, host: &str) -> Result<Granted, Aadsts> {
    let unique = shared.state().random_id();
    let directory = shared.state().directory.clone();
    directory.check_tenant(tenant)?;
    let grant_type = form.grant_type.as_deref().ok_or(Aadsts::MissingParameter("grant_type"))?;
    if grant_type != "client_credentials" {
        return Err(Aadsts::GrantType(grant_type.chars().take(64).collect()));
    }
    let client_id = form.client_id.as_deref().ok_or(Aadsts::MissingParameter("client_id"))?;
    let asked = match version {
        Version::V1 => form.resource.as_deref().ok_or(Aadsts::MissingParameter("resource"))?,
        Version::V2 => resource(form.scope.as_deref().ok_or(Aadsts::MissingParameter("scope"))?)?,
    };
    let audience = audience(asked, host, &directory.tenant_domain)?;
    let app = directory.app(client_id)?;
    let proof = prove(shared, &directory, app, form)?;
    let identity = &shared.world.identity;
    let life = if form.declares_cp1() { identity.token_life_cp1 } else { identity.token_life };
    let access_token = shared.signer.mint(&Grant {
        tenant_id: &directory.tenant_id,
        client_id: &app.client_id,
        object_id: &app.object_id,
        audience,
        proof,
        life,
        now: shared.clock.now(),
        unique,
    });
    let reason = format!("token for app {:?}, audience {audience}", app.name);
    Ok(Granted { access_token, life, audience: audience.to_owned(), reason })
}

/// Checks whatever the app offers as proof that it is itself.
fn prove(shared: &Shared, directory: &Directory, app: &App, form: &TokenForm) -> Result<Proof, Aadsts> {
    let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    if let Some(secret) = given(&form.client_secret) {
        return check_secret(app, &secret).map(|()| Proof::Secret);
    }
    let text = given(&form.client_assertion).ok_or(Aadsts::NoCredential)?;
    if form.client_assertion_type.as_deref() != Some(JWT_BEARER) {
        return Err(Aadsts::MissingParameter("client_assertion_type"));
    }
    let assertion = Assertion::parse(&text).ok_or(Aadsts::AssertionForm)?;
    let expected = Expectation {
        app,
        tenant_id: &directory.tenant_id,
        tenant_domain: &directory.tenant_domain,
        now: shared.clock.now(),
    };
    assertion.check(&expected, &shared.signer).map(|()| Proof::Assertion)
}

/// The resource that `<resource>/.default` asks for: with a double slash, it keeps its own slash.
fn resource(scope: &str) -> Result<&str, Aadsts> {
    let resource = scope.trim().strip_suffix("/.default").filter(|resource| Resource::is_well_formed(resource));
    resource.ok_or_else(|| Aadsts::Scope(scope.chars().take(256).collect()))
}

/// The audience of a token for a resource. The host that was reached stands for the resource manager, as in clouds whose manager
/// is an audience by its own address.
fn audience<'a>(resource: &'a str, host: &str, tenant: &str) -> Result<&'a str, Aadsts> {
    let own = resource.trim_end_matches('/').split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
    if own {
        return Ok("https://management.azure.com");
    }
    Resource::named(resource)
        .map(|_| resource)
        .ok_or_else(|| Aadsts::Resource { resource: resource.chars().take(256).collect(), tenant: tenant.to_owned() })
}

impl Granted {
    fn reply(self, headers: &HeaderMap, version: Version, now: Timestamp) -> Reply {
        let seconds = self.life.as_secs();
        let mut body = json!({
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self.access_token,
        });
        if version == Version::V1 {
            // The older endpoint writes numbers as texts.
            body["expires_in"] = json!(seconds.to_string());
            body["ext_expires_in"] = json!(seconds.to_string());
            body["expires_on"] = json!(now.as_second().saturating_add(seconds).to_string());
            body["not_before"] = json!(now.as_second().to_string());
            body["resource"] = json!(self.audience);
        } else if self.life > SignedDuration::from_hours(2) {
            body["refresh_in"] = json!(seconds / 2);
        }
        no_store(Reply::json(200, &body, self.reason), headers)
    }
}
