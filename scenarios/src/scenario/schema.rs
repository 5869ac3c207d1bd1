//! The JSON Schema of scenario files, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Scenario, Step};

/// The schema, as it is published in `scenarios/catalogue/schema.json`.
pub fn schema() -> Value {
    let root = |schema: schemars::Schema| schema.to_value();
    let settings = SchemaSettings::draft2020_12;
    let mut schema = root(settings().into_generator().into_root_schema_for::<Scenario>());
    // Steps are read one by one, so that each mistake is told: the type of a scenario does not name them.
    let mut step = root(settings().into_generator().into_root_schema_for::<Step>());
    if let Some(Value::Object(types)) = step.as_object_mut().and_then(|step| step.remove("$defs")) {
        for (name, definition) in types {
            schema["$defs"][name] = definition;
        }
    }
    step.as_object_mut().map(|step| step.remove("$schema"));
    schema["$defs"]["Step"] = step;
    schema["properties"]["timeline"] = json!({
        "description": "What happens.",
        "type": "array",
        "items": { "$ref": "#/$defs/Step" },
    });
    schema["title"] = "A scenario of miro-lab".into();
    let world = &mut schema["$defs"]["WorldSpec"]["properties"];
    let doc = |world: &Value| world["description"].clone();
    let (miro_doc, azure_doc) = (doc(&world["miro"]), doc(&world["azure"]));
    world["miro"] = miro(&miro_doc);
    world["azure"] = object(&as_value(&mock_sentinel::World::default()), &azure_doc);
    schema["properties"]["connector"]["propertyNames"] = json!({ "pattern": "^[a-z_]+(\\.[a-z_]+)+$" });
    schema
}

/// The keys of Miro's world, and those of its first organization beside them.
fn miro(doc: &Value) -> Value {
    let world = as_value(&mock_miro::World::default());
    let mut keys = world.as_object().cloned().unwrap_or_default();
    let organization = world["organizations"][0].as_object().cloned().unwrap_or_default();
    keys.extend(organization);
    object(&Value::Object(keys), doc)
}

fn as_value(world: &impl serde::Serialize) -> Value {
    serde_json::to_value(world).unwrap_or_default()
}

/// The schema of an object that has the keys of `example`, each optional and of the example's type.
fn object(example: &Value, doc: &Value) -> Value {
    let mut schema = like(example);
    if !doc.is_null() {
        schema["description"] = doc.clone();
    }
    schema
}

fn like(example: &Value) -> Value {
    match example {
        Value::Object(map) if !map.is_empty() => {
            let properties: Map<_, _> = map.iter().map(|(key, value)| (key.clone(), like(value))).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        Value::Object(_) => json!({ "type": "object" }),
        Value::Array(items) => match items.first() {
            Some(first @ Value::Object(_)) => json!({ "type": "array", "items": like(first) }),
            _ => json!({ "type": "array" }),
        },
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        // A text may be of a closed list, which an example does not tell; what is null may be anything.
        Value::String(_) => json!({ "type": ["string", "null", "number", "boolean"] }),
        Value::Null => json!({}),
    }
}
