//! A leg of a `union`: its rows go on to what follows the union as they come.

use std::cell::Cell;

use super::{Operator, open};
use crate::{batch::Batch, error::Error, plan::Plan, run::Run};

/// The last operator of a leg: hands its rows on to the operators after the union.
struct Onward<'o, 'p> {
    operators: &'o mut [Box<dyn Operator + 'p>],
    out: &'o mut Vec<Batch>,
    /// How many bytes more are held for what follows the union than before the leg.
    kept: &'o Cell<isize>,
}

impl Operator for Onward<'_, '_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        let before = run.held();
        run.feed(self.operators, batch, self.out)?;
        let more = run.held().cast_signed().saturating_sub(before.cast_signed());
        self.kept.set(self.kept.get().saturating_add(more));
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.operators.iter().any(|operator| operator.is_done())
    }
}

impl Run<'_> {
    /// Runs a leg into what follows the union. What only the leg held is given back.
    pub(super) fn leg<'p>(
        &mut self,
        plan: &Plan,
        input: &[Batch],
        operators: &mut [Box<dyn Operator + 'p>],
        out: &mut Vec<Batch>,
    ) -> Result<(), Error> {
        self.spend(1 + plan.stages.len())?;
        let before = self.held();
        let kept = Cell::new(0);
        let mut chain: Vec<Box<dyn Operator + '_>> = plan.stages.iter().map(open).collect();
        chain.push(Box::new(Onward { operators, out, kept: &kept }));
        let mut none = Vec::new();
        self.read(&plan.source, input, &mut chain, &mut none)?;
        if !chain.last().is_some_and(|onward| onward.is_done()) {
            self.finish(&mut chain, &mut none)?;
        }
        drop(chain);
        let own = self.held().saturating_sub(before.saturating_add_signed(kept.get()));
        self.release(own);
        Ok(())
    }
}
