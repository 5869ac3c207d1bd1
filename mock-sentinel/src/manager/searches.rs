//! Saved searches of the workspace: functions that queries can call, such as ASIM parsers.
//!
//! Shapes: `stable/2020-08-01/SavedSearches.json` of Microsoft.OperationalInsights in
//! <https://github.com/Azure/azure-rest-api-specs>, read 2026-11-29. An existing search is only changed with its own `etag` or `*`;
//! without, Azure answers 409 and "Newer data exists": <https://github.com/Azure/azure-powershell/issues/3093>, read 2026-11-29.
//! That two searches may not share an alias is a guess.

use serde_json::{Value, json};

use super::path::Target;
use super::{Call, Stored};
use crate::http::Reply;
use crate::workspace::{SEARCHES_MAX, Search};

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    if !is_in_workspace(call) {
        return None;
    }
    call.shared.state().searches.get(&call.target.name).map(|search| shown(call, search))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    if !is_in_workspace(call) {
        return Vec::new();
    }
    call.shared.state().searches.iter().map(|search| shown(call, search)).collect()
}

/// Whether the body is a saved search.
pub(super) fn check(call: &Call<'_>) -> Result<(), Reply> {
    if !is_in_workspace(call) {
        return Err(call.not_found());
    }
    parse(call).map(|_| ())
}

fn parse(call: &Call<'_>) -> Result<Search, Reply> {
    Search::parse(&call.target.name, &call.body["properties"]).map_err(|why| {
        let message = format!("The saved search is not valid: {why}.");
        Reply::error(400, "InvalidParameter", &message, &message)
    })
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    if !is_in_workspace(call) {
        return Err(call.not_found());
    }
    let name = &call.target.name;
    let mut search = parse(call)?;
    let mut state = call.shared.state();
    if let Some(known) = state.searches.get(name) {
        let given = call.body["etag"].as_str().or_else(|| call.body["properties"]["etag"].as_str());
        if given != Some("*") && given != Some(&known.etag) {
            let message = "Newer data exists: to change a saved search, give its etag, or '*'.";
            return Err(Reply::error(409, "Conflict", message, message));
        }
    }
    let is_known = state.searches.get(name).is_some();
    call.check_count("saved searches", SEARCHES_MAX, state.searches.len(), is_known)?;
    if let Some(rival) = state.searches.rival(&search) {
        let message = format!("The saved search '{}' has the same functionAlias.", rival.name);
        return Err(Reply::error(409, "Conflict", &message, &message));
    }
    search.etag = format!("W/\"{}\"", state.random_id());
    let resource = shown(call, &search);
    let created = state.searches.put(search);
    Ok(Stored { created, resource })
}

pub(super) fn delete(call: &Call<'_>) -> bool {
    is_in_workspace(call) && call.shared.state().searches.remove(&call.target.name)
}

fn is_in_workspace(call: &Call<'_>) -> bool {
    call.target.scope.eq_ignore_ascii_case(&call.shared.world.workspace.resource_id())
}

fn shown(call: &Call<'_>, search: &Search) -> Value {
    let mut properties = search.properties.clone();
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("etag");
        properties.entry("version").or_insert(json!(2));
    }
    let target = Target { name: search.name.clone(), ..call.target.clone() };
    json!({
        "id": target.id(),
        "name": search.name,
        "type": target.kind.arm_type(),
        "etag": search.etag,
        "properties": properties,
    })
}
