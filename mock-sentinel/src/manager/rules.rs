//! Data collection rules: checked against the tables when they are put, as Azure checks them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, invalid};
use crate::arm::{ArmError, Detail, RuleResource};
use crate::http::Reply;
use crate::rules::Rule;

pub(super) fn get(call: &Call<'_>) -> Reply {
    match find(call) {
        Some(rule) => Reply::json(200, &shown(call, &rule), format!("rule {}", rule.name)),
        None => call.not_found(),
    }
}

pub(super) fn put(call: &Call<'_>) -> Reply {
    if let Err(reply) = call.check_location().and_then(|()| check_room(call)) {
        return reply;
    }
    let mut source = call.body.clone();
    source["name"] = json!(call.target.name());
    let compiled = RuleResource::parse(&source).and_then(|rule| {
        check_workspaces(call, &source)?;
        check_endpoint(call, &source)?;
        let tables = call.shared.state().tables.resources();
        Rule::compile(rule, &tables)
    });
    match compiled {
        Ok(rule) => {
            let created = find(call).is_none();
            let rule = Arc::new(rule);
            call.shared.state().rules.add(rule.clone());
            call.stored(created, &shown(call, &rule))
        }
        Err(error) => invalid(&error),
    }
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let found = find(call);
    if let Some(rule) = &found {
        call.shared.state().rules.remove(&rule.immutable_id);
    }
    call.deleted(found.is_some())
}

fn find(call: &Call<'_>) -> Option<Arc<Rule>> {
    let state = call.shared.state();
    state.rules.iter().find(|rule| rule.name.eq_ignore_ascii_case(call.target.name())).cloned()
}

/// Most rules in a world, so that it stays bounded.
const RULES_MAX: usize = 1_000;

fn check_room(call: &Call<'_>) -> Result<(), Reply> {
    let known = find(call).is_some();
    let count = call.shared.state().rules.iter().count();
    call.check_count("data collection rules", RULES_MAX, count, known)
}

/// A data collection endpoint that a rule names must be there: put it first.
fn check_endpoint(call: &Call<'_>, source: &Value) -> Result<(), ArmError> {
    let Some(id) = source["properties"]["dataCollectionEndpointId"].as_str() else { return Ok(()) };
    let name = id.rsplit('/').next().unwrap_or_default().to_lowercase();
    if call.shared.state().endpoints.contains_key(&name) {
        return Ok(());
    }
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
    call.resource(source, added)
}
