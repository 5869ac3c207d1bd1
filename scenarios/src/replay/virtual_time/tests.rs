use serde_json::{Value, json};

use super::*;

const PAGE: &str = "https://api.miro.com/v2/audit/logs?createdAfter=2026-03-01T08:59:59.999Z&createdBefore=2026-03-01T09:05:00Z&limit=500";
const UPLOAD: &str = "https://miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/\
                      dcr-00000000000000000000000000000009/streams/Custom-MiroAuditLogs_CL?api-version=2023-01-01";
const TOKEN: &str = "https://login.microsoftonline.com/7f9c2ba4-0000-4000-8000-6d69726f0001/oauth2/v2.0/token";

fn entry(at: &str, url: &str, status: u16, headers: &Value, body: &str) -> Value {
    json!({
        "startedDateTime": format!("2026-03-01T{at}Z"), "time": 5.0,
        "request": {"method": if url == PAGE { "GET" } else { "POST" }, "url": url},
        "response": {
            "status": status, "headers": headers,
            "content": {"mimeType": "application/json", "text": body}
        },
        "timings": {"send": 0.0, "wait": 5.0, "receive": 0.0},
    })
}

/// Eight minutes of waiting, a connection that broke, an outage of Azure, and one event.
fn recorded(exit: u8) -> Har {
    let date = |at: &str| json!([{"name": "date", "value": format!("Sun, 01 Mar 2026 {at} GMT")}]);
    let wait =
        json!([{"name": "retry-after", "value": "240"}, {"name": "date", "value": "Sun, 01 Mar 2026 09:05:00 GMT"}]);
    let event = r#"{"id":"one","createdAt":"2026-03-01T09:01:00.000Z","event":"sign_in_succeeded"}"#;
    let page = format!(r#"{{"type":"cursor-list","limit":500,"size":1,"data":[{event}]}}"#);
    let mut broken = entry("09:09:01", PAGE, 0, &json!([]), "");
    broken["_outcome"] = "reset".into();
    let har = json!({"log": {
        "entries": [
            entry("09:05:00", PAGE, 429, &wait, r#"{"code":"tooManyRequests","message":"wait"}"#),
            broken,
            entry("09:09:02", PAGE, 200, &date("09:09:02"), &page),
            entry("09:09:03", TOKEN, 200, &date("09:09:03"), r#"{"access_token":"recorded","expires_in":3599,"token_type":"Bearer"}"#),
            entry("09:09:04", UPLOAD, 503, &json!([{"name": "retry-after", "value": "240"}]), r#"{"error":{"code":"ServiceUnavailable"}}"#),
            entry("09:13:05", UPLOAD, 204, &json!([{"name": "x-ms-request-id", "value": "5d2f3b6c-0000-4000-8000-000000000000"}]), ""),
        ],
        "_environment": {"START": "2026-03-01T09:00:00Z"},
        "_exit": exit,
    }});
    serde_json::from_value(har).expect("a HAR")
}

#[test]
fn eight_minutes_of_waits_and_breaks_is_met_at_once_and_at_its_own_times() {
    let begun = std::time::Instant::now();
    let replayed = replay_in_virtual_time(recorded(0), Mode::Best).expect("it plays");
    assert_eq!((replayed.matched, replayed.unused, replayed.exit), (6, 0, Some(0)), "{replayed:?}");
    assert!(replayed.missed.is_empty() && replayed.is_same(), "{replayed:?}");
    assert!(begun.elapsed() < Duration::from_mins(5), "the waits were waited for");
}

#[test]
fn another_exit_than_the_recorded_one_is_not_the_same() {
    let replayed = replay_in_virtual_time(recorded(4), Mode::Best).expect("it plays");
    assert_eq!((replayed.exit, replayed.recorded_exit, replayed.is_same()), (Some(0), Some(4), false));
}

#[test]
fn a_program_that_a_signal_ended_was_told_to_stop_as_this_one_is() {
    for exit in [130, 137, 143] {
        let mut har = recorded(exit);
        // Windows that end later than a catch-up's: it was a service, which has no end of its own.
        for entry in &mut har.log.entries {
            entry.request.url =
                entry.request.url.replace("createdBefore=2026-03-01T09:05:00Z", "createdBefore=2026-03-01T09:09:00Z");
        }
        let replayed = replay_in_virtual_time(har, Mode::Best).expect("it plays");
        assert_eq!((replayed.recorded_exit, replayed.exit), (Some(0), Some(0)), "{replayed:?}");
    }
}

#[test]
fn a_miss_is_told_with_the_recordings_time() {
    let mut har = recorded(0);
    har.log.entries.retain(|entry| entry.call() != Some(crate::scenario::Call::Token));
    let replayed = replay_in_virtual_time(har, Mode::Best).expect("it plays");
    let missed = replayed.missed.first().expect("no token was recorded");
    assert!(missed.request.starts_with("POST ") && missed.closest.is_none(), "{missed:?}");
    assert!(missed.at >= "2026-03-01T09:09:00Z".parse().expect("a time"), "{missed:?}");
}

#[test]
fn settings_that_the_connector_refuses_are_named() {
    let mut har = recorded(0);
    har.log.environment.insert("START".to_owned(), "yesterday-ish".to_owned());
    let error = replay_in_virtual_time(har, Mode::Best).expect_err("no such time").to_string();
    assert!(error.contains("streams.audit.start"), "{error}");
}

#[test]
fn nothing_to_play_is_an_error() {
    let har = serde_json::from_value(json!({"log": {"entries": []}})).expect("a HAR");
    assert!(matches!(replay_in_virtual_time(har, Mode::Best), Err(ReplayError::Empty)));
}

#[test]
fn a_recording_without_an_end_has_one() {
    let mut har = recorded(0);
    let start = har.start().expect("entries");
    assert_eq!(end(&har, start), end_of(har.log.entries.last().expect("entries")));
    let last = har.log.entries.last_mut().expect("entries");
    (last.started_date_time, last.time) = (Timestamp::MAX, 1e300);
    assert_eq!(end(&har, start), start.saturating_add(LENGTH_MAX).expect("a week later"));
}
