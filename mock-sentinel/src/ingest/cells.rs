//! JSON values into the types a stream declares: converted where that is possible, null otherwise.
//!
//! What Azure does with a value of the wrong type is not published; `string` columns take numbers, booleans, objects
//! and arrays as their JSON text.

use std::borrow::Cow;
use std::fmt;

use kql::{ColumnBuilder, ColumnType, DateTime};
use serde::Deserializer;
use serde::de::{Error, Visitor};
use serde_json::value::RawValue;

/// Pushes one value as it came into a column of this type.
pub(super) fn push(column: &mut ColumnBuilder, kind: ColumnType, value: &RawValue) {
    let text = value.get();
    if text == "null" {
        return column.push_null();
    }
    match kind {
        ColumnType::String if text.starts_with('"') => column.push_str(&unquote(text)),
        ColumnType::String => column.push_str(text),
        ColumnType::Dynamic => column.push_json(text),
        ColumnType::DateTime => column.push(&string(text).and_then(|text| DateTime::parse(&text)).into()),
        ColumnType::Int | ColumnType::Long => match whole(&bare(text)) {
            Some(number) => column.push_i64(number),
            None => column.push_null(),
        },
        ColumnType::Real => match bare(text).trim().parse() {
            Ok(number) => column.push_f64(number),
            Err(_) => column.push_null(),
        },
        ColumnType::Bool => match boolean(&bare(text)) {
            Some(value) => column.push_bool(value),
            None => column.push_null(),
        },
        ColumnType::Decimal | ColumnType::Timespan | ColumnType::Guid => column.push_null(),
    }
}

/// Whether a value has the JSON type that belongs to a column's type.
pub(super) fn is_of(kind: ColumnType, value: &RawValue) -> bool {
    let first = value.get().as_bytes().first().copied().unwrap_or_default();
    match kind {
        ColumnType::Dynamic => true,
        ColumnType::Bool => matches!(first, b't' | b'f'),
        ColumnType::Int | ColumnType::Long | ColumnType::Real | ColumnType::Decimal => {
            first == b'-' || first.is_ascii_digit()
        }
        ColumnType::String | ColumnType::DateTime | ColumnType::Timespan | ColumnType::Guid => first == b'"',
    }
}

/// The text of a JSON string, or any other value as it is written.
fn bare(text: &str) -> Cow<'_, str> {
    string(text).unwrap_or(Cow::Borrowed(text))
}

fn string(text: &str) -> Option<Cow<'_, str>> {
    text.starts_with('"').then(|| unquote(text))
}

/// The text of a JSON string that was checked already. Half of a surrogate pair becomes U+FFFD.
fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = &quoted[1..quoted.len() - 1];
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut deserializer = serde_json::Deserializer::from_str(quoted);
    Cow::Owned(deserializer.deserialize_bytes(Lossy).unwrap_or_default())
}

/// Reads a JSON string as bytes, for which serde_json lets lone surrogates pass.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        let exact = number.fract() == 0.0 && number.abs() < 9.0e18;
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and fits")]
        exact.then_some(number as i64)
    })
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        number => number.parse::<f64>().ok().map(|number| number != 0.0),
    }
}

#[cfg(test)]
mod tests {
    use kql::Value;

    use super::*;

    #[track_caller]
    fn check(kind: ColumnType, json: &str, expected: impl Into<Value>) {
        let mut column = ColumnBuilder::new(kind);
        push(&mut column, kind, serde_json::from_str(json).unwrap());
        assert_eq!(column.finish().value(0), expected.into(), "{json} as {kind}");
    }

    #[test]
    fn strings_take_anything_as_text() {
        check(ColumnType::String, r#""a\"b\u00e9""#, "a\"bé");
        check(ColumnType::String, "12.50", "12.50");
        check(ColumnType::String, "true", "true");
        check(ColumnType::String, r#"{"a": [1]}"#, r#"{"a": [1]}"#);
        check(ColumnType::String, "null", "");
        check(ColumnType::String, r#""\ud83d\ude00 \ud83d""#, "😀 \u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn numbers_convert_where_nothing_is_lost() {
        check(ColumnType::Long, "7", 7_i64);
        check(ColumnType::Long, "7.0", 7_i64);
        check(ColumnType::Long, "\" 7 \"", 7_i64);
        check(ColumnType::Long, "7.5", Value::Null);
        check(ColumnType::Int, "3000000000", Value::Null);
        check(ColumnType::Real, "\"1e3\"", 1000.0);
        check(ColumnType::Real, "[1]", Value::Null);
        check(ColumnType::Bool, "\"TRUE\"", true);
        check(ColumnType::Bool, "0", false);
        check(ColumnType::Bool, "\"yes\"", Value::Null);
    }

    #[test]
    fn instants_come_as_text_only() {
        check(ColumnType::DateTime, "\"2026-11-01T00:00:00Z\"", DateTime::parse("2026-11-01T00:00:00Z").unwrap());
        check(
            ColumnType::DateTime,
            "\"2026-11-01T02:00:00.5+0200\"",
            DateTime::parse("2026-11-01T00:00:00.5Z").unwrap(),
        );
        check(ColumnType::DateTime, "\"soon\"", Value::Null);
        check(ColumnType::DateTime, "1700000000", Value::Null);
    }
}
