//! `+ - * / %` over numbers, instants and durations.
//!
//! Whole numbers wrap, division truncates, `%` is never negative for a positive divisor, and a zero divisor gives
//! null. Instants outside the years 1 to 9999 are null.

use crate::{
    column::cells::{Cells, column_of_longs, long_cells, real_column, value_column},
    decimal::Decimal,
    dynamic::Dynamic,
    functions::conversion::{convert, truncated, unwrapped},
    plan::ArithmeticOp,
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

/// Applies an operator to every row; the binder has checked that `kind` is what these types give.
pub(super) fn arithmetic(op: ArithmeticOp, left: &Cells, right: &Cells, kind: ColumnType, len: usize) -> Cells {
    if let (Cells::One(left), Cells::One(right)) = (left, right) {
        return Cells::One(arithmetic_values(op, left, right, kind));
    }
    if kind == ColumnType::Long
        && let (Some(left), Some(right)) = (left.longs(), right.longs())
    {
        let cell = |row| longs(op, left.get(row)?, right.get(row)?);
        let (cells, valid) = long_cells(len, cell);
        return column_of_longs(kind, cells, valid).into();
    }
    if kind == ColumnType::Real
        && let (Some(left), Some(right)) = (left.reals(), right.reals())
    {
        return real_column(len, |row| Some(reals(op, left.get(row)?, right.get(row)?))).into();
    }
    value_column(kind, len, |row| arithmetic_values(op, &left.value(row), &right.value(row), kind)).into()
}

fn longs(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => Some(left.wrapping_add(right)),
        ArithmeticOp::Subtract => Some(left.wrapping_sub(right)),
        ArithmeticOp::Multiply => Some(left.wrapping_mul(right)),
        ArithmeticOp::Divide if right == 0 => None,
        ArithmeticOp::Divide => Some(left.wrapping_div(right)),
        ArithmeticOp::Modulo if right == 0 => None,
        ArithmeticOp::Modulo => Some(left.wrapping_rem_euclid(right)),
    }
}

fn reals(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Subtract => left - right,
        ArithmeticOp::Multiply => left * right,
        ArithmeticOp::Divide => left / right,
        ArithmeticOp::Modulo => left.rem_euclid(right),
    }
}

fn decimals(op: ArithmeticOp, left: Decimal, right: Decimal) -> Option<Decimal> {
    match op {
        ArithmeticOp::Add => left.checked_add(right),
        ArithmeticOp::Subtract => left.checked_sub(right),
        ArithmeticOp::Multiply => left.checked_mul(right),
        ArithmeticOp::Divide => left.checked_div(right),
        ArithmeticOp::Modulo => left.checked_rem(right),
    }
}

/// One operation; `kind` is the type of the result.
pub(crate) fn arithmetic_values(op: ArithmeticOp, left: &Value, right: &Value, kind: ColumnType) -> Value {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Dynamic(tree), _) => with_dynamic(op, &unwrapped(tree), right, kind),
        (_, Value::Dynamic(tree)) => with_dynamic(op, left, &unwrapped(tree), kind),
        (Value::DateTime(_) | Value::Timespan(_), _) | (_, Value::DateTime(_) | Value::Timespan(_)) => {
            times(op, left, right).unwrap_or(Value::Null)
        }
        _ => numbers(op, left, right, kind),
    }
}

fn numbers(op: ArithmeticOp, left: &Value, right: &Value, kind: ColumnType) -> Value {
    match kind {
        ColumnType::Decimal => match (convert(left, kind), convert(right, kind)) {
            (Value::Decimal(left), Value::Decimal(right)) => decimals(op, left, right).into(),
            _ => Value::Null,
        },
        ColumnType::Real => match (left.as_real(), right.as_real()) {
            (Some(left), Some(right)) => Value::Real(reals(op, left, right)),
            _ => Value::Null,
        },
        _ => match (left.as_long(), right.as_long()) {
            (Some(left), Some(right)) => longs(op, left, right).into(),
            _ => Value::Null,
        },
    }
}

/// Dynamic operands count as what they hold; the result is cast to the type the binder promised.
fn with_dynamic(op: ArithmeticOp, left: &Value, right: &Value, kind: ColumnType) -> Value {
    let plain = |value: &Value| match value {
        Value::Dynamic(tree) => unwrapped(tree),
        other => other.clone(),
    };
    let (left, right) = (plain(left), plain(right));
    let whole = |value: &Value| matches!(value, Value::Int(_) | Value::Long(_));
    let inner = match (&left, &right) {
        (Value::Dynamic(_) | Value::String(_) | Value::Null, _)
        | (_, Value::Dynamic(_) | Value::String(_) | Value::Null) => {
            return Value::Null;
        }
        (Value::Decimal(_), _) | (_, Value::Decimal(_)) => ColumnType::Decimal,
        (left, right) if whole(left) && whole(right) => ColumnType::Long,
        _ => ColumnType::Real,
    };
    convert(&arithmetic_values(op, &left, &right, inner), kind)
}

fn times(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    Some(match (op, left, right) {
        (Add, Value::DateTime(at), Value::Timespan(span)) | (Add, Value::Timespan(span), Value::DateTime(at)) => {
            at.checked_add(*span)?.into()
        }
        (Subtract, Value::DateTime(at), Value::Timespan(span)) => at.checked_sub(*span)?.into(),
        (Subtract, Value::DateTime(to), Value::DateTime(from)) => to.since(*from).into(),
        (Add | Subtract, Value::Timespan(left), Value::Timespan(right)) => {
            Timespan::from_ticks(longs(op, left.ticks(), right.ticks())?).into()
        }
        (Divide, Value::Timespan(left), Value::Timespan(right)) => {
            Value::Real(left.ticks() as f64 / right.ticks() as f64)
        }
        (Divide, Value::DateTime(left), Value::Timespan(right)) => {
            Value::Real(left.ticks() as f64 / right.ticks() as f64)
        }
        (Divide, Value::DateTime(left), Value::DateTime(right)) => {
            Value::Real(left.ticks() as f64 / right.ticks() as f64)
        }
        (Modulo, Value::Timespan(left), Value::Timespan(right)) => {
            Timespan::from_ticks(longs(op, left.ticks(), right.ticks())?).into()
        }
        (Modulo, Value::DateTime(left), Value::Timespan(right)) => {
            Timespan::from_ticks(longs(op, left.ticks(), right.ticks())?).into()
        }
        (Multiply | Divide | Modulo, Value::Timespan(span), number) => scaled(op, span.ticks(), number)?.into(),
        (Multiply, number, Value::Timespan(span)) => scaled(op, span.ticks(), number)?.into(),
        (Multiply | Divide | Modulo, Value::DateTime(at), number) => {
            DateTime::from_ticks(scaled(op, at.ticks(), number)?.ticks())?.into()
        }
        _ => return None,
    })
}

fn scaled(op: ArithmeticOp, ticks: i64, number: &Value) -> Option<Timespan> {
    let ticks = match number.as_long() {
        Some(number) => longs(op, ticks, number)?,
        None => truncated(reals(op, ticks as f64, number.as_real()?).round())?,
    };
    Some(Timespan::from_ticks(ticks))
}

/// `-x`
pub(crate) fn negated(value: &Value) -> Value {
    match value {
        Value::Int(value) => Value::Int(value.wrapping_neg()),
        Value::Long(value) => Value::Long(value.wrapping_neg()),
        Value::Real(value) => Value::Real(-value),
        Value::Decimal(value) => Value::Decimal(value.negated()),
        Value::Timespan(value) => Value::Timespan(Timespan::from_ticks(value.ticks().wrapping_neg())),
        Value::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => Value::Null,
        Value::Dynamic(tree) => Value::dynamic(negated(&unwrapped(tree)).to_dynamic()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(op: ArithmeticOp, left: i64, right: i64, expected: Option<i64>) {
        assert_eq!(arithmetic_values(op, &left.into(), &right.into(), ColumnType::Long), Value::from(expected));
    }

    #[test]
    fn whole_numbers_truncate_wrap_and_never_trap() {
        check(ArithmeticOp::Divide, -7, 2, Some(-3));
        check(ArithmeticOp::Modulo, -14, 12, Some(10));
        check(ArithmeticOp::Divide, 1, 0, None);
        check(ArithmeticOp::Divide, i64::MIN, -1, Some(i64::MIN));
        check(ArithmeticOp::Modulo, i64::MIN, -1, Some(0));
        check(ArithmeticOp::Add, i64::MAX, 1, Some(i64::MIN));
    }

    #[test]
    fn times_add_subtract_and_scale() {
        let hour = Timespan::parse("1h").unwrap();
        let at = DateTime::parse("2026-01-01T00:00:00Z").unwrap();
        let later = arithmetic_values(ArithmeticOp::Add, &at.into(), &hour.into(), ColumnType::DateTime);
        assert_eq!(later.to_text(), "2026-01-01T01:00:00.0000000Z");
        let half = arithmetic_values(ArithmeticOp::Multiply, &0.5.into(), &hour.into(), ColumnType::Timespan);
        assert_eq!(half.to_text(), "00:30:00");
        let ratio = arithmetic_values(ArithmeticOp::Divide, &hour.into(), &half, ColumnType::Real);
        assert_eq!(ratio, Value::Real(2.0));
        let outside = arithmetic_values(ArithmeticOp::Add, &DateTime::MAX.into(), &hour.into(), ColumnType::DateTime);
        assert_eq!(outside, Value::Null);
    }
}
