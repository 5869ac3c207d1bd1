//! The control plane, near misses and the beginnings of a world.

use serde_json::json;

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, events};
use crate::World;

#[tokio::test]
async fn tables_are_counted_and_reset_forgets_everything() {
    let fixture = Fixture::new();
    fixture.upload(AUDIT, events(&["a", "a"])).await;
    let counted = fixture.get(&format!("/_control/tables/{AUDIT_TABLE}")).await.json();
    assert_eq!(counted, json!({"count": 2, "distinct_ids": 1}));
    assert_eq!(fixture.get("/_control/tables/None_CL").await.status, 404);
    let journal = fixture.get("/_control/journal?call=sentinel.ingest&last=1").await.json();
    assert_eq!(journal["entries"][0]["rows"], 2);
    assert_eq!(fixture.control("reset", &json!({})).await.status, 204);
    assert_eq!(fixture.mock.table_count(AUDIT_TABLE).unwrap().count, 0);
    assert!(fixture.mock.journal().is_empty());
}

#[tokio::test]
async fn the_clock_is_bent_from_outside() {
    let fixture = Fixture::new();
    let bent = fixture.control("clock", &json!({"advance": "1h", "freeze": true})).await.json();
    assert_eq!(bent["now"], "2026-11-23T13:00:00Z");
    fixture.advance(60);
    assert_eq!(fixture.get("/_control/clock").await.json()["now"], "2026-11-23T13:00:00Z");
    assert_eq!(fixture.control("clock", &json!({"backwards": 1})).await.status, 400);
}

#[tokio::test]
async fn faults_secrets_and_roles_are_set_from_outside() {
    let fixture = Fixture::new();
    let fault = json!({"when": {"call": "sentinel.ingest"}, "answer": {"status": 503}});
    assert_eq!(fixture.control("faults", &fault).await.json()["added"], 1);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 503);
    assert_eq!(fixture.get("/_control/faults").await.json()["faults"][0]["struck"], 1);
    let wrong = fixture.control("faults", &json!({"when": {"cal": "x"}})).await;
    assert!(wrong.json()["error"]["message"].as_str().unwrap().contains("unknown field `cal`"), "{wrong:?}");
    assert_eq!(fixture.control("secret", &json!({"client_secret": "new"})).await.status, 204);
    assert_eq!(fixture.mock.credentials().client_secret, "new");
    assert_eq!(fixture.control("roles", &json!({"stream": AUDIT, "assigned": false})).await.status, 204);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 403);
    let world = fixture.get("/_control/world").await.json();
    assert_eq!(world["identity"]["apps"][0]["client_secret"], "***");
}

#[tokio::test]
async fn a_near_miss_is_answered_with_the_route_meant_and_is_in_the_journal() {
    let fixture = Fixture::new();
    let answer = fixture.get("/v1/workspace/w/query").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "PathNotFoundError"));
    assert!(fixture.reason().contains("'workspace', not 'workspaces'"), "{}", fixture.reason());
    assert!(answer.header("x-mock-decision").is_some());
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_in_azures_shape() {
    let fixture = Fixture::new();
    let answer = fixture.get("/%ff/v2.0/.well-known/openid-configuration").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "BadRequest"));
}

#[tokio::test]
async fn the_journal_is_bounded() {
    let fixture = Fixture::of(World { journal_entries: 3, ..World::default() });
    for _ in 0..5 {
        fixture.get("/nowhere").await;
    }
    let ids: Vec<_> = fixture.mock.journal().iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [3, 4, 5]);
}

#[tokio::test]
async fn two_worlds_of_one_seed_write_the_same_journal() {
    let journal = async || {
        let fixture = Fixture::new();
        fixture.upload(AUDIT, events(&["a"])).await;
        fixture.get("/nowhere").await;
        serde_json::to_string(&fixture.mock.journal()).unwrap()
    };
    assert_eq!(journal().await, journal().await);
}

#[test]
fn the_handshake_names_every_contact() {
    let fixture = Fixture::new();
    let handshake = fixture.mock.handshake("http://127.0.0.1:1", "https://127.0.0.1:2", "/tmp/ca.pem");
    let keys: Vec<_> = handshake.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "http_url",
        "https_url",
        "control_url",
        "ca_file",
        "authority",
        "tenant_id",
        "client_id",
        "client_secret",
        "endpoint",
        "rules",
        "workspace_id",
        "query_url",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert!(handshake["rules"][AUDIT].as_str().unwrap().starts_with("dcr-"));
}
