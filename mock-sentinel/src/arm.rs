//! Azure resources as ARM JSON: what is deployed is what is loaded.

mod error;
mod rule;
mod table;

use serde_json::Value;

pub(crate) use error::{ArmError, Detail};
pub(crate) use rule::{DataFlow, RuleResource};
pub(crate) use table::{Plan, TableResource};

/// Nesting of templates inside templates that is still looked at.
const DEPTH_MAX: usize = 8;

/// A resource that the world acts on.
#[derive(Debug, Clone)]
pub(crate) enum Resource {
    Table(TableResource),
    Rule(RuleResource),
}

/// The tables and rules in a document: one resource, an array of them, or a template whose resources may nest. Other
/// resources are passed over.
///
/// Placeholders (`{{location}}`) and template expressions (`[parameters('x')]`) are left as they are: nothing that
/// decides how data flows depends on them.
pub(crate) fn resources(text: &str) -> Result<Vec<Resource>, ArmError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| ArmError::new("InvalidRequestContent", format!("The document is not JSON: {error}.")))?;
    let mut found = Vec::new();
    collect(&document, DEPTH_MAX, &mut found);
    found.into_iter().filter_map(known).collect()
}

fn collect<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a Value>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, deeper, found)),
        Value::Object(object) => {
            if object.get("type").is_some_and(Value::is_string) {
                found.push(value);
            }
            for nested in ["/resources", "/properties/template"] {
                if let Some(inner) = value.pointer(nested) {
                    collect(inner, deeper, found);
                }
            }
        }
        _ => {}
    }
}

fn known(value: &Value) -> Option<Result<Resource, ArmError>> {
    let kind = value["type"].as_str()?.to_ascii_lowercase();
    if kind.ends_with("workspaces/tables") {
        Some(TableResource::parse(value).map(Resource::Table))
    } else if kind == "microsoft.insights/datacollectionrules" {
        Some(RuleResource::parse(value).map(Resource::Rule))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"type": "Microsoft.OperationalInsights/workspaces/tables", "name": "{{workspace}}/Acme_CL",
        "properties": {"schema": {"name": "Acme_CL", "columns": [{"name": "TimeGenerated", "type": "dateTime"}]}}}"#;

    fn names(document: &str) -> Vec<String> {
        let resources = resources(document).unwrap();
        resources
            .into_iter()
            .map(|resource| match resource {
                Resource::Table(table) => table.name,
                Resource::Rule(rule) => rule.name,
            })
            .collect()
    }

    #[test]
    fn one_resource_an_array_and_a_template_are_all_documents() {
        assert_eq!(names(TABLE), ["Acme_CL"]);
        assert_eq!(names(&format!("[{TABLE}, {{\"type\": \"Other\"}}]")), ["Acme_CL"]);
        assert_eq!(names(&format!("{{\"$schema\": \"x\", \"resources\": [{TABLE}]}}")), ["Acme_CL"]);
        let nested = format!(
            r#"{{"resources": [{{"type": "Microsoft.Resources/deployments", "properties": {{"template": {{"resources": [{TABLE}]}}}}}}]}}"#
        );
        assert_eq!(names(&nested), ["Acme_CL"]);
    }

    #[test]
    fn text_that_is_not_json_is_named_as_such() {
        assert_eq!(resources("{").unwrap_err().code, "InvalidRequestContent");
    }
}
