//! Data collection rules: `Microsoft.Insights/dataCollectionRules`.

use std::collections::BTreeMap;

use kql::{ColumnType, Schema};
use serde::Deserialize;
use serde_json::Value;

use super::table::{RawColumn, stream_type};
use super::{ArmError, Detail, checks};

/// The kinds of rule. Source, in its edition of 2026-05-15, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-monitor-docs/blob/main/articles/azure-monitor/data-collection/data-collection-rule-structure.md>.
/// `AgentDirectToStore` is none any more: no new rules, and its end on 2026-07-31, says `vm/send-event-hubs-storage.md` there. That
/// Azure refuses any other is a guess: the API specification lists Linux and Windows, and lets more be.
const KINDS: [&str; 6] = ["Linux", "Windows", "Direct", "AgentSettings", "WorkspaceTransforms", "PlatformTelemetry"];

/// A rule as it is deployed, its parts read but not yet checked against the tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RuleResource {
    pub(crate) name: String,
    pub(crate) streams: BTreeMap<String, Schema>,
    pub(crate) flows: Vec<DataFlow>,
    /// The resource as it came.
    pub(crate) source: Value,
}

/// What becomes of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataFlow {
    pub(crate) streams: Vec<String>,
    pub(crate) transform: Option<String>,
    pub(crate) output_stream: String,
    /// The destination's name.
    pub(crate) destination: String,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    name: String,
    properties: RawProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProperties {
    #[serde(default)]
    stream_declarations: BTreeMap<String, RawStream>,
    destinations: RawDestinations,
    data_flows: Vec<RawFlow>,
}

#[derive(Deserialize)]
struct RawStream {
    #[serde(default)]
    columns: Vec<RawColumn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDestinations {
    #[serde(default)]
    log_analytics: Vec<RawDestination>,
}

#[derive(Deserialize)]
struct RawDestination {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFlow {
    #[serde(default)]
    streams: Vec<String>,
    #[serde(default)]
    destinations: Vec<String>,
    #[serde(default)]
    transform_kql: Option<String>,
    #[serde(default)]
    output_stream: Option<String>,
    /// The preview of transforms in several stages.
    #[serde(default)]
    transform: Option<Value>,
}

impl RuleResource {
    /// Reads a rule and checks what can be checked without the tables.
    pub(crate) fn parse(source: &Value) -> Result<Self, ArmError> {
        let raw = Raw::deserialize(source).map_err(|error| {
            ArmError::new("InvalidRequestContent", format!("The data collection rule is not valid: {error}."))
        })?;
        checks::one_of(&source["kind"], &KINDS, "kind")?;
        checks::tags(&source["tags"])?;
        let mut details = Vec::new();
        let streams: BTreeMap<String, Schema> = raw
            .properties
            .stream_declarations
            .into_iter()
            .map(|(name, stream)| {
                let schema = schema(&name, &stream.columns, &mut details);
                (name, schema)
            })
            .collect();
        let destinations: Vec<String> =
            raw.properties.destinations.log_analytics.into_iter().map(|destination| destination.name).collect();
        let flows = raw
            .properties
            .data_flows
            .into_iter()
            .enumerate()
            .map(|(number, flow)| flow.check(number, &streams, &destinations, &mut details))
            .collect();
        ArmError::invalid_rule(details)?;
        Ok(Self { name: raw.name, streams, flows, source: source.clone() })
    }

    /// The name of the data collection endpoint that the rule names.
    pub(crate) fn endpoint_name(&self) -> Option<&str> {
        let id = self.source["properties"]["dataCollectionEndpointId"].as_str()?;
        id.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

impl RawFlow {
    fn check(
        self,
        number: usize,
        streams: &BTreeMap<String, Schema>,
        destinations: &[String],
        details: &mut Vec<Detail>,
    ) -> DataFlow {
        let target = format!("properties.dataFlows[{number}]");
        let mut found = |code, message: String| details.push(Detail::new(code, message, &target));
        if self.streams.is_empty() {
            found("InvalidStream", "A data flow needs a stream.".to_owned());
        }
        for stream in &self.streams {
            if is_azures(stream) {
                found("StreamNotServed", not_served(stream));
            } else if !streams.contains_key(stream) {
                found("InvalidStream", format!("Stream '{stream}' is not declared in 'streamDeclarations'."));
            }
        }
        if self.transform_kql.is_some() && self.streams.len() > 1 {
            found("InvalidDataFlow", "A data flow with a transform takes exactly one stream.".to_owned());
        }
        if self.transform.is_some() {
            let message = "'transform' (preview) is not served here: write the transform in 'transformKql'.";
            found("InvalidDataFlow", message.to_owned());
        }
        let destination = match self.destinations.as_slice() {
            [only] if destinations.contains(only) => only.clone(),
            [] => {
                found("InvalidDestination", "A data flow needs a destination.".to_owned());
                String::new()
            }
            [first, ..] => {
                if !destinations.contains(first) {
                    found("InvalidDestination", format!("Destination '{first}' is not declared."));
                }
                if self.destinations.len() > 1 {
                    found("InvalidDestination", "A stream goes to one workspace per rule.".to_owned());
                }
                first.clone()
            }
        };
        let output_stream = self.output_stream.or_else(|| self.streams.first().cloned()).unwrap_or_default();
        if is_azures(&output_stream) && !self.streams.contains(&output_stream) {
            found("StreamNotServed", not_served(&output_stream));
        }
        DataFlow { streams: self.streams, transform: self.transform_kql, output_stream, destination }
    }
}

/// Whether a stream is one of Azure's own: fed by agents, or going into a table of a Microsoft product.
fn is_azures(stream: &str) -> bool {
    stream.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("Microsoft-"))
}

fn not_served(stream: &str) -> String {
    format!(
        "Stream '{stream}' is valid in Azure, but this mock does not serve the streams and tables of Microsoft's own \
         products: use a stream 'Custom-…' that is declared in 'streamDeclarations', and a table '…_CL'."
    )
}

fn schema(stream: &str, columns: &[RawColumn], details: &mut Vec<Detail>) -> Schema {
    let target = format!("properties.streamDeclarations['{stream}']");
    if !stream.starts_with("Custom-") {
        details.push(Detail::new(
            "InvalidStream",
            format!("Stream name '{stream}' must begin with 'Custom-'."),
            &target,
        ));
    }
    if columns.is_empty() {
        details.push(Detail::new("InvalidStream", format!("Stream '{stream}' declares no columns."), &target));
    }
    let mut checked = Vec::with_capacity(columns.len());
    for RawColumn { name, kind } in columns {
        let Some(parsed) = stream_type(kind) else {
            let message = format!(
                "Column '{name}' has type '{kind}'; allowed are string, int, long, real, boolean, dynamic, datetime."
            );
            details.push(Detail::new("InvalidColumnType", message, &target));
            continue;
        };
        if checked.iter().any(|(known, _): &(String, ColumnType)| known == name) {
            details.push(Detail::new("InvalidStream", format!("Column '{name}' is declared twice."), &target));
            continue;
        }
        checked.push((name.clone(), parsed));
    }
    Schema::new(checked)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn streams_of_azures_own_are_named_as_not_served() {
        let error = rule("string", "Microsoft-Syslog", "la").unwrap_err();
        let said: Vec<_> = error.details.iter().map(|detail| detail.code).collect();
        assert_eq!(said, ["StreamNotServed"]);
        assert!(error.details[0].message.contains("valid in Azure, but this mock does not serve"));
    }

    fn rule(column_type: &str, stream: &str, destination: &str) -> Result<RuleResource, ArmError> {
        RuleResource::parse(&json!({"name": "r", "properties": {
            "streamDeclarations": {"Custom-A": {"columns": [{"name": "id", "type": column_type}]}},
            "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId": "{{workspaceResourceId}}"}]},
            "dataFlows": [{"streams": [stream], "destinations": [destination], "outputStream": "Custom-A_CL"}],
        }}))
    }

    #[test]
    fn a_rule_is_read_with_its_streams_and_flows() {
        let rule = rule("string", "Custom-A", "la").unwrap();
        assert_eq!(rule.flows[0].output_stream, "Custom-A_CL");
        assert_eq!(rule.streams["Custom-A"].len(), 1);
    }

    #[test]
    fn every_finding_is_reported_with_its_place() {
        let error = rule("guid", "Custom-B", "elsewhere").unwrap_err();
        let found: Vec<_> = error.details.iter().map(|detail| (detail.code, detail.target.as_str())).collect();
        assert_eq!(
            found,
            [
                ("InvalidColumnType", "properties.streamDeclarations['Custom-A']"),
                ("InvalidStream", "properties.dataFlows[0]"),
                ("InvalidDestination", "properties.dataFlows[0]"),
            ]
        );
    }
}
