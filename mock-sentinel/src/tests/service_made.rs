//! What the service adds to each row: standard columns and the time of receipt.

use serde_json::{Value, json};

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, events};
use crate::World;

async fn response(fixture: &Fixture, query: &str) -> Value {
    let response = fixture.query(&json!({"query": query, "timespan": "P2D"})).await;
    assert_eq!(response.status, 200, "{query}: {response:?}");
    response.json()["tables"][0].clone()
}

#[tokio::test]
async fn ingestion_time_is_the_time_of_receipt_whenever_the_row_is_seen() {
    let mut world = World::default();
    world.ingestion.visible_after = jiff::SignedDuration::from_mins(3);
    let fixture = Fixture::of(world);
    fixture.upload(AUDIT, events(&["a"])).await;
    fixture.advance(60);
    fixture.upload(AUDIT, events(&["b"])).await;
    fixture.advance(600);
    let query = format!("{AUDIT_TABLE} | project id, at = ingestion_time() | sort by id asc");
    let expected = json!([["a", "2026-11-23T12:00:00Z"], ["b", "2026-11-23T12:01:00Z"]]);
    assert_eq!(response(&fixture, &query).await["rows"], expected);
    let late = format!("{AUDIT_TABLE} | where ingestion_time() - TimeGenerated > 90s | project id");
    assert_eq!(response(&fixture, &late).await["rows"], json!([["b"]]));
}

#[tokio::test]
async fn standard_columns_are_there_for_who_names_them() {
    let fixture = Fixture::new();
    fixture.upload(AUDIT, events(&["a", "b"])).await;
    let plain = response(&fixture, &format!("{AUDIT_TABLE} | take 1")).await;
    let names = |table: &Value| {
        table["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let filtered =
        response(&fixture, &format!("{AUDIT_TABLE} | where Type == '{AUDIT_TABLE}' and _IsBillable == true | take 1"))
            .await;
    assert_eq!(plain, filtered);
    assert!(!names(&plain).iter().any(|name| name == "TenantId" || name.starts_with('_') || name.contains('\0')));
    let query = format!(
        "{AUDIT_TABLE} | project TenantId, Type, _ResourceId, _SubscriptionId, _TimeReceived, size = _BilledSize > 30, _IsBillable | take 1"
    );
    let named = response(&fixture, &query).await;
    let row = json!([[World::default().workspace.id, AUDIT_TABLE, "", "", "2026-11-23T12:00:00Z", true, true]]);
    assert_eq!(named["rows"], row);
    let ids = response(&fixture, &format!("{AUDIT_TABLE} | summarize dcount(_ItemId), min(strlen(_ItemId))")).await;
    assert_eq!(ids["rows"], json!([[2, 36]]));
    assert_eq!(fixture.rows(&format!("{AUDIT_TABLE} | summarize count() by Type")), [[AUDIT_TABLE, "2"]]);
}

#[tokio::test]
async fn unions_tell_their_tables_apart() {
    let fixture = Fixture::new();
    fixture.upload(AUDIT, events(&["a"])).await;
    fixture.upload(AUDIT, "{").await;
    for query in [
        "union * | summarize count() by Type | sort by Type asc",
        "union withsource=T * | summarize count() by T | sort by T asc",
    ] {
        assert_eq!(response(&fixture, query).await["rows"], json!([["DCRLogErrors", 1], [AUDIT_TABLE, 1]]), "{query}");
    }
    let billed = "union * | where _IsBillable == true | summarize sum(_BilledSize) by Type | project Type";
    assert_eq!(response(&fixture, billed).await["rows"], json!([[AUDIT_TABLE]]));
}
