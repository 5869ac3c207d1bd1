//! Workspace tables: those that were deployed, and Azure's own, which can be read.

use kql::ColumnType;
use serde_json::{Map, Value, json};

use super::{Call, Stored, invalid};
use crate::arm::{ArmError, TableResource};
use crate::http::Reply;
use crate::workspace::StoredTable;

/// Most custom tables of a workspace.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces>, read 2026-11-22.
const TABLES_MAX: usize = 500;
/// How long rows are kept unless a table says otherwise.
const RETENTION_DAYS: i64 = 30;

/// What of a table can be changed; the rest is taken and passed over.
const CHANGED: [&str; 4] = ["plan", "retentionInDays", "totalRetentionInDays", "schema"];

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    if !is_in_workspace(call) {
        return None;
    }
    let state = call.shared.state();
    let (name, table) = state.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&call.target.name))?;
    Some(shown(call, name, table))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    if !is_in_workspace(call) {
        return Vec::new();
    }
    call.shared.state().tables.iter().map(|(name, table)| shown(call, name, table)).collect()
}

/// Whether the body is a table of this workspace.
pub(super) fn check(call: &Call<'_>) -> Result<(), Reply> {
    if !is_in_workspace(call) {
        return Err(call.not_found());
    }
    parse(call, &source(call, deployed(call).as_ref())).map(|_| ())
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    if !is_in_workspace(call) {
        return Err(call.not_found());
    }
    let known = deployed(call);
    let created = known.is_none();
    let count = call.shared.state().tables.resources().len();
    call.check_count("custom tables", TABLES_MAX, count, !created)?;
    store(call, &source(call, known.as_ref())).map(|resource| Stored { created, resource })
}

/// The body with what an existing table keeps.
fn source(call: &Call<'_>, known: Option<&TableResource>) -> Value {
    let mut source = call.body.clone();
    if let (Some(known), Value::Object(properties)) = (known, &mut source["properties"]) {
        keep(known, properties);
    }
    source
}

/// An existing table keeps its columns when only its plan or retention is put. Days that were defaults stay defaults when they are put
/// as they are shown: tools put back what they read.
fn keep(known: &TableResource, properties: &mut Map<String, Value>) {
    let own = &known.source["properties"];
    if properties.get("schema").is_none_or(Value::is_null) {
        properties.insert("schema".to_owned(), own["schema"].clone());
    }
    let said = |key: &str| own[key].as_i64().filter(|days| *days > 0);
    let kept = said("retentionInDays").unwrap_or(RETENTION_DAYS);
    for key in ["retentionInDays", "totalRetentionInDays"] {
        if said(key).is_none() && properties.get(key).and_then(Value::as_i64) == Some(kept) {
            properties.remove(key);
        }
    }
}

/// Changes plan, retention or columns; what the body does not say stays.
pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    let known = deployed(call).ok_or_else(|| {
        let message = format!("Table '{}' is one of Azure's own: this mock does not change it.", call.target.name);
        Reply::error(400, "InvalidParameter", &message, &message)
    })?;
    let mut source = known.source;
    if let Value::Object(properties) = &call.body["properties"] {
        let changed = properties.iter().filter(|(key, value)| CHANGED.contains(&key.as_str()) && !value.is_null());
        for (key, value) in changed {
            source["properties"][key] = value.clone();
        }
    }
    store(call, &source)
}

pub(super) fn delete(call: &Call<'_>) -> bool {
    let name = deployed(call).map(|table| table.name);
    name.is_some_and(|name| call.shared.state().tables.remove(&name))
}

fn is_in_workspace(call: &Call<'_>) -> bool {
    call.target.scope.eq_ignore_ascii_case(&call.shared.world.workspace.resource_id())
}

fn deployed(call: &Call<'_>) -> Option<TableResource> {
    let state = call.shared.state();
    let (_, table) = state.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&call.target.name))?;
    table.resource.clone().filter(|_| is_in_workspace(call))
}

fn parse(call: &Call<'_>, source: &Value) -> Result<TableResource, Reply> {
    let parsed = TableResource::parse(&call.target.name, source).and_then(|table| same_name(call, table));
    parsed.map_err(|error| invalid(&error))
}

fn store(call: &Call<'_>, source: &Value) -> Result<Value, Reply> {
    let table = parse(call, source)?;
    let name = table.name.clone();
    let mut state = call.shared.state();
    state.tables.deploy(table, call.shared.clock.now()).map_err(|error| invalid(&error))?;
    match state.tables.get(&name) {
        Some(table) => Ok(shown(call, &name, table)),
        None => Err(call.not_found()),
    }
}

/// The name in the path and the one in the schema must be the same.
fn same_name(call: &Call<'_>, table: TableResource) -> Result<TableResource, ArmError> {
    if table.name == call.target.name {
        return Ok(table);
    }
    let message = format!("The table's name in the path is '{}', in its schema '{}'.", call.target.name, table.name);
    Err(ArmError::new("InvalidParameter", message))
}

fn shown(call: &Call<'_>, name: &str, table: &StoredTable) -> Value {
    let Some(resource) = &table.resource else { return azures(call, name, table) };
    let source = &resource.source;
    let days = |key: &str| source["properties"][key].as_i64().filter(|days| *days > 0);
    let kept = days("retentionInDays").unwrap_or(RETENTION_DAYS);
    let total = days("totalRetentionInDays").unwrap_or(kept);
    let mut shown = call.resource(
        name,
        source,
        json!({
            "plan": resource.plan.name(),
            "retentionInDays": kept,
            "totalRetentionInDays": total,
            "archiveRetentionInDays": total.saturating_sub(kept).max(0),
            "retentionInDaysAsDefault": days("retentionInDays").is_none(),
            "totalRetentionInDaysAsDefault": days("totalRetentionInDays").is_none(),
        }),
    );
    let schema = &mut shown["properties"]["schema"];
    if schema.is_object() {
        schema["name"] = json!(name);
        schema["tableType"] = json!("CustomLog");
        schema["tableSubType"] = json!("DataCollectionRuleBased");
        schema["standardColumns"] =
            json!([{"name": "TenantId", "type": "guid", "isDefaultDisplay": false, "isHidden": false}]);
        schema["solutions"] = json!(["LogManagement"]);
        schema["isTroubleshootingAllowed"] = json!(true);
    }
    shown
}

/// A table that Azure writes itself.
fn azures(call: &Call<'_>, name: &str, table: &StoredTable) -> Value {
    let columns: Vec<Value> = table
        .schema()
        .columns()
        .iter()
        .map(|column| json!({"name": &*column.name, "type": type_name(column.kind), "isDefaultDisplay": false, "isHidden": false}))
        .collect();
    let schema = json!({"name": name, "tableType": "Microsoft", "tableSubType": "DataCollectionRuleBased",
        "columns": [], "standardColumns": columns, "solutions": ["LogManagement"], "isTroubleshootingAllowed": true});
    let source = json!({"properties": {"schema": schema, "plan": "Analytics", "retentionInDays": RETENTION_DAYS,
        "totalRetentionInDays": RETENTION_DAYS, "archiveRetentionInDays": 0,
        "retentionInDaysAsDefault": true, "totalRetentionInDaysAsDefault": true}});
    call.resource(name, &source, json!({}))
}

/// A column's type as the tables API writes it.
fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::DateTime => "dateTime",
        ColumnType::Bool => "boolean",
        _ => kind.name(),
    }
}
