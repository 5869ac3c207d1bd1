//! Resource groups. The world's own holds all resources; others can be put, and stay empty.

use serde_json::{Value, json};

use super::{Call, Stored, invalid, not_served};
use crate::arm::{ArmError, checks};
use crate::http::Reply;

/// Most resource groups of a subscription.
/// Source, in its edition of 2021-03-15, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-docs/blob/main/includes/azure-subscription-limits-azure-resource-manager.md>.
const GROUPS_MAX: usize = 980;
/// Most characters of a group's name.
/// Source, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/azure-resource-manager/management/resource-name-rules.md>.
const NAME_CHARS_MAX: usize = 90;

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    let state = call.shared.state();
    let (name, source) = state.groups.get(&call.target.name.to_lowercase())?;
    Some(shown(call, name, source))
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    let state = call.shared.state();
    state.groups.values().map(|(name, source)| shown(call, name, source)).collect()
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    let name = &call.target.name;
    check(call).map_err(|error| invalid(&error))?;
    let key = name.to_lowercase();
    let mut state = call.shared.state();
    let known = state.groups.get(&key).cloned();
    call.check_count("resource groups", GROUPS_MAX, state.groups.len(), known.is_some())?;
    let location = call.body["location"].as_str().unwrap_or_default();
    let own = known.as_ref().and_then(|(_, source)| source["location"].as_str());
    if let Some(own) = own.filter(|own| plain(own) != plain(location)) {
        let location: String = location.chars().take(64).collect();
        let message = format!(
            "Invalid resource group location '{location}'. The Resource group already exists in location '{own}'."
        );
        return Err(Reply::error(409, "InvalidResourceGroupLocation", &message, &message));
    }
    let written = known.as_ref().map_or(name, |(written, _)| written).clone();
    let source = json!({"location": plain(location), "tags": call.body["tags"], "properties": {}});
    let resource = shown(call, &written, &source);
    state.groups.insert(key, (written, source));
    Ok(Stored { created: known.is_none(), resource })
}

pub(super) fn patch(call: &Call<'_>) -> Result<Value, Reply> {
    checks::tags(&call.body["tags"]).map_err(|error| invalid(&error))?;
    let mut state = call.shared.state();
    let Some((name, source)) = state.groups.get_mut(&call.target.name.to_lowercase()) else {
        return Err(call.not_found());
    };
    if !call.body["tags"].is_null() {
        source["tags"] = call.body["tags"].clone();
    }
    Ok(shown(call, name, source))
}

pub(super) fn delete(call: &Call<'_>) -> Result<bool, Reply> {
    if call.target.name.eq_ignore_ascii_case(&call.shared.world.workspace.resource_group) {
        return Err(not_served("The resource group of the workspace is part of the world: it cannot be deleted here."));
    }
    let mut state = call.shared.state();
    state.roles.forget(&call.target.id());
    Ok(state.groups.remove(&call.target.name.to_lowercase()).is_some())
}

fn check(call: &Call<'_>) -> Result<(), ArmError> {
    let name = &call.target.name;
    let fits = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.' | '(' | ')');
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(fits) || name.ends_with('.') {
        let message = format!(
            "The provided resource group name '{}' has invalid characters, ends with a dot, or is longer than {NAME_CHARS_MAX} characters.",
            name.chars().take(NAME_CHARS_MAX).collect::<String>()
        );
        return Err(ArmError::new("InvalidResourceGroup", message));
    }
    match call.body["location"].as_str() {
        Some(location) if !location.is_empty() => checks::tags(&call.body["tags"]),
        _ => Err(ArmError::new("LocationRequired", "The location property is required for this definition.")),
    }
}

fn plain(location: &str) -> String {
    location.replace(' ', "").to_lowercase()
}

fn shown(call: &Call<'_>, name: &str, source: &Value) -> Value {
    call.resource(name, &json!({"location": source["location"], "tags": source["tags"], "properties": {}}), json!({}))
}
