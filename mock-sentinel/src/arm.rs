//! Azure resources as ARM JSON: what is deployed is what is loaded.

pub(crate) mod checks;
mod endpoint;
mod error;
pub(crate) mod relaxed;
mod rule;
mod table;
mod template;

pub(crate) use endpoint::EndpointResource;
pub(crate) use error::{ArmError, Detail};
pub(crate) use rule::{DataFlow, RuleResource};
pub(crate) use table::{Plan, TableResource};
pub(crate) use template::{Expanded, Placed, Setting, expand};

/// A resource that the world acts on.
#[derive(Debug, Clone)]
pub(crate) enum Resource {
    Table(TableResource),
    Endpoint(EndpointResource),
    Rule(RuleResource),
}

/// The tables, endpoints and rules in a document: one resource, an array of them, or a template whose resources may nest,
/// expressions and placeholders (`{{location}}`) resolved. Other resources are passed over.
pub(crate) fn resources(text: &str, setting: &Setting) -> Result<Vec<Resource>, ArmError> {
    let document = relaxed::read(text)
        .map_err(|error| ArmError::new("InvalidRequestContent", format!("The document is not JSON: {error}.")))?;
    let expanded = expand(document, setting, |kind| Known::of(kind).is_some())?;
    expanded.resources.iter().filter_map(Resource::read).collect()
}

/// The types that are read from files.
#[derive(Clone, Copy)]
enum Known {
    Table,
    Endpoint,
    Rule,
}

impl Known {
    fn of(kind: &str) -> Option<Self> {
        let kind = kind.to_ascii_lowercase();
        if kind.ends_with("workspaces/tables") || kind == "tables" {
            return Some(Self::Table);
        }
        match kind.as_str() {
            "microsoft.insights/datacollectionendpoints" => Some(Self::Endpoint),
            "microsoft.insights/datacollectionrules" => Some(Self::Rule),
            _ => None,
        }
    }
}

impl Resource {
    fn read(Placed { kind, value, place }: &Placed) -> Option<Result<Self, ArmError>> {
        let name = value["name"].as_str().unwrap_or_default();
        let read = match Known::of(kind)? {
            Known::Table => TableResource::parse(name.rsplit('/').next().unwrap_or_default(), value).map(Self::Table),
            Known::Endpoint => EndpointResource::parse(name, value).map(Self::Endpoint),
            Known::Rule => RuleResource::parse(value).map(Self::Rule),
        };
        Some(read.map_err(|error| error.within(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"type": "Microsoft.OperationalInsights/workspaces/tables", "name": "{{workspace}}/Acme_CL",
        "properties": {"schema": {"name": "Acme_CL", "columns": [{"name": "TimeGenerated", "type": "dateTime"}]}}}"#;

    fn names(document: &str) -> Vec<String> {
        let resources = resources(document, &Setting { infers: true, ..Setting::default() }).unwrap();
        resources
            .into_iter()
            .map(|resource| match resource {
                Resource::Table(table) => table.name,
                Resource::Endpoint(endpoint) => endpoint.name,
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
        assert_eq!(resources("{", &Setting::default()).unwrap_err().code, "InvalidRequestContent");
    }
}
