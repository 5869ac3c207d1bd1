//! Arrays as sets. Items keep the order in which they came; `1` and `1.0` are the same item.

use hashbrown::HashSet;

use super::arguments::{Arguments, array};
use super::{Context, Function, Param, Returns};
use crate::{
    dynamic::{Dynamic, DynamicKey},
    types::ColumnType,
    value::Value,
};

const ARRAY: Param = Param::Is(ColumnType::Dynamic);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);
const BOOL: Returns = Returns::Is(ColumnType::Bool);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["set_union"], &[ARRAY, ARRAY], DYNAMIC, set_union).variadic(),
    Function::new(&["set_intersect"], &[ARRAY, ARRAY], DYNAMIC, set_intersect).variadic(),
    Function::new(&["set_difference"], &[ARRAY, ARRAY], DYNAMIC, set_difference).variadic(),
    Function::new(&["set_has_element"], &[ARRAY, Param::Any], BOOL, set_has_element),
    Function::new(&["set_equals"], &[ARRAY, ARRAY], BOOL, set_equals),
    Function::new(&["jaccard_index"], &[ARRAY, ARRAY], Returns::Is(ColumnType::Real), jaccard_index),
];

type Keys = HashSet<DynamicKey>;

fn keys(items: &[Dynamic]) -> Keys {
    items.iter().cloned().map(DynamicKey).collect()
}

/// Items one by one, each the first time it comes.
fn distinct<'a>(items: impl Iterator<Item = &'a Dynamic>) -> impl Iterator<Item = Dynamic> {
    let mut seen = Keys::default();
    items.filter(move |item| seen.insert(DynamicKey((*item).clone()))).cloned()
}

fn set_union(_: &mut Context<'_>, args: &[Value]) -> Value {
    array(distinct((0..args.len()).flat_map(|index| args.array(index).unwrap_or_default())))
}

fn set_intersect(_: &mut Context<'_>, args: &[Value]) -> Value {
    let others: Vec<Keys> = (1..args.len()).map(|index| keys(args.array(index).unwrap_or_default())).collect();
    let first = distinct(args.array(0).unwrap_or_default().iter());
    array(first.map(DynamicKey).filter(|item| others.iter().all(|keys| keys.contains(item))).map(|key| key.0))
}

fn set_difference(_: &mut Context<'_>, args: &[Value]) -> Value {
    let others: Vec<Keys> = (1..args.len()).map(|index| keys(args.array(index).unwrap_or_default())).collect();
    let first = distinct(args.array(0).unwrap_or_default().iter());
    array(first.map(DynamicKey).filter(|item| !others.iter().any(|keys| keys.contains(item))).map(|key| key.0))
}

fn set_has_element(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(items) = args.array(0) else { return Value::Null };
    let wanted = DynamicKey(args[1].to_dynamic());
    items.iter().any(|item| DynamicKey(item.clone()) == wanted).into()
}

fn set_equals(_: &mut Context<'_>, args: &[Value]) -> Value {
    match (args.array(0), args.array(1)) {
        (Some(left), Some(right)) => (keys(left) == keys(right)).into(),
        _ => Value::Null,
    }
}

/// The size of the intersection over that of the union.
fn jaccard_index(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(left), Some(right)) = (args.array(0), args.array(1)) else { return Value::Null };
    let (left, right) = (keys(left), keys(right));
    (left.intersection(&right).count() as f64 / left.union(&right).count() as f64).into()
}
