//! What several kinds of resource have in common: values of a closed list, tags, days of retention.

use serde_json::Value;

use super::ArmError;

/// Most tags of a resource, most characters of a name and of a value.
/// Source, in its edition of 2022-03-15, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/azure-resource-manager/management/tag-resources.md>.
/// Which signs a name may not hold is not checked.
const TAGS_MAX: usize = 50;
const TAG_NAME_MAX: usize = 512;
const TAG_VALUE_MAX: usize = 256;

/// From where a resource can be reached. Source: the types of endpoints (2024-03-11) and workspaces (2025-07-01) in
/// <https://github.com/Azure/bicep-types-az>, read 2026-11-29.
pub(crate) const NETWORK_ACCESS: [&str; 3] = ["Enabled", "Disabled", "SecuredByPerimeter"];

/// A text that must be one of these; absent and null are allowed.
pub(crate) fn one_of(value: &Value, allowed: &[&str], target: &str) -> Result<(), ArmError> {
    let fits = match value {
        Value::Null => true,
        Value::String(text) => allowed.iter().any(|one| one.eq_ignore_ascii_case(text)),
        _ => false,
    };
    if fits { Ok(()) } else { Err(invalid(value, target, &allowed.join(", "))) }
}

/// A number of days within these bounds; absent, null and -1 (the default) are allowed.
pub(crate) fn days(value: &Value, least: i64, most: i64, target: &str) -> Result<(), ArmError> {
    let fits = value.is_null() || value.as_i64().is_some_and(|days| days == -1 || (least..=most).contains(&days));
    if fits { Ok(()) } else { Err(invalid(value, target, &format!("{least} to {most}, and -1 for the default"))) }
}

/// Tags: texts by name.
pub(crate) fn tags(tags: &Value) -> Result<(), ArmError> {
    let refuse = |why: &str| Err(ArmError::new("InvalidTags", format!("The tags are not valid: {why}.")));
    let tags = match tags {
        Value::Null => return Ok(()),
        Value::Object(tags) => tags,
        _ => return refuse("they are an object of texts"),
    };
    if tags.len() > TAGS_MAX {
        return refuse(&format!("there are {}, at most {TAGS_MAX} are allowed", tags.len()));
    }
    for (name, value) in tags {
        let fits = value.as_str().is_some_and(|value| value.chars().count() <= TAG_VALUE_MAX);
        if !fits || name.is_empty() || name.chars().count() > TAG_NAME_MAX {
            let name: String = name.chars().take(64).collect();
            return refuse(&format!(
                "'{name}' needs a name of 1 to {TAG_NAME_MAX} characters and a text of at most {TAG_VALUE_MAX}"
            ));
        }
    }
    Ok(())
}

fn invalid(value: &Value, target: &str, allowed: &str) -> ArmError {
    let shown: String = value.to_string().chars().take(80).collect();
    ArmError::new("InvalidParameter", format!("The value {shown} of '{target}' is not valid. Allowed: {allowed}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn closed_lists_days_and_tags_are_checked() {
        assert_eq!(one_of(&json!("enabled"), &NETWORK_ACCESS, "a"), Ok(()));
        assert_eq!(one_of(&Value::Null, &NETWORK_ACCESS, "a"), Ok(()));
        let said = one_of(&json!("Yes please"), &NETWORK_ACCESS, "properties.a").unwrap_err().message;
        assert_eq!(
            said,
            "The value \"Yes please\" of 'properties.a' is not valid. Allowed: Enabled, Disabled, SecuredByPerimeter."
        );
        assert!(one_of(&json!(true), &NETWORK_ACCESS, "a").is_err());
        assert!(days(&json!(30), 4, 730, "a").is_ok() && days(&json!(-1), 4, 730, "a").is_ok());
        assert!(days(&json!(3), 4, 730, "a").is_err() && days(&json!("30"), 4, 730, "a").is_err());
        assert!(tags(&json!({"a": "b"})).is_ok() && tags(&json!({"a": 1})).is_err() && tags(&json!([])).is_err());
    }
}
