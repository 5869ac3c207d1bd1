//! What the names of parameters, variables and placeholders plainly mean, for files that are loaded without a deployment.

use serde_json::Value;

use super::Setting;

/// The endpoint that `{{dataCollectionEndpointId}}` stands for.
const ENDPOINT: &str = "ingestion";

/// What a name means, written with or without dashes and capitals.
pub(super) fn value(name: &str, setting: &Setting) -> Option<Value> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let endpoint = || {
        let Setting { subscription_id, resource_group, .. } = setting;
        format!(
            "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.Insights/dataCollectionEndpoints/{ENDPOINT}"
        )
    };
    Some(Value::from(match plain.as_str() {
        "location" | "workspacelocation" | "region" | "resourcelocation" => setting.location.clone(),
        "workspace" | "workspacename" | "loganalyticsworkspacename" | "innerworkspace" => {
            setting.workspace_name.clone()
        }
        "workspaceresourceid" | "workspaceid" | "loganalyticsworkspaceid" | "loganalyticsworkspaceresourceid" => {
            setting.workspace_id.clone()
        }
        "subscription" | "subscriptionid" => setting.subscription_id.clone(),
        "resourcegroup" | "resourcegroupname" => setting.resource_group.clone(),
        "tenantid" => setting.tenant_id.clone(),
        "datacollectionendpointid" | "datacollectionendpointresourceid" => endpoint(),
        "datacollectionendpointname" => ENDPOINT.to_owned(),
        _ => return None,
    }))
}

/// A text with its placeholders (`{{location}}`) replaced; `None` without any.
///
/// The packaging of codeless connectors replaces the whole property where the endpoint's placeholder stands in it.
pub(super) fn placeholders(text: &str, setting: &Setting) -> Result<Option<String>, String> {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next(rest) {
        let found =
            value(name, setting).ok_or_else(|| format!("nothing is known for the placeholder '{{{{{name}}}}}'"))?;
        let found = found.as_str().unwrap_or_default();
        if name.eq_ignore_ascii_case("dataCollectionEndpointId") {
            return Ok(Some(found.to_owned()));
        }
        replaced.push_str(before);
        replaced.push_str(found);
        rest = after;
    }
    if replaced.is_empty() {
        return Ok(None);
    }
    replaced.push_str(rest);
    Ok(Some(replaced))
}

/// The first placeholder with what stands before and after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = text.split_once("{{")?;
    let (name, after) = from.split_once("}}")?;
    let is_name =
        !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-'));
    is_name.then_some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_unknown_ones_named() {
        let setting =
            Setting { location: "westeurope".to_owned(), workspace_name: "w".to_owned(), ..Setting::default() };
        let check = |text: &str| placeholders(text, &setting);
        assert_eq!(check("{{location}}"), Ok(Some("westeurope".to_owned())));
        assert_eq!(check("{{workspace}}/T_CL"), Ok(Some("w/T_CL".to_owned())));
        assert_eq!(
            check("[concat('a', {{dataCollectionEndpointId}}"),
            Ok(value("dataCollectionEndpointId", &setting).map(|id| id.as_str().unwrap().to_owned()))
        );
        assert_eq!(check("plain {{ }}"), Ok(None));
        assert!(check("{{apiKey}}").unwrap_err().contains("{{apiKey}}"));
    }
}
