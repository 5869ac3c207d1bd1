//! Who may read what, and what is said otherwise: the causes of the published troubleshooting list.

use axum::body::Body;
use http::{Method, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Bench, NOON, audit_path};
use crate::{Cause, Log, Plan, Role, Toggle, TokenState};

async fn without_token(bench: &Bench, path: &str) -> (u16, String) {
    bench.call(Request::get(path).body(Body::empty()).unwrap()).await.error()
}

#[tokio::test]
async fn a_call_needs_a_live_token() {
    let bench = Bench::new();
    let path = audit_path("");
    assert_eq!(without_token(&bench, &path).await, (401, "tokenNotProvided".to_owned()));
    assert_eq!(bench.get_as("made-up", &path).await.error(), (401, "tokenNotFound".to_owned()));
    bench.mock.revoke_token("audit").unwrap();
    assert_eq!(bench.audit("").await.error(), (401, "tokenNotFound".to_owned()));
    bench.mock.set_token_state("audit", TokenState::Active).unwrap();
    assert_eq!(bench.audit("").await.status, 200);
}

#[tokio::test]
async fn a_token_reads_only_what_its_scopes_allow() {
    let bench = Bench::new();
    let tokens = bench.mock.tokens();
    let forbidden = (403, "insufficientPermissions".to_owned());
    assert_eq!(bench.get_as(&tokens.content, &audit_path("")).await.error(), forbidden);
    assert_eq!(bench.get_as(&tokens.audit, &bench.content_path("")).await.error(), forbidden);
    bench.mock.set_scopes("audit", &["boards:read"]).unwrap();
    assert_eq!(bench.audit("").await.error(), forbidden);
}

#[tokio::test]
async fn logs_need_their_plan_and_add_on() {
    let bench = Bench::new();
    bench.mock.set_guard(false);
    assert_eq!(
        (bench.audit("").await.status, bench.content("").await.status),
        (200.try_into().unwrap(), 403.try_into().unwrap())
    );
    bench.mock.set_guard(true);
    bench.mock.set_plan(Plan::Business);
    assert_eq!(
        (bench.audit("").await.status, bench.content("").await.status),
        (403.try_into().unwrap(), 403.try_into().unwrap())
    );
}

#[tokio::test]
async fn another_organization_is_out_of_reach() {
    let bench = Bench::new();
    let path = "/v2/orgs/1/content-logs/items?from=2026-02-20T00:00:00Z&to=2026-03-02T00:00:00Z";
    assert_eq!(bench.get_as(&bench.mock.tokens().content, path).await.status, 403);
    assert!(bench.mock.journal().last().unwrap().decision.starts_with("wrong organization"));
}

#[tokio::test]
async fn the_installer_must_be_a_company_admin() {
    let bench = Bench::new();
    bench.mock.set_role("audit", Role::Member).unwrap();
    assert_eq!(bench.audit("").await.status, 403);
    assert_eq!(bench.content("").await.status, 200, "who set up the other token keeps the role");
    bench.mock.set_role("audit", Role::CompanyAdmin).unwrap();
    assert_eq!(bench.audit("").await.status, 200);
}

#[tokio::test]
async fn a_toggle_switched_off_kills_its_token_and_on_again_mints_another() {
    let bench = Bench::new();
    let first = bench.mock.tokens().audit;
    assert_eq!(bench.mock.set_toggle(Toggle::Siem, true), Some(first.clone()));
    assert_eq!(bench.mock.set_toggle(Toggle::Siem, false), None);
    assert_eq!(bench.get_as(&first, &audit_path("")).await.status, 401);
    assert_eq!(bench.content("").await.status, 200);
    let second = bench.mock.set_toggle(Toggle::Siem, true).unwrap();
    assert_ne!(first, second);
    assert_eq!(bench.mock.tokens().audit, second);
    assert_eq!(bench.get_as(&first, &audit_path("")).await.status, 401);
    assert_eq!(bench.get_as(&second, &audit_path("")).await.status, 200);
}

#[tokio::test]
async fn every_cause_breaks_what_it_names_and_no_more() {
    for cause in Cause::all() {
        let bench = Bench::new();
        bench.audit_events(&[("a", 30)]);
        let content = super::content_json("b", "board", "ada@example.com");
        bench.mock.add_events(Log::Content, vec![crate::NewEvent { json: content, visible_at: None }]).unwrap();
        let crate::Settings { tokens, organization_id } = bench.mock.produce(cause).unwrap();
        let content_path =
            format!("/v2/orgs/{organization_id}/content-logs/items?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z");
        for (log, token, path) in
            [(Log::Audit, tokens.audit, audit_path("")), (Log::Content, tokens.content, content_path)]
        {
            let answer = bench.get_as(&token, &path).await;
            let (name, is_named) = (cause.name, cause.logs.contains(&log));
            let expected = if is_named { (cause.status, cause.code.to_owned()) } else { (200, String::new()) };
            assert_eq!(answer.error(), expected, "{name}, {log:?}: {}", answer.text);
            assert!(answer.status != 200 || answer.ids().is_empty() == is_named, "{name}, {log:?}: {}", answer.text);
        }
        assert_eq!(cause.log, cause.logs[0]);
    }
}

#[tokio::test]
async fn right_after_connecting_nothing_is_shown_and_then_everything() {
    let bench = Bench::new();
    bench.audit_events(&[("old", 86_000), ("new", 1)]);
    bench.mock.produce(Cause::named("just-connected").unwrap()).unwrap();
    let shown =
        || (bench.mock.ids(Log::Audit, bench.mock.now()), bench.mock.count_visible(Log::Audit, bench.mock.now()));
    assert_eq!((bench.audit("").await.ids(), shown()), (vec![], (vec![], 0)));
    bench.pass(SignedDuration::from_mins(10));
    assert_eq!((bench.audit("").await.ids().len(), shown().1), (2, 2));
}

#[tokio::test]
async fn a_lapsed_refresh_token_renews_nothing_and_a_new_installation_does() {
    let bench = Bench::new();
    let app = json!({"install": {"Log Shipper": {"expiring": true}}});
    let first = bench.control(Method::POST, "world", app.clone()).await.json()["minted"][0].clone();
    let world = bench.mock.world();
    let shipper = &world.organizations[0].apps[0];
    let renew = |refresh_token: &Value| {
        let (id, secret, token) = (&shipper.client_id, &shipper.client_secret, refresh_token.as_str().unwrap());
        let form = format!("grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={token}");
        bench.call(Request::post("/v1/oauth/token").body(Body::from(form)).unwrap())
    };
    let lapsed = json!({"tokens": {"Log Shipper-1": {"expires_at": NOON, "refresh_expires_at": NOON}}});
    bench.control(Method::POST, "world", lapsed).await;
    assert_eq!(renew(&first["refresh_token"]).await.error(), (401, "oauthError".to_owned()));
    let second = bench.control(Method::POST, "world", app).await.json()["minted"][0].clone();
    assert_eq!(bench.get_as(second["access_token"].as_str().unwrap(), &audit_path("")).await.status, 200);
    assert_eq!(renew(&second["refresh_token"]).await.status, 200);
}

#[tokio::test]
async fn a_token_may_expire() {
    let mut world = crate::World::default();
    world.organizations[0].tokens[0].expires_at = Some("2026-03-01T13:00:00Z".parse().unwrap());
    let bench = Bench::of(world);
    assert_eq!(bench.audit("").await.status, 200);
    bench.pass(SignedDuration::from_hours(1));
    assert_eq!(bench.audit("").await.status, 401);
}

#[tokio::test]
async fn token_information_tells_scopes_and_organization() {
    let bench = Bench::new();
    let told = bench.get_as(&bench.mock.tokens().content, "/v1/oauth-token").await.json();
    assert_eq!(told["scopes"], serde_json::json!(["contentlogs:export"]));
    assert_eq!(told["organization"]["id"], bench.mock.organization_id());
    assert_eq!(bench.get_as("made-up", "/v1/oauth-token").await.error(), (400, "tokenNotFound".to_owned()));
}

#[tokio::test]
async fn a_dead_token_used_again_and_again_is_a_violation() {
    let bench = Bench::new();
    bench.mock.revoke_token("audit").unwrap();
    for _ in 0..5 {
        bench.audit("").await;
    }
    assert!(bench.mock.violations().is_empty());
    bench.audit("").await;
    assert_eq!(bench.mock.violations()[0].rule, crate::Rule::DeadTokenReused);
}

#[tokio::test]
async fn no_secret_gets_into_the_journal() {
    let bench = Bench::new();
    let secret = bench.mock.tokens().audit;
    bench.audit("").await;
    without_token(&bench, &audit_path(&format!("&access_token={secret}"))).await;
    let (journal, world) = (format!("{:?}", bench.mock.journal()), format!("{:?}", bench.mock.world()));
    assert!(!journal.contains(&secret) && !world.contains(&secret));
    assert!(bench.mock.journal().iter().all(|entry| entry.token == "audit"));
}
