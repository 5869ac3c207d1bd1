//! Rows a second through the deployed audit rule: what the mock Sentinel does to every upload.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kql::{Batch, BatchBuilder, ColumnType, DateTime, Schema, Settings, Transform};

const RULES: &str = include_str!("../../connector/deploy/arm/rules.json");
/// About as many as one upload of a megabyte holds.
const ROWS: u64 = 1_500;

/// The transform of the audit rule, as it is deployed.
fn audit_transform() -> String {
    let template: serde_json::Value = serde_json::from_str(RULES).expect("the template is JSON");
    let resources = template["resources"].as_array().expect("a template has resources");
    let rule = resources.iter().find(|resource| resource["name"] == "miro-audit-logs").expect("the audit rule");
    rule["properties"]["dataFlows"][0]["transformKql"].as_str().expect("a transform").to_owned()
}

fn stream() -> Schema {
    let text = ["id", "event", "category", "type", "createdAt"].map(|name| (name, ColumnType::String));
    let dynamic = ["createdBy", "context", "details", "object"].map(|name| (name, ColumnType::Dynamic));
    Schema::new(text.into_iter().chain(dynamic))
}

fn upload(schema: &Schema) -> Batch {
    let mut rows = BatchBuilder::new(schema.clone());
    for row in 0..ROWS {
        rows.column(0).push_str(&format!("2026-03-01T00:00:00.{row:06}Z#{row}-BEN"));
        rows.column(1).push_str("board_opened");
        rows.column(2).push_str("boards");
        rows.column(3).push_str("event");
        rows.column(4).push_str("2026-03-01T00:00:00.123+0000");
        rows.column(5)
            .push_json(r#"{"type":"user","id":"3074457345618000001","name":"Ada","email":"ada@example.com"}"#);
        rows.column(6).push_json(
            r#"{"ip":"203.0.113.7","team":{"id":"1","name":"Team","type":"team"},"organization":{"id":"2","name":"Org","type":"organization"}}"#,
        );
        rows.column(7).push_json(r#"{"role":"OWNER"}"#);
        rows.column(8).push_json(r#"{"id":"uXjVexample0=","name":"Board"}"#);
    }
    rows.finish()
}

fn audit_rule(criterion: &mut Criterion) {
    let schema = stream();
    let transform = Transform::compile(&audit_transform(), &schema).expect("the deployed rule compiles");
    let rows = upload(&schema);
    let now = DateTime::parse("2026-03-01T00:01:00Z").expect("a time");
    let mut group = criterion.benchmark_group("transform");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("audit rule", |bencher| {
        bencher.iter(|| transform.apply(&rows, &Settings::at(now)).expect("it applies"));
    });
    group.finish();
}

criterion_group!(benches, audit_rule);
criterion_main!(benches);
