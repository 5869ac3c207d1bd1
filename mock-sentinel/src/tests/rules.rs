//! Rules are judged as Azure judges them, and what they make of rows is stored.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::arm::{call, rule_id, workspace_id};
use super::fixture::Fixture;
use crate::{MockSentinel, SystemClock, World};

/// A world with a rule from `Custom-Acme` (all columns text) into `Acme_CL`, whose `EventId` is a guid.
fn world(transform: &str, id_in_stream: &str) -> World {
    let table = json!({"type": "Microsoft.OperationalInsights/workspaces/tables",
    "properties": {"plan": "Analytics", "schema": {"name": "Acme_CL", "columns": [
        {"name": "TimeGenerated", "type": "datetime"},
        {"name": "EventId", "type": "guid"},
    ]}}});
    let rule = json!({"type": "Microsoft.Insights/dataCollectionRules", "name": "acme", "properties": {
        "streamDeclarations": {"Custom-Acme": {"columns": [
            {"name": "TimeGenerated", "type": "datetime"},
            {"name": "EventId", "type": id_in_stream},
        ]}},
        "destinations": {"logAnalytics": [{"name": "la"}]},
        "dataFlows": [{"streams": ["Custom-Acme"], "destinations": ["la"], "transformKql": transform,
            "outputStream": "Custom-Acme_CL"}]}});
    let mut world = World::default();
    world.add_table("table.json", &table.to_string());
    world.add_rule("rule.json", &rule.to_string());
    world
}

#[track_caller]
fn refused(world: World, said: &str) {
    let error = MockSentinel::new(world, Arc::new(SystemClock)).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[test]
fn a_guid_column_takes_no_text_and_no_stream_declares_one() {
    refused(
        world("source", "string"),
        "InvalidTransformOutput at properties.dataFlows[0]: Types of transform output columns do not match the ones \
         defined by the output stream: EventId [produced:'String', output:'Guid']",
    );
    refused(world("source", "guid"), "InvalidColumnType at properties.streamDeclarations['Custom-Acme']");
}

#[tokio::test]
async fn toguid_is_the_cure_and_text_is_what_is_stored() {
    let fixture = Fixture::of(world("source\n| extend EventId = toguid(EventId) // text no more\n", "string"));
    let id = "74be27de-1e4e-49d9-b579-fe0b331d3642";
    let body = json!([
        {"TimeGenerated": "2026-11-23T11:00:00Z", "EventId": id.to_uppercase()},
        {"TimeGenerated": "2026-11-23T11:00:01Z", "EventId": "none"},
    ]);
    assert_eq!(fixture.upload("Custom-Acme", body.to_string()).await.status, 204);
    assert_eq!(fixture.rows("Acme_CL | project EventId, gettype(EventId)"), [[id, "string"], ["", "string"]]);
}

#[test]
fn a_transform_that_does_not_compile_is_refused_at_its_flow() {
    for (transform, said) in [
        ("source | project TimeGenerated,", "SyntaxError:0x00000001 at 1:30 : extraneous input ',' expecting <EOF>"),
        ("source | project Nothing", "SemanticError:0x00000006 at 1:17 : Undefined symbol: Nothing"),
        (
            "source | extend EventId = bag_pack('a', 1)",
            "SemanticError:0x00000009 at 1:26 : Runtime scalar function provider not found for function: bag_pack",
        ),
    ] {
        let said = format!(
            "InvalidTransformQuery at properties.dataFlows[0]: Error occurred while compiling query in query: {said}"
        );
        refused(world(transform, "string"), &said);
    }
    let long = format!("source | extend EventId = toguid(EventId) // {}", "x".repeat(15_360));
    refused(world(&long, "string"), "at most 15360 are allowed");
}

/// A rule whose transform asks where an address is, and the data that knows.
fn geo_world(folder: &std::path::Path) -> World {
    let csv = "prefix,country,state,city,latitude,longitude\n192.0.2.0/24,Iceland,,Vik,63.4,-19\n";
    std::fs::write(folder.join("geo.csv"), csv).unwrap();
    std::fs::write(folder.join("world.yaml"), "geo: geo.csv\n").unwrap();
    let mut world = World::from_file(&folder.join("world.yaml")).unwrap();
    let transform = "source | extend City = tostring(geo_location(ip).City) | project-away ip";
    let table = json!({"type": "Microsoft.OperationalInsights/workspaces/tables",
    "properties": {"plan": "Analytics", "schema": {"name": "Acme_CL", "columns": [
        {"name": "TimeGenerated", "type": "datetime"},
        {"name": "City", "type": "string"},
    ]}}});
    let rule = json!({"type": "Microsoft.Insights/dataCollectionRules", "name": "acme",
        "location": "westeurope", "kind": "Direct", "properties": {
        "streamDeclarations": {"Custom-Acme": {"columns": [
            {"name": "TimeGenerated", "type": "datetime"},
            {"name": "ip", "type": "string"},
        ]}},
        "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId": workspace_id()}]},
        "dataFlows": [{"streams": ["Custom-Acme"], "destinations": ["la"], "outputStream": "Custom-Acme_CL",
            "transformKql": transform}]}});
    world.add_table("table.json", &table.to_string());
    world.add_rule("rule.json", &rule.to_string());
    world
}

#[tokio::test]
async fn transforms_know_the_places_of_the_world_whether_loaded_or_put() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::of(geo_world(folder.path()));
    let body = json!([{"TimeGenerated": "2026-11-23T11:00:00Z", "ip": "192.0.2.7"}]).to_string();
    assert_eq!(fixture.upload("Custom-Acme", body.clone()).await.status, 204);
    assert_eq!(fixture.rows("Acme_CL | project City"), [["Vik"]]);
    let source = call(&fixture, Method::GET, &rule_id("acme"), &Value::Null).await.json();
    let put = call(&fixture, Method::PUT, &rule_id("acme"), &source).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(fixture.upload("Custom-Acme", body).await.status, 204);
    assert_eq!(fixture.rows("Acme_CL | project City"), [["Vik"], ["Vik"]]);
}
