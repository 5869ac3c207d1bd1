//! What `evaluate` offers: functions from whole tables to whole tables.
//!
//! They run while a query is bound, because their columns depend on the rows, and within the same bounds as everything
//! else: what they make is counted before it is made, and every few thousand rows they look whether the query was ended.

mod address_lookup;
mod bag_unpack;
mod narrow;
mod pivot;
mod promised;

pub(crate) use self::{
    address_lookup::{AddressLookup, address_lookup},
    bag_unpack::{BagConflict, BagUnpack, bag_unpack},
    narrow::narrow,
    pivot::pivot,
    promised::promised,
};
use crate::{
    batch::BatchBuilder,
    error::{Error, Limit},
    run::Run,
    syntax::Span,
    types::{ColumnDef, Schema},
    value::Value,
};

/// The most columns that a plugin makes. A workspace's table has 500 at most, and no bound of a query's is documented.
const COLUMNS_MAX: usize = 10_000;
/// What a column takes besides its cells, roughly: its name, its definition, and what holds its cells.
const COLUMN_BYTES: usize = 512;
/// Cells made between two looks at the bounds.
const CELLS_BETWEEN_CHECKS: usize = 8192;
/// What a cell of fixed size takes.
const CELL_BYTES: usize = 8;

/// The rows that a plugin makes, counted as they grow.
struct Output<'r, 'q> {
    run: &'r mut Run<'q>,
    rows: BatchBuilder,
    unchecked: usize,
}

impl<'r, 'q> Output<'r, 'q> {
    /// Room for this number of rows of these columns; fails when there is none.
    fn new(run: &'r mut Run<'q>, columns: Vec<ColumnDef>, rows: usize) -> Result<Self, Error> {
        within_columns(columns.len())?;
        run.fits(columns.len() * COLUMN_BYTES + rows.saturating_mul(columns.len() * CELL_BYTES))?;
        Ok(Self { run, rows: BatchBuilder::new(columns.into_iter().collect::<Schema>()), unchecked: 0 })
    }

    fn push(&mut self, row: &[Value]) -> Result<(), Error> {
        self.rows.push_row(row);
        self.unchecked += row.len().max(1);
        if self.unchecked >= CELLS_BETWEEN_CHECKS {
            self.run.spend(std::mem::take(&mut self.unchecked))?;
            self.run.fits(self.rows.bytes())?;
        }
        Ok(())
    }

    fn finish(self) -> crate::Batch {
        self.rows.finish()
    }
}

/// Fails for more columns than a table may have.
fn within_columns(count: usize) -> Result<(), Error> {
    if count <= COLUMNS_MAX {
        return Ok(());
    }
    let message = format!("a table of more than {COLUMNS_MAX} columns would come out; filter the rows beforehand");
    Err(Error::limit(Limit::Columns, message, Span::default()))
}
