//! `sort by`, `top`

use std::{cmp::Ordering, sync::Arc};

use super::Operator;
use crate::{
    batch::{Batch, gather},
    column::cells::Cells,
    column::{Column, Data, RowId},
    error::Error,
    plan::{Sort, SortKey},
    run::Run,
    types::ColumnType,
};

/// Rows that are sorted without a look at the bounds.
const RUN_ROWS: usize = 1 << 16;
/// What sorting a row in its run counts as.
const STEPS_A_ROW: usize = 8;
/// What a row and each of its keys take while they wait.
const ROW_BYTES: usize = size_of::<Option<u64>>();

/// Rows waiting to be sorted.
pub(super) struct Sorting<'p> {
    plan: &'p Sort,
    batches: Vec<Batch>,
    keys: Vec<Keys>,
}

/// The values of one key over all rows, in the order the rows came.
enum Keys {
    /// Numbers and times, by a form whose order is theirs; `None` is null.
    Bits(Vec<Option<u64>>),
    /// Anything else, looked up where it is.
    Columns(Vec<Arc<Column>>),
}

impl<'p> Sorting<'p> {
    pub(super) fn new(plan: &'p Sort) -> Self {
        let keys = plan.keys.iter().map(|key| match key.expr.ty {
            ColumnType::String | ColumnType::Decimal | ColumnType::Guid | ColumnType::Dynamic => {
                Keys::Columns(Vec::new())
            }
            _ => Keys::Bits(Vec::new()),
        });
        Self { plan, batches: Vec::new(), keys: keys.collect() }
    }

    /// Sorts runs of rows, then merges them two by two, so that a sort of any length can be ended.
    fn sorted(&self, run: &mut Run<'_>, mut rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        for part in rows.chunks_mut(RUN_ROWS) {
            run.spend(part.len().saturating_mul(STEPS_A_ROW))?;
            part.sort_unstable_by(|left, right| self.order(left, right));
        }
        let mut width = RUN_ROWS;
        let mut merged = Vec::new();
        while width < rows.len() {
            merged.reserve_exact(rows.len());
            for pair in rows.chunks(2 * width) {
                run.spend(pair.len())?;
                self.merge(pair.split_at(width.min(pair.len())), &mut merged);
            }
            std::mem::swap(&mut rows, &mut merged);
            merged.clear();
            width = width.saturating_mul(2);
        }
        Ok(rows)
    }

    fn merge(&self, (mut left, mut right): (&[Row], &[Row]), merged: &mut Vec<Row>) {
        while let (Some((first, rest)), Some((second, others))) = (left.split_first(), right.split_first()) {
            if self.order(first, second) == Ordering::Greater {
                merged.push(*second);
                right = others;
            } else {
                merged.push(*first);
                left = rest;
            }
        }
        merged.extend_from_slice(left);
        merged.extend_from_slice(right);
    }

    fn order(&self, left: &Row, right: &Row) -> Ordering {
        for (key, values) in self.plan.keys.iter().zip(&self.keys) {
            let order = match values {
                Keys::Bits(bits) => by_key(key, bits[left.at as usize], bits[right.at as usize], u64::cmp),
                Keys::Columns(columns) => by_column(key, columns, left.id, right.id),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        left.at.cmp(&right.at)
    }
}

/// A row by its place in the input.
#[derive(Clone, Copy)]
struct Row {
    at: u32,
    id: RowId,
}

/// Orders two keys of which either may be null.
fn by_key<T>(key: &SortKey, left: Option<T>, right: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => {
            let order = order(&left, &right);
            if key.descending { order.reverse() } else { order }
        }
        (None, None) => Ordering::Equal,
        (left, _) => {
            if left.is_none() == key.nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

fn by_column(key: &SortKey, columns: &[Arc<Column>], left: RowId, right: RowId) -> Ordering {
    let (left_column, right_column) = (&columns[left.0 as usize], &columns[right.0 as usize]);
    let (left, right) = (left.1 as usize, right.1 as usize);
    if let (Data::String(left_texts), Data::String(right_texts)) = (&left_column.data, &right_column.data) {
        // A string is never null, yet the empty one stands where nulls do by its own order.
        return by_key(key, Some(left_texts.get(left)), Some(right_texts.get(right)), Ord::cmp);
    }
    let some = |value: crate::Value| (!value.is_null()).then_some(value);
    by_key(key, some(left_column.value(left)), some(right_column.value(right)), crate::Value::total_order)
}

/// The bits of every row's key, ordered like the keys.
fn ordered_bits(cells: &Cells, key: &SortKey, len: usize, bits: &mut Vec<Option<u64>>) {
    let flipped = |value: i64| (value as u64) ^ (1 << 63);
    match key.expr.ty {
        ColumnType::Real => {
            let (reals, nan) = (cells.reals(), bits_of_nan(key));
            let ordered = |real: f64| if real.is_nan() { nan } else { ordered_real(real) };
            bits.extend((0..len).map(|row| reals.and_then(|reals| reals.get(row)).map(ordered)));
        }
        ColumnType::Bool => {
            let bools = cells.bools();
            bits.extend((0..len).map(|row| bools.get(row).map(u64::from)));
        }
        _ => {
            let longs = cells.longs();
            bits.extend((0..len).map(|row| longs.and_then(|longs| longs.get(row)).map(flipped)));
        }
    }
}

/// NaN stands beside the nulls, whatever the direction.
/// <https://learn.microsoft.com/kusto/query/sort-operator#using-special-floating-point-values> (read 2026-11-26)
fn bits_of_nan(key: &SortKey) -> u64 {
    if key.descending == key.nulls_first { u64::MAX } else { 0 }
}

/// The bits of a number, between those that NaN may have.
fn ordered_real(real: f64) -> u64 {
    let bits = if real == 0.0 { 0 } else { real.to_bits() };
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

impl Operator for Sorting<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        run.hold(batch.footprint() + batch.len() * ROW_BYTES * (1 + self.keys.len()))?;
        for (key, values) in self.plan.keys.iter().zip(&mut self.keys) {
            let cells = run.evaluate(&key.expr, &batch)?;
            match values {
                Keys::Bits(bits) => ordered_bits(&cells, key, batch.len(), bits),
                Keys::Columns(columns) => {
                    run.hold(cells.bytes())?;
                    columns.push(cells.into_column(key.expr.ty, batch.len()));
                }
            }
        }
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let Some(schema) = self.batches.first().map(|batch| batch.schema().clone()) else { return Ok(()) };
        let ids = self
            .batches
            .iter()
            .enumerate()
            .flat_map(|(at, batch)| (0..batch.len()).map(move |row| (at as u32, row as u32)));
        let mut rows: Vec<Row> = ids.enumerate().map(|(at, id)| Row { at: at as u32, id }).collect();
        // Until they are gathered, rows stand in a list, in a second one while they are merged, and in that of their ids.
        run.fits(rows.len() * (2 * size_of::<Row>() + size_of::<RowId>()))?;
        if let Some(limit) = self.plan.limit {
            if limit == 0 {
                return Ok(());
            }
            if limit < rows.len() {
                rows.select_nth_unstable_by(limit - 1, |left, right| self.order(left, right));
                rows.truncate(limit);
            }
        }
        let rows = self.sorted(run, rows)?;
        let ids: Arc<[RowId]> = rows.iter().map(|row| row.id).collect();
        out.push(gather(&schema, &self.batches, &ids));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_ordered_like_numbers() {
        let numbers = [f64::NEG_INFINITY, -1.5, -0.0, 1e-300, 2.0, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| ordered_real(pair[0]) < ordered_real(pair[1])));
        assert!(ordered_real(f64::NEG_INFINITY) > 0 && ordered_real(f64::INFINITY) < u64::MAX);
        assert_eq!(ordered_real(0.0), ordered_real(-0.0));
    }
}
