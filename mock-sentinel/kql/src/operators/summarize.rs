//! `summarize`, `distinct`, `count`

use super::{Operator, group::Grouper};
use crate::{
    aggregates::{self, Accumulator},
    batch::Batch,
    column::Column,
    column::cells::Cells,
    error::Error,
    kernels::evaluate::selected,
    plan::{AggregateCall, Summarize},
    run::Run,
};

/// Groups on their way.
pub(super) struct Summarizing<'p> {
    plan: &'p Summarize,
    grouper: Grouper,
    accumulators: Vec<Accumulating<'p>>,
    held: usize,
}

/// One aggregate on its way.
pub(super) struct Accumulating<'p> {
    call: &'p AggregateCall,
    state: Box<dyn Accumulator>,
}

impl<'p> Accumulating<'p> {
    pub(super) fn new(call: &'p AggregateCall) -> Self {
        let kinds: Vec<_> = call.args.iter().map(|arg| arg.ty).collect();
        let constants: Vec<_> = call.args.iter().map(|arg| arg.as_literal().cloned()).collect();
        let made_for = aggregates::Call { kinds: &kinds, returns: &call.returns, constants: &constants };
        Self { call, state: (call.aggregate.make)(&made_for) }
    }

    /// Takes in a batch whose rows belong to `groups`, all below `count`.
    pub(super) fn update(
        &mut self,
        run: &mut Run<'_>,
        batch: &Batch,
        groups: &[u32],
        count: usize,
    ) -> Result<(), Error> {
        let rows = match &self.call.condition {
            None => None,
            Some(condition) => selected(&run.evaluate(condition, batch)?, batch.len()),
        };
        match rows {
            None => {
                let args = run.evaluate_all(&self.call.args, batch)?;
                self.state.update(groups, count, &args)
            }
            Some(rows) => {
                let groups: Vec<u32> = rows.iter().map(|row| groups[*row as usize]).collect();
                let args: Vec<Cells> = run.evaluate_all(&self.call.args, &batch.pick(rows))?;
                self.state.update(&groups, count, &args)
            }
        }
    }

    pub(super) fn finish(self, count: usize) -> Vec<Column> {
        self.state.finish(count)
    }

    pub(super) fn bytes(&self) -> usize {
        self.state.bytes()
    }
}

impl<'p> Summarizing<'p> {
    pub(super) fn new(plan: &'p Summarize) -> Self {
        let grouper = Grouper::new(plan.keys.iter().map(|key| key.ty));
        let accumulators = plan.aggregates.iter().map(Accumulating::new).collect();
        Self { plan, grouper, accumulators, held: 0 }
    }
}

impl Operator for Summarizing<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        let keys = run.evaluate_all(&self.plan.keys, &batch)?;
        let groups = self.grouper.number(&keys, batch.len());
        for accumulator in &mut self.accumulators {
            accumulator.update(run, &batch, &groups, self.grouper.len())?;
        }
        let bytes = self.grouper.bytes() + self.accumulators.iter().map(Accumulating::bytes).sum::<usize>();
        run.hold(bytes.saturating_sub(self.held))?;
        self.held = self.held.max(bytes);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let count = self.grouper.len();
        // What comes out is there together with what it is made of.
        run.fits(self.held)?;
        let mut columns = self.grouper.keys();
        for accumulator in self.accumulators.drain(..) {
            columns.extend(accumulator.finish(count));
        }
        let columns = columns.into_iter().map(Into::into).collect();
        out.push(Batch::new(self.plan.schema.clone(), columns, count));
        Ok(())
    }
}
