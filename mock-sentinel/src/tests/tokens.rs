//! Entra ID through the router.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::json;

use super::fixture::{Fixture, LOG_ANALYTICS, MONITOR};
use crate::World;

#[tokio::test]
async fn the_discovery_document_belongs_to_the_authority_that_was_asked() {
    let fixture = Fixture::new();
    let tenant = fixture.mock.credentials().tenant_id;
    let request = Request::get(format!("/{tenant}/v2.0/.well-known/openid-configuration"))
        .header("host", "localhost:8443")
        .body(Body::empty());
    let document = fixture.send(request.unwrap()).await.json();
    assert_eq!(document["issuer"], format!("https://localhost:8443/{tenant}/v2.0"));
    assert_eq!(document["token_endpoint"], format!("https://localhost:8443/{tenant}/oauth2/v2.0/token"));
    let keys = fixture.get(&format!("/{tenant}/discovery/v2.0/keys")).await.json();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    let by_domain = fixture.get("/contoso.example/v2.0/.well-known/openid-configuration").await;
    assert_eq!(by_domain.status, 200);
}

#[tokio::test]
async fn a_secret_opens_in_the_form_and_in_the_header() {
    let fixture = Fixture::new();
    let credentials = fixture.mock.credentials();
    let form = [("grant_type", "client_credentials"), ("scope", MONITOR), ("client_info", "1")];
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let basic = format!("{}:{}", encode(&credentials.client_id), encode(&credentials.client_secret));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(format!("/{}/oauth2/v2.0/token?client-request-id=x", credentials.tenant_id))
        .header("authorization", format!("Basic {}", STANDARD.encode(basic)))
        .header("client-request-id", "5d0c2f0c-0000-4000-8000-000000000001")
        .body(Body::from(body));
    let response = fixture.send(request.unwrap()).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("client-request-id"), Some("5d0c2f0c-0000-4000-8000-000000000001"));
    assert_eq!(response.header("cache-control"), Some("no-store, no-cache"));
    let token = response.json();
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_u64()), (Some("Bearer"), Some(3_599)));
    assert!(fixture.bearer("https://monitor.azure.com//.default").await.starts_with("Bearer ey"));
    assert!(fixture.bearer(LOG_ANALYTICS).await.starts_with("Bearer ey"));
}

#[tokio::test]
async fn every_refusal_has_its_code_and_status() {
    let mut world = World::default();
    world.identity.apps[0].expired_secret = Some("old".to_owned());
    let fixture = Fixture::of(world);
    let known = fixture.mock.credentials();
    let (tenant, id, secret) = (&*known.tenant_id, &*known.client_id, &*known.client_secret);
    for (tenant, id, secret, scope, status, code, error) in [
        (tenant, id, "wrong", MONITOR, 401, 7_000_215, "invalid_client"),
        (tenant, id, "old", MONITOR, 401, 7_000_222, "invalid_client"),
        (tenant, "nobody", secret, MONITOR, 400, 700_016, "unauthorized_client"),
        ("elsewhere", id, secret, MONITOR, 400, 90_002, "invalid_tenant"),
        (tenant, id, secret, "https://monitor.azure.com", 400, 70_011, "invalid_scope"),
        (tenant, id, secret, "https://unknown.example/.default", 400, 500_011, "invalid_resource"),
        (tenant, id, secret, "unknown/.default", 400, 70_011, "invalid_scope"),
        (tenant, id, "", MONITOR, 401, 7_000_218, "invalid_client"),
    ] {
        let form =
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", scope)];
        let response = fixture.token_form(tenant, &form).await;
        let body = response.json();
        assert_eq!(response.status, status, "{body}");
        assert_eq!(body["error"], error);
        assert_eq!(body["error_codes"][0], code);
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.ends_with("\r\nTimestamp: 2026-11-23 12:00:00Z"), "{description}");
        assert!(description.contains(body["trace_id"].as_str().unwrap()));
        assert!(!fixture.reason().contains(&known.client_secret));
    }
    let discovery = fixture.get("/elsewhere/v2.0/.well-known/openid-configuration").await;
    assert_eq!((discovery.status.as_u16(), discovery.code().as_str()), (400, "invalid_tenant"));
    let password =
        fixture.token_form(tenant, &[("grant_type", "password"), ("client_id", id), ("scope", MONITOR)]).await;
    assert_eq!(password.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn statuses_that_are_not_published_are_switches_of_the_world() {
    let mut world = World::default();
    world.identity.statuses.insert(700_016, 401);
    let fixture = Fixture::of(world);
    let tenant = fixture.mock.credentials().tenant_id;
    let form =
        [("grant_type", "client_credentials"), ("client_id", "nobody"), ("client_secret", "x"), ("scope", MONITOR)];
    assert_eq!(fixture.token_form(&tenant, &form).await.status, 401);
}

#[tokio::test]
async fn a_client_that_declares_cp1_gets_a_long_lived_token() {
    let fixture = Fixture::new();
    let known = fixture.mock.credentials();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*known.client_id),
        ("client_secret", &*known.client_secret),
        ("scope", MONITOR),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#),
    ];
    let token = fixture.token_form(&known.tenant_id, &form).await.json();
    assert_eq!((token["expires_in"].as_u64(), token["refresh_in"].as_u64()), (Some(86_399), Some(43_199)));
}

#[tokio::test]
async fn the_older_endpoint_takes_a_resource_and_writes_numbers_as_texts() {
    let fixture = Fixture::new();
    let credentials = fixture.mock.credentials();
    let ask = async |resource: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", credentials.client_id.as_str()),
            ("client_secret", credentials.client_secret.as_str()),
            ("resource", resource),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request =
            Request::post(format!("/{}/oauth2/token", credentials.tenant_id)).header("host", "127.0.0.1:8443");
        fixture.send(request.body(Body::from(form)).unwrap()).await
    };
    let given = ask("https://api.loganalytics.io").await.json();
    assert_eq!((&given["expires_in"], &given["resource"]), (&json!("3599"), &json!("https://api.loganalytics.io")));
    assert!(given["expires_on"].as_str().unwrap().parse::<i64>().is_ok(), "{given}");
    assert_eq!(ask("https://127.0.0.1:8443").await.json()["resource"], "https://management.azure.com");
    let unknown = ask("https://unknown.example").await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (400, "invalid_resource"));
    assert_eq!(unknown.json()["error_codes"], json!([500_011]));
}
