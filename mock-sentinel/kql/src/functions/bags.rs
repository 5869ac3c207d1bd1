//! Property bags: made, merged, looked into, changed.

use std::sync::Arc;

use indexmap::IndexSet;

use super::arguments::{Arguments, array};
use super::{Context, Function, Param, Returns, json_path};
use crate::{
    dynamic::{Dynamic, Properties},
    types::ColumnType,
    value::Value,
};

const TEXT: Param = Param::Is(ColumnType::String);
const TREE: Param = Param::Is(ColumnType::Dynamic);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);
const BOOL: Returns = Returns::Is(ColumnType::Bool);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["bag_pack", "pack", "pack_dictionary"], &[Param::Any, Param::Any], DYNAMIC, bag_pack).variadic(),
    Function::new(&["bag_merge"], &[TREE, TREE], DYNAMIC, bag_merge).variadic(),
    Function::new(&["bag_keys"], &[TREE], DYNAMIC, bag_keys),
    Function::new(&["bag_has_key"], &[TREE, TEXT], BOOL, bag_has_key),
    Function::new(&["bag_remove_keys"], &[TREE, TREE], DYNAMIC, bag_remove_keys),
    Function::new(&["bag_set_key"], &[TREE, TEXT, Param::Any], DYNAMIC, bag_set_key),
    Function::new(&["bag_zip"], &[TREE, TREE], DYNAMIC, bag_zip),
    Function::new(&["treepath"], &[TREE], DYNAMIC, treepath),
    Function::new(&["dynamic_to_json"], &[Param::Any], Returns::Is(ColumnType::String), dynamic_to_json),
];

/// Keys and values in turn.
fn bag_pack(_: &mut Context<'_>, args: &[Value]) -> Value {
    let pairs = args.chunks_exact(2).map(|pair| (Arc::from(&*pair[0].to_text()), pair[1].to_dynamic()));
    Value::dynamic(Dynamic::bag(pairs))
}

/// The leftmost value of a key wins; what is not a bag is skipped.
fn bag_merge(_: &mut Context<'_>, args: &[Value]) -> Value {
    let mut merged = Properties::default();
    let mut any = false;
    for index in 0..args.len() {
        let Some(bag) = args.bag(index) else { continue };
        any = true;
        for (key, value) in bag {
            merged.entry(Arc::clone(key)).or_insert_with(|| value.clone());
        }
    }
    if any { Value::dynamic(Dynamic::bag(merged)) } else { Value::Null }
}

fn bag_keys(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.bag(0).map_or(Value::Null, |bag| array(bag.keys().map(|key| Dynamic::String(Arc::clone(key)))))
}

fn bag_has_key(_: &mut Context<'_>, args: &[Value]) -> Value {
    match args[0].as_dynamic() {
        Some(tree @ Dynamic::Bag(_)) => json_path::exists(tree, &json_path::of_key(&args.text(1))).into(),
        _ => Value::Null,
    }
}

/// Keys may be paths such as `$.a.b`, of which at most [`PATHS_MAX`] are followed.
fn bag_remove_keys(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(bag) = args.bag(0) else { return Value::Null };
    let keys: IndexSet<String> = args.array(1).unwrap_or_default().iter().map(Dynamic::to_text).collect();
    let kept = bag.iter().filter(|(key, _)| !keys.contains(&***key));
    let tree = Dynamic::bag(kept.map(|(key, value)| (Arc::clone(key), value.clone())));
    let paths = keys.iter().filter(|key| key.starts_with('$')).take(PATHS_MAX);
    Value::dynamic(paths.fold(tree, |tree, path| match tree.as_bag() {
        Some(bag) => json_path::removed(bag, &json_path::of_key(path)),
        None => tree,
    }))
}

fn bag_set_key(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(bag) = args.bag(0) else { return Value::Null };
    Value::dynamic(json_path::with(bag, &json_path::of_key(&args.text(1)), args[2].to_dynamic()))
}

/// Keys from one array, values from another; a key without a value gets null.
fn bag_zip(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(keys) = args.array(0) else { return Value::Null };
    let values = args.array(1).unwrap_or_default();
    let pairs = keys.iter().enumerate().filter_map(|(index, key)| match key {
        Dynamic::String(key) => Some((Arc::clone(key), values.get(index).cloned().unwrap_or(Dynamic::Null))),
        _ => None,
    });
    Value::dynamic(Dynamic::bag(pairs))
}

/// Every path there is; the items of an array share one.
fn treepath(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(tree) = args[0].as_dynamic() else { return Value::Null };
    let mut paths = IndexSet::new();
    collect_paths(tree, "", &mut paths);
    array(paths.into_iter().map(Dynamic::string))
}

/// More distinct paths than this are not listed.
const PATHS_MAX: usize = 4096;

fn collect_paths(tree: &Dynamic, prefix: &str, paths: &mut IndexSet<String>) {
    if paths.len() >= PATHS_MAX {
        return;
    }
    match tree {
        Dynamic::Bag(bag) => {
            for (key, value) in bag.properties() {
                let path = format!("{prefix}['{key}']");
                paths.insert(path.clone());
                collect_paths(value, &path, paths);
            }
        }
        Dynamic::Array(items) if !items.items().is_empty() => {
            let path = format!("{prefix}[0]");
            paths.insert(path.clone());
            for item in items.items() {
                collect_paths(item, &path, paths);
            }
        }
        _ => {}
    }
}

/// JSON with the properties of every bag in the order of their names.
fn dynamic_to_json(_: &mut Context<'_>, args: &[Value]) -> Value {
    Value::from(sorted(&args[0].to_dynamic()).to_text())
}

fn sorted(tree: &Dynamic) -> Dynamic {
    match tree {
        Dynamic::Array(array) => Dynamic::array(array.items().iter().map(sorted)),
        Dynamic::Bag(bag) => {
            let mut properties: Vec<_> =
                bag.properties().iter().map(|(key, value)| (Arc::clone(key), sorted(value))).collect();
            properties.sort_by(|(left, _), (right, _)| left.cmp(right));
            Dynamic::bag(properties)
        }
        _ => tree.clone(),
    }
}
