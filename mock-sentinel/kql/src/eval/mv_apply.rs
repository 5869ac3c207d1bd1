//! `mv-apply`: a query over the expanded rows of each row.

use super::{Operator, Run, mv_expand::expand};
use crate::{
    batch::Batch,
    error::Error,
    plan::{ApplyOutput, MvApply},
};

pub(super) struct Applying<'p>(pub(super) &'p MvApply);

impl Operator for Applying<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let (expanded, rows) = expand(run, &self.0.expand, &batch)?;
        let mut from = 0;
        for row in 0..batch.len() as u32 {
            let to = from + rows[from..].iter().take_while(|source| **source == row).count();
            let input = expanded.pick((from as u32..to as u32).collect());
            from = to;
            let result = run.execute_to_batch(&self.0.plan, std::slice::from_ref(&input))?;
            if result.is_empty() {
                continue;
            }
            let repeated = batch.pick(vec![row; result.len()]);
            let columns = self.0.output.iter().map(|output| match output {
                ApplyOutput::Row(at) => repeated.lazy(*at),
                ApplyOutput::Result(at) => result.lazy(*at),
            });
            out.push(Batch::new(self.0.schema.clone(), columns.collect(), result.len()));
        }
        Ok(())
    }
}
