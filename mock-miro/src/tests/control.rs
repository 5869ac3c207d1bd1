//! The control plane.

use http::Method;
use serde_json::{Value, json};

use super::Bench;

#[tokio::test]
async fn the_clock_is_steered_over_the_one_handed_in() {
    let bench = Bench::new();
    assert_eq!(
        bench.control(Method::POST, "clock", json!({"advance": "1h"})).await.json(),
        json!({"now": "2026-03-01T13:00:00Z"})
    );
    let wrong = bench.control(Method::POST, "clock", json!({"advance": "-1h"})).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("time only moves forward"), "{}", wrong.text);
}

#[tokio::test]
async fn events_are_added_counted_and_listed() {
    let bench = Bench::new();
    let event = json!({"id": "a", "createdAt": "2026-03-01T11:00:00.000+0000", "x": 1.50});
    let added = bench.control(Method::POST, "events", json!({"log": "audit", "events": [event]})).await;
    assert_eq!(added.json(), json!({"log": "audit", "count": 1}));
    bench.control(Method::POST, "events", json!({"log": "content", "generate": 7, "over": "1h"})).await;
    let counts = bench.control(Method::GET, "events", Value::Null).await.json();
    assert_eq!((&counts["audit"]["visible"], &counts["content"]["count"]), (&json!(1), &json!(7)));
    assert_eq!(bench.control(Method::GET, "events?log=audit", Value::Null).await.json()["ids"], json!(["a"]));
    let wrong = bench.control(Method::POST, "events", json!({"log": "audit", "events": [{"id": "b"}]})).await;
    assert_eq!(wrong.json(), json!({"error": "event 1: the event has no `createdAt`"}));
}

#[tokio::test]
async fn what_cannot_be_generated_is_refused() {
    let bench = Bench::new();
    for (request, said) in [
        (json!({"log": "audit", "generate": 10_000_001}), "events.generate = 10000001: at most 10000000"),
        (json!({"log": "audit", "generate": 1, "over": "0s"}), "events.over: must be a positive duration"),
        (json!({"log": "audit", "traits": {"ties": 2.0}}), "events.traits.ties = 2: must be 0 to 1"),
        (json!({"log": "audit", "traits": {"tise": 0.5}}), "unknown field `tise`"),
        (json!({"log": "adit"}), "unknown variant `adit`"),
    ] {
        let answer = bench.control(Method::POST, "events", request).await;
        assert!(answer.status == 400 && answer.json()["error"].as_str().unwrap().contains(said), "{}", answer.text);
    }
    assert_eq!(bench.mock.count(crate::Log::Audit), 0);
}

#[tokio::test]
async fn the_number_of_faults_is_limited() {
    let bench = Bench::new();
    let fault = json!({"answer": {"status": 500}});
    let many = json!(vec![fault.clone(); 1_000]);
    assert_eq!(bench.control(Method::POST, "faults", many).await.status, 200);
    let one_more = bench.control(Method::POST, "faults", fault).await;
    assert!(one_more.text.contains("the limit is 1000; remove some with DELETE"), "{}", one_more.text);
}

#[tokio::test]
async fn an_event_is_served_byte_for_byte_as_it_was_added() {
    let bench = Bench::new();
    let bytes = r#"{ "id":"a\u0023", "createdAt":"2026-03-01T11:00:00.000+0000", "n":1.50, "é":"\ud83d\ude00" }"#;
    let body = format!(r#"{{"log":"audit","events":[{bytes}]}}"#);
    let request = http::Request::post("/_control/events").body(axum::body::Body::from(body)).unwrap();
    assert_eq!(bench.call(request).await.status, 200);
    assert!(bench.audit("").await.text.contains(bytes));
    assert_eq!(bench.mock.ids(crate::Log::Audit, bench.mock.now()), ["a#"]);
}

#[tokio::test]
async fn faults_are_put_in_place_watched_and_cleared() {
    let bench = Bench::new();
    let fault = json!({"when": {"call": "audit_logs"}, "answer": {"status": 500}, "times": 2});
    assert_eq!(bench.control(Method::POST, "faults", fault.clone()).await.json(), json!({"numbers": [1]}));
    assert_eq!(bench.audit("").await.error(), (500, "internalError".to_owned()));
    let told = bench.control(Method::GET, "faults", Value::Null).await.json()["faults"][0].clone();
    assert_eq!(told, json!({"number": 1, "fault": fault, "seen": 1, "struck": 1, "left": 1}));
    let cleared = bench.control(Method::DELETE, "faults", Value::Null).await;
    assert_eq!((cleared.status.as_u16(), cleared.json()), (200, json!({"faults": []})));
    assert_eq!(bench.audit("").await.status, 200);
    let wrong = bench
        .control(Method::POST, "faults", json!([fault, {"when": {"call": "audit"}, "fault": {"reset": true}}]))
        .await;
    assert_eq!(wrong.status, 400);
    let said = wrong.json()["error"].as_str().unwrap().to_owned();
    assert!(
        said.starts_with("\"audit\" is not a call; the nearest is \"miro.audit_logs\"; there are: miro.audit_logs, ")
    );
    assert_eq!(bench.audit("").await.status, 200, "none is put in place when one is wrong");
}

#[tokio::test]
async fn faults_are_added_as_one_or_a_list_by_either_name_and_removed_by_number() {
    let bench = Bench::new();
    let calls = "audit_logs content_logs ai_interaction_logs organization token_info oauth_token revoke_v1 revoke_v2";
    let names = calls.split(' ').flat_map(|call| [call.to_owned(), format!("miro.{call}")]);
    let faults: Vec<Value> = names.map(|name| json!({"when": {"call": name}, "fault": {"reset": true}})).collect();
    let all = bench.control(Method::POST, "faults", json!(faults)).await;
    assert_eq!(all.json(), json!({"numbers": (1..=16).collect::<Vec<u64>>()}));
    let one = bench.control(Method::POST, "faults", json!({"answer": {"status": 500}})).await.json();
    assert_eq!(one, json!({"numbers": [17]}));
    let left = bench.control(Method::DELETE, "faults/1", Value::Null).await.json();
    assert_eq!((left["faults"].as_array().unwrap().len(), &left["faults"][0]["number"]), (16, &json!(2)));
    assert_eq!(bench.control(Method::DELETE, "faults/1", Value::Null).await.status, 404);
    assert_eq!(bench.control(Method::DELETE, "faults/x", Value::Null).await.status, 400);
}

#[tokio::test]
async fn the_journal_holds_so_many_ids_and_their_true_count() {
    let mut world = crate::World::default();
    world.switches.audit_limit_max = 1_200;
    let bench = Bench::of(world);
    let ids: Vec<String> = (0..1_200).map(|n| format!("id-{n:04}")).collect();
    bench.audit_events(&ids.iter().rev().zip(1..).map(|(id, ago)| (id.as_str(), ago)).collect::<Vec<_>>());
    bench.audit("&limit=1200").await;
    let entry = bench.control(Method::GET, "journal?after=0", Value::Null).await.json()["entries"][0].clone();
    assert_eq!((&entry["outcome"], &entry["ids_count"]), (&json!("delivered"), &json!(1_200)));
    assert_eq!(entry["ids"], json!(ids[..1_000]));
}

#[tokio::test]
async fn the_world_is_changed_whole_or_not_at_all() {
    let bench = Bench::new();
    let change = json!({"guard": false, "tokens": {"audit": {"state": "revoked"}}, "switches": {"wrong_organization": "not_found"}});
    let world = bench.control(Method::POST, "world", change).await.json();
    assert_eq!(world["organizations"][0]["guard"], json!(false));
    assert_eq!(world["organizations"][0]["tokens"][0]["value"], json!("***"));
    assert_eq!((bench.audit("").await.status.as_u16(), bench.content("").await.status.as_u16()), (401, 403));
    for (wrong, said) in [
        (json!({"guard": true, "tokens": {"adit": {}}}), "unknown token \"adit\"; known: audit, content"),
        (json!({"guard": true, "switches": {"tie_odrer": 1}}), "unknown field `tie_odrer`"),
        (json!({"organization": "5"}), "unknown organization \"5\""),
        (json!({"gaurd": true}), "unknown field `gaurd`"),
        (json!({"guard": true, "apps": {"Shiper": {}}}), "unknown app \"Shiper\""),
        (json!({"guard": true, "uninstall": ["SIME"]}), "unknown app \"SIME\"; known: SIEM, eDiscovery"),
        (
            json!({"guard": true, "content_retention_days": 31}),
            "content_retention_days = 31: must be one of 30, 90, 180, 365",
        ),
        (json!({"guard": true, "credits_per_minute": u64::MAX}), "at most 1000000000000"),
        (
            json!({"guard": true, "switches": {"audit_limit_max": 0}}),
            "switches.audit_limit_max = 0: must be 1 to 10000",
        ),
        (
            json!({"guard": true, "switches": {"window_max": "-1h"}}),
            "switches.window_max = 1h ago: must be null or a positive",
        ),
    ] {
        let answer = bench.control(Method::POST, "world", wrong).await;
        assert!(answer.status == 400 && answer.json()["error"].as_str().unwrap().contains(said), "{}", answer.text);
    }
    assert!(!bench.mock.world().organizations[0].guard);
}

#[tokio::test]
async fn a_new_token_is_told_by_the_call_that_mints_it_and_nowhere_afterwards() {
    let bench = Bench::new();
    let change = |change: Value| bench.control(Method::POST, "world", change);
    let off = change(json!({"toggles": {"siem": false}})).await;
    assert_eq!(off.json()["minted"], json!([]));
    let on = change(json!({"toggles": {"siem": true}})).await.json();
    let minted = &on["minted"][0];
    assert_eq!((&minted["token"], &minted["app"]), (&json!("audit"), &json!("SIEM")));
    let token = minted["access_token"].as_str().unwrap();
    assert_eq!(bench.get_as(token, &super::audit_path("")).await.status, 200);
    assert_eq!(change(json!({"toggles": {"siem": true}})).await.json()["minted"], json!([]), "it was on already");
    for path in ["world", "journal", "faults", "events", "violations", "health"] {
        let told = bench.control(Method::GET, path, Value::Null).await;
        assert!(!told.text.contains(token), "{path}: {}", told.text);
    }
    assert!(!on["organizations"].to_string().contains(token));
    assert!(!format!("{:?}", bench.mock.change_world(crate::WorldChange::default())).contains(token));
}

#[tokio::test]
async fn cross_site_requests_change_nothing() {
    let bench = Bench::new();
    bench.audit("").await;
    for (name, value) in [("origin", "https://example.com"), ("sec-fetch-site", "cross-site")] {
        for path in ["reset", "world", "faults", "clock", "events"] {
            let request =
                http::Request::post(format!("/_control/{path}")).header("host", "127.0.0.1").header(name, value);
            let refused = bench.call(request.body(axum::body::Body::from("{}")).unwrap()).await;
            assert!(refused.status == 403 && refused.text.contains("cross-site request"), "{path}: {}", refused.text);
        }
    }
    assert_eq!(bench.mock.journal().len(), 1, "nothing was reset");
}

#[tokio::test]
async fn the_journal_keeps_only_so_much_of_what_a_client_chose() {
    let bench = Bench::new();
    bench.get_as("t", &format!("/{}?{}", "y".repeat(20_000), "x".repeat(20_000))).await;
    let entry = bench.mock.journal().remove(0);
    assert!(entry.path.ends_with("… (20001 bytes)") && entry.query.ends_with("… (20000 bytes)"), "{entry:?}");
    assert!(faults::Record::text_bytes(&entry) < 16_000, "{}", faults::Record::text_bytes(&entry));
}

#[tokio::test]
async fn an_installed_app_replaces_its_token_and_keeps_its_choice_of_expiry() {
    let bench = Bench::new();
    let install = |how: Value| bench.control(Method::POST, "world", json!({"install": {"Log Shipper": how}}));
    let first = install(json!({})).await.json()["minted"][0].clone();
    let first = first["access_token"].as_str().unwrap();
    for path in [super::audit_path(""), bench.content_path("")] {
        assert_eq!(bench.get_as(first, &path).await.status, 200, "one token has both scopes: {path}");
    }
    let second = install(json!({"scopes": ["auditlogs:read"]})).await.json()["minted"][0].clone();
    assert_eq!(second["token"], json!("Log Shipper-2"));
    let second = second["access_token"].as_str().unwrap();
    assert_eq!(bench.get_as(first, &super::audit_path("")).await.status, 401);
    assert_eq!(bench.get_as(second, &super::audit_path("")).await.status, 200);
    assert_eq!(bench.get_as(second, &bench.content_path("")).await.status, 403);
    let other = install(json!({"expiring": true})).await;
    assert!(other.status == 400 && other.text.contains("is fixed when the app is created"), "{}", other.text);
}

#[tokio::test]
async fn the_number_of_invalid_tokens_is_limited() {
    let bench = Bench::new();
    for _ in 0..130 {
        bench.mock.set_toggle(crate::Toggle::Siem, false);
        bench.mock.set_toggle(crate::Toggle::Siem, true);
    }
    assert_eq!(bench.mock.world().organizations[0].tokens.len(), 102);
    assert_eq!(bench.audit("").await.status, 200);
}

#[tokio::test]
async fn journal_and_decision_belong_together() {
    let bench = Bench::new();
    assert_eq!(bench.audit("").await.header("x-mock-decision"), Some("1"));
    let near_miss = bench.get_as("t", "/v2/audit/log").await;
    assert_eq!(near_miss.header("x-mock-decision"), Some("2"));
    assert_eq!(near_miss.json()["context"]["nearest"], "GET /v2/audit/logs");
    let journal = bench.control(Method::GET, "journal?after=1", Value::Null).await.json();
    insta::assert_json_snapshot!(journal, @r#"
    {
      "dropped": 0,
      "entries": [
        {
          "at": "2026-03-01T12:00:00Z",
          "call": "unknown",
          "code": "notFound",
          "decision": "no such operation; nearest: GET /v2/audit/logs",
          "id": 2,
          "ids": [],
          "ids_count": 0,
          "method": "GET",
          "outcome": "delivered",
          "path": "/v2/audit/log",
          "query": "",
          "status": 404,
          "token": "unknown"
        }
      ]
    }
    "#);
    assert_eq!(bench.control(Method::GET, "violations", Value::Null).await.json(), json!({"violations": []}));
    assert_eq!(bench.control(Method::GET, "jurnal", Value::Null).await.status, 404);
    assert_eq!(bench.control(Method::GET, "health", Value::Null).await.json()["status"], "ok");
}

#[tokio::test]
async fn a_body_too_long_is_in_the_journal_too() {
    let bench = Bench::new();
    let body = axum::body::Body::from(vec![b'a'; 70_000]);
    let answer = bench.call(http::Request::post("/v1/oauth/token").body(body).unwrap()).await;
    assert_eq!(answer.error(), (413, "payloadTooLarge".to_owned()));
    assert_eq!((answer.header("x-mock-decision"), bench.mock.journal()[0].status), (Some("1"), 413));
}

#[tokio::test]
async fn the_journal_keeps_the_newest() {
    let bench = Bench::of(crate::World { journal_max: 2, ..crate::World::default() });
    for _ in 0..5 {
        bench.audit("").await;
    }
    let journal = bench.control(Method::GET, "journal", Value::Null).await.json();
    assert_eq!((&journal["dropped"], &journal["entries"][0]["id"]), (&json!(3), &json!(4)));
}

#[tokio::test]
async fn a_reset_leads_back_to_the_start() {
    let mut world = crate::World::default();
    world.organizations[0].audit.generate = 3;
    let bench = Bench::of(world);
    let (start, tokens) = (bench.mock.ids(crate::Log::Audit, bench.mock.now()), bench.mock.tokens());
    bench.audit_events(&[("a", 1)]);
    bench.mock.set_toggle(crate::Toggle::Siem, false);
    bench.control(Method::POST, "clock", json!({"advance": "1h"})).await;
    bench.audit("").await;
    bench.control(Method::POST, "reset", Value::Null).await;
    assert_eq!(bench.mock.ids(crate::Log::Audit, bench.mock.now()), start);
    assert_eq!(bench.mock.tokens(), tokens);
    assert!(bench.mock.journal().is_empty());
    assert_eq!(bench.mock.now().to_string(), super::NOON);
}

/// The blocks of that language in the readme.
fn blocks(language: &str) -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let fenced = readme.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn the_readme_shows_what_is_taken() {
    for world in blocks("yaml") {
        crate::World::from_yaml(world, "README.md").unwrap();
    }
    let json = blocks("json");
    let [faults, changes] = json.as_slice() else { panic!("{} blocks of JSON", json.len()) };
    for fault in faults.lines() {
        serde_json::from_str::<crate::Fault>(fault).unwrap().check(&crate::CALLS).unwrap();
    }
    for change in changes.lines() {
        serde_json::from_str::<crate::WorldChange>(change).unwrap();
    }
}
