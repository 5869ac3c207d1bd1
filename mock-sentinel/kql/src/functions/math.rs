//! Numbers.

use super::{Context, Function, Param, Returns, conversion::truncated};
use crate::{
    decimal::Decimal,
    dynamic::Dynamic,
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

const REAL: Returns = Returns::Is(ColumnType::Real);
const LONG: Returns = Returns::Is(ColumnType::Long);
const BOOL: Returns = Returns::Is(ColumnType::Bool);
const ONE_REAL: &[Param] = &[Param::Is(ColumnType::Real)];
const TWO_REALS: &[Param] = &[Param::Is(ColumnType::Real), Param::Is(ColumnType::Real)];
const ONE_LONG: &[Param] = &[Param::Is(ColumnType::Long)];
const TWO_LONGS: &[Param] = &[Param::Is(ColumnType::Long), Param::Is(ColumnType::Long)];
const BINNED: &[Param] = &[Param::Any, Param::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["abs"], &[Param::Any], Returns::By(abs_type), |_, args| abs(&args[0])),
    Function::new(&["sign"], &[Param::Number], REAL, |_, args| Value::Real(sign(&args[0]))),
    Function::new(&["floor", "bin"], BINNED, Returns::By(bin_type), |_, args| bin(&args[0], &args[1])),
    Function::new(&["floor"], &[Param::Number], Returns::By(bin_type), |_, args| bin(&args[0], &Value::Long(1))),
    Function::new(&["bin_at"], &[Param::Any, Param::Any, Param::Any], Returns::By(bin_type), bin_at),
    Function::new(&["ceiling"], &[Param::Number], Returns::By(ceiling_type), |_, args| ceiling(&args[0])),
    Function::new(&["round"], &[Param::Number, Param::Integer], Returns::By(rounded_type), round).required(1),
    Function::new(&["sqrt"], ONE_REAL, REAL, |_, args| real(args, f64::sqrt)),
    Function::new(&["exp"], ONE_REAL, REAL, |_, args| real(args, f64::exp)),
    Function::new(&["exp2"], ONE_REAL, REAL, |_, args| real(args, f64::exp2)),
    Function::new(&["exp10"], ONE_REAL, REAL, |_, args| real(args, |x| 10_f64.powf(x))),
    Function::new(&["log"], ONE_REAL, REAL, |_, args| real(args, f64::ln)),
    Function::new(&["log2"], ONE_REAL, REAL, |_, args| real(args, f64::log2)),
    Function::new(&["log10"], ONE_REAL, REAL, |_, args| real(args, f64::log10)),
    Function::new(&["pow"], TWO_REALS, REAL, |_, args| reals(args, f64::powf)),
    Function::new(&["sin"], ONE_REAL, REAL, |_, args| real(args, f64::sin)),
    Function::new(&["cos"], ONE_REAL, REAL, |_, args| real(args, f64::cos)),
    Function::new(&["tan"], ONE_REAL, REAL, |_, args| real(args, f64::tan)),
    Function::new(&["cot"], ONE_REAL, REAL, |_, args| real(args, |x| 1.0 / x.tan())),
    Function::new(&["asin"], ONE_REAL, REAL, |_, args| real(args, f64::asin)),
    Function::new(&["acos"], ONE_REAL, REAL, |_, args| real(args, f64::acos)),
    Function::new(&["atan"], ONE_REAL, REAL, |_, args| real(args, f64::atan)),
    Function::new(&["atan2"], TWO_REALS, REAL, |_, args| reals(args, f64::atan2)),
    Function::new(&["degrees"], ONE_REAL, REAL, |_, args| real(args, f64::to_degrees)),
    Function::new(&["radians"], ONE_REAL, REAL, |_, args| real(args, f64::to_radians)),
    Function::new(&["pi"], &[], REAL, |_, _| Value::Real(std::f64::consts::PI)),
    Function::new(&["rand"], &[Param::Is(ColumnType::Long)], REAL, rand).required(0).impure(),
    Function::new(&["isnan"], ONE_REAL, BOOL, |_, args| test(args, f64::is_nan)),
    Function::new(&["isinf"], ONE_REAL, BOOL, |_, args| test(args, f64::is_infinite)),
    Function::new(&["isfinite"], ONE_REAL, BOOL, |_, args| test(args, f64::is_finite)),
    Function::new(&["binary_and"], TWO_LONGS, LONG, |_, args| bits(args, |a, b| a & b)),
    Function::new(&["binary_or"], TWO_LONGS, LONG, |_, args| bits(args, |a, b| a | b)),
    Function::new(&["binary_xor"], TWO_LONGS, LONG, |_, args| bits(args, |a, b| a ^ b)),
    Function::new(&["binary_not"], ONE_LONG, LONG, |_, args| args[0].as_long().map(|bits| !bits).into()),
    Function::new(&["binary_shift_left"], TWO_LONGS, LONG, |_, args| shifted(args, i64::checked_shl)),
    Function::new(&["binary_shift_right"], TWO_LONGS, LONG, |_, args| shifted(args, i64::checked_shr)),
    Function::new(&["bitset_count_ones"], ONE_LONG, LONG, |_, args| {
        args[0].as_long().map(|bits| i64::from(bits.count_ones())).into()
    }),
    Function::new(&["around"], &[Param::Any, Param::Any, Param::Any], BOOL, around),
];

fn real(args: &[Value], of: impl Fn(f64) -> f64) -> Value {
    args[0].as_real().map(of).into()
}

fn reals(args: &[Value], of: impl Fn(f64, f64) -> f64) -> Value {
    match (args[0].as_real(), args[1].as_real()) {
        (Some(left), Some(right)) => Value::Real(of(left, right)),
        _ => Value::Null,
    }
}

fn test(args: &[Value], of: impl Fn(f64) -> bool) -> Value {
    args[0].as_real().map(of).into()
}

fn bits(args: &[Value], of: impl Fn(i64, i64) -> i64) -> Value {
    match (args[0].as_long(), args[1].as_long()) {
        (Some(left), Some(right)) => Value::Long(of(left, right)),
        _ => Value::Null,
    }
}

/// Distances wrap at 64 bits; a negative one gives null.
/// <https://learn.microsoft.com/kusto/query/binary-shift-left-function> (read 2026-11-26)
fn shifted(args: &[Value], of: impl Fn(i64, u32) -> Option<i64>) -> Value {
    match (args[0].as_long(), args[1].as_long()) {
        (Some(bits), Some(distance)) if distance >= 0 => of(bits, (distance & 63) as u32).into(),
        _ => Value::Null,
    }
}

fn abs_type(kinds: &[ColumnType]) -> ColumnType {
    match kinds[0] {
        ColumnType::Int | ColumnType::Dynamic => ColumnType::Long,
        kind => kind,
    }
}

fn abs(value: &Value) -> Value {
    match value {
        Value::Int(value) => Value::Long(i64::from(*value).abs()),
        Value::Long(value) => Value::Long(value.wrapping_abs()),
        Value::Real(value) => Value::Real(value.abs()),
        Value::Decimal(value) => Value::Decimal(if *value < Decimal::ZERO { value.negated() } else { *value }),
        Value::Timespan(value) => Value::Timespan(Timespan::from_ticks(value.ticks().wrapping_abs())),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => Value::Null,
        Value::Dynamic(tree) => match abs(&super::conversion::unwrapped(tree)) {
            Value::Long(value) => Value::Long(value),
            Value::Real(value) => truncated(value).into(),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// -1, 0 or 1; null counts as 0.
fn sign(value: &Value) -> f64 {
    match value.as_real() {
        Some(number) if number > 0.0 => 1.0,
        Some(number) if number < 0.0 => -1.0,
        _ => 0.0,
    }
}

/// `bin` keeps times; whole numbers become `long`, and anything with a real is real.
fn bin_type(kinds: &[ColumnType]) -> ColumnType {
    let size = kinds.get(1).copied().unwrap_or(ColumnType::Long);
    match (kinds[0], size) {
        (kind @ (ColumnType::DateTime | ColumnType::Timespan), _) => kind,
        (ColumnType::Dynamic, size) if size.is_numeric() => size.max(ColumnType::Long),
        (ColumnType::Dynamic, ColumnType::Timespan) => ColumnType::DateTime,
        (kind, size) if size.is_numeric() => kind.max(size).max(ColumnType::Long),
        (kind, _) => kind,
    }
}

/// The largest multiple of `size` that is not above `value`.
pub(crate) fn bin(value: &Value, size: &Value) -> Value {
    match (value, size) {
        (Value::Dynamic(tree), size) => bin_dynamic(tree, size),
        (Value::DateTime(at), size) => {
            let ticks = size_ticks(size).and_then(|size| floor_to(at.ticks(), size));
            ticks.and_then(DateTime::from_ticks).into()
        }
        (Value::Timespan(span), size) => {
            let ticks = size_ticks(size).and_then(|size| floor_to(span.ticks(), size));
            ticks.map(Timespan::from_ticks).into()
        }
        (Value::Decimal(_), size) | (size, Value::Decimal(_)) if size.as_real().is_some() => {
            bin_decimal(value, &as_decimal(size))
        }
        _ => match (value.as_long(), size.as_long()) {
            (Some(value), Some(size)) => floor_to(value, size).into(),
            _ => match (value.as_real(), size.as_real()) {
                (Some(value), Some(size)) => Value::Real((value / size).floor() * size),
                _ => Value::Null,
            },
        },
    }
}

fn bin_dynamic(tree: &Dynamic, size: &Value) -> Value {
    let inner = match (tree, size) {
        (Dynamic::String(text), Value::Timespan(_)) => DateTime::parse(text).into(),
        _ => super::conversion::unwrapped(tree),
    };
    match inner {
        Value::Dynamic(_) | Value::String(_) => Value::Null,
        inner => bin(&inner, size),
    }
}

fn as_decimal(value: &Value) -> Value {
    super::conversion::convert(value, ColumnType::Decimal)
}

fn bin_decimal(value: &Value, size: &Value) -> Value {
    match (as_decimal(value), size) {
        (Value::Decimal(value), Value::Decimal(size)) => {
            value.checked_div(*size).and_then(|steps| steps.floor().checked_mul(*size)).into()
        }
        _ => Value::Null,
    }
}

fn size_ticks(size: &Value) -> Option<i64> {
    match size {
        Value::Timespan(span) => Some(span.ticks()),
        _ => size.as_long(),
    }
}

/// Null for a size of zero; a negative size rounds up, as the engine does.
fn floor_to(value: i64, size: i64) -> Option<i64> {
    if size == 0 {
        return None;
    }
    let rest = i128::from(value).rem_euclid(i128::from(size));
    let rest = if size < 0 && rest != 0 { rest + i128::from(size) } else { rest };
    i64::try_from(i128::from(value) - rest).ok()
}

/// `bin_at(x, size, fixed)`: bins that have `fixed` as a boundary.
fn bin_at(_: &mut Context<'_>, args: &[Value]) -> Value {
    match (&args[0], &args[2]) {
        (Value::DateTime(at), Value::DateTime(fixed)) => {
            let size = size_ticks(&args[1]);
            let from_fixed = size.and_then(|size| floor_to(at.ticks() - fixed.ticks(), size));
            from_fixed.and_then(|ticks| DateTime::from_ticks(fixed.ticks().checked_add(ticks)?)).into()
        }
        (Value::Timespan(span), Value::Timespan(fixed)) => {
            let size = size_ticks(&args[1]);
            let from_fixed = size.and_then(|size| floor_to(span.ticks().checked_sub(fixed.ticks())?, size));
            from_fixed.and_then(|ticks| fixed.ticks().checked_add(ticks)).map(Timespan::from_ticks).into()
        }
        (value, fixed) => match (value.as_long(), args[1].as_long(), fixed.as_long()) {
            (Some(value), Some(size), Some(fixed)) => {
                floor_to(value.wrapping_sub(fixed), size).map(|from| from.wrapping_add(fixed)).into()
            }
            _ => match (value.as_real(), args[1].as_real(), fixed.as_real()) {
                (Some(value), Some(size), Some(fixed)) => Value::Real(((value - fixed) / size).floor() * size + fixed),
                _ => Value::Null,
            },
        },
    }
}

fn rounded_type(kinds: &[ColumnType]) -> ColumnType {
    match kinds[0] {
        ColumnType::Int => ColumnType::Long,
        kind => kind,
    }
}

fn ceiling_type(kinds: &[ColumnType]) -> ColumnType {
    if kinds[0] == ColumnType::Decimal { ColumnType::Decimal } else { ColumnType::Real }
}

/// A real for every number but decimals, as the engine answers.
fn ceiling(value: &Value) -> Value {
    match value {
        Value::Decimal(value) => Value::Decimal(value.negated().floor().negated()),
        other => other.as_real().map(f64::ceil).into(),
    }
}

/// Half away from zero.
fn round(_: &mut Context<'_>, args: &[Value]) -> Value {
    let digits = args.get(1).and_then(Value::as_long).unwrap_or(0).clamp(-308, 308) as i32;
    match &args[0] {
        Value::Real(value) => {
            let scale = 10_f64.powi(digits);
            let rounded = if digits < 0 {
                (value / 10_f64.powi(-digits)).round() * 10_f64.powi(-digits)
            } else {
                (value * scale).round() / scale
            };
            Value::Real(if rounded.is_finite() { rounded } else { *value })
        }
        Value::Decimal(value) => super::conversion::convert(
            &round(
                &mut empty_context(&mut super::RegexCache::default(), &mut 0),
                &[Value::Real(value.to_real()), Value::Long(digits.into())],
            ),
            ColumnType::Decimal,
        ),
        Value::Int(value) => Value::Long(i64::from(*value)),
        other => other.clone(),
    }
}

fn empty_context<'a>(regexes: &'a mut super::RegexCache, random: &'a mut u64) -> Context<'a> {
    Context::new(&[], regexes, random)
}

/// `rand()` from 0 to below 1; `rand(n)` a whole number from 0 to below n.
fn rand(context: &mut Context<'_>, args: &[Value]) -> Value {
    let random = context.random();
    match args.first().and_then(Value::as_long) {
        Some(below) if below > 1 => Value::Real((random * below as f64).floor()),
        _ => Value::Real(random),
    }
}

/// `around(x, center, delta)`
fn around(_: &mut Context<'_>, args: &[Value]) -> Value {
    let ticks = |value: &Value| match value {
        Value::DateTime(at) => Some(at.ticks() as f64),
        Value::Timespan(span) => Some(span.ticks() as f64),
        other => other.as_real(),
    };
    match (ticks(&args[0]), ticks(&args[1]), ticks(&args[2])) {
        (Some(value), Some(center), Some(delta)) => Value::Bool((value - center).abs() <= delta),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, size: impl Into<Value>, expected: impl Into<Value>) {
        assert_eq!(bin(&value.into(), &size.into()), expected.into());
    }

    #[test]
    fn bins_start_at_zero_and_floor_below_it() {
        check(7_i64, 5_i64, 5_i64);
        check(-7_i64, 5_i64, -10_i64);
        check(7_i64, 0_i64, Value::Null);
        check(7_i64, -5_i64, 10_i64);
        check(-7_i64, -5_i64, -5_i64);
        check(7.5, 2_i64, 6.0);
        check(-1.5, 1_i64, -2.0);
        check(Timespan::parse("16d"), Timespan::parse("7d"), Timespan::parse("14d"));
        check(DateTime::parse("1970-05-11 13:45:07"), Timespan::parse("1d"), DateTime::parse("1970-05-11"));
    }
}
