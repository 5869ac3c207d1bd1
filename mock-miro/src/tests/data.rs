//! What the generator makes.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Bench;
use crate::{Log, Traits};

const DAY: Duration = Duration::from_hours(24);

/// A week of events, read through the API as far as one page goes.
async fn generated(log: Log, count: usize, seed: u64) -> (Bench, Vec<Value>) {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(7 * 24);
    bench.mock.generate(log, count, from, 7 * DAY, seed);
    let page = match log {
        Log::Content => bench.content("&limit=1000").await,
        Log::Audit | Log::AiInteraction => bench.audit("&limit=500").await,
    };
    let events = page.json()["data"].as_array().unwrap().clone();
    (bench, events)
}

/// All audit events of the bench, page by page.
async fn every_audit_event(bench: &Bench) -> Vec<Value> {
    let mut events = Vec::new();
    let mut page = bench.audit("&limit=500").await;
    loop {
        events.extend(page.json()["data"].as_array().unwrap().clone());
        let Some(cursor) = page.cursor() else { return events };
        page = bench.audit(&format!("&limit=500&cursor={}", super::encode(&cursor))).await;
    }
}

#[tokio::test]
async fn events_are_about_as_long_as_real_ones() {
    for log in [Log::Audit, Log::Content] {
        let (_, events) = generated(log, 500, 1).await;
        let bytes: usize = events.iter().map(|event| event.to_string().len()).sum();
        let mean = bytes / events.len();
        assert!((520..720).contains(&mean), "{log:?}: {mean} bytes");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_events_and_another_gives_others() {
    let (_, first) = generated(Log::Audit, 200, 1).await;
    assert_eq!(first, generated(Log::Audit, 200, 1).await.1);
    assert_ne!(first, generated(Log::Audit, 200, 2).await.1);
}

#[tokio::test]
async fn ids_are_unique_over_batches_and_logs() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(24);
    for (log, seed) in [(Log::Audit, 1), (Log::Audit, 2), (Log::Content, 1), (Log::Content, 2)] {
        bench.mock.generate(log, 2_000, from, DAY, seed);
    }
    let ids = [Log::Audit, Log::Content].map(|log| bench.mock.ids(log, Timestamp::MAX));
    assert_eq!(ids.iter().flatten().collect::<BTreeSet<_>>().len(), 8_000);
}

#[tokio::test]
async fn audit_events_have_every_shape_that_a_reader_must_take() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(24);
    bench.mock.generate(Log::Audit, 5_000, from, DAY, 3);
    let events = every_audit_event(&bench).await;
    let count = |holds: &dyn Fn(&Value) -> bool| events.iter().filter(|event| holds(event)).count();
    for (what, holds) in [
        ("null createdBy", &(|event: &Value| event["createdBy"].is_null()) as &dyn Fn(&Value) -> bool),
        ("no team", &|event| event["context"].get("team").is_none()),
        ("null team", &|event| event["context"].get("team").is_some_and(Value::is_null)),
        ("no context", &|event| event.get("context").is_none()),
        ("no object", &|event| event.get("object").is_none()),
        ("empty name", &|event| event["object"]["name"] == ""),
        ("unknown members", &|event| event.get("riskScore").is_some()),
        ("nested details", &|event| event["details"]["changes"][0]["field"] == "name"),
        ("no Latin letters", &|event| event["createdBy"]["name"] == "佐藤 花子"),
        ("machines", &|event| event["createdBy"]["type"] == "scim_provisioner"),
        ("a confirmed event", &|event| event["event"] == "sign_in_succeeded"),
        ("long text", &|event| event.to_string().len() > 2_000),
    ] {
        assert!(count(holds) > 0, "{what} never happens");
    }
}

#[tokio::test]
async fn people_work_in_office_hours() {
    let (_, events) = generated(Log::Audit, 500, 5).await;
    let weekend = events.iter().filter(|event| {
        let created_at = crate::instant::parse(event["createdAt"].as_str().unwrap()).unwrap();
        created_at.to_zoned(jiff::tz::TimeZone::UTC).weekday().to_monday_zero_offset() >= 5
    });
    let weekend = weekend.count();
    assert!(weekend < 500 / 5, "{weekend} of 500 at the weekend, which is two sevenths of the week");
}

#[tokio::test]
async fn shares_of_ties_lateness_and_duplicates_are_kept() {
    let bench = Bench::new();
    let now = bench.mock.now();
    let late_by = SignedDuration::from_mins(10);
    let traits = Traits { ties: 0.5, late: 0.2, late_by, duplicates: 0.1, ..Traits::default() };
    bench.mock.generate_with(Log::Audit, 10_000, now - SignedDuration::from_secs(1), Duration::from_secs(1), 1, traits);
    let ids = bench.mock.ids(Log::Audit, Timestamp::MAX);
    let unique = ids.iter().collect::<BTreeSet<_>>().len();
    assert!((900..1_100).contains(&(ids.len() - unique)), "{} duplicates", ids.len() - unique);
    let late = ids.len() - bench.mock.count_visible(Log::Audit, now);
    assert!((1_900..2_500).contains(&late), "{late} late");
    assert_eq!(bench.mock.count_visible(Log::Audit, now + SignedDuration::from_mins(10)), ids.len());
}

#[tokio::test]
async fn a_sign_in_storm_is_many_people_within_minutes_who_fail_and_then_succeed() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(24);
    let traits = Traits { sign_in_storms: 0.1, ..Traits::default() };
    bench.mock.generate_with(Log::Audit, 4_000, from, DAY, 1, traits);
    assert_eq!(bench.mock.count(Log::Audit), 4_000, "storms are part of what was asked for");
    let events = every_audit_event(&bench).await;
    let sign_ins: Vec<(i64, &str, &str)> = events
        .iter()
        .filter(|event| event["event"] == "sign_in_failed" || event["event"] == "sign_in_succeeded")
        .map(|event| {
            let at = crate::instant::parse(event["createdAt"].as_str().unwrap()).unwrap();
            (at.as_second(), event["event"].as_str().unwrap(), event["createdBy"]["email"].as_str().unwrap_or_default())
        })
        .collect();
    let within = |start: i64| sign_ins.iter().filter(move |(at, ..)| (start..start + 6 * 60).contains(at));
    let busiest = sign_ins.iter().map(|(at, ..)| *at).max_by_key(|&at| within(at).count()).unwrap();
    let people: BTreeSet<&str> = within(busiest).map(|(.., email)| *email).collect();
    assert!(people.len() > 80, "{} people in the busiest six minutes", people.len());
    let failed = within(busiest).filter(|(_, event, _)| *event == "sign_in_failed").count();
    assert!((80..180).contains(&failed), "{failed} failed of {}", within(busiest).count());
}

#[tokio::test]
async fn long_texts_reach_up_to_a_megabyte() {
    for log in [Log::Audit, Log::Content] {
        let bench = Bench::new();
        let from = bench.mock.now() - SignedDuration::from_hours(1);
        let traits = Traits { long_texts: 1.0, ..Traits::default() };
        bench.mock.generate_with(log, 20, from, Duration::from_hours(1), 4, traits);
        let page = if log == Log::Audit { bench.audit("").await } else { bench.content("").await };
        let events = page.json()["data"].as_array().unwrap().clone();
        let text = |event: &Value| event["details"]["text"].as_str().or(event["state"]["text"].as_str()).unwrap().len();
        let sizes: Vec<usize> = events.iter().map(text).collect();
        assert!(sizes.len() == 20 && sizes.iter().all(|size| (64_000..1_010_000).contains(size)), "{sizes:?}");
        assert!(sizes.iter().any(|size| *size > 300_000), "{sizes:?}");
    }
}

#[tokio::test]
async fn some_events_carry_types_that_no_specification_lists() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(1);
    let traits = Traits { unknown_types: 0.5, ..Traits::default() };
    for log in [Log::Audit, Log::Content] {
        bench.mock.generate_with(log, 200, from, Duration::from_hours(1), 1, traits);
    }
    let (audit, content) = (bench.audit("&limit=500").await.text, bench.content("").await.text);
    for (text, unknown) in [(&audit, "service_account"), (&content, "service_account"), (&content, "attached_to")] {
        let count = text.matches(unknown).count();
        assert!((30..140).contains(&count), "{unknown}: {count}");
    }
}

#[tokio::test]
async fn details_may_be_a_text_that_holds_json() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(1);
    let traits = Traits { string_details: 1.0, ..Traits::default() };
    bench.mock.generate_with(Log::Audit, 50, from, Duration::from_hours(1), 1, traits);
    for event in bench.audit("").await.json()["data"].as_array().unwrap() {
        let details: Value = serde_json::from_str(event["details"].as_str().unwrap()).unwrap();
        assert!(details.is_object(), "{details}");
    }
}

#[tokio::test]
async fn half_a_surrogate_pair_is_sent_as_it_stands() {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(1);
    let traits = Traits { lone_surrogates: 1.0, ..Traits::default() };
    for log in [Log::Audit, Log::Content] {
        bench.mock.generate_with(log, 5, from, Duration::from_hours(1), 1, traits);
    }
    for page in [bench.audit("").await, bench.content("").await] {
        assert_eq!(page.text.matches(r#""half":"\ud83d is half"#).count(), 5, "{}", page.text);
    }
}

/// All events of a log, in their order, as the world would generate them.
async fn all_of(log: Log, count: usize, traits: Traits) -> Vec<Value> {
    let bench = Bench::new();
    let from = bench.mock.now() - SignedDuration::from_hours(24);
    bench.mock.generate_with(log, count, from, DAY, 1, traits);
    if log == Log::Audit {
        return every_audit_event(&bench).await;
    }
    if log == Log::AiInteraction {
        bench.mock.set_scopes("content", &["aiinteractionlogs:read"]).unwrap();
    }
    let (id, token) = (bench.mock.organization_id(), bench.mock.tokens().content);
    let name = if log == Log::Content { "content-logs/items" } else { "ai-interaction-logs" };
    let path = format!("/v2/orgs/{id}/{name}?from=2026-02-20T00:00:00Z&to=2026-03-02T00:00:00Z&limit=100");
    let mut events = Vec::new();
    let mut page = bench.get_as(&token, &path).await;
    loop {
        assert_eq!(page.status, 200, "{}", page.text);
        events.extend(page.json()["data"].as_array().unwrap().clone());
        let Some(cursor) = page.cursor() else { return events };
        page = bench.get_as(&token, &format!("{path}&cursor={}", super::encode(&cursor))).await;
    }
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[tokio::test]
async fn nulls_can_be_turned_off() {
    for log in [Log::Audit, Log::Content, Log::AiInteraction] {
        let all = |nulls| all_of(log, 3_000, Traits { nulls, ai_shape: crate::AiShape::Mixed, ..Traits::default() });
        let (with, without) = (all(true).await, all(false).await);
        assert!(log == Log::AiInteraction || with.iter().any(holds_null), "{log:?}");
        assert!(!without.iter().any(holds_null), "{log:?}");
        let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&with), ids(&without), "{log:?}: nothing else changes");
    }
}

#[tokio::test]
async fn ai_events_come_in_either_shape_or_both() {
    let shaped = |ai_shape| all_of(Log::AiInteraction, 400, Traits { ai_shape, ..Traits::default() });
    let legacy = |event: &&Value| event.get("aiFeatureName").is_some() && event["details"]["text"].is_string();
    let current = |event: &&Value| event.get("surface").is_some() && event["details"]["content"].is_array();
    for (shape, expected) in [
        (crate::AiShape::Legacy, [400..=400, 0..=0]),
        (crate::AiShape::Current, [0..=0, 400..=400]),
        (crate::AiShape::Mixed, [150..=250, 150..=250]),
    ] {
        let events = shaped(shape).await;
        let counts = [events.iter().filter(legacy).count(), events.iter().filter(current).count()];
        assert!(expected.iter().zip(counts).all(|(range, count)| range.contains(&count)), "{shape:?}: {counts:?}");
    }
}

#[tokio::test]
async fn events_of_models_and_tools_grow_with_their_conversation() {
    let traits = Traits { ai_shape: crate::AiShape::Current, ties: 0.0, ..Traits::default() };
    let events = all_of(Log::AiInteraction, 3_000, traits).await;
    let mut said = std::collections::BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for event in &events {
        let kind = event["eventType"].as_str().unwrap();
        kinds.insert(kind);
        assert_eq!(event.get("model").is_some(), kind.starts_with("model_"), "{event}");
        assert_eq!(event.get("tool").is_some(), kind.starts_with("tool_"), "{event}");
        if kind.starts_with("model_") || kind.starts_with("tool_") {
            let content = event["details"]["content"].as_array().unwrap();
            let before = said.insert(event["session"]["id"].as_str().unwrap(), content.clone()).unwrap_or_default();
            assert_eq!(content[..before.len()], before, "a conversation is repeated as it was");
        }
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    let longest = events.iter().map(|event| event["details"].to_string().len()).max().unwrap();
    assert!((64_000..1_000_000).contains(&longest), "{longest} bytes: longer than a field, shorter than a batch");
}

#[tokio::test]
async fn content_events_tell_of_ai_as_often_as_asked() {
    let told = |ai_assisted| all_of(Log::Content, 1_000, Traits { ai_assisted, ..Traits::default() });
    assert!(told(0.0).await.iter().all(|event| event.get("ai").is_none()));
    let some = told(0.3).await;
    let of_ai: Vec<&Value> = some.iter().filter(|event| event["ai"]["assisted"].is_boolean()).collect();
    assert!((230..370).contains(&of_ai.len()), "{}", of_ai.len());
    assert!(of_ai.iter().any(|event| event["itemType"] == "data_table"));
    assert!(of_ai.iter().any(|event| event["state"]["prompt"].is_string()));
}

#[tokio::test]
async fn planted_incidents_are_where_the_manifest_says() {
    let mut world = crate::World::default();
    world.organizations[0].audit = crate::Events {
        generate: 50,
        over: Some(SignedDuration::from_hours(6)),
        incidents: crate::Incident::all().to_vec(),
        ..crate::Events::default()
    };
    let bench = Bench::of(world);
    let manifest = bench.control(http::Method::GET, "incidents", Value::Null).await.json();
    let manifest = manifest["incidents"].as_array().unwrap();
    let counts: Vec<usize> = manifest.iter().map(|planted| planted["ids"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [60, 2, 1, 201]);
    let events = bench.audit("&limit=500").await.json()["data"].as_array().unwrap().clone();
    assert_eq!(events.len(), 50 + counts.iter().sum::<usize>());
    for planted in manifest {
        let ids = planted["ids"].as_array().unwrap();
        let of_incident: Vec<_> = events.iter().filter(|event| ids.contains(&event["id"])).collect();
        assert_eq!(of_incident.len(), ids.len());
        assert!(of_incident.iter().all(|event| event["createdBy"]["email"] == planted["email"]));
    }
    let traveller = &manifest[1]["ids"];
    let addresses: Vec<_> = events
        .iter()
        .filter(|event| traveller.as_array().unwrap().contains(&event["id"]))
        .map(|event| event["context"]["ip"].clone())
        .collect();
    assert_ne!(addresses[0], addresses[1]);
}
