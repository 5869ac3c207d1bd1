//! Responses hold to what Miro's OpenAPI document states of them: types, required members, enumerations, and no nulls where it allows none.
//!
//! The tables are written after <https://github.com/miroapp/api-clients> (packages/generator/spec.json of 2026-04-22, read
//! 2026-11-29) and hold none of its text. Members that a table does not name are allowed, as they are in OpenAPI. The document
//! requires no member of a page; those marked as required here are the ones that the mock promises on top.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Bench, encode};
use crate::{Log, Token, Traits, World, instant};

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Schema {
    String,
    Integer,
    /// One of a closed list of strings.
    Enum(&'static [&'static str]),
    /// `2026-01-02T03:04:05.678+0000`.
    Milliseconds,
    /// `2026-01-02T03:04:05Z`.
    Seconds,
    /// Members that are not enumerated.
    AnyObject,
    Object(&'static [Member]),
    Array(&'static Schema),
}

/// A member by name; whether it is required; its value.
type Member = (&'static str, bool, Schema);

const REQUIRED: bool = true;
const OPTIONAL: bool = false;

const AUDIT_EVENT: Schema = Schema::Object(&[
    ("id", REQUIRED, Schema::String),
    ("event", REQUIRED, Schema::String),
    ("category", REQUIRED, Schema::String),
    ("createdAt", REQUIRED, Schema::Milliseconds),
    ("createdBy", OPTIONAL, CREATED_BY),
    ("object", OPTIONAL, Schema::Object(&[("id", REQUIRED, Schema::String), ("name", REQUIRED, Schema::String)])),
    ("context", OPTIONAL, CONTEXT),
    ("details", REQUIRED, Schema::AnyObject),
]);
const CREATED_BY: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::Enum(&["user", "application", "scim_provisioner", "miro_automation"])),
    ("id", REQUIRED, Schema::String),
    ("name", REQUIRED, Schema::String),
    ("email", OPTIONAL, Schema::String),
]);
const CONTEXT: Schema = Schema::Object(&[
    ("ip", REQUIRED, Schema::String),
    ("team", OPTIONAL, Schema::Object(&[("id", REQUIRED, Schema::String), ("name", REQUIRED, Schema::String)])),
    ("organization", REQUIRED, Schema::Object(&[("id", REQUIRED, Schema::String), ("name", REQUIRED, Schema::String)])),
]);
const CONTENT_EVENT: Schema = Schema::Object(&[
    ("id", REQUIRED, Schema::String),
    ("contentId", REQUIRED, Schema::String),
    ("actionType", REQUIRED, Schema::Enum(&["create", "update", "delete"])),
    ("actionTime", REQUIRED, Schema::Seconds),
    ("actor", OPTIONAL, ACTOR),
    ("itemType", REQUIRED, Schema::Enum(&["widget", "comment_thread", "comment_message"])),
    ("itemId", REQUIRED, Schema::String),
    ("state", REQUIRED, Schema::AnyObject),
    ("relationships", OPTIONAL, Schema::Array(&RELATIONSHIP)),
]);
const ACTOR: Schema = Schema::Object(&[
    ("id", REQUIRED, Schema::String),
    ("name", REQUIRED, Schema::String),
    ("email", REQUIRED, Schema::String),
]);
const RELATIONSHIP: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::Enum(&["parent"])),
    ("itemType", REQUIRED, Schema::String),
    ("itemId", REQUIRED, Schema::String),
]);
const AI_EVENT: Schema = Schema::Object(&[
    ("id", REQUIRED, Schema::String),
    ("createdAt", REQUIRED, Schema::Seconds),
    ("storedAt", REQUIRED, Schema::Seconds),
    ("sessionId", REQUIRED, Schema::String),
    ("messageId", REQUIRED, Schema::String),
    ("object", REQUIRED, Schema::Object(&[("id", REQUIRED, Schema::String), ("type", REQUIRED, Schema::String)])),
    ("aiFeatureName", REQUIRED, Schema::String),
    ("actor", REQUIRED, ACTOR),
    ("logType", REQUIRED, Schema::String),
    ("details", REQUIRED, Schema::AnyObject),
]);
const PAGE: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::Enum(&["cursor-list"])),
    ("limit", REQUIRED, Schema::Integer),
    ("size", REQUIRED, Schema::Integer),
    ("cursor", OPTIONAL, Schema::String),
    ("data", REQUIRED, Schema::Array(&Schema::AnyObject)),
]);
const ERROR: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::Enum(&["error"])),
    ("status", REQUIRED, Schema::Integer),
    ("code", REQUIRED, Schema::String),
    ("message", REQUIRED, Schema::String),
]);
const NAMED: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::String),
    ("name", REQUIRED, Schema::String),
    ("id", REQUIRED, Schema::String),
]);
const TOKEN_INFO: Schema = Schema::Object(&[
    ("type", REQUIRED, Schema::String),
    ("organization", REQUIRED, NAMED),
    ("team", REQUIRED, NAMED),
    ("createdBy", REQUIRED, NAMED),
    ("user", REQUIRED, NAMED),
    ("scopes", REQUIRED, Schema::Array(&Schema::String)),
]);

impl Schema {
    /// Adds a line for everything in `value` that this schema does not allow; `path` is where the value is.
    fn check(self, value: &Value, path: &str, violations: &mut Vec<String>) {
        let is_valid = match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_u64(),
            Self::Enum(allowed) => value.as_str().is_some_and(|text| allowed.contains(&text)),
            Self::Milliseconds => is_time(value, "2026-01-02T03:04:05.678+0000".len(), "+0000"),
            Self::Seconds => is_time(value, "2026-01-02T03:04:05Z".len(), "Z"),
            Self::AnyObject | Self::Object(_) => value.is_object(),
            Self::Array(_) => value.is_array(),
        };
        if !is_valid {
            violations.push(format!("{path}: {value} is not {self:?}"));
            return;
        }
        if let Self::Object(members) = self {
            for (name, required, schema) in members {
                match value.get(name) {
                    Some(member) => schema.check(member, &format!("{path}.{name}"), violations),
                    None if *required => violations.push(format!("{path}.{name}: missing")),
                    None => {}
                }
            }
        }
        if let (Self::Array(schema), Some(items)) = (self, value.as_array()) {
            for item in items {
                schema.check(item, &format!("{path}[]"), violations);
            }
        }
    }
}

fn is_time(value: &Value, length: usize, zone: &str) -> bool {
    value.as_str().is_some_and(|text| text.len() == length && text.ends_with(zone) && instant::parse(text).is_some())
}

fn violations(schema: Schema, value: &Value, path: &str) -> Vec<String> {
    let mut violations = Vec::new();
    schema.check(value, path, &mut violations);
    violations
}

/// A world whose third token reads the AI interaction log, with a day of events in each log.
fn bench(traits: Traits) -> Bench {
    let mut world = World::default();
    let of_content = world.organizations[0].tokens[1].clone();
    let scopes = vec!["aiinteractionlogs:read".to_owned()];
    world.organizations[0].tokens.push(Token { name: "ai".into(), value: "t-ai".into(), scopes, ..of_content });
    let bench = Bench::of(world);
    let from = bench.mock.now() - SignedDuration::from_hours(24);
    for (log, count) in [(Log::Audit, 6_000), (Log::Content, 6_000), (Log::AiInteraction, 300)] {
        bench.mock.generate_with(log, count, from, Duration::from_hours(24), 11, traits);
    }
    bench
}

/// Every page of a log.
async fn pages(bench: &Bench, log: Log) -> Vec<Value> {
    let mut pages: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = match log {
            Log::Audit => bench.audit(&format!("&limit=500{cursor}")).await,
            Log::Content => bench.content(&format!("&limit=1000{cursor}")).await,
            Log::AiInteraction => {
                let path = bench.content_path(&format!("&limit=100{cursor}"));
                bench.get_as("t-ai", &path.replace("content-logs/items", "ai-interaction-logs")).await
            }
        };
        pages.push(page.json());
        let Some(next) = page.cursor() else { return pages };
        cursor = format!("&cursor={}", encode(&next));
    }
}

#[tokio::test]
async fn every_event_without_nulls_holds_to_the_specification() {
    let bench = bench(Traits { nulls: false, ..Traits::default() });
    for (log, event_schema, count) in
        [(Log::Audit, AUDIT_EVENT, 6_000), (Log::Content, CONTENT_EVENT, 6_000), (Log::AiInteraction, AI_EVENT, 300)]
    {
        let pages = pages(&bench, log).await;
        let mut events = 0;
        for page in &pages {
            assert_eq!(violations(PAGE, page, "page"), [""; 0]);
            let data = page["data"].as_array().unwrap();
            assert_eq!(page["size"], data.len(), "size counts the events of this page");
            events += data.len();
            for event in data {
                assert_eq!(violations(event_schema, event, "event"), [""; 0], "{event}");
            }
        }
        assert_eq!(events, count, "{log:?}");
    }
}

#[tokio::test]
async fn nulls_are_where_the_published_transformation_expects_them_and_the_specification_does_not() {
    let bench = bench(Traits::default());
    let mut found = Vec::new();
    for (log, schema) in [(Log::Audit, AUDIT_EVENT), (Log::Content, CONTENT_EVENT)] {
        for page in pages(&bench, log).await {
            for event in page["data"].as_array().unwrap() {
                found.extend(violations(schema, event, "event"));
            }
        }
    }
    assert!(found.iter().all(|violation| violation.contains(": null is not ")), "{found:?}");
    for path in ["event.createdBy", "event.context.team", "event.actor", "event.state"] {
        assert!(found.iter().any(|violation| violation.starts_with(&format!("{path}: null"))), "{path}");
    }
}

#[tokio::test]
async fn token_information_and_errors_hold_to_the_specification() {
    let bench = Bench::new();
    let info = bench.get_as(&bench.mock.tokens().audit, "/v1/oauth-token").await.json();
    assert_eq!(violations(TOKEN_INFO, &info, "token"), [""; 0]);
    let wrong_limit = bench.content("&limit=x").await;
    let unknown_token = bench.get_as("made-up", "/v1/oauth-token").await;
    let not_found = bench.get_as("made-up", "/v2/audit/log").await;
    for (response, status) in [(wrong_limit, 400), (unknown_token, 400), (not_found, 404)] {
        assert_eq!(violations(ERROR, &response.json(), "error"), [""; 0]);
        assert_eq!((response.status.as_u16(), &response.json()["status"]), (status, &json!(status)));
    }
}

#[test]
fn the_check_finds_each_kind_of_violation() {
    let event = json!({"id": 7, "contentId": "b", "actionType": "move", "actionTime": "2026-01-02T03:04:05.000Z", "itemType": "widget", "state": null});
    assert_eq!(
        violations(CONTENT_EVENT, &event, "event"),
        [
            "event.id: 7 is not String",
            r#"event.actionType: "move" is not Enum(["create", "update", "delete"])"#,
            r#"event.actionTime: "2026-01-02T03:04:05.000Z" is not Seconds"#,
            "event.itemId: missing",
            "event.state: null is not AnyObject",
        ]
    );
}
