//! `join`, `lookup`: the right side is kept in a table by key, the left side flows by.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{Operator, Run, cells::Cells, key::ValueKey};
use crate::{
    batch::{Batch, Lazy, concat},
    column::{Column, NO_ROW},
    error::Error,
    plan::{Expr, Join, JoinKind},
    value::Value,
};

/// A join on its way.
pub(super) struct Joining<'p> {
    plan: &'p Join,
    right: Option<Right>,
    /// Keys of the left side that came by, for `innerunique` and the right semi and anti joins.
    seen: hashbrown::HashSet<Key>,
}

type Key = Vec<ValueKey>;

/// The right side, ready.
struct Right {
    rows: Batch,
    by_key: HashMap<Key, Vec<u32>>,
    matched: Vec<bool>,
}

impl<'p> Joining<'p> {
    pub(super) fn new(plan: &'p Join) -> Self {
        Self { plan, right: None, seen: hashbrown::HashSet::new() }
    }

    fn right(&mut self, run: &mut Run<'_>) -> Result<&mut Right, Error> {
        if self.right.is_none() {
            self.right = Some(Right::read(run, self.plan)?);
        }
        Ok(self.right.as_mut().expect("the right side was just read"))
    }

    fn output(&self, left: Option<(&Batch, Vec<u32>)>, right: Vec<u32>) -> Batch {
        let len = right.len();
        let rows: Arc<[(u32, u32)]> = right.into_iter().map(|row| (0, row)).collect();
        let mut columns: Vec<Lazy> = Vec::with_capacity(self.plan.schema.len());
        if let Some((batch, picked)) = left {
            let picked = batch.pick(picked);
            columns.extend(self.plan.left_columns.iter().map(|at| picked.lazy(*at)));
        } else {
            let kinds = self.plan.schema.columns().iter().take(self.plan.left_columns.len()).map(|column| column.kind);
            columns.extend(kinds.map(|kind| Lazy::from(Column::constant(kind, &Value::missing(kind), len))));
        }
        if let Some(side) = &self.right {
            for at in &self.plan.right_columns {
                let column: Arc<[Arc<Column>]> = Arc::from([Arc::clone(side.rows.shared(*at))]);
                columns.push(Lazy::gather_many(column, Arc::clone(&rows)));
            }
        }
        Batch::new(self.plan.schema.clone(), columns, len)
    }
}

impl Right {
    fn read(run: &mut Run<'_>, plan: &Join) -> Result<Self, Error> {
        let batches = run.execute(&plan.right, &[])?;
        let rows = concat(&plan.right.schema, &batches);
        let keys = keys(run, &plan.right_keys, &rows)?;
        let mut by_key: HashMap<Key, Vec<u32>> = HashMap::new();
        for row in 0..rows.len() {
            by_key.entry(key(&keys, row)).or_default().push(row as u32);
        }
        run.hold(rows.len() * 64 * (1 + keys.len()))?;
        let matched = vec![false; rows.len()];
        Ok(Self { rows, by_key, matched })
    }
}

fn keys(run: &mut Run<'_>, exprs: &[Expr], rows: &Batch) -> Result<Vec<Cells>, Error> {
    run.evaluate_all(exprs, rows)
}

fn key(cells: &[Cells], row: usize) -> Key {
    cells.iter().map(|cells| ValueKey::new(cells.value(row))).collect()
}

impl Operator for Joining<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let keys = keys(run, &self.plan.left_keys, &batch)?;
        let kind = self.plan.kind;
        self.right(run)?;
        let mut left_rows: Vec<u32> = Vec::new();
        let mut right_rows: Vec<u32> = Vec::new();
        for row in 0..batch.len() {
            let key = key(&keys, row);
            let side = self.right.as_mut().expect("the right side was read above");
            let found = side.by_key.get(&key).map_or(&[][..], Vec::as_slice);
            let row = row as u32;
            match kind {
                JoinKind::InnerUnique => {
                    if !found.is_empty() && self.seen.insert(key) {
                        extend(&mut left_rows, &mut right_rows, row, found);
                    }
                }
                JoinKind::Inner => extend(&mut left_rows, &mut right_rows, row, found),
                JoinKind::LeftOuter | JoinKind::FullOuter | JoinKind::RightOuter => {
                    extend(&mut left_rows, &mut right_rows, row, found);
                    if found.is_empty() && kind != JoinKind::RightOuter {
                        extend(&mut left_rows, &mut right_rows, row, &[NO_ROW]);
                    }
                    for found in found {
                        side.matched[*found as usize] = true;
                    }
                }
                JoinKind::LeftSemi if !found.is_empty() => extend(&mut left_rows, &mut right_rows, row, &[NO_ROW]),
                JoinKind::LeftAnti if found.is_empty() => extend(&mut left_rows, &mut right_rows, row, &[NO_ROW]),
                JoinKind::LeftSemi | JoinKind::LeftAnti => {}
                JoinKind::RightSemi | JoinKind::RightAnti => {
                    for found in found {
                        side.matched[*found as usize] = true;
                    }
                }
            }
            if right_rows.len() >= 1 << 20 {
                run.spend(right_rows.len())?;
                run.hold(right_rows.len() * 8)?;
                let picked = (&batch, std::mem::take(&mut left_rows));
                out.push(self.output(Some(picked), std::mem::take(&mut right_rows)));
            }
        }
        run.spend(right_rows.len())?;
        if !right_rows.is_empty() {
            out.push(self.output(Some((&batch, left_rows)), right_rows));
        }
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let kind = self.plan.kind;
        let wanted = match kind {
            JoinKind::RightOuter | JoinKind::FullOuter | JoinKind::RightAnti => false,
            JoinKind::RightSemi => true,
            _ => return Ok(()),
        };
        let side = self.right(run)?;
        let rows: Vec<u32> =
            (0..side.rows.len()).filter(|row| side.matched[*row] == wanted).map(|row| row as u32).collect();
        if !rows.is_empty() {
            out.push(self.output(None, rows));
        }
        Ok(())
    }
}

fn extend(left_rows: &mut Vec<u32>, right_rows: &mut Vec<u32>, left: u32, right: &[u32]) {
    for right in right {
        left_rows.push(left);
        right_rows.push(*right);
    }
}
