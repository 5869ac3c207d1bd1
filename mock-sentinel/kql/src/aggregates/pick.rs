//! Aggregates that answer with the cells of one row: `arg_max`, `arg_min`, `take_any`.

use std::{cmp::Ordering, sync::Arc};

use super::{Accumulator, Aggregate, Call, ResultName::EachArgument};
use crate::{
    column::cells::Cells,
    column::{Column, ColumnBuilder, NO_ROW, RowId, gather_many},
    error::Error,
    functions::Param,
    types::ColumnType,
    value::Value,
};

const ANY: Aggregate = Aggregate::new(&["take_any", "any"], &[Param::Any], EachArgument, first, take_any).variadic();

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate::new(&["arg_max", "argmax"], &[Param::Any, Param::Any], EachArgument, first, arg_max)
        .required(1)
        .variadic(),
    Aggregate::new(&["arg_min", "argmin"], &[Param::Any, Param::Any], EachArgument, first, arg_min)
        .required(1)
        .variadic(),
    ANY,
    Aggregate::new(&["take_anyif", "anyif"], &[Param::Any], EachArgument, first, take_any)
        .only_if(&["take_anyif", "anyif"], EachArgument),
];

fn first(kinds: &[ColumnType]) -> ColumnType {
    kinds.first().copied().unwrap_or(ColumnType::Dynamic)
}

/// Which row is better.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Largest,
    Smallest,
    /// The first, though one with a value when there is only one argument.
    Any,
}

/// Remembers only where the best rows are; their cells are gathered at the end.
struct Best {
    wanted: Wanted,
    kinds: Vec<ColumnType>,
    rows: Vec<RowId>,
    keys: Vec<Value>,
    /// The arguments of every batch so far.
    batches: Vec<Vec<Arc<Column>>>,
    bytes: usize,
}

fn arg_max(call: &Call<'_>) -> Box<dyn Accumulator> {
    best(call, Wanted::Largest)
}

fn arg_min(call: &Call<'_>) -> Box<dyn Accumulator> {
    best(call, Wanted::Smallest)
}

fn take_any(call: &Call<'_>) -> Box<dyn Accumulator> {
    best(call, Wanted::Any)
}

fn best(call: &Call<'_>, wanted: Wanted) -> Box<dyn Accumulator> {
    Box::new(Best {
        wanted,
        kinds: call.kinds.to_vec(),
        rows: Vec::new(),
        keys: Vec::new(),
        batches: Vec::new(),
        bytes: 0,
    })
}

impl Best {
    /// `take_any` passes over an empty text as over a null.
    /// <https://learn.microsoft.com/kusto/query/take-any-aggregation-function> (read 2026-11-26)
    fn key(&self, value: Value) -> Value {
        if self.wanted == Wanted::Any && value.as_str() == Some("") { Value::Null } else { value }
    }

    fn is_better(&self, group: usize, key: &Value) -> bool {
        if self.rows[group].1 == NO_ROW {
            return true;
        }
        if self.wanted == Wanted::Any {
            return self.kinds.len() == 1 && self.keys[group].is_null() && !key.is_null();
        }
        if key.is_null() {
            return false;
        }
        let order = key.total_order(&self.keys[group]);
        self.keys[group].is_null()
            || order == if self.wanted == Wanted::Largest { Ordering::Greater } else { Ordering::Less }
    }

    /// Only the batches that still hold a best row are worth keeping once there are many.
    fn forget_unused(&mut self) {
        if self.batches.len() < 64 || !self.batches.len().is_power_of_two() {
            return;
        }
        let mut used = vec![false; self.batches.len()];
        for (batch, row) in &self.rows {
            if *row != NO_ROW {
                used[*batch as usize] = true;
            }
        }
        for (batch, used) in self.batches.iter_mut().zip(used) {
            if !used {
                self.bytes = self.bytes.saturating_sub(bytes_of(batch));
                *batch = self.kinds.iter().map(|kind| Arc::new(ColumnBuilder::new(*kind).finish())).collect();
            }
        }
    }
}

fn bytes_of(columns: &[Arc<Column>]) -> usize {
    columns.iter().map(|column| column.bytes()).sum()
}

impl Accumulator for Best {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.rows.resize(count, (0, NO_ROW));
        self.keys.resize(count, Value::Null);
        let batch = self.batches.len() as u32;
        let key = &args[0];
        for (row, group) in groups.iter().enumerate() {
            let group = *group as usize;
            if self.wanted == Wanted::Any && self.rows[group].1 != NO_ROW && !self.keys[group].is_null() {
                continue;
            }
            let key = self.key(key.value(row));
            if self.is_better(group, &key) {
                self.rows[group] = (batch, row as u32);
                self.keys[group] = key;
            }
        }
        let columns = args.iter().zip(&self.kinds).map(|(cells, kind)| cells.clone().into_column(*kind, groups.len()));
        let columns: Vec<Arc<Column>> = columns.collect();
        self.bytes += bytes_of(&columns);
        self.batches.push(columns);
        self.forget_unused();
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.rows.resize(count, (0, NO_ROW));
        if self.batches.is_empty() {
            self.batches.push(self.kinds.iter().map(|kind| Arc::new(ColumnBuilder::new(*kind).finish())).collect());
        }
        let column = |at: usize| {
            let columns: Vec<Arc<Column>> = self.batches.iter().map(|batch| Arc::clone(&batch[at])).collect();
            gather_many(&columns, &self.rows)
        };
        (0..self.kinds.len()).map(column).collect()
    }

    fn bytes(&self) -> usize {
        let key = size_of::<Value>() + size_of::<RowId>();
        self.bytes + self.rows.len() * key
    }
}
