//! The control plane, near misses and the beginnings of a world.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, MONITOR, events};
use crate::{Call, Outcome, World};

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
async fn the_ids_of_a_table_come_page_by_page_and_go_on_where_they_ended() {
    let mut world = World::default();
    world.ingestion.visible_after = jiff::SignedDuration::from_secs(60);
    let fixture = Fixture::of(world);
    let ids = async |query: &str| fixture.get(&format!("/_control/tables/{AUDIT_TABLE}/ids{query}")).await.json();
    assert_eq!(ids("").await, json!({"ids": [], "next": null}));
    // What repeats is told once; what no query sees yet is told too.
    fixture.upload(AUDIT, events(&["c", "a", "c"])).await;
    fixture.upload(AUDIT, events(&["a", "b", "ü&"])).await;
    assert_eq!(ids("").await, json!({"ids": ["c", "a", "b", "ü&"], "next": null}));
    assert_eq!(ids("?limit=2").await, json!({"ids": ["c", "a"], "next": "a"}));
    assert_eq!(ids("?limit=2&after=a").await, json!({"ids": ["b", "ü&"], "next": null}));
    assert_eq!(ids("?after=%C3%BC%26").await, json!({"ids": [], "next": null}));
    fixture.upload(AUDIT, events(&["c", "d"])).await;
    assert_eq!(ids("?after=%C3%BC%26").await, json!({"ids": ["d"], "next": null}));
    for (query, status) in [("?limit=0", 400), ("?limit=10001", 400), ("?limit=x", 400), ("?after=z", 404)] {
        let path = format!("/_control/tables/{AUDIT_TABLE}/ids{query}");
        assert_eq!(fixture.get(&path).await.status, status, "{query}");
    }
    assert_eq!(fixture.get("/_control/tables/None_CL/ids").await.status, 404);
    assert_eq!(fixture.get("/_control/tables/_LogOperation/ids").await.json()["ids"], json!([]));
}

#[tokio::test]
async fn a_page_of_ids_ends_at_ten_thousand_or_four_megabytes() {
    let fixture = Fixture::new();
    let many: Vec<String> = (0..10_001).map(|n| format!("{n}")).collect();
    for part in many.chunks(5_000) {
        fixture.upload(AUDIT, events(&part.iter().map(String::as_str).collect::<Vec<_>>())).await;
    }
    let path = format!("/_control/tables/{AUDIT_TABLE}/ids");
    let page = fixture.get(&path).await.json();
    assert_eq!((page["ids"].as_array().unwrap().len(), &page["next"]), (10_000, &json!("9999")));
    for n in 0..7 {
        let long: Vec<String> = (0..10).map(|nth| format!("{n}-{nth}-{}", "x".repeat(60_000))).collect();
        fixture.upload(AUDIT, events(&long.iter().map(String::as_str).collect::<Vec<_>>())).await;
    }
    let page = fixture.get(&format!("{path}?after=10000")).await.json();
    assert_eq!(page["ids"].as_array().unwrap().len(), 69);
    assert_eq!(page["next"], page["ids"][68]);
}

#[tokio::test]
async fn the_clock_is_bent_from_outside() {
    let fixture = Fixture::new();
    let bent = fixture.control("clock", &json!({"advance": "1h", "freeze": true})).await.json();
    assert_eq!(bent["now"], "2026-11-23T13:00:00Z");
    fixture.advance(60);
    assert_eq!(fixture.get("/_control/clock").await.json()["now"], "2026-11-23T13:00:00Z");
    assert_eq!(fixture.control("clock", &json!({"backwards": 1})).await.status, 400);
    assert_eq!(fixture.control("clock", &json!({"advance": "-2h"})).await.json()["now"], "2026-11-23T11:00:00Z");
    assert_eq!(fixture.control("clock", &json!({"scale": -1})).await.code(), "InvalidClock");
}

#[tokio::test]
async fn faults_secrets_and_roles_are_set_from_outside() {
    let fixture = Fixture::new();
    let fault = json!({"when": {"call": "sentinel.ingest"}, "answer": {"status": 503}});
    assert_eq!(fixture.control("faults", &fault).await.json(), json!({"numbers": [1]}));
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 503);
    let progress = fixture.get("/_control/faults").await.json()["faults"][0].clone();
    assert_eq!(progress, json!({"number": 1, "fault": fault, "seen": 1, "struck": 1, "left": 0}));
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
async fn faults_are_added_as_one_or_a_list_by_either_name_and_removed_by_number() {
    let fixture = Fixture::new();
    let calls = ["ingest", "token", "discovery", "managed_identity", "query", "arm"];
    let names = calls.iter().flat_map(|call| [(*call).to_owned(), format!("sentinel.{call}")]);
    let faults: Vec<Value> = names.map(|name| json!({"when": {"call": name}, "fault": {"reset": true}})).collect();
    let all = fixture.control("faults", &json!(faults)).await;
    assert_eq!(all.json(), json!({"numbers": (1..=12).collect::<Vec<u64>>()}));
    let wrong = json!([{"fault": {"reset": true}}, {"when": {"call": "sentinel.tokn"}, "fault": {"reset": true}}]);
    let refused = fixture.control("faults", &wrong).await;
    let said = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    let nearest = "\"sentinel.tokn\" is not a call; the nearest is \"sentinel.token\"; there are: sentinel.ingest, ";
    assert!(refused.status == 400 && said.starts_with(nearest), "{said}");
    let left = fixture.delete("/_control/faults/1").await.json();
    assert_eq!((left["faults"].as_array().unwrap().len(), &left["faults"][0]["number"]), (11, &json!(2)));
    assert_eq!(fixture.delete("/_control/faults/1").await.status, 404);
    assert!(fixture.mock.remove_fault(2) && !fixture.mock.remove_fault(2));
    let cleared = fixture.delete("/_control/faults").await;
    assert_eq!((cleared.status.as_u16(), cleared.json()), (200, json!({"faults": []})));
}

#[tokio::test]
async fn the_journal_says_what_the_caller_got_and_which_events_came() {
    let fixture = Fixture::new();
    let bearer = fixture.bearer(MONITOR).await;
    let begun = fixture.mock.journal().last().unwrap().id;
    for trouble in [json!({"lost_answer": true}), json!({"reset": true}), json!({"cut_after_bytes": 3})] {
        let fault = json!({"when": {"call": "ingest"}, "fault": trouble});
        fixture.control("faults", &fault).await;
    }
    let ids: Vec<String> = (0..1_200).map(|n| format!("id-{n}")).collect();
    for ids in [vec!["lost"], vec!["reset"], vec!["cut"], ids.iter().map(String::as_str).collect()] {
        let mut request = fixture.upload_request(AUDIT, events(&ids)).await;
        request.headers_mut().insert("authorization", bearer.parse().unwrap());
        fixture.send(request).await;
    }
    let journal = fixture.get(&format!("/_control/journal?after={begun}&call=ingest")).await.json();
    let told = |nth: usize| {
        let entry = &journal["entries"][nth];
        json!([entry["outcome"], entry["ids"].as_array().unwrap().len(), entry["ids_count"], entry["fault_number"]])
    };
    // A 204 has nothing that could be cut: all of it is lost.
    assert_eq!(told(0), json!(["response_lost", 1, 1, 1]));
    assert_eq!(told(1), json!(["reset", 0, 0, 2]));
    assert_eq!(told(2), json!(["response_lost", 1, 1, 3]));
    assert_eq!(told(3), json!(["delivered", 1_000, 1_200, null]));
    assert_eq!(journal["entries"][0]["ids"], json!(["lost"]));
    assert_eq!(journal["entries"][3]["ids"], json!(ids[..1_000]));
    let last = journal["entries"][3]["id"].as_u64().unwrap();
    assert_eq!(fixture.get(&format!("/_control/journal?after={last}")).await.json()["entries"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_does_not_wait_has_not_got_the_response() {
    let fixture = Fixture::new();
    fixture.control("faults", &json!({"when": {"call": "discovery"}, "fault": {"delay": "1m"}})).await;
    let impatient = fixture.get("/contoso.example/v2.0/.well-known/openid-configuration");
    tokio::time::timeout(std::time::Duration::from_secs(30), impatient).await.unwrap_err();
    let silent = axum::body::Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let upload = fixture.upload_request(AUDIT, silent).await;
    tokio::time::timeout(std::time::Duration::from_secs(10), fixture.send(upload)).await.unwrap_err();
    let journal = fixture.mock.journal();
    assert!(journal.iter().all(|entry| !entry.pending));
    let told: Vec<_> =
        journal.iter().map(|entry| (entry.call, entry.status, entry.outcome, entry.delayed_ms)).collect();
    let (lost, delivered) = (Outcome::ResponseLost, Outcome::Delivered);
    assert_eq!(
        told,
        [
            (Call::Discovery, 200, lost, Some(60_000)),
            (Call::Token, 200, delivered, None),
            (Call::Ingest, 0, lost, None)
        ]
    );
}

#[tokio::test]
async fn a_near_miss_is_answered_with_the_route_meant_and_is_in_the_journal() {
    let fixture = Fixture::new();
    let response = fixture.get("/v1/workspace/w/query").await;
    assert_eq!((response.status.as_u16(), response.code().as_str()), (404, "PathNotFoundError"));
    assert!(fixture.reason().contains("'workspace', not 'workspaces'"), "{}", fixture.reason());
    assert!(response.header("x-mock-decision").is_some());
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_in_azures_shape() {
    let fixture = Fixture::new();
    let response = fixture.get("/%ff/v2.0/.well-known/openid-configuration").await;
    assert_eq!((response.status.as_u16(), response.code().as_str()), (400, "BadRequest"));
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
fn the_readme_shows_faults_that_are_taken() {
    let readme = include_str!("../../README.md");
    let control = readme.split("## Control plane").nth(1).unwrap();
    let faults = control.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(faults.lines().count(), 4);
    for fault in faults.lines() {
        serde_json::from_str::<crate::Fault>(fault).unwrap().check(&crate::CALLS).unwrap();
    }
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
        "workspace_name",
        "subscription_id",
        "resource_group",
        "location",
        "object_id",
        "query_url",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert!(handshake["rules"][AUDIT].as_str().unwrap().starts_with("dcr-"));
}

#[tokio::test]
async fn a_web_page_of_another_site_cannot_steer() {
    let fixture = Fixture::new();
    fixture.upload(AUDIT, events(&["a"])).await;
    let post = async |name: &str, value: &str| {
        let request = Request::post("/_control/reset")
            .header("host", "127.0.0.1:8080")
            .header("content-type", "text/plain")
            .header(name, value)
            .body(Body::empty());
        fixture.send(request.unwrap()).await
    };
    for (name, value) in [("origin", "https://example.com"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let response = post(name, value).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (403, "CrossSiteRequest"));
    }
    assert_eq!(fixture.mock.table_count(AUDIT_TABLE).unwrap().count, 1);
    assert_eq!(post("origin", "http://127.0.0.1:8080").await.status, 204);
    assert_eq!(fixture.mock.table_count(AUDIT_TABLE).unwrap().count, 0);
}

#[tokio::test]
async fn an_array_does_not_stand_for_an_object() {
    let fixture = Fixture::new();
    let fault = json!({"answer": {"status": 500}});
    for (path, body) in [
        ("clock", json!([null, null])),
        ("secret", json!(["x"])),
        ("roles", json!([AUDIT, false])),
        ("faults", json!([[{}, {"status": 500}]])),
        ("faults", json!([{"when": ["ingest"], "answer": fault["answer"]}])),
        ("faults", json!({"answer": [500]})),
        ("faults", json!({"fault": {"dribble": [1, "1s"]}})),
    ] {
        let response = fixture.control(path, &body).await;
        assert_eq!(response.status, 400, "{path} {body}: {response:?}");
        assert!(response.json()["error"]["message"].as_str().unwrap().contains("an object"), "{response:?}");
    }
    assert_eq!(fixture.control("faults", &fault).await.status, 200);
    fixture.mock.clear_faults();
    assert_eq!(fixture.query(&json!(["print 1"])).await.status, 400);
}
