//! `top-nested`: the best values of each level within the best of the level before.

use super::{Operator, group::Grouper, summarize::Accumulating};
use crate::{
    batch::{Batch, BatchBuilder, concat},
    error::Error,
    plan::TopNested,
    run::Run,
    value::Value,
};

/// Rows waiting to be ranked.
pub(super) struct Nesting<'p> {
    plan: &'p TopNested,
    batches: Vec<Batch>,
}

impl<'p> Nesting<'p> {
    pub(super) fn new(plan: &'p TopNested) -> Self {
        Self { plan, batches: Vec::new() }
    }

    /// The rows of one level and those below it.
    fn level(
        &self,
        run: &mut Run<'_>,
        at: usize,
        batch: &Batch,
        above: &[Value],
        out: &mut BatchBuilder,
    ) -> Result<(), Error> {
        let Some(level) = self.plan.levels.get(at) else {
            out.push_row(above);
            return run.fits(out.bytes());
        };
        run.spend(batch.len())?;
        let keys = [run.evaluate(&level.of, batch)?];
        let mut grouper = Grouper::new([level.of.ty]);
        let groups = grouper.number(&keys, batch.len());
        let mut aggregate = Accumulating::new(&level.by);
        aggregate.update(run, batch, &groups, grouper.len())?;
        let scores = aggregate.finish(grouper.len());
        let values = grouper.keys();
        let mut ranked: Vec<usize> = (0..grouper.len()).collect();
        let score = |group: usize| scores.first().map_or(Value::Null, |scores| scores.value(group));
        ranked.sort_by(|left, right| {
            let order = score(*left).total_order(&score(*right));
            if level.descending { order.reverse() } else { order }
        });
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); grouper.len()];
        for (row, group) in groups.iter().enumerate() {
            members[*group as usize].push(row as u32);
        }
        let kept = level.count.unwrap_or(usize::MAX).min(ranked.len());
        for group in &ranked[..kept] {
            let row = [above, &[values[0].value(*group), score(*group)]].concat();
            self.level(run, at + 1, &batch.pick(std::mem::take(&mut members[*group])), &row, out)?;
        }
        match &level.others {
            Some(name) => {
                let mut rows: Vec<u32> =
                    ranked[kept..].iter().flat_map(|group| members[*group].iter().copied()).collect();
                rows.sort_unstable();
                self.others(run, at, &batch.pick(rows), above, name, out)
            }
            None => Ok(()),
        }
    }

    /// One row for everything that was not among the best, and the same for the levels below.
    fn others(
        &self,
        run: &mut Run<'_>,
        at: usize,
        batch: &Batch,
        above: &[Value],
        name: &Value,
        out: &mut BatchBuilder,
    ) -> Result<(), Error> {
        let mut row = above.to_vec();
        for (below, level) in self.plan.levels[at..].iter().enumerate() {
            let label = if below == 0 { Some(name) } else { level.others.as_ref() };
            let Some(label) = label else {
                row.extend([Value::missing(level.of.ty), Value::Null]);
                continue;
            };
            let mut aggregate = Accumulating::new(&level.by);
            aggregate.update(run, batch, &vec![0; batch.len()], 1)?;
            let score = aggregate.finish(1).first().map_or(Value::Null, |scores| scores.value(0));
            row.extend([label.clone(), score]);
        }
        out.push_row(&row);
        Ok(())
    }
}

impl Operator for Nesting<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        run.hold(batch.footprint())?;
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let Some(schema) = self.batches.first().map(|batch| batch.schema().clone()) else { return Ok(()) };
        let all = concat(&schema, &self.batches);
        let mut rows = BatchBuilder::new(self.plan.schema.clone());
        self.level(run, 0, &all, &[], &mut rows)?;
        out.push(rows.finish());
        Ok(())
    }
}
