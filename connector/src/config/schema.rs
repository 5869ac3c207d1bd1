//! The JSON Schema of the configuration, made from the table of keys.

use serde_json::{Map, Value, json};

use super::key::{AnyKey, Otherwise};
use super::keys::{KEYS, SECTIONS};

/// The JSON Schema (2020-12) of the configuration file, for editors and linters.
pub fn schema() -> Value {
    let mut root = object("The configuration of miro-sentinel.");
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("miro-sentinel");
    root["required"] = json!(["streams", "sentinel"]);
    root["properties"]["streams"] = object("The streams to deliver; at least one.");
    root["properties"]["streams"]["minProperties"] = json!(1);
    for (section, purpose) in SECTIONS {
        let target = section.split('.').fold(&mut root, |at, name| &mut at["properties"][name]);
        *target = object(purpose);
        for key in KEYS.iter().filter(|key| key.section() == section) {
            target["properties"][key.name()] = property(*key);
        }
        target["required"] = required(section);
    }
    root
}

/// The names that must stand in `section`: keys without a default, and the sections that every configuration has.
fn required(section: &str) -> Value {
    let keys = KEYS.iter().filter(|key| key.section() == section && matches!(key.otherwise(), Otherwise::Required));
    let sections: &[&str] = if section == "sentinel" { &["rules", "identity"] } else { &[] };
    keys.map(|key| key.name()).chain(sections.iter().copied()).collect()
}

fn object(description: &str) -> Value {
    json!({"type": "object", "description": description, "additionalProperties": false, "properties": Map::new()})
}

fn property(key: &dyn AnyKey) -> Value {
    let mut property = key.schema();
    property["description"] = json!(format!("{} Allowed: {}.", key.doc(), key.allowed()));
    if let Otherwise::Default(literal, _) = key.otherwise() {
        property["default"] = json_of(literal);
    }
    property
}

/// A TOML literal of the table as JSON.
fn json_of(literal: &str) -> Value {
    let document: toml::Table =
        format!("it = {literal}").parse().expect("the table of keys holds valid TOML, as a test asserts");
    serde_json::to_value(&document["it"]).expect("strings, numbers and arrays are JSON too")
}
