//! Cells as the query API writes them.

use serde_json::Value as Json;

use crate::value::Value;

/// One cell as the query API answers it: datetimes in ISO 8601 with `Z`, timespans, decimals and guids as text,
/// dynamic values as a string of JSON, NaN and infinities as text, nulls as `null`.
pub fn cell(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Long(value) => Json::from(*value),
        Value::Real(value) if value.is_finite() => Json::from(*value),
        Value::DateTime(value) => Json::String(value.to_string()),
        Value::Real(value) => Json::String(crate::text::unbounded(*value).to_owned()),
        Value::Decimal(_) | Value::String(_) | Value::Timespan(_) | Value::Guid(_) => {
            Json::String(value.to_text().into_owned())
        }
        Value::Dynamic(tree) => Json::String(tree.to_json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateTime, Dynamic};

    #[test]
    fn cells_have_the_form_of_the_query_api() {
        assert_eq!(cell(&Value::from(DateTime::parse("2026-11-23T08:00:00.50Z"))), "2026-11-23T08:00:00.5Z");
        assert_eq!(cell(&Value::from(Dynamic::from_json("{\"a\": 1}"))), "{\"a\":1}");
        assert_eq!(cell(&Value::Real(f64::INFINITY)), "Infinity");
        assert_eq!(cell(&Value::Null), Json::Null);
    }
}
