//! Workspace tables, and the workspace they are in.

use serde_json::{Value, json};

use super::{Call, invalid};
use crate::arm::{ArmError, TableResource};
use crate::http::Reply;

/// Most custom tables of a workspace.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces>, read 2026-11-22.
const TABLES_MAX: usize = 500;

pub(super) fn workspace(call: &Call<'_>) -> Reply {
    let workspace = &call.shared.world.workspace;
    if !call.target.name().eq_ignore_ascii_case(&workspace.name) {
        return call.not_found();
    }
    let source =
        json!({"location": workspace.location, "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}});
    let resource = call.resource(&source, json!({"customerId": workspace.id}));
    Reply::json(200, &resource, "workspace")
}

pub(super) fn get(call: &Call<'_>) -> Reply {
    if let Err(reply) = check_workspace(call) {
        return reply;
    }
    let state = call.shared.state();
    match state.tables.get(call.target.name()).and_then(|table| table.resource.as_ref()) {
        Some(table) => Reply::json(200, &shown(call, table), format!("table {}", table.name)),
        None => call.not_found(),
    }
}

pub(super) fn put(call: &Call<'_>) -> Reply {
    if let Err(reply) = check_workspace(call) {
        return reply;
    }
    let table = match TableResource::parse(&call.body).and_then(|table| named(call, table)) {
        Ok(table) => table,
        Err(error) => return invalid(&error),
    };
    let (known, count) = {
        let state = call.shared.state();
        (state.tables.get(&table.name).is_some(), state.tables.resources().len())
    };
    if let Err(reply) = call.check_count("custom tables", TABLES_MAX, count, known) {
        return reply;
    }
    let stored = call.shared.state().tables.deploy(table.clone(), call.shared.clock.now());
    match stored {
        Ok(created) => call.stored(created, &shown(call, &table)),
        Err(error) => invalid(&error),
    }
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let mut state = call.shared.state();
    call.deleted(state.tables.remove(call.target.name()))
}

fn check_workspace(call: &Call<'_>) -> Result<(), Reply> {
    let own = call.shared.world.workspace.resource_id();
    if call.target.scope.eq_ignore_ascii_case(&own) { Ok(()) } else { Err(call.not_found()) }
}

/// The name in the path and the one in the schema must be the same.
fn named(call: &Call<'_>, table: TableResource) -> Result<TableResource, ArmError> {
    if table.name == call.target.name() {
        return Ok(table);
    }
    let message = format!("The table's name in the path is '{}', in its schema '{}'.", call.target.name(), table.name);
    Err(ArmError::new("InvalidParameter", message))
}

fn shown(call: &Call<'_>, table: &TableResource) -> Value {
    let mut resource = call.resource(&table.source, json!({"plan": table.plan.name()}));
    resource["properties"]["schema"]["tableType"] = json!("CustomLog");
    resource["properties"]["schema"]["tableSubType"] = json!("DataCollectionRuleBased");
    resource
}
