//! The mocks' worlds and the connector's configuration, as a scenario differs from the usual ones.

use std::path::PathBuf;

use connector::config::{self, Config, Sources};
use mock_miro::MockMiro;
use mock_sentinel::MockSentinel;
use serde_json::{Map, Value};

use super::Scenario;
use super::finding::hint;
use crate::deployment::{self, Addresses};

/// Something that cannot be, and the way to it in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", path.join("."))]
pub struct WorldProblem {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
}

impl WorldProblem {
    fn new(path: &[&str], message: impl Into<String>) -> Self {
        Self { path: path.iter().map(|&key| key.to_owned()).collect(), message: message.into() }
    }
}

/// The keys of Miro's world that are no keys of an organization.
const WORLD_KEYS: [&str; 5] = ["organizations", "switches", "latency", "seed", "journal_max"];

/// Miro's world.
///
/// # Errors
///
/// If the keys of the scenario contradict each other.
pub fn miro(scenario: &Scenario) -> Result<mock_miro::World, WorldProblem> {
    let given = &scenario.world.miro;
    let seed = given.get("seed").and_then(Value::as_u64).unwrap_or(scenario.seed);
    let mut world = serde_json::to_value(mock_miro::World::enterprise(seed)).unwrap_or_default();
    forget_tokens(&mut world);
    for (key, value) in given {
        let mine =
            if WORLD_KEYS.contains(&key.as_str()) { &mut world[key] } else { &mut world["organizations"][0][key] };
        merge(mine, value);
    }
    let read: Result<mock_miro::World, _> = serde_path_to_error::deserialize(world);
    let world = read.map_err(|error| {
        let path = error.path().to_string();
        let path = path.strip_prefix("organizations[0].").unwrap_or(&path).to_owned();
        problem_at("miro", &path, &error.into_inner().to_string())
    })?;
    Ok(world)
}

/// Azure's world.
///
/// # Errors
///
/// If the keys of the scenario contradict each other.
pub fn azure(scenario: &Scenario) -> Result<mock_sentinel::World, WorldProblem> {
    let mut given = scenario.world.azure.clone();
    given.entry("seed").or_insert_with(|| scenario.seed.into());
    let read: Result<mock_sentinel::World, _> = serde_path_to_error::deserialize(Value::Object(given));
    read.map_err(|error| problem_at("azure", &error.path().to_string(), &error.into_inner().to_string()))
}

fn problem_at(world: &str, path: &str, message: &str) -> WorldProblem {
    let keys = path.split(['.', '[', ']']).filter(|key| !key.is_empty());
    let path = ["world", world].into_iter().chain(keys).map(str::to_owned).collect();
    WorldProblem { path, message: message.to_owned() }
}

/// Tokens are written without their values, which are made up again from the seed.
fn forget_tokens(world: &mut Value) {
    let organizations = world["organizations"].as_array_mut().into_iter().flatten();
    for token in organizations.filter_map(|organization| organization["tokens"].as_array_mut()).flatten() {
        token.as_object_mut().map(|token| token.remove("value"));
    }
}

fn merge(mine: &mut Value, given: &Value) {
    match (mine, given) {
        (Value::Object(mine), Value::Object(given)) => {
            for (key, value) in given {
                merge(mine.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (mine, given) => *mine = given.clone(),
    }
}

/// The connector's configuration between two mocks, taken through its own loader.
///
/// # Errors
///
/// If the overrides are not a valid configuration.
pub fn config(
    scenario: &Scenario,
    miro: &MockMiro,
    sentinel: &MockSentinel,
    addresses: &Addresses,
) -> Result<Config, WorldProblem> {
    load(&overlaid(scenario, deployment::settings(miro, sentinel, addresses))?)
}

/// The same as a configuration file has it.
///
/// # Errors
///
/// If the overrides are not valid.
pub fn settings(
    scenario: &Scenario,
    miro: &MockMiro,
    sentinel: &MockSentinel,
    addresses: &Addresses,
) -> Result<toml::Table, WorldProblem> {
    overlaid(scenario, deployment::settings(miro, sentinel, addresses))
}

/// The same between peers that are nowhere, for what does not depend on them.
///
/// # Errors
///
/// If the overrides are not a valid configuration.
pub fn example_config(scenario: &Scenario) -> Result<Config, WorldProblem> {
    load(&overlaid(scenario, deployment::example_settings())?)
}

/// The settings with what the scenario sets beside them. `{KEY}` in a text stands for the setting of that key as it was before, so
/// that two of them can be swapped.
fn overlaid(scenario: &Scenario, mut settings: toml::Table) -> Result<toml::Table, WorldProblem> {
    let before = settings.clone();
    let start = scenario.time(scenario.world.start).to_string();
    let defaults = [
        ("streams.audit.start", toml::Value::from(start.clone())),
        ("streams.content.start", start.into()),
        ("streams.audit.poll_every", "1s".into()),
        ("streams.content.poll_every", "1s".into()),
    ];
    for (key, value) in defaults {
        deployment::set(&mut settings, key, value);
    }
    for (key, value) in &scenario.connector {
        let value = toml::Value::try_from(value.clone()).map_err(|_| {
            WorldProblem::new(&["connector", key], format!("`{value}` is not a value of a configuration"))
        })?;
        deployment::set(&mut settings, key, filled(value, &before));
    }
    Ok(settings)
}

fn filled(value: toml::Value, settings: &toml::Table) -> toml::Value {
    let toml::Value::String(text) = &value else { return value };
    let Some((head, rest)) = text.split_once('{') else { return value };
    let Some((key, tail)) = rest.split_once('}') else { return value };
    match deployment::get(settings, key).and_then(toml::Value::as_str) {
        Some(named) => format!("{head}{named}{tail}").into(),
        None => value,
    }
}

/// Settings taken through the connector's own loader; the first thing that is wrong with them.
pub(crate) fn load(settings: &toml::Table) -> Result<Config, WorldProblem> {
    let text = toml::to_string(settings).map_err(|error| WorldProblem::new(&["connector"], error.to_string()))?;
    let sources = Sources { file: Some((PathBuf::from("scenario.toml"), text)), ..Sources::default() };
    config::load(&sources).map(|(config, _warnings)| config).map_err(|findings| {
        let first = findings.0.iter().find(|finding| finding.severity == config::Severity::Error);
        let Some(finding) = first else { return WorldProblem::new(&["connector"], findings.to_string()) };
        let allowed = finding.allowed.as_ref().map(|allowed| format!("; allowed: {allowed}")).unwrap_or_default();
        let value = finding.value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
        if finding.problem.ends_with("is not a key we know") || finding.problem.starts_with("is not a key") {
            let known = finding.allowed.as_deref().unwrap_or_default().split(", ");
            let last = finding.key.rsplit('.').next().unwrap_or(&finding.key);
            let message =
                format!("`{}` is not a key of the connector configuration; {}", finding.key, hint(last, known));
            return WorldProblem::new(&["connector", &finding.key], message);
        }
        let message = format!("the connector refuses `{}{value}`: {}{allowed}", finding.key, finding.problem);
        WorldProblem::new(&["connector", &finding.key], message)
    })
}

/// A change of Miro's world, as its mock takes it.
///
/// # Errors
///
/// If a key or a value of the change is unknown.
pub fn change(change: &Map<String, Value>) -> Result<mock_miro::WorldChange, String> {
    serde_json::from_value(Value::Object(change.clone())).map_err(|error| error.to_string())
}
