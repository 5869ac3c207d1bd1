//! Sixty-one events by hand, the rows they become by hand, and two formulations of the rules that must give them.

use kql::{Column, ColumnType};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture};
use crate::World;

const AUDIT_CASES: &str = include_str!("transforms/audit.jsonl");
const CONTENT_CASES: &str = include_str!("transforms/content.jsonl");
const VERBOSE_RULES: &str = include_str!("transforms/verbose-rules.json");

const AUDIT_COLUMNS: [(&str, ColumnType); 20] = [
    ("TimeGenerated", ColumnType::DateTime),
    ("id", ColumnType::String),
    ("createdAt", ColumnType::DateTime),
    ("event", ColumnType::String),
    ("category", ColumnType::String),
    ("logType", ColumnType::String),
    ("createdBy_email", ColumnType::String),
    ("createdBy_id", ColumnType::String),
    ("createdBy_name", ColumnType::String),
    ("createdBy_type", ColumnType::String),
    ("object_id", ColumnType::String),
    ("object_name", ColumnType::String),
    ("context_ip", ColumnType::String),
    ("context_team_id", ColumnType::String),
    ("context_team_name", ColumnType::String),
    ("context_team_type", ColumnType::String),
    ("context_organization_id", ColumnType::String),
    ("context_organization_name", ColumnType::String),
    ("context_organization_type", ColumnType::String),
    ("details", ColumnType::Dynamic),
];

const CONTENT_COLUMNS: [(&str, ColumnType); 12] = [
    ("TimeGenerated", ColumnType::DateTime),
    ("id", ColumnType::String),
    ("actionTime", ColumnType::DateTime),
    ("actionType", ColumnType::String),
    ("actor_id", ColumnType::String),
    ("actor_email", ColumnType::String),
    ("actor_name", ColumnType::String),
    ("contentId", ColumnType::String),
    ("itemId", ColumnType::String),
    ("itemType", ColumnType::String),
    ("relationships", ColumnType::Dynamic),
    ("state", ColumnType::Dynamic),
];

/// One event, and the row it becomes. Columns that the row does not name are `""` if they are strings, else null.
#[derive(Deserialize)]
struct Case<'a> {
    #[serde(rename = "case")]
    name: String,
    #[serde(borrow)]
    event: &'a RawValue,
    row: serde_json::Map<String, serde_json::Value>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// A cell as the cases write it: text for strings, datetimes and trees, nothing for null.
fn written(column: &Column, row: usize) -> Option<String> {
    match column.kind() {
        ColumnType::Dynamic => column.json(row).map(std::borrow::Cow::into_owned),
        _ if column.is_null(row) => None,
        _ => Some(column.value(row).to_text().into_owned()),
    }
}

async fn check(world: World, stream: &str, table: &str, columns: &[(&str, ColumnType)], text: &str) {
    let fixture = Fixture::of(world);
    let cases = cases(text);
    let events: Vec<&str> = cases.iter().map(|case| case.event.get()).collect();
    let response = fixture.upload(stream, format!("[{}]", events.join(","))).await;
    assert_eq!(response.status, 204, "{response:?}");
    let stored = fixture.mock.query(table).unwrap().primary().to_batch();
    let schema: Vec<_> = stored.schema().columns().iter().map(|column| (&*column.name, column.kind)).collect();
    assert_eq!(schema, columns);
    assert_eq!(stored.len(), cases.len());
    for (row, case) in cases.iter().enumerate() {
        let unknown = case.row.keys().find(|key| !columns.iter().any(|(name, _)| name == key));
        assert_eq!(unknown, None, "{}: a column that is not in the table", case.name);
        for (index, (name, kind)) in columns.iter().enumerate() {
            let missing = (*kind == ColumnType::String).then(String::new);
            let expected = case.row.get(*name).map(|value| value.as_str().unwrap().to_owned()).or(missing);
            assert_eq!(written(stored.column(index), row), expected, "{}: {name}", case.name);
        }
    }
}

fn verbose() -> World {
    let mut world = World::default();
    world.add_rule("verbose-rules.json", VERBOSE_RULES);
    world
}

#[tokio::test]
async fn audit_events_become_the_rows_written_by_hand() {
    check(World::default(), AUDIT, AUDIT_TABLE, &AUDIT_COLUMNS, AUDIT_CASES).await;
}

#[tokio::test]
async fn audit_events_become_the_same_rows_by_the_other_formulation() {
    check(verbose(), AUDIT, AUDIT_TABLE, &AUDIT_COLUMNS, AUDIT_CASES).await;
}

#[tokio::test]
async fn content_events_become_the_rows_written_by_hand() {
    check(World::default(), "Custom-MiroContentLogs_CL", "MiroContentLogs_CL", &CONTENT_COLUMNS, CONTENT_CASES).await;
}

#[tokio::test]
async fn content_events_become_the_same_rows_by_the_other_formulation() {
    check(verbose(), "Custom-MiroContentLogs_CL", "MiroContentLogs_CL", &CONTENT_COLUMNS, CONTENT_CASES).await;
}
