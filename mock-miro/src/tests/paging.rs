//! Pages, cursors, parameters.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::{Bench, content_json, encode};
use crate::{Log, NewEvent};

#[tokio::test]
async fn a_page_has_the_documented_envelope() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 30), ("b", 20), ("c", 10)]);
    let page = bench.audit("&limit=2").await.json();
    let cursor = "2026-03-01T11:59:40.000919Z#4611686018427387905-DDB";
    assert_eq!(page["type"], "cursor-list");
    assert_eq!((&page["limit"], &page["size"], &page["cursor"]), (&json!(2), &json!(2), &json!(cursor)));
}

#[tokio::test]
async fn cursors_lead_through_every_event_once_in_either_direction() {
    let bench = Bench::new();
    let now = bench.mock.now();
    bench.mock.generate(Log::Audit, 500, now - SignedDuration::from_hours(6), std::time::Duration::from_hours(6), 7);
    let all = bench.mock.ids(Log::Audit, now);
    for sorting in ["ASC", "DESC"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = bench.audit(&format!("&limit=70&sorting={sorting}{cursor}")).await;
            seen.extend(page.ids());
            let Some(next) = page.cursor() else { break };
            cursor = format!("&cursor={}", encode(&next));
        }
        if sorting == "DESC" {
            seen.reverse();
        }
        assert_eq!(seen, all, "{sorting}");
    }
}

#[tokio::test]
async fn a_generated_events_cursor_is_its_id() {
    let bench = Bench::new();
    let now = bench.mock.now();
    bench.mock.generate(Log::Audit, 10, now - SignedDuration::from_hours(1), std::time::Duration::from_hours(1), 7);
    let page = bench.audit("&limit=4").await;
    assert_eq!(page.cursor().as_ref(), page.ids().last());
}

#[tokio::test]
async fn a_cursor_that_was_cut_at_its_hash_starts_over_and_that_is_a_violation_in_the_end() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 30), ("b", 20), ("c", 10)]);
    for _ in 0..5 {
        assert_eq!(bench.audit("&limit=2&cursor=2026-03-01T11:59:40.000919Z").await.ids(), ["a", "b"]);
    }
    let violations = bench.mock.violations();
    assert_eq!(violations.iter().map(|violation| violation.rule).collect::<Vec<_>>(), [crate::Rule::CursorLoop]);
}

#[tokio::test]
async fn times_come_in_every_form_that_public_clients_send() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 30)]);
    let token = bench.mock.tokens().audit;
    for zone in ["Z", ".00Z", ".000Z", ".000000Z", ".000000%2B0000"] {
        let path =
            format!("/v2/audit/logs?createdAfter=2026-03-01T00:00:00{zone}&createdBefore=2026-03-02T00:00:00{zone}");
        assert_eq!(bench.get_as(&token, &path).await.ids(), ["a"], "{zone}");
    }
}

#[tokio::test]
async fn every_parameter_that_is_not_right_is_named() {
    let bench = Bench::new();
    let token = bench.mock.tokens().audit;
    let answer = bench.get_as(&token, "/v2/audit/logs?createdBefore=today&limit=501&sorting=asc").await;
    let fields = answer.json()["context"]["fields"].clone();
    let told: Vec<_> = fields.as_array().unwrap().iter().map(|f| (f["field"].as_str(), f["reason"].as_str())).collect();
    let expected =
        [("createdAfter", "notFound"), ("createdBefore", "invalid"), ("limit", "invalid"), ("sorting", "invalid")];
    assert_eq!(told, expected.map(|(field, reason)| (Some(field), Some(reason))));
    assert_eq!(answer.error(), (400, "invalidParameters".to_owned()));
}

#[tokio::test]
async fn limits_have_the_bounds_of_their_log() {
    let bench = Bench::new();
    for (limit, status) in [("1", 200), ("500", 200), ("501", 400), ("0", 400), ("-1", 400), ("ten", 400), ("", 200)] {
        assert_eq!(bench.audit(&format!("&limit={limit}")).await.status, status, "audit {limit}");
    }
    for (limit, status) in [("1", 200), ("1000", 200), ("1001", 400), ("0", 400), ("99999999999", 400)] {
        assert_eq!(bench.content(&format!("&limit={limit}")).await.status, status, "content {limit}");
    }
    assert_eq!(bench.audit("").await.json()["limit"], 100);
    assert_eq!(bench.content("").await.json()["limit"], 1_000);
}

#[tokio::test]
async fn content_is_filtered_by_board_and_actor_in_both_encodings() {
    let bench = Bench::new();
    let events =
        [("1", "uXjVa=", "x+y@example.com"), ("2", "uXjVb=", "z@example.com"), ("3", "uXjVc=", "z@example.com")];
    let events = events.map(|(id, board, email)| NewEvent { json: content_json(id, board, email), visible_at: None });
    bench.mock.add_events(Log::Content, events.to_vec()).unwrap();
    for (filter, expected) in [
        ("&board_ids=uXjVa%3D&board_ids=uXjVb%3D", vec!["1", "2"]),
        ("&board_ids=uXjVa%3D%2CuXjVc%3D", vec!["1", "3"]),
        ("&emails=x%2By@example.com", vec!["1"]),
        ("&emails=x+y@example.com", vec!["1"]),
        ("&board_ids=uXjVb%3D&emails=z@example.com", vec!["2"]),
        ("&emails=nobody@example.com", vec![]),
    ] {
        assert_eq!(bench.content(filter).await.ids(), expected, "{filter}");
    }
    let fifteen = vec!["a"; 15].join(",");
    assert_eq!(bench.content(&format!("&board_ids={fifteen}")).await.status, 200);
    assert_eq!(bench.content(&format!("&board_ids={fifteen},b")).await.status, 400);
    assert_eq!(bench.content(&format!("&emails={fifteen},b")).await.status, 400);
}

#[tokio::test]
async fn the_last_content_page_has_an_empty_cursor() {
    let bench = Bench::new();
    assert!(bench.content("").await.text.contains(r#""cursor":"","#));
    assert!(!bench.audit("").await.text.contains("cursor\":"));
}

#[tokio::test]
async fn what_becomes_visible_late_comes_at_its_place_in_time() {
    let bench = Bench::new();
    bench.audit_events(&[("early", 60), ("later", 10)]);
    let visible_at = Some(bench.mock.now() + SignedDuration::from_mins(5));
    let late = NewEvent { json: super::audit_json("late", 30), visible_at };
    bench.mock.add_events(Log::Audit, vec![late]).unwrap();
    assert_eq!(bench.audit("").await.ids(), ["early", "later"]);
    bench.pass(SignedDuration::from_mins(5));
    assert_eq!(bench.audit("").await.ids(), ["early", "late", "later"]);
}

#[tokio::test]
async fn nothing_is_older_than_retention_and_the_start_of_collection() {
    let day = 24 * 60 * 60;
    let mut world = crate::World::default();
    world.organizations[0].audit_retention_days = 30;
    world.organizations[0].content_logs_since = Some("2026-03-01T11:30:00Z".parse().unwrap());
    let bench = Bench::of(world);
    bench.audit_events(&[("old", 31 * day), ("new", 29 * day)]);
    let token = bench.mock.tokens().audit;
    let path = "/v2/audit/logs?createdAfter=2025-01-01T00:00:00Z&createdBefore=2026-12-31T00:00:00Z";
    assert_eq!(bench.get_as(&token, path).await.ids(), ["new"]);
    let from = bench.mock.now() - SignedDuration::from_hours(1);
    bench.mock.generate(Log::Content, 100, from, std::time::Duration::from_hours(1), 1);
    let events = bench.content("").await.json()["data"].as_array().unwrap().clone();
    assert!((30..70).contains(&events.len()), "{} events", events.len());
    assert!(events.iter().all(|event| event["actionTime"].as_str().unwrap() >= "2026-03-01T11:30:00Z"));
}

#[tokio::test]
async fn nothing_is_older_than_the_log_reaches_nor_newer_than_now() {
    let bench = Bench::new();
    let day = 24 * 60 * 60;
    bench.audit_events(&[("too old", 91 * day), ("old", 89 * day), ("to come", -60)]);
    let token = bench.mock.tokens().audit;
    let path = "/v2/audit/logs?createdAfter=2025-01-01T00:00:00Z&createdBefore=2026-12-31T00:00:00Z";
    assert_eq!(bench.get_as(&token, path).await.ids(), ["old"]);
    bench.pass(SignedDuration::from_mins(1));
    assert_eq!(bench.get_as(&token, path).await.ids(), ["old", "to come"]);
}

/// Odd values that a parameter can have.
fn odd() -> impl Strategy<Value = String> {
    let instant = || prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    let cursor = (instant(), any::<u32>(), instant(), any::<u32>()).prop_map(|(time, seq, at, bounds)| {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{time}|{seq}|{at}|{bounds}"))
    });
    prop_oneof![
        any::<String>(),
        "[0-9]{0,20}",
        "-?[0-9]{1,19}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,7})?(Z|\\+0000|-01:00)",
        "[0-9]{4}-01-01T00:00:00Z#[0-9]{19,20}-DDB(\\.-?[0-9]{1,19}\\.[0-9]{1,10})?",
        cursor,
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_there_is_an_answer(
        path in prop_oneof![Just("/v2/audit/logs"), Just("/v2/orgs/{}/content-logs/items"), Just("/v1/oauth/token")],
        parameters in proptest::collection::vec((prop_oneof![
            Just("createdAfter"), Just("createdBefore"), Just("from"), Just("to"), Just("limit"), Just("cursor"),
            Just("sorting"), Just("board_ids"), Just("emails"), Just("grant_type"), Just("code"),
        ], odd()), 0..7),
    ) {
        let mut world = crate::World::default();
        world.organizations[0].audit.generate = 20;
        world.organizations[0].content.generate = 20;
        world.switches.cursor_lifetime = Some(SignedDuration::from_mins(5));
        let bench = Bench::of(world);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("createdAfter", "2026-02-20T00:00:00Z").append_pair("from", "2026-02-20T00:00:00Z");
        let query = query.extend_pairs(&parameters).finish();
        let path = path.replace("{}", &bench.mock.organization_id());
        let token = if path.contains("orgs") { bench.mock.tokens().content } else { bench.mock.tokens().audit };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let status = runtime.block_on(bench.get_as(&token, &format!("{path}?{query}"))).status.as_u16();
        prop_assert!([200, 400, 404].contains(&status), "{status}");
    }
}
