//! Filling the holes of a series.

use super::super::arguments::{Arguments, array};
use super::super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const SERIES: Param = Param::Is(ColumnType::Dynamic);
const ANY: Param = Param::Any;
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(&["series_fill_const"], &[SERIES, ANY, ANY], DYNAMIC, fill_const).required(1),
    Function::new(&["series_fill_forward"], &[SERIES, ANY], DYNAMIC, fill_forward).required(1),
    Function::new(&["series_fill_backward"], &[SERIES, ANY], DYNAMIC, fill_backward).required(1),
    Function::new(&["series_fill_linear"], &[SERIES, ANY, Param::Is(ColumnType::Bool), ANY], DYNAMIC, fill_linear)
        .required(1),
];

/// Whether an element is a hole: the placeholder asked for, or null.
fn is_hole(item: &Dynamic, placeholder: &Dynamic) -> bool {
    match (item.as_real(), placeholder.as_real()) {
        (Some(item), Some(placeholder)) => item == placeholder || (item.is_nan() && placeholder.is_nan()),
        _ => item.is_null() && placeholder.is_null(),
    }
}

fn placeholder(args: &[Value], index: usize) -> Dynamic {
    args.get(index).map_or(Dynamic::Null, Value::to_dynamic)
}

fn fill_const(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let constant = args.get(1).map_or(Dynamic::Long(0), Value::to_dynamic);
    let hole = placeholder(args, 2);
    array(items.iter().map(|item| if is_hole(item, &hole) { constant.clone() } else { item.clone() }))
}

/// Each hole gets the last value before it.
fn filled<'a>(items: impl Iterator<Item = &'a Dynamic>, hole: &Dynamic) -> Vec<Dynamic> {
    let mut last: Option<&Dynamic> = None;
    let mut filled = Vec::new();
    for item in items {
        if !is_hole(item, hole) {
            last = Some(item);
        }
        filled.push(last.unwrap_or(item).clone());
    }
    filled
}

fn fill_forward(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.array(0).map_or(Value::Null, |items| array(filled(items.iter(), &placeholder(args, 1))))
}

fn fill_backward(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.array(0).map_or(Value::Null, |items| {
        let mut items = filled(items.iter().rev(), &placeholder(args, 1));
        items.reverse();
        array(items)
    })
}

/// Holes between two values lie on the line between them; those at the edges get the nearest value, or stay. A series of
/// whole numbers stays one: what lies between is cut to a whole number, as in the example of
/// <https://learn.microsoft.com/kusto/query/series-fill-linear-function> (read 2026-11-25).
fn fill_linear(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let hole = placeholder(args, 1);
    let fill_edges = args.get(2).and_then(Value::as_bool).unwrap_or(true);
    let known: Vec<(usize, f64)> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| !is_hole(item, &hole))
        .filter_map(|(index, item)| Some((index, item.as_real()?)))
        .collect();
    if known.is_empty() {
        let constant = args.get(3).map_or(Dynamic::Real(0.0), Value::to_dynamic);
        return array(items.iter().map(|_| constant.clone()));
    }
    let whole = known.iter().all(|(at, _)| matches!(items[*at], Dynamic::Long(_)));
    let number = |value: f64| if whole { Dynamic::Long(value as i64) } else { Dynamic::Real(value) };
    array(items.iter().enumerate().map(|(index, item)| {
        if !is_hole(item, &hole) {
            return item.clone();
        }
        let after = known.partition_point(|(at, _)| *at < index);
        match (after.checked_sub(1).map(|before| known[before]), known.get(after)) {
            (Some((x0, y0)), Some((x1, y1))) => number(y0 + (y1 - y0) * (index - x0) as f64 / (x1 - x0) as f64),
            (Some((_, edge)), None) | (None, Some(&(_, edge))) if fill_edges => number(edge),
            _ => item.clone(),
        }
    }))
}
