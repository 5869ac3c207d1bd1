//! The sample queries of the published guide, over events that went the whole way, against counts made here.

use std::collections::BTreeMap;
use std::fs;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::lab::{Lab, Settings, text};

const AUDIT: usize = 3_000;
const CONTENT: usize = 1_500;
const PEOPLE: &[&str] =
    &["ada@example.com", "žofie@example.com", "", "李@example.com", "o'neil@example.com", "zoë@example.com"];

#[tokio::test]
async fn the_five_sample_queries_agree_with_counts_made_without_the_engine() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let newest = Timestamp::now() - SignedDuration::from_mins(1);
    let audit: Vec<Value> = (0..AUDIT).map(|n| audit_event(n, newest, &mut random)).collect();
    let content: Vec<Value> = (0..CONTENT).map(|n| content_event(n, newest, &mut random)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let files = [("audit", &audit), ("content", &content)].map(|(name, events)| {
        let path = folder.path().join(format!("{name}.ndjson"));
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        fs::write(&path, lines.join("\n")).expect("the folder is ours");
        path.to_str().expect("a plain path").to_owned()
    });
    let lab = Lab::new(
        &["--audit-events", &files[0], "--content-events", &files[1], "--credits-per-minute", "100000000"],
        &[],
    );
    let run = lab.run_once(&Settings::default());
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(lab.rows("MiroAuditLogs_CL").await, (AUDIT as u64, AUDIT as u64));
    assert_eq!(lab.rows("MiroContentLogs_CL").await, (CONTENT as u64, CONTENT as u64));
    let workspace = Workspace::of(&lab).await;

    // 1 recent audit events: the event's number counts backwards in time, so the first twenty are the newest.
    let rows = workspace
        .ask("MiroAuditLogs_CL | sort by TimeGenerated desc | project TimeGenerated, event, category, createdBy_email, context_ip | take 20")
        .await;
    let expected: Vec<Value> = audit[..20]
        .iter()
        .map(|event| json!([event["event"], event["category"], email(&event["createdBy"]), event["context"]["ip"]]))
        .collect();
    let seen: Vec<Value> = rows.iter().map(|row| json!([row[1], row[2], row[3], row[4]])).collect();
    assert_eq!(seen, expected, "query 1");

    // 2 activity by user and event
    let rows = workspace
        .ask("MiroAuditLogs_CL | summarize EventCount = count() by createdBy_email, event, category | order by EventCount desc")
        .await;
    let expected = counted(audit.iter().map(|e| json!([email(&e["createdBy"]), e["event"], e["category"]])));
    assert_eq!(grouped(&rows, 3), expected, "query 2");
    assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row[3].as_u64())), "query 2 is in order");

    // 3 content changes by user
    let rows = workspace
        .ask("MiroContentLogs_CL | where TimeGenerated > ago(7d) | summarize Changes = count() by actor_email, actionType | order by Changes desc")
        .await;
    let expected = counted(content.iter().map(|e| json!([email(&e["actor"]), e["actionType"]])));
    assert_eq!(grouped(&rows, 2), expected, "query 3");

    // 4 event trend
    let rows =
        workspace.ask("MiroAuditLogs_CL | summarize count() by event, bin(TimeGenerated, 1h) | render timechart").await;
    let expected = counted(audit.iter().map(|e| {
        let hour = &e["createdAt"].as_str().expect("text")[..13];
        json!([e["event"], hour])
    }));
    let seen: Vec<Value> =
        rows.iter().map(|row| json!([row[0], row[1].as_str().expect("a time").get(..13), row[2]])).collect();
    assert_eq!(grouped(&seen, 2), expected, "query 4");

    // 5 most active users by content changes
    let rows = workspace
        .ask("MiroContentLogs_CL | where TimeGenerated > ago(30d) | summarize TotalActions = count() by actor_email | top 10 by TotalActions desc")
        .await;
    let expected = counted(content.iter().map(|e| json!([email(&e["actor"])])));
    assert_eq!(grouped(&rows, 1), expected, "query 5");
    assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row[1].as_u64())), "query 5 is in order");
}

/// The mock workspace's query API, as a client with a token sees it.
pub(crate) struct Workspace {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Workspace {
    pub(crate) async fn of(lab: &Lab) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let sentinel = &lab.sentinel;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &text(sentinel, "client_id"))
            .append_pair("client_secret", &text(sentinel, "client_secret"))
            .append_pair("scope", "https://api.loganalytics.io/.default")
            .finish();
        let answer = client
            .post(format!("{}/{}/oauth2/v2.0/token", text(sentinel, "http_url"), text(sentinel, "tenant_id")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .expect("the mock answers");
        let token: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let url = format!("{}/v1/workspaces/{}/query", text(sentinel, "http_url"), text(sentinel, "workspace_id"));
        Self { client, url, token: text(&token, "access_token") }
    }

    /// The rows of the primary result.
    pub(crate) async fn ask(&self, query: &str) -> Vec<Value> {
        let answer = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(json!({ "query": query }).to_string())
            .send()
            .await
            .expect("the mock answers");
        let status = answer.status();
        let body: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        assert!(status.is_success(), "{query}: {body}");
        body["tables"][0]["rows"].as_array().expect("rows").clone()
    }
}

/// Event `n` of the audit log, `n` times 20 seconds (and a bit) before `newest`: unique times, newest first.
fn audit_event(n: usize, newest: Timestamp, random: &mut ChaCha8Rng) -> Value {
    let at = newest - SignedDuration::from_millis(20_000 * n as i64 + random.random_range(0..9_000));
    let kind = ["sign_in_succeeded", "board_opened", "sign_in_failed"][random.random_range(0..3)];
    let category = ["authentication", "board"][usize::from(kind == "board_opened")];
    let person = PEOPLE[random.random_range(0..PEOPLE.len())];
    let created_by = match random.random_range(0..8) {
        0 => Value::Null,
        _ => json!({"type": "user", "id": format!("{}", 3_000 + n), "name": "Somebody", "email": person}),
    };
    json!({
        "id": format!("{}#{n}-QRY", at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")),
        "type": "event",
        "event": kind,
        "category": category,
        "createdAt": at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "createdBy": created_by,
        "object": {"id": format!("{n}"), "name": "Thing"},
        "context": {"ip": format!("203.0.113.{}", n % 250), "organization": {"type": "organization", "id": "1", "name": "Org"}},
        "details": {"n": n},
    })
}

/// Event `n` of the content log, within the last 20 hours.
fn content_event(n: usize, newest: Timestamp, random: &mut ChaCha8Rng) -> Value {
    let at = newest - SignedDuration::from_secs(random.random_range(0..72_000));
    let action = ["create", "update", "delete"][random.random_range(0..3)];
    json!({
        "id": format!("00000000-0000-4000-8000-{n:012}"),
        "contentId": "uXjVexample0=",
        "actionType": action,
        "actionTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "actor": {"id": "7", "name": "Somebody", "email": PEOPLE[random.random_range(0..PEOPLE.len())]},
        "itemType": "widget",
        "itemId": format!("{n}"),
        "state": {"text": "x".repeat(n % 40)},
        "relationships": [],
    })
}

/// What the transform makes of a person: no person is an empty address.
fn email(person: &Value) -> Value {
    json!(person["email"].as_str().unwrap_or_default())
}

fn counted(keys: impl Iterator<Item = Value>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key.to_string()).or_default() += 1;
    }
    counts
}

/// Rows of `keys` key columns and a count, as a map.
fn grouped(rows: &[Value], keys: usize) -> BTreeMap<String, u64> {
    let pairs = rows.iter().map(|row| {
        let row = row.as_array().expect("a row");
        (Value::from(row[..keys].to_vec()).to_string(), row[keys].as_u64().expect("a count"))
    });
    let map: BTreeMap<String, u64> = pairs.collect();
    assert_eq!(map.len(), rows.len(), "no group appears twice");
    map
}
