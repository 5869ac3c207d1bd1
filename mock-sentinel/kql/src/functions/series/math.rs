//! Element by element: arithmetic, comparisons and functions of one number.

use super::super::arguments::{Arguments, array};
use super::super::{Context, Function, Param, Returns};
use super::element;
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const ANY: Param = Param::Any;
const SERIES: Param = Param::Is(ColumnType::Dynamic);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(&["series_add"], &[ANY, ANY], DYNAMIC, |_, args| combined(args, i64::checked_add, |a, b| a + b)),
    Function::new(&["series_subtract"], &[ANY, ANY], DYNAMIC, |_, args| combined(args, i64::checked_sub, |a, b| a - b)),
    Function::new(&["series_multiply"], &[ANY, ANY], DYNAMIC, |_, args| combined(args, i64::checked_mul, |a, b| a * b)),
    Function::new(&["series_divide"], &[ANY, ANY], DYNAMIC, |_, args| combined(args, |_, _| None, |a, b| a / b)),
    Function::new(&["series_pow"], &[ANY, ANY], DYNAMIC, |_, args| combined(args, |_, _| None, f64::powf)),
    Function::new(&["series_equals"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a == b)),
    Function::new(&["series_not_equals"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a != b)),
    Function::new(&["series_greater"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a > b)),
    Function::new(&["series_greater_equals"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a >= b)),
    Function::new(&["series_less"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a < b)),
    Function::new(&["series_less_equals"], &[ANY, ANY], DYNAMIC, |_, args| compared(args, |a, b| a <= b)),
    Function::new(&["series_abs"], &[SERIES], DYNAMIC, abs),
    Function::new(&["series_sign"], &[SERIES], DYNAMIC, |_, args| mapped(args, sign)),
    Function::new(&["series_ceiling"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::ceil)),
    Function::new(&["series_floor"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::floor)),
    Function::new(&["series_exp"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::exp)),
    Function::new(&["series_log"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::ln)),
    Function::new(&["series_sin"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::sin)),
    Function::new(&["series_cos"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::cos)),
    Function::new(&["series_tan"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::tan)),
    Function::new(&["series_asin"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::asin)),
    Function::new(&["series_acos"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::acos)),
    Function::new(&["series_atan"], &[SERIES], DYNAMIC, |_, args| mapped(args, f64::atan)),
];

/// One side of an operation: a series, or a number that stands for all elements.
enum Operand<'a> {
    Series(&'a [Dynamic]),
    Number(Dynamic),
}

impl Operand<'_> {
    fn of(args: &[Value], index: usize) -> Option<Operand<'_>> {
        if let Some(items) = args.array(index) {
            return Some(Operand::Series(items));
        }
        let number = args[index].to_dynamic();
        number.as_real().is_some().then_some(Operand::Number(number))
    }

    fn len(&self) -> usize {
        match self {
            Self::Series(items) => items.len(),
            Self::Number(_) => 0,
        }
    }

    fn at(&self, index: usize) -> &Dynamic {
        match self {
            Self::Series(items) => items.get(index).unwrap_or(&Dynamic::Null),
            Self::Number(number) => number,
        }
    }
}

fn pairs(args: &[Value], combine: impl Fn(&Dynamic, &Dynamic) -> Dynamic) -> Value {
    let (Some(left), Some(right)) = (Operand::of(args, 0), Operand::of(args, 1)) else { return Value::Null };
    if matches!((&left, &right), (Operand::Number(_), Operand::Number(_))) {
        return Value::Null;
    }
    array((0..left.len().max(right.len())).map(|index| combine(left.at(index), right.at(index))))
}

/// Whole numbers stay whole as long as `whole` has an answer for them.
fn combined(args: &[Value], whole: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Value {
    pairs(args, |left, right| {
        if let (Dynamic::Long(left), Dynamic::Long(right)) = (left, right)
            && let Some(result) = whole(*left, *right)
        {
            return Dynamic::Long(result);
        }
        element(left.as_real().zip(right.as_real()).map(|(left, right)| real(left, right)))
    })
}

fn compared(args: &[Value], compare: fn(f64, f64) -> bool) -> Value {
    pairs(args, |left, right| match (left.as_real(), right.as_real()) {
        (Some(left), Some(right)) => Dynamic::Bool(compare(left, right)),
        _ => Dynamic::Null,
    })
}

fn mapped(args: &[Value], map: fn(f64) -> f64) -> Value {
    args.array(0).map_or(Value::Null, |items| array(items.iter().map(|item| element(item.as_real().map(map)))))
}

fn sign(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number.signum() }
}

fn abs(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    array(items.iter().map(|item| match item {
        Dynamic::Long(number) => Dynamic::Long(number.saturating_abs()),
        _ => element(item.as_real().map(f64::abs)),
    }))
}
