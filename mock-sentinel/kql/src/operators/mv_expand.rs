//! `mv-expand`: a row for each item of its arrays and bags.

use super::Operator;
use crate::{
    batch::{Batch, Lazy},
    column::cells::Cells,
    column::{ColumnBuilder, NO_ROW},
    dynamic::Dynamic,
    error::Error,
    functions::conversion::cast,
    plan::{ExpandOutput, MvExpand},
    run::Run,
    types::ColumnType,
    value::Value,
};

/// Rows made between two looks at the bounds.
const ROWS_BETWEEN_CHECKS: usize = 4096;
/// Rows after which what was made is handed on, at the end of a row that came in.
const PIECE_ROWS: usize = 1 << 16;
/// What a row takes besides the cells that it is made for: where it came from, and its index.
const ROW_BYTES: usize = size_of::<u32>() + size_of::<i64>();

pub(super) struct Expanding<'p> {
    plan: &'p MvExpand,
    /// The batch that is being taken apart, its cells, and the row that comes next.
    flowing: Option<(Batch, Vec<Cells>, usize)>,
}

impl<'p> Expanding<'p> {
    pub(super) fn new(plan: &'p MvExpand) -> Self {
        Self { plan, flowing: None }
    }
}

impl Operator for Expanding<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let cells = cells(run, self.plan, &batch)?;
        self.flowing = Some((batch, cells, 0));
        self.resume(run, out)
    }

    fn has_more(&self) -> bool {
        self.flowing.is_some()
    }

    fn resume(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let Some((batch, cells, next)) = self.flowing.take() else { return Ok(()) };
        let piece = expand(run, self.plan, &batch, &cells, next)?;
        if !piece.batch.is_empty() {
            out.push(piece.batch);
        }
        if piece.next < batch.len() {
            self.flowing = Some((batch, cells, piece.next));
        }
        Ok(())
    }
}

/// What the columns to be taken apart hold.
pub(super) fn cells(run: &mut Run<'_>, plan: &MvExpand, batch: &Batch) -> Result<Vec<Cells>, Error> {
    plan.columns.iter().map(|column| run.evaluate(&column.expr, batch)).collect()
}

/// Some expanded rows.
pub(super) struct Piece {
    pub(super) batch: Batch,
    /// For each the row it came from.
    pub(super) rows: Vec<u32>,
    /// The first row that is still to be taken apart.
    pub(super) next: usize,
}

/// The expanded rows of the rows from `next` on, as many as make a piece.
pub(super) fn expand(
    run: &mut Run<'_>,
    plan: &MvExpand,
    batch: &Batch,
    cells: &[Cells],
    mut next: usize,
) -> Result<Piece, Error> {
    let mut columns: Vec<ColumnBuilder> = plan.columns.iter().map(|column| ColumnBuilder::new(column.kind)).collect();
    let mut rows: Vec<u32> = Vec::new();
    let mut index = ColumnBuilder::new(ColumnType::Long);
    let mut checked = 0;
    while next < batch.len() && rows.len() < PIECE_ROWS {
        let items: Vec<Items> = cells.iter().map(|cells| Items::of(&cells.value(next), plan.bags_as_arrays)).collect();
        let count = items.iter().map(Items::len).max().unwrap_or(0).min(plan.limit.unwrap_or(usize::MAX));
        run.spend(1)?;
        for at in 0..count {
            rows.push(next as u32);
            index.push_i64(at as i64);
            for ((builder, items), column) in columns.iter_mut().zip(&items).zip(&plan.columns) {
                builder.push(&cast(&items.get(at), column.kind));
            }
            if rows.len() - checked >= ROWS_BETWEEN_CHECKS {
                run.spend(rows.len() - checked)?;
                run.fits(columns.iter().map(ColumnBuilder::bytes).sum::<usize>() + rows.len() * ROW_BYTES)?;
                checked = rows.len();
            }
        }
        next += 1;
    }
    debug_assert!(!rows.contains(&NO_ROW));
    let len = rows.len();
    let picked = batch.pick(rows.clone());
    let expanded: Vec<Lazy> = columns.into_iter().map(|column| column.finish().into()).collect();
    let index = Lazy::from(index.finish());
    let output = plan.output.iter().map(|output| match output {
        ExpandOutput::Input(at) => picked.lazy(*at),
        ExpandOutput::Expanded(at) => expanded[*at].clone(),
        ExpandOutput::Index => index.clone(),
    });
    Ok(Piece { batch: Batch::new(plan.schema.clone(), output.collect(), len), rows, next })
}

/// What one value is taken apart into.
enum Items {
    Array(Dynamic),
    /// Name and value, as a bag of one or as an array of two.
    Bag(Dynamic, bool),
    /// Anything else is one item: itself.
    Single(Value),
}

impl Items {
    fn of(value: &Value, bags_as_arrays: bool) -> Self {
        match value {
            Value::Dynamic(tree @ Dynamic::Array(_)) => Self::Array(tree.clone()),
            Value::Dynamic(tree @ Dynamic::Bag(_)) => Self::Bag(tree.clone(), bags_as_arrays),
            other => Self::Single(other.clone()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Array(tree) => tree.as_array().map_or(0, <[Dynamic]>::len),
            Self::Bag(tree, _) => tree.as_bag().map_or(0, indexmap::IndexMap::len),
            Self::Single(_) => 1,
        }
    }

    fn get(&self, at: usize) -> Value {
        match self {
            Self::Array(tree) => Value::dynamic(tree.item(at as i64)),
            Self::Bag(tree, as_array) => {
                let Some((name, value)) = tree.as_bag().and_then(|bag| bag.get_index(at)) else { return Value::Null };
                Value::dynamic(if *as_array {
                    Dynamic::array([Dynamic::String(name.clone()), value.clone()])
                } else {
                    Dynamic::bag([(name.clone(), value.clone())])
                })
            }
            Self::Single(value) if at == 0 => value.clone(),
            Self::Single(_) => Value::Null,
        }
    }
}
