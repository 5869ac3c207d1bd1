//! The OAuth flows, and the endpoints around them.

use axum::body::Body;
use http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Answered, Bench, audit_path};
use crate::{App, Switches, Team, UsedRefreshToken, World};

const CALLBACK: &str = "http://127.0.0.1:9/back";

fn with_app(expiring: bool) -> Bench {
    let mut world = World::default();
    world.organizations[0].apps.push(App {
        name: "Log <Shipper>".to_owned(),
        client_id: "77".to_owned(),
        client_secret: "hush".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        scopes: vec!["auditlogs:read".to_owned(), "organizations:read".to_owned()],
        expiring,
    });
    Bench::of(world)
}

impl Bench {
    async fn post(&self, path: &str, body: &str) -> Answered {
        self.call(Request::post(path).body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Walks the authorize page as the first user and returns the code.
    async fn code(&self) -> String {
        self.code_for("").await
    }

    /// The same, with further parameters.
    async fn code_for(&self, more: &str) -> String {
        let user = self.mock.world().organizations[0].users[0].id.clone();
        let form = format!(
            "response_type=code&client_id=77&redirect_uri={}&state=a%26b&user={user}{more}",
            super::encode(CALLBACK)
        );
        let answer = self.post("/oauth/authorize", &form).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        let location = answer.header("location").unwrap();
        let (uri, query) = location.split_once('?').unwrap();
        assert_eq!(uri, CALLBACK);
        let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let value = |name: &str| given.iter().find(|(key, _)| key == name).unwrap().1.to_string();
        assert_eq!(value("state"), "a&b");
        value("code")
    }

    async fn by_code(&self, code: &str) -> Answered {
        let form = format!(
            "grant_type=authorization_code&client_id=77&client_secret=hush&code={code}&redirect_uri={CALLBACK}"
        );
        self.post("/v1/oauth/token", &form).await
    }

    /// Renews with everything in the query, as the official clients do.
    async fn renew(&self, refresh_token: &Value) -> Answered {
        let query = format!(
            "grant_type=refresh_token&client_id=77&client_secret=hush&refresh_token={}",
            refresh_token.as_str().unwrap()
        );
        self.post(&format!("/v1/oauth/token?{query}"), "").await
    }

    async fn audit_status(&self, token: &Value) -> u16 {
        self.get_as(token.as_str().unwrap(), &audit_path("")).await.status.as_u16()
    }
}

#[tokio::test]
async fn the_authorize_page_can_be_walked_and_escapes_what_it_shows() {
    let bench = with_app(true);
    let query = format!("response_type=code&client_id=77&redirect_uri={}&state=%22%3E%3Cb%3E", super::encode(CALLBACK));
    let page = bench.call(Request::get(format!("/oauth/authorize?{query}")).body(Body::empty()).unwrap()).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text.contains("Log &lt;Shipper&gt;") && page.text.contains("&quot;&gt;&lt;b&gt;"), "{}", page.text);
    assert!(page.text.contains("Allow as Ada Example (Company Admin)"));
    let elsewhere = "/oauth/authorize?response_type=code&client_id=77&redirect_uri=http://evil.example";
    let refused = bench.call(Request::get(elsewhere).body(Body::empty()).unwrap()).await;
    assert_eq!(refused.error(), (401, "oauthError".to_owned()));
    assert_eq!(refused.json()["message"], "Redirect URI mismatch.");
}

#[tokio::test]
async fn a_code_is_good_once_and_for_ten_minutes() {
    let bench = with_app(true);
    let code = bench.code().await;
    let issued = bench.by_code(&code).await.json();
    assert_eq!((&issued["token_type"], &issued["expires_in"]), (&json!("bearer"), &json!(3_599)));
    assert_eq!(issued["scope"], "auditlogs:read organizations:read");
    assert!(issued["team_id"].is_u64());
    assert_eq!(bench.audit_status(&issued["access_token"]).await, 200);
    assert_eq!(bench.by_code(&code).await.error(), (401, "oauthError".to_owned()));
    let late = bench.code().await;
    bench.pass(SignedDuration::from_mins(10));
    assert_eq!(bench.by_code(&late).await.status, 401);
}

#[tokio::test]
async fn renewal_gives_a_new_pair_and_kills_the_old_one() {
    let bench = with_app(true);
    let first = bench.by_code(&bench.code().await).await.json();
    let second = bench.renew(&first["refresh_token"]).await.json();
    assert_ne!(first["access_token"], second["access_token"]);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(bench.audit_status(&first["access_token"]).await, 401);
    assert_eq!(bench.audit_status(&second["access_token"]).await, 200);
    assert_eq!(bench.renew(&first["refresh_token"]).await.error(), (401, "oauthError".to_owned()));
}

#[tokio::test]
async fn access_expires_after_an_hour_and_the_refresh_token_after_sixty_days() {
    let bench = with_app(true);
    let first = bench.by_code(&bench.code().await).await.json();
    bench.pass(SignedDuration::from_secs(3_599));
    assert_eq!(bench.audit_status(&first["access_token"]).await, 401);
    let second = bench.renew(&first["refresh_token"]).await.json();
    assert_eq!(bench.audit_status(&second["access_token"]).await, 200);
    bench.pass(SignedDuration::from_hours(60 * 24));
    assert_eq!(bench.renew(&second["refresh_token"]).await.status, 401);
}

#[tokio::test]
async fn an_app_whose_tokens_do_not_expire_gets_no_refresh_token() {
    let bench = with_app(false);
    let issued = bench.by_code(&bench.code().await).await.json();
    assert!(issued.get("refresh_token").is_none() && issued.get("expires_in").is_none());
    bench.pass(SignedDuration::from_hours(24));
    assert_eq!(bench.audit_status(&issued["access_token"]).await, 200);
}

#[tokio::test]
async fn the_token_endpoint_names_what_is_wrong() {
    let bench = with_app(true);
    for (form, error) in [
        ("client_id=77&client_secret=hush", (400, "invalidParameters")),
        ("grant_type=password&client_id=77&client_secret=hush", (400, "invalidParameters")),
        ("grant_type=refresh_token&client_id=78&client_secret=hush&refresh_token=x", (401, "oauthError")),
        ("grant_type=refresh_token&client_id=77&client_secret=loud&refresh_token=x", (401, "oauthError")),
    ] {
        let (status, code) = error;
        assert_eq!(bench.post("/v1/oauth/token", form).await.error(), (status, code.to_owned()), "{form}");
    }
}

#[tokio::test]
async fn revocation_kills_both_tokens_in_both_versions() {
    let bench = with_app(true);
    let first = bench.by_code(&bench.code().await).await.json();
    let path = format!("/v1/oauth/revoke?access_token={}", first["access_token"].as_str().unwrap());
    assert_eq!(bench.post(&path, "").await.status, 204);
    assert_eq!(bench.audit_status(&first["access_token"]).await, 401);
    assert_eq!(bench.renew(&first["refresh_token"]).await.status, 401);
    assert_eq!(bench.post(&path, "").await.status, 400);

    let second = bench.by_code(&bench.code().await).await.json();
    let body = json!({"accessToken": second["access_token"], "clientId": "77", "clientSecret": "hush"}).to_string();
    assert_eq!(bench.post("/v2/oauth/revoke", &body).await.status, 204);
    assert_eq!(bench.audit_status(&second["access_token"]).await, 401);
    assert_eq!(bench.post("/v2/oauth/revoke", &body).await.error(), (404, "notFound".to_owned()));
    assert_eq!(bench.post("/v2/oauth/revoke", "{}").await.status, 404);
}

#[tokio::test]
async fn an_uninstalled_app_loses_its_tokens() {
    let bench = with_app(false);
    let issued = bench.by_code(&bench.code().await).await.json();
    bench.control(http::Method::POST, "world", json!({"uninstall": ["Log <Shipper>"]})).await;
    assert_eq!(bench.audit_status(&issued["access_token"]).await, 401);
    assert_eq!(bench.audit("").await.status, 200);
}

#[tokio::test]
async fn an_app_is_installed_in_the_team_that_is_asked_for() {
    let mut world = with_app(true).mock.world();
    world.organizations[0].teams.push(Team { id: "42".to_owned(), name: "Platform".to_owned() });
    let bench = Bench::of(world);
    let issued = bench.by_code(&bench.code_for("&team_id=42").await).await.json();
    assert_eq!(issued["team_id"], 42);
    let renewed = bench.renew(&issued["refresh_token"]).await.json();
    let told = bench.get_as(renewed["access_token"].as_str().unwrap(), "/v1/oauth-token").await.json();
    assert_eq!(told["team"], json!({"type": "team", "name": "Platform", "id": "42"}));
    let query = format!("response_type=code&client_id=77&redirect_uri={CALLBACK}&team_id=43");
    let page = bench.call(Request::get(format!("/oauth/authorize?{query}")).body(Body::empty()).unwrap()).await;
    assert_eq!(page.json()["context"]["fields"][0]["field"], "team_id");
}

#[tokio::test]
async fn a_scope_taken_from_an_app_is_missing_after_the_next_install() {
    let bench = with_app(false);
    let before = bench.by_code(&bench.code().await).await.json();
    bench.control(http::Method::POST, "world", json!({"apps": {"Log <Shipper>": {"scopes": ["boards:read"]}}})).await;
    let after = bench.by_code(&bench.code().await).await.json();
    assert_eq!(after["scope"], "boards:read");
    assert_eq!(bench.audit_status(&before["access_token"]).await, 200);
    assert_eq!(bench.audit_status(&after["access_token"]).await, 403);
}

#[tokio::test]
async fn rotation_grace() {
    let bench = with_app(true);
    bench.mock.set_switches(Switches { rotation_grace: SignedDuration::from_secs(30), ..Switches::default() });
    let first = bench.by_code(&bench.code().await).await.json();
    bench.renew(&first["refresh_token"]).await;
    bench.pass(SignedDuration::from_secs(29));
    assert_eq!(bench.audit_status(&first["access_token"]).await, 200);
    bench.pass(SignedDuration::from_secs(1));
    assert_eq!(bench.audit_status(&first["access_token"]).await, 401);
}

#[tokio::test]
async fn used_refresh_token() {
    let bench = with_app(true);
    let switches = Switches { used_refresh_token: UsedRefreshToken::BadRequest, ..Switches::default() };
    bench.mock.set_switches(switches);
    assert_eq!(bench.renew(&json!("made-up")).await.error(), (400, "invalidParameters".to_owned()));
}

#[tokio::test]
async fn an_organization_tells_its_plan_to_those_with_the_scope() {
    let bench = with_app(false);
    let issued = bench.by_code(&bench.code().await).await.json();
    let path = format!("/v2/orgs/{}", bench.mock.organization_id());
    let told = bench.get_as(issued["access_token"].as_str().unwrap(), &path).await;
    assert_eq!((&told.json()["plan"], &told.json()["type"]), (&json!("company"), &json!("organization")));
    assert_eq!(told.header("x-ratelimit-remaining"), Some("99500"));
    assert_eq!(bench.get_as(&bench.mock.tokens().audit, &path).await.status, 403);
}
