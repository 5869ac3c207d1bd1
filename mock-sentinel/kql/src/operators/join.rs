//! `join`, `lookup`: the right side is kept in a table by key, the left side flows by.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Operator;
use crate::{
    batch::{Batch, Lazy},
    column::cells::Cells,
    column::{Column, NO_ROW},
    error::Error,
    kernels::key::ValueKey,
    plan::{Expr, Join, JoinKind},
    run::Run,
    value::Value,
};

/// The most rows that a join hands on at once.
const PIECE_ROWS: usize = 1 << 16;
/// Rows between two looks at the bounds.
const ROWS_BETWEEN_CHECKS: usize = 4096;
/// What a pair of rows takes until its columns are looked at.
const PAIR_BYTES: usize = size_of::<u32>() + size_of::<crate::column::RowId>();
/// What a row, and each part of its key, takes in a table by key.
const ENTRY_BYTES: usize = 64;

/// A join on its way.
pub(super) struct Joining<'p> {
    plan: &'p Join,
    right: Option<Right>,
    /// The batch of the left side whose pairs are coming out.
    flowing: Option<Flowing>,
    /// Keys of the left side that came by, for `innerunique` and the right semi and anti joins.
    seen: hashbrown::HashSet<Key>,
}

type Key = Vec<ValueKey>;

/// A batch of the left side on its way.
struct Flowing {
    batch: Batch,
    keys: Vec<Cells>,
    /// The row whose pairs come next.
    next: usize,
    /// The partners of that row, once they are looked up, and how many of them are out.
    partners: Option<(Key, usize)>,
}

/// What a row of the left side is paired with.
enum Pairs {
    /// It does not come out.
    None,
    /// It comes out by itself.
    Alone,
    /// The rows of the right side that have this key.
    With(Key),
}

/// The right side, ready.
struct Right {
    rows: Batch,
    by_key: HashMap<Key, Vec<u32>>,
    matched: Vec<bool>,
}

impl<'p> Joining<'p> {
    pub(super) fn new(plan: &'p Join) -> Self {
        Self { plan, right: None, flowing: None, seen: hashbrown::HashSet::new() }
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
        let rows = run.execute_to_batch(&plan.right, &[])?;
        let keys = keys(run, &plan.right_keys, &rows)?;
        let key_bytes: usize = keys.iter().map(Cells::bytes).sum();
        run.hold(rows.len().saturating_mul(ENTRY_BYTES * (1 + keys.len())).saturating_add(key_bytes))?;
        let mut by_key: HashMap<Key, Vec<u32>> = HashMap::new();
        for row in 0..rows.len() {
            if row % ROWS_BETWEEN_CHECKS == 0 {
                run.spend(ROWS_BETWEEN_CHECKS)?;
            }
            by_key.entry(key(&keys, row)).or_default().push(row as u32);
        }
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

impl Joining<'_> {
    /// What one row of the left side gives, pair by pair. A row without a partner that comes out all the same is paired
    /// with [`NO_ROW`].
    fn pairs(&mut self, run: &mut Run<'_>, row: usize) -> Result<Pairs, Error> {
        let Some(flowing) = &self.flowing else { return Ok(Pairs::None) };
        let key = key(&flowing.keys, row);
        let Some(side) = self.right.as_mut() else { return Ok(Pairs::None) };
        let found = side.by_key.get(&key);
        let marks = matches!(
            self.plan.kind,
            JoinKind::RightOuter | JoinKind::FullOuter | JoinKind::RightSemi | JoinKind::RightAnti
        );
        if let (true, Some(found)) = (marks, found) {
            run.spend(found.len())?;
            for row in found {
                side.matched[*row as usize] = true;
            }
        }
        match self.plan.kind {
            JoinKind::InnerUnique => {
                if found.is_none() || self.seen.contains(&key) {
                    return Ok(Pairs::None);
                }
                let texts: usize = flowing.keys.iter().map(|cells| cells.value(row).bytes()).sum();
                run.hold(ENTRY_BYTES * (1 + key.len()) + texts)?;
                self.seen.insert(key.clone());
                Ok(Pairs::With(key))
            }
            JoinKind::Inner | JoinKind::RightOuter => Ok(found.map_or(Pairs::None, |_| Pairs::With(key))),
            JoinKind::LeftOuter | JoinKind::FullOuter => Ok(found.map_or(Pairs::Alone, |_| Pairs::With(key))),
            JoinKind::LeftSemi => Ok(if found.is_some() { Pairs::Alone } else { Pairs::None }),
            JoinKind::LeftAnti => Ok(if found.is_none() { Pairs::Alone } else { Pairs::None }),
            JoinKind::RightSemi | JoinKind::RightAnti => Ok(Pairs::None),
        }
    }

    /// The next piece of the product: counted first, then built.
    fn piece(&mut self, run: &mut Run<'_>) -> Result<Option<Batch>, Error> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while right.len() < PIECE_ROWS {
            let Some(flowing) = &mut self.flowing else { break };
            let row = flowing.next;
            if row >= flowing.batch.len() {
                break;
            }
            if flowing.partners.is_none() {
                match self.pairs(run, row)? {
                    Pairs::None => {}
                    Pairs::Alone => {
                        left.push(row as u32);
                        right.push(NO_ROW);
                    }
                    Pairs::With(key) => {
                        if let Some(flowing) = &mut self.flowing {
                            flowing.partners = Some((key, 0));
                        }
                    }
                }
            }
            let (Some(flowing), Some(side)) = (&mut self.flowing, &self.right) else { break };
            if let Some((key, from)) = &mut flowing.partners {
                let found = side.by_key.get(key).map_or(&[][..], Vec::as_slice);
                let to = found.len().min(*from + (PIECE_ROWS - right.len()));
                run.spend(to - *from)?;
                run.fits((right.len() + to - *from) * PAIR_BYTES)?;
                left.resize(left.len() + to - *from, row as u32);
                right.extend_from_slice(&found[*from..to]);
                *from = to;
                if to < found.len() {
                    break;
                }
                flowing.partners = None;
            }
            flowing.next += 1;
        }
        let done = self.flowing.as_ref().is_none_or(|flowing| flowing.next >= flowing.batch.len());
        let batch = if done { self.flowing.take().map(|flowing| flowing.batch) } else { None };
        let batch = batch.or_else(|| self.flowing.as_ref().map(|flowing| flowing.batch.clone()));
        Ok(batch.filter(|_| !right.is_empty()).map(|batch| self.output(Some((&batch, left)), right)))
    }
}

impl Operator for Joining<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        self.right(run)?;
        let keys = keys(run, &self.plan.left_keys, &batch)?;
        self.flowing = Some(Flowing { batch, keys, next: 0, partners: None });
        self.resume(run, out)
    }

    fn has_more(&self) -> bool {
        self.flowing.is_some()
    }

    fn resume(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        out.extend(self.piece(run)?);
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
