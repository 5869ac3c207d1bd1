//! Fields of a case in every form that files of cases have them.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value as Json;

use crate::time::DateTime;

/// `true`, `"true"`, or nothing for false.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Json::deserialize(from)? {
        Json::Null => Ok(false),
        Json::Bool(value) => Ok(value),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(D::Error::custom(format!("true or false is expected, not {other}"))),
    }
}

/// `1`, `"1"`, or nothing for 1.
pub(super) fn tier<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let written = Json::deserialize(from)?;
    let tier = match &written {
        Json::Null => Some(super::core_tier()),
        Json::Number(number) => number.as_u64().and_then(|number| u8::try_from(number).ok()),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    tier.ok_or_else(|| D::Error::custom(format!("a tier is a whole number, not {written}")))
}

/// `0.01`, `"0.01"`, `"1%"`, `"exact"`, or nothing for the usual one.
pub(super) fn tolerance<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let written = Json::deserialize(from)?;
    let tolerance = match &written {
        Json::Null => return Ok(None),
        Json::Number(number) => number.as_f64(),
        Json::String(text) => said(text.trim()),
        _ => None,
    };
    match tolerance.filter(|tolerance| tolerance.is_finite() && *tolerance >= 0.0) {
        Some(tolerance) => Ok(Some(tolerance)),
        None => Err(D::Error::custom(format!(
            "a tolerance is a number, a text such as \"1e-6\" or \"0.1%\", or \"exact\", not {written}"
        ))),
    }
}

fn said(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        _ if text.eq_ignore_ascii_case("exact") => Some(0.0),
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.parse().ok(),
    }
}

/// A datetime as text, or nothing.
pub(super) fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime>, D::Error> {
    let written = Json::deserialize(from)?;
    match &written {
        Json::Null => Ok(None),
        Json::String(text) => DateTime::parse(text)
            .map(Some)
            .ok_or_else(|| D::Error::custom(format!("now is a datetime in ISO 8601, not {written}"))),
        _ => Err(D::Error::custom(format!("now is a datetime in ISO 8601, not {written}"))),
    }
}
