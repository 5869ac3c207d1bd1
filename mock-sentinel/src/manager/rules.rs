//! Data collection rules: checked against the tables when they are put, as Azure checks them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, Stored, invalid};
use crate::arm::{ArmError, Detail, RuleResource};
use crate::http::Reply;
use crate::rules::Rule;

/// Most rules in a world, so that it stays bounded.
const RULES_MAX: usize = 1_000;

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    named(call).map(|rule| shown(call, &rule))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    let mut rules: Vec<_> = call.shared.state().rules.iter().cloned().collect();
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    rules.iter().map(|rule| shown(call, rule)).collect()
}

/// Whether the body is a rule of this workspace. Its endpoint and its tables may come with the same template.
pub(super) fn check(call: &Call<'_>) -> Result<(), Reply> {
    call.check_location()?;
    let mut source = call.body.clone();
    source["name"] = json!(call.target.name);
    let checked = RuleResource::parse(&source).and_then(|_| check_workspaces(call, &source));
    checked.map_err(|error| invalid(&error))
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    call.check_location()?;
    let known = named(call);
    let count = call.shared.state().rules.iter().count();
    call.check_count("data collection rules", RULES_MAX, count, known.is_some())?;
    let mut source = call.body.clone();
    source["name"] = json!(known.as_ref().map_or(&call.target.name, |rule| &rule.name));
    let rule = store(call, &source)?;
    Ok(Stored { created: known.is_none(), resource: shown(call, &rule) })
}

/// Takes other tags; the rest of a rule is changed by putting it.
pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    let known = named(call).ok_or_else(|| call.not_found())?;
    let mut source = known.resource.source.clone();
    source["name"] = json!(known.name);
    call.take_tags(&mut source);
    let rule = store(call, &source)?;
    Ok(shown(call, &rule))
}

pub(super) fn delete(call: &Call<'_>) -> bool {
    let found = named(call);
    if let Some(rule) = &found {
        let mut state = call.shared.state();
        state.roles.forget(&call.target.id());
        state.rules.remove(&rule.immutable_id);
    }
    found.is_some()
}

fn named(call: &Call<'_>) -> Option<Arc<Rule>> {
    let state = call.shared.state();
    state.rules.iter().find(|rule| rule.name.eq_ignore_ascii_case(&call.target.name)).cloned()
}

fn store(call: &Call<'_>, source: &Value) -> Result<Arc<Rule>, Reply> {
    let compiled = RuleResource::parse(source).and_then(|rule| {
        check_workspaces(call, source)?;
        check_endpoint(call, &rule)?;
        let tables = call.shared.state().tables.resources();
        Rule::compile(rule, &tables, call.shared.geo_info().as_ref())
    });
    let rule = Arc::new(compiled.map_err(|error| invalid(&error))?);
    call.shared.state().rules.add(rule.clone());
    Ok(rule)
}

/// A data collection endpoint that a rule names must be there: put it first.
fn check_endpoint(call: &Call<'_>, rule: &RuleResource) -> Result<(), ArmError> {
    let Some(name) = rule.endpoint_name() else { return Ok(()) };
    if call.shared.state().endpoints.contains_key(&name.to_lowercase()) {
        return Ok(());
    }
    let id = rule.source["properties"]["dataCollectionEndpointId"].as_str().unwrap_or_default();
    let message = format!("Data collection endpoint '{id}' could not be found.");
    let target = "properties.dataCollectionEndpointId";
    ArmError::invalid_rule(vec![Detail::new("InvalidDataCollectionEndpoint", message, target)])
}

/// Destinations must be the one workspace there is.
fn check_workspaces(call: &Call<'_>, source: &Value) -> Result<(), ArmError> {
    let own = call.shared.world.workspace.resource_id();
    let destinations = source["properties"]["destinations"]["logAnalytics"].as_array().cloned().unwrap_or_default();
    let foreign = destinations.iter().enumerate().filter_map(|(index, destination)| {
        let id = destination["workspaceResourceId"].as_str().unwrap_or_default();
        (!id.eq_ignore_ascii_case(&own)).then(|| {
            let target = format!("properties.destinations.logAnalytics[{index}].workspaceResourceId");
            Detail::new("InvalidDestination", format!("Workspace '{id}' could not be found."), target)
        })
    });
    ArmError::invalid_rule(foreign.collect())
}

/// A direct rule has an endpoint of its own: the host that the caller reached.
fn shown(call: &Call<'_>, rule: &Rule) -> Value {
    let source = &rule.resource.source;
    let mut added = json!({"immutableId": rule.immutable_id});
    if source["kind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Direct")) {
        added["endpoints"] = json!({"logsIngestion": call.host, "metricsIngestion": call.host});
    }
    let customer = &call.shared.world.workspace.id;
    let mut shown = call.in_own_group().resource(&rule.name, source, added);
    let destinations = shown.pointer_mut("/properties/destinations/logAnalytics").and_then(Value::as_array_mut);
    for destination in destinations.into_iter().flatten() {
        destination["workspaceId"] = json!(customer);
    }
    shown
}
