//! AI interaction logs, and several organizations in one process.

use jiff::SignedDuration;

use super::{Bench, audit_path};
use crate::{Log, Token, TokenState, World};

fn token(name: &str, value: &str, scope: &str) -> Token {
    let template = World::default().organizations[0].tokens[0].clone();
    Token { name: name.to_owned(), value: value.to_owned(), scopes: vec![scope.to_owned()], ..template }
}

#[tokio::test]
async fn ai_interactions_are_found_by_when_they_were_stored() {
    let mut world = World::default();
    world.organizations[0].tokens.push(token("ai", "t-ai", "aiinteractionlogs:read"));
    let bench = Bench::of(world);
    let from = bench.mock.now() - SignedDuration::from_hours(1);
    bench.mock.generate(Log::AiInteraction, 150, from, std::time::Duration::from_hours(1), 1);
    let path = |more: &str| {
        let id = bench.mock.organization_id();
        format!("/v2/orgs/{id}/ai-interaction-logs?from=2026-03-01T11:30:00Z&to=2026-03-01T12:00:00Z{more}")
    };
    let page = bench.get_as("t-ai", &path("")).await;
    let events = page.json()["data"].as_array().unwrap().clone();
    assert!(!events.is_empty());
    let stored = |event: &serde_json::Value| event["storedAt"].as_str().unwrap().to_owned();
    assert!(events.iter().all(|event| stored(event).as_str() >= "2026-03-01T11:30:00Z"));
    assert!(events.iter().any(|event| event["createdAt"].as_str().unwrap() < "2026-03-01T11:30:00Z"));
    assert_eq!(page.json()["limit"], 100);
    assert_eq!(bench.get_as("t-ai", &path("&limit=101")).await.status, 400);
    let object = events[0]["object"]["id"].as_str().unwrap();
    let filtered = bench.get_as("t-ai", &path(&format!("&object_ids={}", super::encode(object)))).await.json();
    assert!(filtered["data"].as_array().unwrap().iter().all(|event| event["object"]["id"] == object));
    bench.mock.set_guard(false);
    assert_eq!(bench.get_as("t-ai", &path("")).await.status, 403);
}

#[tokio::test]
async fn organizations_do_not_see_each_other() {
    let mut world = World::default();
    let mut other = world.organizations[0].clone();
    other.id = "42".to_owned();
    other.tokens = vec![token("audit", "t-42", "auditlogs:read"), token("content", "c-42", "contentlogs:export")];
    other.audit.generate = 5;
    world.organizations.push(other);
    let bench = Bench::of(world);
    bench.audit_events(&[("a", 30)]);
    assert_eq!(bench.audit("").await.ids(), ["a"]);
    assert_eq!(bench.get_as("t-42", &audit_path("")).await.ids().len(), 5);
    assert_eq!(bench.get_as("t-42", &audit_path("")).await.header("x-ratelimit-remaining"), Some("99800"));
    assert_eq!(bench.audit("").await.header("x-ratelimit-remaining"), Some("99800"));
    assert_eq!(bench.get_as("c-42", &bench.content_path("")).await.status, 403);
    let change = serde_json::json!({"organization": "42", "tokens": {"audit": {"state": "revoked"}}});
    bench.control(http::Method::POST, "world", change).await;
    assert_eq!(bench.get_as("t-42", &audit_path("")).await.status, 401);
    assert_eq!(bench.mock.world().organizations[0].tokens[0].state, TokenState::Active);
}

#[test]
fn tokens_of_other_names_are_told_by_their_scopes() {
    let mut world = World::default();
    world.organizations[0].tokens =
        vec![token("mine", "one", "contentlogs:export"), token("yours", "two", "auditlogs:read")];
    let tokens = Bench::of(world).mock.tokens();
    assert_eq!((tokens.audit.as_str(), tokens.content.as_str()), ("two", "one"));
}
