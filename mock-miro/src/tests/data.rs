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
        bench.mock.generate_with(log, 20, from, Duration::from_hours(1), 1, traits);
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
