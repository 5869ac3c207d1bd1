//! Arrays: made, measured, cut, shifted and sorted.

use std::cmp::Ordering;

use super::arguments::{Arguments, ITEMS_MAX, array};
use super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const ARRAY: Param = Param::Is(ColumnType::Dynamic);
const ANY: Param = Param::Any;
const WHOLE: Param = Param::Integer;
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);
const LONG: Returns = Returns::Is(ColumnType::Long);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["pack_array"], &[ANY], DYNAMIC, pack_array).required(0).variadic(),
    Function::new(&["array_concat"], &[ARRAY], DYNAMIC, array_concat).variadic(),
    Function::new(&["array_length", "arraylength"], &[ARRAY], LONG, array_length),
    Function::new(&["array_index_of"], &[ARRAY, ANY, WHOLE, WHOLE, WHOLE], LONG, array_index_of).required(2),
    Function::new(&["array_slice"], &[ARRAY, WHOLE, WHOLE], DYNAMIC, array_slice),
    Function::new(&["array_split"], &[ARRAY, ANY], DYNAMIC, array_split),
    Function::new(&["array_reverse"], &[ARRAY], DYNAMIC, array_reverse),
    Function::new(&["array_rotate_left"], &[ARRAY, WHOLE], DYNAMIC, |_, args| rotated(args, 1)),
    Function::new(&["array_rotate_right"], &[ARRAY, WHOLE], DYNAMIC, |_, args| rotated(args, -1)),
    Function::new(&["array_shift_left"], &[ARRAY, WHOLE, ANY], DYNAMIC, |_, args| shifted(args, 1)).required(2),
    Function::new(&["array_shift_right"], &[ARRAY, WHOLE, ANY], DYNAMIC, |_, args| shifted(args, -1)).required(2),
    Function::new(&["array_sort_asc"], &[ANY], DYNAMIC, |_, args| sorted(args, false)).variadic(),
    Function::new(&["array_sort_desc"], &[ANY], DYNAMIC, |_, args| sorted(args, true)).variadic(),
    Function::new(&["array_iff", "array_iif"], &[ARRAY, ANY, ANY], DYNAMIC, array_iff),
    Function::new(&["array_sum", "series_sum"], &[ARRAY], Returns::Is(ColumnType::Real), array_sum),
    Function::new(&["zip"], &[ARRAY, ARRAY], DYNAMIC, zip).variadic(),
    Function::new(&["repeat"], &[ANY, WHOLE], DYNAMIC, repeat),
    Function::new(&["range"], &[ANY, ANY, ANY], DYNAMIC, range).required(2),
];

fn pack_array(_: &mut Context<'_>, args: &[Value]) -> Value {
    array(args.iter().map(Value::to_dynamic))
}

fn array_concat(_: &mut Context<'_>, args: &[Value]) -> Value {
    let arrays: Vec<&[Dynamic]> = (0..args.len()).filter_map(|index| args.array(index)).collect();
    if arrays.is_empty() { Value::Null } else { array(arrays.into_iter().flatten().cloned()) }
}

fn array_length(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.array(0).map_or(Value::Null, |items| (items.len() as i64).into())
}

fn array_index_of(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let optional = |index: usize, default: i64| if args.has(index) { args.long(index) } else { Some(default) };
    let (Some(start), Some(length), Some(occurrence)) = (optional(2, 0), optional(3, -1), optional(4, 1)) else {
        return Value::Null;
    };
    if length < -1 || occurrence < 1 {
        return Value::Null;
    }
    let count = items.len() as i64;
    let start = if start < 0 { (count + start).max(0) } else { start.min(count) } as usize;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let wanted = args[1].to_dynamic();
    let same = |item: &Dynamic| item.total_order(&wanted) == Ordering::Equal;
    let found = items.iter().enumerate().skip(start).take(length).filter(|(_, item)| same(item));
    found.map(|(index, _)| index as i64).nth(occurrence as usize - 1).unwrap_or(-1).into()
}

/// From `start` through `end`; negative positions count from the end.
fn array_slice(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(items), Some(start), Some(end)) = (args.array(0), args.long(1), args.long(2)) else {
        return Value::Null;
    };
    let count = items.len() as i64;
    let position = |at: i64| if at < 0 { count + at } else { at };
    let start = position(start).clamp(0, count) as usize;
    let end = position(end).saturating_add(1).clamp(0, count) as usize;
    array(items.get(start..end).unwrap_or_default().iter().cloned())
}

/// Pieces that begin at the positions given.
fn array_split(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let count = items.len() as i64;
    let positions: Vec<i64> = match args.array(1) {
        Some(positions) => positions.iter().filter_map(Dynamic::as_real).map(|at| at as i64).collect(),
        None => match args.long(1) {
            Some(position) => vec![position],
            None => return Value::Null,
        },
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    for position in positions {
        let end = if position < 0 { count + position } else { position }.clamp(start, count);
        pieces.push(Dynamic::array(items[start as usize..end as usize].iter().cloned()));
        start = end;
    }
    pieces.push(Dynamic::array(items[start as usize..].iter().cloned()));
    array(pieces)
}

fn array_reverse(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.array(0).map_or(Value::Null, |items| array(items.iter().rev().cloned()))
}

/// Rotated to the left, or with `direction` -1 to the right.
fn rotated(args: &[Value], direction: i64) -> Value {
    let (Some(items), Some(count)) = (args.array(0), args.long(1)) else { return Value::Null };
    if items.is_empty() {
        return array([]);
    }
    let shift = count.wrapping_mul(direction).rem_euclid(items.len() as i64) as usize;
    array(items[shift..].iter().chain(&items[..shift]).cloned())
}

/// Shifted to the left, or with `direction` -1 to the right; what is empty is filled.
fn shifted(args: &[Value], direction: i64) -> Value {
    let (Some(items), Some(count)) = (args.array(0), args.long(1)) else { return Value::Null };
    let filler = args.get(2).map_or(Dynamic::Null, Value::to_dynamic);
    let shift = count.saturating_mul(direction);
    array((0..items.len() as i64).map(|index| {
        let from = usize::try_from(index.saturating_add(shift)).ok();
        from.and_then(|from| items.get(from)).cloned().unwrap_or_else(|| filler.clone())
    }))
}

/// Sorts by the first array; with several, all are put into its order and returned as an array of arrays. A last
/// argument that is a boolean says whether nulls go last, as they do without it.
fn sorted(args: &[Value], descending: bool) -> Value {
    let (arrays, nulls_last) = match args.split_last() {
        Some((Value::Bool(nulls_last), arrays)) => (arrays, *nulls_last),
        _ => (args, true),
    };
    let Some(keys) = arrays.array(0) else { return Value::Null };
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|left, right| {
        let (left, right) = (&keys[*left], &keys[*right]);
        match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if nulls_last {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, true) => {
                if nulls_last {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, false) if descending => right.total_order(left),
            (false, false) => left.total_order(right),
        }
    });
    let arranged = |index: usize| match arrays.array(index) {
        Some(items) if items.len() == order.len() => Dynamic::array(order.iter().map(|at| items[*at].clone())),
        _ => Dynamic::Null,
    };
    if arrays.len() == 1 { Value::dynamic(arranged(0)) } else { array((0..arrays.len()).map(arranged)) }
}

/// Item by item, by the conditions in the first array; the others may be scalars.
fn array_iff(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(conditions) = args.array(0) else { return Value::Null };
    let pick = |argument: usize, index: usize| match args.array(argument) {
        Some(items) => items.get(index).cloned().unwrap_or(Dynamic::Null),
        None => args[argument].to_dynamic(),
    };
    array(conditions.iter().enumerate().map(|(index, condition)| match condition {
        Dynamic::Bool(true) => pick(1, index),
        Dynamic::Bool(false) => pick(2, index),
        _ => match condition.as_real() {
            Some(number) => pick(if number == 0.0 { 2 } else { 1 }, index),
            None => Dynamic::Null,
        },
    }))
}

/// The sum of the numbers; null when anything else but null is among them.
fn array_sum(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let numbers: Option<Vec<f64>> = items.iter().filter(|item| !item.is_null()).map(Dynamic::as_real).collect();
    numbers.map_or(Value::Null, |numbers| total(numbers).into())
}

/// The sum, which of nothing is zero and not the minus zero that `Iterator::sum` begins with.
pub(super) fn total(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(0.0, |sum, number| sum + number)
}

/// The first items together, then the second ones, as far as the longest array goes.
fn zip(_: &mut Context<'_>, args: &[Value]) -> Value {
    let arrays: Vec<&[Dynamic]> = (0..args.len()).map(|index| args.array(index).unwrap_or_default()).collect();
    let longest = arrays.iter().map(|items| items.len()).max().unwrap_or(0);
    let row = |index: usize| {
        Dynamic::array(arrays.iter().map(move |items| items.get(index).cloned().unwrap_or(Dynamic::Null)))
    };
    array((0..longest).map(row))
}

fn repeat(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(count) = args.long(1) else { return Value::Null };
    if count < 0 {
        return Value::Null;
    }
    let item = args[0].to_dynamic();
    array((0..count.min(ITEMS_MAX as i64 + 1)).map(|_| item.clone()))
}

/// `start`, `start + step`, … through `stop`; the step is 1, or an hour between times, when not given.
fn range(_: &mut Context<'_>, args: &[Value]) -> Value {
    let step = args.get(2);
    if step.is_some_and(Value::is_null) {
        return Value::Null;
    }
    match (&args[0], &args[1]) {
        (Value::DateTime(start), Value::DateTime(stop)) => {
            let make = |ticks: i64| crate::DateTime::from_ticks(ticks).map_or(Dynamic::Null, Dynamic::DateTime);
            ticks_range(start.ticks(), stop.ticks(), step, make)
        }
        (Value::Timespan(start), Value::Timespan(stop)) => ticks_range(start.ticks(), stop.ticks(), step, |ticks| {
            Dynamic::Timespan(crate::Timespan::from_ticks(ticks))
        }),
        _ => number_range(args),
    }
}

fn ticks_range(start: i64, stop: i64, step: Option<&Value>, make: impl Fn(i64) -> Dynamic) -> Value {
    let step = match step {
        None => crate::TICKS_PER_HOUR,
        Some(step) => match step.as_timespan() {
            Some(step) => step.ticks(),
            None => return Value::Null,
        },
    };
    whole_range(start, stop, step, make)
}

fn whole_range(start: i64, stop: i64, step: i64, make: impl Fn(i64) -> Dynamic) -> Value {
    if step == 0 {
        return Value::Null;
    }
    let inside = |at: &i64| if step > 0 { *at <= stop } else { *at >= stop };
    let points = std::iter::successors(Some(start), |at| at.checked_add(step)).take_while(inside);
    array(points.take(ITEMS_MAX).map(make))
}

fn number_range(args: &[Value]) -> Value {
    let step_is_whole = !args.has(2) || args.long(2).is_some();
    if let (Some(start), Some(stop), true) = (args.long(0), args.long(1), step_is_whole) {
        return whole_range(start, stop, args.long(2).unwrap_or(1), Dynamic::Long);
    }
    let step = if args.has(2) { args.real(2) } else { Some(1.0) };
    let (Some(start), Some(stop), Some(step)) = (args.real(0), args.real(1), step) else { return Value::Null };
    let steps = (stop - start) / step;
    if step == 0.0 || !steps.is_finite() || steps < 0.0 {
        return if step == 0.0 || steps.is_nan() { Value::Null } else { array([]) };
    }
    let count = (steps.min(ITEMS_MAX as f64)) as usize;
    array((0..=count).take(ITEMS_MAX).map(|index| Dynamic::Real(start + step * index as f64)))
}
