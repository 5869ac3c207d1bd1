//! `mv-apply`: a query over the expanded rows of each row.

use super::{
    Operator,
    mv_expand::{cells, expand},
};
use crate::{
    batch::Batch,
    column::cells::Cells,
    error::Error,
    plan::{ApplyOutput, MvApply},
    run::Run,
};

pub(super) struct Applying<'p> {
    plan: &'p MvApply,
    /// The batch that is being taken apart, its cells, and the row that comes next.
    flowing: Option<(Batch, Vec<Cells>, usize)>,
    /// What the results handed on last are counted with; whoever keeps them counts them again.
    held: usize,
}

impl<'p> Applying<'p> {
    pub(super) fn new(plan: &'p MvApply) -> Self {
        Self { plan, flowing: None, held: 0 }
    }

    /// The results of the rows that a piece of the expansion came from.
    fn apply(
        &mut self,
        run: &mut Run<'_>,
        batch: &Batch,
        at: (&[Cells], usize),
        out: &mut Vec<Batch>,
    ) -> Result<usize, Error> {
        let (cells, first) = at;
        let piece = expand(run, &self.plan.expand, batch, cells, first)?;
        let before = run.held();
        run.hold(piece.batch.footprint())?;
        let mut from = 0;
        for row in first as u32..piece.next as u32 {
            let to = from + piece.rows[from..].iter().take_while(|source| **source == row).count();
            let input = piece.batch.pick((from as u32..to as u32).collect());
            from = to;
            let result = run.execute_to_batch(&self.plan.plan, std::slice::from_ref(&input))?;
            if result.is_empty() {
                continue;
            }
            let repeated = batch.pick(vec![row; result.len()]);
            let columns = self.plan.output.iter().map(|output| match output {
                ApplyOutput::Row(at) => repeated.lazy(*at),
                ApplyOutput::Result(at) => result.lazy(*at),
            });
            out.push(Batch::new(self.plan.schema.clone(), columns.collect(), result.len()));
        }
        self.held = run.held().saturating_sub(before);
        Ok(piece.next)
    }
}

impl Operator for Applying<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let cells = cells(run, &self.plan.expand, &batch)?;
        self.flowing = Some((batch, cells, 0));
        self.resume(run, out)
    }

    fn has_more(&self) -> bool {
        self.flowing.is_some()
    }

    fn resume(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        run.release(std::mem::take(&mut self.held));
        let Some((batch, cells, next)) = self.flowing.take() else { return Ok(()) };
        let next = self.apply(run, &batch, (&cells, next), out)?;
        if next < batch.len() {
            self.flowing = Some((batch, cells, next));
        }
        Ok(())
    }
}
