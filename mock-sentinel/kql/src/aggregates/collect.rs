//! Lists, sets and bags.

use std::sync::Arc;

use indexmap::IndexSet;

use super::{Accumulator, Aggregate, Call, Group, Groups, ResultName::Prefix};
use crate::{
    dynamic::{Dynamic, DynamicKey, Properties},
    functions::Param,
    types::ColumnType,
    value::Value,
};

/// The most items an array may get, as documented for `make_list` and `make_set` (read 2026-11-23 at
/// <https://learn.microsoft.com/kusto/query/make-list-aggregation-function>).
const ITEMS_MAX: usize = 1_048_576;

const COLLECTED: &[Param] = &[Param::Any, Param::Any];
const LIST: Aggregate =
    Aggregate::new(&["make_list", "makelist"], COLLECTED, Prefix("list"), tree, |call| list(call, false)).required(1);
const SET: Aggregate = Aggregate::new(&["make_set", "makeset"], COLLECTED, Prefix("set"), tree, set).required(1);
const BAG: Aggregate =
    Aggregate::new(&["make_bag", "make_dictionary"], COLLECTED, Prefix("bag"), tree, bag).required(1);

pub(super) const AGGREGATES: &[Aggregate] = &[
    LIST,
    LIST.only_if(&["make_list_if"], Prefix("list")),
    Aggregate::new(&["make_list_with_nulls"], &[Param::Any], Prefix("list"), tree, |call| list(call, true)),
    SET,
    SET.only_if(&["make_set_if"], Prefix("set")),
    BAG,
    BAG.only_if(&["make_bag_if"], Prefix("bag")),
];

fn tree(_: &[ColumnType]) -> ColumnType {
    ColumnType::Dynamic
}

fn items_max(call: &Call<'_>) -> usize {
    let wanted = call.constant(1).and_then(Value::as_long);
    wanted.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(ITEMS_MAX).min(ITEMS_MAX)
}

struct List {
    items: Vec<Dynamic>,
    /// What the items hold besides themselves.
    bytes: usize,
    items_max: usize,
    nulls: bool,
}

fn list(call: &Call<'_>, nulls: bool) -> Box<dyn Accumulator> {
    let items_max = items_max(call);
    Groups::boxed(call, 1, move || List { items: Vec::new(), bytes: 0, items_max, nulls })
}

impl Group for List {
    fn add(&mut self, values: &[Value]) {
        if self.items.len() < self.items_max && (self.nulls || !values[0].is_null()) {
            let item = values[0].to_dynamic();
            self.bytes += item.bytes();
            self.items.push(item);
        }
    }

    fn results(self) -> Vec<Value> {
        vec![Dynamic::array(self.items).into()]
    }

    fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<Dynamic>() + self.bytes
    }
}

struct Set {
    items: IndexSet<DynamicKey, hashbrown::DefaultHashBuilder>,
    bytes: usize,
    items_max: usize,
}

fn set(call: &Call<'_>) -> Box<dyn Accumulator> {
    let items_max = items_max(call);
    Groups::boxed(call, 1, move || Set { items: IndexSet::default(), bytes: 0, items_max })
}

impl Set {
    fn insert(&mut self, item: &Dynamic) {
        if self.items.len() < self.items_max && !item.is_null() && self.items.insert(DynamicKey(item.clone())) {
            self.bytes += item.bytes();
        }
    }
}

impl Group for Set {
    /// An array stands for its items.
    fn add(&mut self, values: &[Value]) {
        match values[0].to_dynamic() {
            Dynamic::Array(array) => array.items().iter().for_each(|item| self.insert(item)),
            item => self.insert(&item),
        }
    }

    fn results(self) -> Vec<Value> {
        vec![Dynamic::array(self.items.into_iter().map(|item| item.0)).into()]
    }

    fn bytes(&self) -> usize {
        self.items.capacity() * (size_of::<Dynamic>() + 16) + self.bytes
    }
}

struct MergedBag {
    properties: Properties,
    bytes: usize,
    properties_max: usize,
}

fn bag(call: &Call<'_>) -> Box<dyn Accumulator> {
    let properties_max = items_max(call);
    Groups::boxed(call, 1, move || MergedBag { properties: Properties::default(), bytes: 0, properties_max })
}

impl Group for MergedBag {
    /// The first value of a name stays.
    fn add(&mut self, values: &[Value]) {
        let Some(bag) = values[0].as_dynamic().and_then(Dynamic::as_bag) else { return };
        for (name, value) in bag {
            if self.properties.len() < self.properties_max && !self.properties.contains_key(name) {
                self.bytes += name.len() + value.bytes();
                self.properties.insert(Arc::clone(name), value.clone());
            }
        }
    }

    fn results(self) -> Vec<Value> {
        vec![Dynamic::bag(self.properties).into()]
    }

    fn bytes(&self) -> usize {
        self.properties.capacity() * (size_of::<Dynamic>() + 48) + self.bytes
    }
}
