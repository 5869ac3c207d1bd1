//! `pivot`: a column for each value of a column.

use std::collections::BTreeMap;

use super::{Output, within_columns};
use crate::{
    batch::Batch, column::cells::Cells, error::Error, functions::conversion::convert, operators::group::Grouper,
    run::Run, types::ColumnDef, value::Value,
};

/// What a name takes until it is a column.
const NAME_BYTES: usize = 96;
/// What a row of the input takes in its group: its number and its column.
const PLACE_BYTES: usize = 64;

/// Groups whose last two columns are a name and a value, spread out: a column for each name. Numbers that are missing
/// are zero.
pub(crate) fn pivot(run: &mut Run<'_>, rows: &Batch) -> Result<Batch, Error> {
    let before = run.held();
    let pivoted = spread(run, rows);
    run.release(run.held().saturating_sub(before));
    pivoted
}

fn spread(run: &mut Run<'_>, rows: &Batch) -> Result<Batch, Error> {
    let kept = rows.schema().len().saturating_sub(2);
    let value_kind = rows.schema().kind(kept + 1);
    let names = names(run, rows, kept)?;
    run.hold(rows.len().saturating_mul(PLACE_BYTES * (1 + kept)))?;
    let keys: Vec<Cells> = (0..kept).map(|at| Cells::Many(rows.shared(at).clone())).collect();
    let mut grouper = Grouper::new(rows.schema().columns()[..kept].iter().map(|column| column.kind));
    let groups = grouper.number(&keys, rows.len());
    let count = if rows.is_empty() { 0 } else { grouper.len() };
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (row, group) in groups.iter().enumerate() {
        members[*group as usize].push(row as u32);
    }
    let missing =
        if value_kind.is_numeric() { convert(&Value::Long(0), value_kind) } else { Value::missing(value_kind) };
    let columns = rows.schema().columns()[..kept].iter().cloned();
    let spread = names.keys().map(|name| ColumnDef::new(name.as_str(), value_kind));
    let mut out = Output::new(run, columns.chain(spread).collect(), count)?;
    let key_columns = grouper.keys();
    for (group, members) in members.iter().enumerate() {
        // One row at a time: all cells of all groups together may be far more than there are rows.
        let mut cells: Vec<Value> = key_columns.iter().map(|column| column.value(group)).collect();
        cells.resize(kept + names.len(), missing.clone());
        for row in members {
            if let Some(at) = names.get(&*rows.value(*row as usize, kept).to_text()) {
                cells[kept + at] = rows.value(*row as usize, kept + 1);
            }
        }
        out.push(&cells)?;
    }
    Ok(out.finish())
}

/// The names of the columns with their places, in alphabetical order.
fn names(run: &mut Run<'_>, rows: &Batch, at: usize) -> Result<BTreeMap<String, usize>, Error> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..rows.len() {
        run.spend(1)?;
        let value = rows.value(row, at);
        let name = value.to_text();
        if !names.contains_key(&*name) {
            run.hold(NAME_BYTES + name.len())?;
            names.insert(name.into_owned(), 0);
            within_columns(names.len())?;
        }
    }
    for (place, at) in names.values_mut().enumerate() {
        *at = place;
    }
    Ok(names)
}
