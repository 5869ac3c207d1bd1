//! `==`, `<` and their kin.
//!
//! A null equals nothing, not even within `==`: null against a value is false, `!=` is true, the order operators are
//! null, and two nulls compare to null.

use std::cmp::Ordering;

use crate::{
    column::cells::{Cells, bool_column},
    column::{Column, Data, Strings},
    plan::CompareOp,
    types::ColumnType,
    value::{Value, real_order},
};

impl CompareOp {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }

    /// The outcome when exactly one side is null.
    fn with_one_null(self) -> Option<bool> {
        match self {
            Self::Equal => Some(false),
            Self::NotEqual => Some(true),
            _ => None,
        }
    }

    fn outcome<T>(self, left: Option<T>, right: Option<T>, order: impl Fn(T, T) -> Ordering) -> Option<bool> {
        match (left, right) {
            (Some(left), Some(right)) => Some(self.holds(order(left, right))),
            (None, None) => None,
            _ => self.with_one_null(),
        }
    }

    fn reals(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// One comparison; both values have one type.
pub(crate) fn compare_values(op: CompareOp, left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Null, Value::Null) => Value::Null,
        (Value::Null, _) | (_, Value::Null) => op.with_one_null().into(),
        (Value::Real(left), Value::Real(right)) => Value::Bool(op.reals(*left, *right)),
        _ => Value::Bool(op.holds(left.total_order(right))),
    }
}

/// Compares cells of one type.
pub(super) fn compare(op: CompareOp, left: &Cells, right: &Cells, kind: ColumnType, len: usize) -> Cells {
    if let (Cells::One(left), Cells::One(right)) = (left, right) {
        return Cells::One(compare_values(op, left, right));
    }
    typed(op, left, right, kind, len)
        .unwrap_or_else(|| bool_column(len, |row| compare_values(op, &left.value(row), &right.value(row)).as_bool()))
        .into()
}

fn typed(op: CompareOp, left: &Cells, right: &Cells, kind: ColumnType, len: usize) -> Option<Column> {
    match kind {
        ColumnType::Int | ColumnType::Long | ColumnType::DateTime | ColumnType::Timespan => {
            let (left, right) = (left.longs()?, right.longs()?);
            Some(bool_column(len, |row| op.outcome(left.get(row), right.get(row), |left, right| left.cmp(&right))))
        }
        ColumnType::Real => {
            let (left, right) = (left.reals()?, right.reals()?);
            Some(bool_column(len, |row| match (left.get(row), right.get(row)) {
                (Some(left), Some(right)) => Some(op.reals(left, right)),
                (left, right) => op.outcome(left, right, real_order),
            }))
        }
        ColumnType::String => {
            if let (Cells::Many(column), Cells::One(Value::String(text))) = (left, right) {
                return for_each_text(column, |cell| op.holds(cell.cmp(text)));
            }
            let (left, right) = (left.strings()?, right.strings()?);
            Some(bool_column(len, |row| Some(op.holds(left.get(row).cmp(right.get(row))))))
        }
        _ => None,
    }
}

/// A test of each string of a column; strings of a dictionary are tested once.
pub(super) fn for_each_text(column: &Column, mut test: impl FnMut(&str) -> bool) -> Option<Column> {
    let Data::String(strings) = &column.data else { return None };
    let outcomes = match strings {
        Strings::Coded(coded) if coded.distinct.len() < coded.codes.len() => {
            let known: Vec<bool> = (0..coded.distinct.len()).map(|at| test(coded.distinct.get(at))).collect();
            coded.codes.iter().map(|code| known[usize::from(*code)]).collect()
        }
        _ => strings.iter().map(test).collect(),
    };
    Some(Column::full(Data::Bool(outcomes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_compare_as_documented() {
        let null = Value::Null;
        let one = Value::Long(1);
        assert_eq!(compare_values(CompareOp::Equal, &null, &one), Value::Bool(false));
        assert_eq!(compare_values(CompareOp::NotEqual, &one, &null), Value::Bool(true));
        assert_eq!(compare_values(CompareOp::Less, &one, &null), Value::Null);
        assert_eq!(compare_values(CompareOp::Equal, &null, &null), Value::Null);
        assert_eq!(
            compare_values(CompareOp::Equal, &Value::Real(f64::NAN), &Value::Real(f64::NAN)),
            Value::Bool(false)
        );
    }
}
