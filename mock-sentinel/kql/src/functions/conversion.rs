//! `tostring`, `tolong` and the other conversions, and the rules they share with `parse` and `mv-expand`.

use uuid::Uuid;

use crate::{
    decimal::Decimal,
    dynamic::Dynamic,
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

/// The value as another type; null (`""` for strings) when it cannot be one.
pub(crate) fn convert(value: &Value, to: ColumnType) -> Value {
    if value.kind() == Some(to) {
        return value.clone();
    }
    match to {
        ColumnType::String => Value::string(value.to_text()),
        ColumnType::Dynamic => Value::dynamic(to_dynamic(value)),
        _ if value.is_null() => Value::Null,
        ColumnType::Bool => to_bool(value).into(),
        ColumnType::Int => to_int(value).into(),
        ColumnType::Long => to_long(value).into(),
        ColumnType::Real => to_real(value).into(),
        ColumnType::Decimal => to_decimal(value).into(),
        ColumnType::DateTime => to_datetime(value).into(),
        ColumnType::Timespan => to_timespan(value).into(),
        ColumnType::Guid => to_guid(value).into(),
    }
}

/// The value as another type without reading text: what `mv-expand … to typeof(…)` does with the items of an array.
pub(crate) fn cast(value: &Value, to: ColumnType) -> Value {
    let textual = matches!(value, Value::Dynamic(Dynamic::String(_)));
    if textual && (to.is_numeric() || to == ColumnType::Bool) { Value::Null } else { convert(value, to) }
}

/// The scalar inside a dynamic value; trees stay what they are.
pub(crate) fn unwrapped(tree: &Dynamic) -> Value {
    match tree {
        Dynamic::Null => Value::Null,
        Dynamic::Bool(value) => Value::Bool(*value),
        Dynamic::Long(value) => Value::Long(*value),
        Dynamic::Real(value) => Value::Real(*value),
        Dynamic::Decimal(value) => Value::Decimal(*value),
        Dynamic::String(value) => Value::String(value.clone()),
        Dynamic::DateTime(value) => Value::DateTime(*value),
        Dynamic::Timespan(value) => Value::Timespan(*value),
        Dynamic::Guid(value) => Value::Guid(*value),
        Dynamic::Array(_) | Dynamic::Bag(_) => Value::Dynamic(tree.clone()),
    }
}

/// `parse_json`: text that is not JSON is a dynamic string.
fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::String(text) if text.is_empty() => Dynamic::Null,
        Value::String(text) => Dynamic::from_json(text).unwrap_or_else(|| Dynamic::String(text.clone())),
        _ => value.to_dynamic(),
    }
}

fn to_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(_) | Value::Long(_) | Value::Real(_) | Value::Decimal(_) => {
            value.as_real().map(|number| number != 0.0)
        }
        Value::String(text) => {
            let text = text.trim();
            if text.eq_ignore_ascii_case("true") {
                Some(true)
            } else if text.eq_ignore_ascii_case("false") {
                Some(false)
            } else {
                whole(text).map(|number| number != 0)
            }
        }
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_bool(&unwrapped(tree)),
        _ => None,
    }
}

/// A whole number in decimal or, after `0x`, hexadecimal digits.
fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let number = u64::from_str_radix(digits, 16).ok()? as i64;
        return Some(if negative { number.wrapping_neg() } else { number });
    }
    text.parse().ok()
}

fn to_long(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Int(value) => Some(i64::from(*value)),
        Value::Long(value) => Some(*value),
        Value::Real(value) => saturated(*value),
        Value::Decimal(value) => value.to_long().or_else(|| saturated(value.to_real())),
        Value::String(text) => whole(text.trim()),
        Value::DateTime(value) => Some(value.ticks()),
        Value::Timespan(value) => Some(value.ticks()),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) | Value::Guid(_) | Value::Null => None,
        Value::Dynamic(tree) => to_long(&unwrapped(tree)),
    }
}

/// A whole number of 32 bits: of a long the lower half, of a real the nearest there is, of text only what fits.
/// Measured on Kusto's emulator by the tests of duckdb-kql 1.1.2, <https://pypi.org/project/duckdb-kql/> (2026-11-29).
fn to_int(value: &Value) -> Option<i32> {
    match value {
        Value::Real(value) => finite(*value).map(|value| value as i32),
        Value::Decimal(value) => finite(value.to_real()).map(|value| value as i32),
        Value::String(text) => whole(text.trim()).and_then(|value| i32::try_from(value).ok()),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_int(&unwrapped(tree)),
        _ => to_long(value).map(|value| value as i32),
    }
}

/// Towards zero, and to the nearest of 64 bits beyond them; `None` for what is not a number.
fn saturated(real: f64) -> Option<i64> {
    finite(real).map(|real| real as i64)
}

fn finite(real: f64) -> Option<f64> {
    real.is_finite().then_some(real)
}

/// Towards zero; `None` beyond 64 bits.
pub(crate) fn truncated(real: f64) -> Option<i64> {
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&real).then_some(real as i64)
}

fn to_real(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::String(text) => real_of(text.trim()),
        Value::DateTime(value) => Some(value.ticks() as f64),
        Value::Timespan(value) => Some(value.ticks() as f64),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_real(&unwrapped(tree)),
        _ => value.as_real(),
    }
}

/// Decimal digits only: hexadecimal text is for whole numbers.
fn real_of(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "inf" | "+inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
        _ if text.bytes().any(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn to_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Bool(value) => Some(Decimal::from(i64::from(*value))),
        Value::Int(_) | Value::Long(_) => value.as_long().map(Decimal::from),
        Value::Real(value) => Decimal::from_real(*value),
        Value::Decimal(value) => Some(*value),
        Value::DateTime(value) => Some(Decimal::from(value.ticks())),
        Value::Timespan(value) => Some(Decimal::from(value.ticks())),
        Value::String(text) => Decimal::parse(text),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_decimal(&unwrapped(tree)),
        _ => None,
    }
}

fn to_datetime(value: &Value) -> Option<DateTime> {
    match value {
        Value::DateTime(value) => Some(*value),
        Value::String(text) => DateTime::parse(text),
        Value::Int(_) | Value::Long(_) => DateTime::from_ticks(value.as_long()?),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_datetime(&unwrapped(tree)),
        _ => None,
    }
}

/// Numbers and booleans count ticks, an instant is the ticks since the year 1.
fn to_timespan(value: &Value) -> Option<Timespan> {
    match value {
        Value::Timespan(value) => Some(*value),
        // Unlike in a literal, a bare number does not count days.
        Value::String(text) if !text.contains(|c: char| c == ':' || c.is_alphabetic()) => None,
        Value::String(text) => Timespan::parse(text),
        Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Real(_) | Value::Decimal(_) | Value::DateTime(_) => {
            to_long(value).map(Timespan::from_ticks)
        }
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_timespan(&unwrapped(tree)),
        _ => None,
    }
}

/// 32 hexadecimal digits; dashes and braces do not matter.
/// The first 32 digits of a text count, whatever comes after them.
/// <https://learn.microsoft.com/kusto/query/toguid-function> (read 2026-11-26)
fn to_guid(value: &Value) -> Option<Uuid> {
    match value {
        Value::Guid(value) => Some(*value),
        Value::String(text) => {
            let text = text.trim().trim_start_matches('{').trim_end_matches('}');
            let digits: String = text.chars().filter(|c| *c != '-').take(32).collect();
            if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            u128::from_str_radix(&digits, 16).ok().map(Uuid::from_u128)
        }
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => None,
        Value::Dynamic(tree) => to_guid(&unwrapped(tree)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: impl Into<Value>, to: ColumnType, expected: impl Into<Value>) {
        assert_eq!(convert(&from.into(), to), expected.into());
    }

    #[test]
    fn booleans_from_text_and_numbers() {
        for text in ["true", "TRUE", "TrUe ", "1", "2", "+1"] {
            check(text, ColumnType::Bool, true);
        }
        for text in ["no", "y", "off", "abc", ""] {
            check(text, ColumnType::Bool, Value::Null);
        }
        check(1.5, ColumnType::Bool, true);
        check(Dynamic::Long(0), ColumnType::Bool, false);
    }

    #[test]
    fn whole_numbers_are_not_read_from_fractions_in_text() {
        check("5.7", ColumnType::Int, Value::Null);
        check(5.7, ColumnType::Int, 5);
        check("0xFF", ColumnType::Long, 255_i64);
        check("9999999999", ColumnType::Int, Value::Null);
    }

    #[test]
    fn beyond_the_range_longs_wrap_and_reals_stop_at_the_bound() {
        check(4_294_967_299_i64, ColumnType::Int, 3);
        check(-2_147_483_649_i64, ColumnType::Int, i32::MAX);
        check(Dynamic::Long(4_294_967_301), ColumnType::Int, 5);
        check(Timespan::from_ticks(864_000_000_000), ColumnType::Int, 711_573_504);
        check(3e9, ColumnType::Int, i32::MAX);
        check(Dynamic::Real(-3e9), ColumnType::Int, i32::MIN);
        check(1e300, ColumnType::Long, i64::MAX);
        check(f64::NAN, ColumnType::Int, Value::Null);
        check(f64::INFINITY, ColumnType::Long, Value::Null);
        check(i64::MAX, ColumnType::DateTime, Value::Null);
    }

    #[test]
    fn ticks_are_counted_both_ways() {
        check(20.5, ColumnType::Timespan, Timespan::from_ticks(20));
        check(true, ColumnType::Timespan, Timespan::from_ticks(1));
        check(f64::INFINITY, ColumnType::Timespan, Value::Null);
        check("10", ColumnType::Timespan, Value::Null);
        check(DateTime::from_ticks(50).unwrap(), ColumnType::Timespan, Timespan::from_ticks(50));
        check(Timespan::from_ticks(7), ColumnType::Decimal, Decimal::from(7));
    }

    #[test]
    fn hexadecimal_text_is_a_whole_number_and_nothing_else() {
        check("0x1F", ColumnType::Int, 31);
        check("0x1F", ColumnType::Real, Value::Null);
        check("0x1F", ColumnType::Decimal, Value::Null);
    }

    #[test]
    fn text_of_null_is_empty_and_bad_json_is_a_string() {
        check(Value::Null, ColumnType::String, "");
        check("{", ColumnType::Dynamic, Dynamic::string("{"));
        check("null", ColumnType::Dynamic, Value::Null);
    }

    #[test]
    fn guids_need_32_digits() {
        let guid = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        check("0123456789ab-cdef-0123-456789abcdef", ColumnType::Guid, guid);
        check("0123456789abcdef0123456789abcdef and more", ColumnType::Guid, guid);
        check("a string that is not a guid", ColumnType::Guid, Value::Null);
        check("+123456789abcdef0123456789abcdef", ColumnType::Guid, Value::Null);
    }

    #[test]
    fn a_cast_does_not_read_numbers_from_text() {
        assert_eq!(cast(&Dynamic::string("5").into(), ColumnType::Long), Value::Null);
        assert_eq!(cast(&Dynamic::Real(5.5).into(), ColumnType::Long), Value::Long(5));
    }
}
