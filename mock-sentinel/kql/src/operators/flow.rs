//! Operators that look at one batch at a time: `where`, `extend`, `project`, `take`, `sample`, and `print`.

use std::sync::Arc;

use super::Operator;
use crate::{
    batch::{Batch, Lazy, concat, gather},
    error::Error,
    kernels::evaluate::selected,
    plan::{Expr, ExprKind, Project},
    run::Run,
    types::Schema,
};

/// What a cell of fixed size takes at most, to be asked for before its column is made.
const CELL_BYTES: usize = 16;

/// `where`
pub(super) struct Filter<'p>(pub(super) &'p Expr);

impl Operator for Filter<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let condition = run.evaluate(self.0, &batch)?;
        match selected(&condition, batch.len()) {
            None => out.push(batch),
            Some(rows) if rows.is_empty() => {}
            Some(rows) => out.push(batch.pick(rows)),
        }
        Ok(())
    }
}

/// `extend`, `project` and the like
pub(super) struct Projection<'p>(pub(super) &'p Project);

impl Operator for Projection<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let len = batch.len();
        let mut columns: Vec<Lazy> = Vec::with_capacity(self.0.columns.len());
        let mut made = 0;
        for expr in self.0.columns.iter() {
            if let ExprKind::Column(index) = expr.kind {
                columns.push(batch.lazy(index));
                continue;
            }
            run.fits(made + len * CELL_BYTES)?;
            let column = run.evaluate(expr, &batch)?.into_column(expr.ty, len);
            made += column.bytes();
            columns.push(column.into());
        }
        drop(batch);
        let projected = Batch::new(self.0.schema.clone(), columns, len);
        run.fits(projected.footprint())?;
        out.push(projected);
        Ok(())
    }
}

/// `take`
pub(super) struct Take(pub(super) usize);

impl Operator for Take {
    fn push(&mut self, _: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let taken = self.0.min(batch.len());
        self.0 -= taken;
        if taken > 0 {
            out.push(batch.slice(0, taken));
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.0 == 0
    }
}

/// An operator that must see all rows in one batch.
pub(super) struct Whole<O> {
    inner: O,
    batches: Vec<Batch>,
}

impl<'p, O: Operator + 'p> Whole<O> {
    pub(super) fn boxed(inner: O) -> Box<dyn Operator + 'p> {
        Box::new(Self { inner, batches: Vec::new() })
    }
}

impl<O: Operator> Operator for Whole<O> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        run.hold(batch.footprint())?;
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let Some(schema) = self.batches.first().map(|batch| batch.schema().clone()) else { return Ok(()) };
        self.inner.push(run, concat(&schema, &self.batches), out)
    }
}

/// `sample`: rows picked without favour, in the order they came.
pub(super) struct Sample {
    wanted: usize,
    batches: Vec<Batch>,
    picked: Vec<(u32, u32)>,
    seen: usize,
}

impl Sample {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, batches: Vec::new(), picked: Vec::new(), seen: 0 }
    }
}

impl Operator for Sample {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        run.hold(batch.footprint())?;
        let at = self.batches.len() as u32;
        for row in 0..batch.len() as u32 {
            self.seen += 1;
            if self.picked.len() < self.wanted {
                self.picked.push((at, row));
            } else {
                let slot = (run.next_random() * self.seen as f64) as usize;
                if let Some(picked) = self.picked.get_mut(slot) {
                    *picked = (at, row);
                }
            }
        }
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, _: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        self.picked.sort_unstable();
        if let Some(schema) = self.batches.first().map(|batch| batch.schema().clone()) {
            out.push(gather(&schema, &self.batches, &Arc::from(std::mem::take(&mut self.picked))));
        }
        Ok(())
    }
}

impl Run<'_> {
    /// The one row of `print`.
    pub(super) fn print(&mut self, row: &Project) -> Result<Batch, Error> {
        let nothing = Batch::new(Schema::new::<String>([]), Vec::new(), 1);
        let mut columns = Vec::with_capacity(row.columns.len());
        for expr in row.columns.iter() {
            columns.push(Lazy::from(self.evaluate(expr, &nothing)?.into_column(expr.ty, 1)));
        }
        Ok(Batch::new(row.schema.clone(), columns, 1))
    }
}
