//! `partition by`: a query over the rows of each key.

use super::{Operator, group::Grouper};
use crate::{
    batch::{Batch, gather},
    column::RowId,
    error::Error,
    plan::Partition,
    run::Run,
};

/// Rows waiting for their part to be complete.
pub(super) struct Partitioning<'p> {
    plan: &'p Partition,
    grouper: Grouper,
    batches: Vec<Batch>,
    parts: Vec<Vec<RowId>>,
}

impl<'p> Partitioning<'p> {
    pub(super) fn new(plan: &'p Partition) -> Self {
        Self { plan, grouper: Grouper::new([plan.key.ty]), batches: Vec::new(), parts: Vec::new() }
    }
}

impl Operator for Partitioning<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        let keys = [run.evaluate(&self.plan.key, &batch)?];
        let groups = self.grouper.number(&keys, batch.len());
        self.parts.resize_with(self.grouper.len(), Vec::new);
        for (row, group) in groups.iter().enumerate() {
            self.parts[*group as usize].push((self.batches.len() as u32, row as u32));
        }
        run.hold(batch.footprint() + batch.len() * 8)?;
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let Some(schema) = self.batches.first().map(|batch| batch.schema().clone()) else { return Ok(()) };
        for rows in self.parts.drain(..) {
            run.spend(self.batches.len().saturating_mul(schema.len()))?;
            let part = gather(&schema, &self.batches, &rows.into());
            out.extend(run.execute(&self.plan.plan, std::slice::from_ref(&part))?);
        }
        Ok(())
    }
}
