//! How large a rule may be.
//!
//! Figures: the service limits page of Azure Monitor and the structure of a data collection rule
//! (<https://learn.microsoft.com/azure/azure-monitor/service-limits>, read 2026-11-29). The texts of these refusals are
//! not published; those here name the limit and what was found.

use std::collections::BTreeMap;

use crate::arm::{Detail, RuleResource};

/// Most data flows of a rule.
const FLOWS_MAX: usize = 10;
/// Most streams that a rule declares.
const STREAMS_MAX: usize = 10;
/// Most characters of a transform.
const TRANSFORM_CHARS_MAX: usize = 15_360;
/// Most characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 256;

/// Every limit that a rule exceeds.
pub(super) fn exceeded(rule: &RuleResource) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut check = |what: &str, found: usize, most: usize, target: &str| {
        if found > most {
            let message = format!("{what}: {found} are given, at most {most} are allowed.");
            details.push(Detail::new("InvalidProperty", message, target));
        }
    };
    check("Data flows of a rule", rule.flows.len(), FLOWS_MAX, "properties.dataFlows");
    check("Streams of a rule", rule.streams.len(), STREAMS_MAX, "properties.streamDeclarations");
    let description = rule.source["properties"]["description"].as_str().unwrap_or_default();
    check("Characters of a description", description.chars().count(), DESCRIPTION_CHARS_MAX, "properties.description");
    let transforms: BTreeMap<usize, usize> = rule
        .flows
        .iter()
        .enumerate()
        .filter_map(|(number, flow)| Some((number, flow.transform.as_ref()?.chars().count())))
        .collect();
    for (number, characters) in transforms {
        check("Characters of a transform", characters, TRANSFORM_CHARS_MAX, &format!("properties.dataFlows[{number}]"));
    }
    details
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rule(flows: usize, streams: usize, transform: usize, description: usize) -> Vec<(String, String)> {
        let columns = json!({"columns": [{"name": "TimeGenerated", "type": "datetime"}]});
        let declared: serde_json::Map<String, Value> =
            (0..streams).map(|number| (format!("Custom-{number}"), columns.clone())).collect();
        let text = format!("source // {}", "x".repeat(transform - 10));
        let flow = json!({"streams": ["Custom-0"], "destinations": ["la"], "transformKql": text,
            "outputStream": "Custom-Acme_CL"});
        let source = json!({"name": "r", "properties": {
            "description": "d".repeat(description),
            "streamDeclarations": declared,
            "destinations": {"logAnalytics": [{"name": "la"}]},
            "dataFlows": vec![flow; flows],
        }});
        let found = exceeded(&RuleResource::parse(&source).unwrap());
        found.into_iter().map(|detail| (detail.target, detail.message)).collect()
    }

    #[test]
    fn a_rule_at_its_limits_is_taken_and_one_beyond_them_is_not() {
        assert_eq!(rule(10, 10, 15_360, 256), []);
        let targets: Vec<String> = rule(11, 11, 15_361, 257).into_iter().map(|(target, _)| target).take(4).collect();
        assert_eq!(
            targets,
            [
                "properties.dataFlows",
                "properties.streamDeclarations",
                "properties.description",
                "properties.dataFlows[0]"
            ]
        );
        let (_, message) = rule(1, 1, 15_361, 0).remove(0);
        assert_eq!(message, "Characters of a transform: 15361 are given, at most 15360 are allowed.");
    }
}
