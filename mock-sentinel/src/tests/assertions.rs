//! Certificates, federated credentials and managed identities through the router.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::fixture::{Fixture, MONITOR, Response};
use crate::identity::token::Signer;
use crate::world::ArcHost;
use crate::{Federation, World};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// 2026-11-23T12:00:00Z
const NOW_SECOND: f64 = 1_795_435_200.0;
const ISSUER: &str = "https://token.actions.example";
const SUBJECT: &str = "repo:example/connector:environment:production";

/// A certificate over the key that signs the mock's own tokens, which spares the tests a key generator for RSA.
fn certificate() -> rcgen::Certificate {
    let der = include_bytes!("../identity/signing-key.der").to_vec();
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der.into(), &rcgen::PKCS_RSA_SHA256).unwrap();
    rcgen::CertificateParams::new(vec!["app.example".to_owned()]).unwrap().self_signed(&key).unwrap()
}

fn fixture() -> Fixture {
    let mut world = World::default();
    let app = &mut world.identity.apps[0];
    app.certificates = vec![certificate().pem()];
    app.federations = vec![Federation {
        issuer: ISSUER.to_owned(),
        subject: SUBJECT.to_owned(),
        audience: "api://AzureADTokenExchange".to_owned(),
        keys: None,
    }];
    Fixture::of(world)
}

async fn with_assertion(fixture: &Fixture, assertion: &str) -> Response {
    let known = fixture.mock.credentials();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*known.client_id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", MONITOR),
    ];
    fixture.token_form(&known.tenant_id, &form).await
}

/// What the Python client writes, with some claims changed.
fn by_certificate(fixture: &Fixture, change: impl FnOnce(&mut Value)) -> String {
    let known = fixture.mock.credentials();
    let thumbprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate().der());
    let mut token = json!({
        "header": {"alg": "RS256", "typ": "JWT", "x5t": format!("{}=", URL_SAFE_NO_PAD.encode(thumbprint.as_ref()))},
        "claims": {
            "aud": format!("https://localhost:8443/{}/oauth2/v2.0/token", known.tenant_id),
            "iss": known.client_id,
            "sub": known.client_id,
            "exp": NOW_SECOND + 600.25,
            "iat": NOW_SECOND + 0.25,
            "jti": "5d0c2f0c",
        },
    });
    change(&mut token);
    Signer::new().sign_with_header(&token["header"], token["claims"].to_string().as_bytes())
}

#[tokio::test]
async fn a_certificate_opens_with_fractional_times() {
    let fixture = fixture();
    let response = with_assertion(&fixture, &by_certificate(&fixture, |_| ())).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.json()["token_type"], "Bearer");
}

/// A change to an assertion's header and claims.
type Change = fn(&mut Value);

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused_with_its_code() {
    let fixture = fixture();
    let changes: [(u64, Change); 5] = [
        (700_027, |token| token["header"]["x5t"] = json!("AAAA")),
        (700_027, |token| token["header"]["alg"] = json!("none")),
        (700_021, |token| token["claims"]["sub"] = json!("somebody")),
        (700_023, |token| token["claims"]["aud"] = json!("https://localhost/elsewhere/oauth2/v2.0/token")),
        (700_024, |token| token["claims"]["exp"] = json!(NOW_SECOND - 301.0)),
    ];
    for (code, change) in changes {
        let response = with_assertion(&fixture, &by_certificate(&fixture, change)).await;
        assert_eq!((response.status.as_u16(), &response.json()["error_codes"][0]), (401, &json!(code)), "{response:?}");
    }
    let good = by_certificate(&fixture, |_| ());
    let forged = format!("{}AAAA", &good[..good.len() - 4]);
    assert_eq!(with_assertion(&fixture, &forged).await.json()["error_codes"][0], 700_027);
    assert_eq!(with_assertion(&fixture, "not.a.token").await.json()["error_codes"][0], 50_027);
}

#[tokio::test]
async fn a_federated_assertion_opens_for_its_issuer_subject_and_audience() {
    let fixture = fixture();
    for (issuer, subject, audience, code) in [
        (ISSUER, SUBJECT, "api://AzureADTokenExchange", None),
        ("https://elsewhere.example", SUBJECT, "api://AzureADTokenExchange", Some(700_211)),
        (ISSUER, "repo:fork/connector", "api://AzureADTokenExchange", Some(700_213)),
        (ISSUER, SUBJECT, "api://other", Some(700_023)),
    ] {
        let order = json!({"issuer": issuer, "subject": subject, "audience": audience});
        let signed = fixture.control("assertion", &order).await.json()["assertion"].as_str().unwrap().to_owned();
        let body = with_assertion(&fixture, &signed).await.json();
        assert_eq!(body["error_codes"][0].as_u64(), code, "{body}");
    }
}

async fn host(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    fixture.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn imds_gives_numbers_as_strings_and_insists_on_its_header() {
    let fixture = fixture();
    let path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://monitor.azure.com";
    let bare = host(&fixture, path, &[]).await;
    assert_eq!((bare.status.as_u16(), bare.code().as_str()), (400, "bad_request_102"));
    let token = host(&fixture, path, &[("metadata", "true")]).await.json();
    assert_eq!((token["expires_in"].as_str(), token["expires_on"].as_str()), (Some("86400"), Some("1795521600")));
    let unknown = host(&fixture, &format!("{path}&client_id=nobody"), &[("metadata", "true")]).await;
    assert_eq!(unknown.status, 400);
    let elsewhere = path.replace("monitor.azure.com", "elsewhere.example");
    assert_eq!(host(&fixture, &elsewhere, &[("metadata", "true")]).await.code(), "invalid_resource");
}

#[tokio::test]
async fn app_service_insists_on_the_identity_header() {
    let fixture = fixture();
    let path = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmonitor.azure.com";
    assert_eq!(host(&fixture, path, &[("x-identity-header", "guess")]).await.status, 401);
    let token = host(&fixture, path, &[("x-identity-header", "mock-identity-header")]).await.json();
    assert_eq!(token["resource"], "https://monitor.azure.com");
    let rule = fixture.mock.rule(super::fixture::AUDIT).unwrap();
    let upload =
        Request::post(format!("/dataCollectionRules/{rule}/streams/Custom-MiroAuditLogs_CL?api-version=2023-01-01"))
            .header("authorization", format!("Bearer {}", token["access_token"].as_str().unwrap()))
            .body(Body::from("[]"));
    assert_eq!(fixture.send(upload.unwrap()).await.status, 204);
}

#[tokio::test]
async fn the_agent_of_arc_asks_for_the_content_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::default();
    world.identity.managed.arc = Some(ArcHost { token_folder: folder.path().to_owned() });
    let fixture = Fixture::of(world);
    let path = "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https://monitor.azure.com";
    let challenge = host(&fixture, path, &[("metadata", "true")]).await;
    assert_eq!(challenge.status, 401);
    let file = challenge.header("www-authenticate").unwrap().strip_prefix("Basic realm=").unwrap().to_owned();
    assert_eq!(std::path::Path::new(&file).extension().unwrap(), "key");
    let basic = format!("Basic {}", std::fs::read_to_string(file).unwrap());
    let headers = [("metadata", "true"), ("authorization", basic.as_str())];
    assert_eq!(host(&fixture, path, &headers).await.status, 200);
    assert_eq!(host(&fixture, path, &headers).await.status, 401, "a secret is good for one call");
}
