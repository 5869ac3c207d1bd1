//! Running plans.
//!
//! Rows flow in batches through a chain of operators. An operator either hands on what it is given at once (`where`,
//! `extend`, `take`) or collects and emits at the end (`summarize`, `sort`, `join`).

mod flow;
mod group;
mod join;
mod leg;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod partition;
pub(crate) mod plugin;
mod range;
mod scan;
mod sort;
mod summarize;
mod top_nested;

use crate::{
    batch::Batch,
    error::Error,
    plan::{Plan, Source, Stage},
    run::Run,
    types::Schema,
};

/// The bytes of a row's place among several batches.
const ROW_ID_BYTES: usize = size_of::<crate::column::RowId>();

/// One step of the flow.
trait Operator {
    /// Takes a batch in and puts what follows from it into `out`.
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error>;

    /// Whether the last batch has more to give than came out so far: then [`Operator::resume`] is called until it has not.
    /// An operator that makes many rows of few makes them in pieces, so that they never stand in memory together.
    fn has_more(&self) -> bool {
        false
    }

    /// Puts the next piece into `out`.
    fn resume(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let _ = (run, out);
        Ok(())
    }

    /// Puts what is left into `out`, after the last batch.
    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let _ = (run, out);
        Ok(())
    }

    /// No further batch can change what comes out.
    fn is_done(&self) -> bool {
        false
    }
}

impl Run<'_> {
    /// Runs a plan to its end. The rows that come out stay counted, and nothing else does.
    pub(crate) fn execute(&mut self, plan: &Plan, input: &[Batch]) -> Result<Vec<Batch>, Error> {
        self.execute_some(plan, input, usize::MAX)
    }

    /// Runs a plan until it has given `rows_max` rows, or a few more.
    pub(crate) fn execute_some(&mut self, plan: &Plan, input: &[Batch], rows_max: usize) -> Result<Vec<Batch>, Error> {
        let before = self.held();
        let out = self.flow(plan, input, rows_max);
        self.release(self.held() - before);
        let out = out?;
        self.hold(out.iter().map(Batch::footprint).sum())?;
        Ok(out)
    }

    fn flow(&mut self, plan: &Plan, input: &[Batch], rows_max: usize) -> Result<Vec<Batch>, Error> {
        self.spend(1 + plan.stages.len())?;
        let mut operators = plan.stages.iter().map(|stage| open(stage)).collect::<Vec<_>>();
        if rows_max < usize::MAX {
            operators.push(Box::new(flow::Take(rows_max)));
        }
        let mut out = Vec::new();
        self.read(&plan.source, input, &mut operators, &mut out)?;
        self.finish(&mut operators, &mut out)?;
        Ok(out)
    }

    /// Lets every operator give what it still has, the first one first.
    fn finish(&mut self, operators: &mut [Box<dyn Operator + '_>], out: &mut Vec<Batch>) -> Result<(), Error> {
        for at in 0..operators.len() {
            let mut emitted = Vec::new();
            operators[at].finish(self, &mut emitted)?;
            for batch in emitted {
                self.feed(&mut operators[at + 1..], batch, out)?;
            }
        }
        Ok(())
    }

    /// The rows of a plan as one batch.
    pub(crate) fn execute_to_batch(&mut self, plan: &Plan, input: &[Batch]) -> Result<Batch, Error> {
        let before = self.held();
        let batches = self.execute(plan, input)?;
        self.joined(&plan.schema, batches, before)
    }

    /// The rows of batches that were counted since `before` as one batch, counted instead of them.
    fn joined(&mut self, schema: &Schema, batches: Vec<Batch>, before: usize) -> Result<Batch, Error> {
        // The pieces and the whole are there together for a moment.
        self.fits(batches.iter().map(|batch| batch.len() * ROW_ID_BYTES).sum())?;
        let whole = crate::batch::concat(schema, &batches);
        drop(batches);
        self.release(self.held().saturating_sub(before));
        self.hold(whole.footprint())?;
        Ok(whole)
    }

    fn read(
        &mut self,
        source: &Source,
        input: &[Batch],
        operators: &mut [Box<dyn Operator + '_>],
        out: &mut Vec<Batch>,
    ) -> Result<(), Error> {
        match source {
            Source::Table(table) => {
                for batch in table.batches() {
                    if self.feed_unless_done(operators, batch.clone(), out)? {
                        break;
                    }
                }
            }
            Source::Input => {
                for batch in input {
                    if self.feed_unless_done(operators, batch.clone(), out)? {
                        break;
                    }
                }
            }
            Source::Rows(batch) => {
                self.feed_unless_done(operators, batch.clone(), out)?;
            }
            Source::Print(row) => {
                let printed = self.print(row)?;
                self.feed_unless_done(operators, printed, out)?;
            }
            Source::Range(range) => {
                let mut ranged = range::Ranged::new(range);
                while let Some(batch) = ranged.next(self)? {
                    if self.feed_unless_done(operators, batch, out)? {
                        break;
                    }
                }
            }
            Source::Union(plans) => {
                for plan in plans {
                    self.leg(plan, input, operators, out)?;
                    if operators.iter().any(|operator| operator.is_done()) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn feed_unless_done(
        &mut self,
        operators: &mut [Box<dyn Operator + '_>],
        batch: Batch,
        out: &mut Vec<Batch>,
    ) -> Result<bool, Error> {
        if !operators.iter().any(|operator| operator.is_done()) {
            self.feed(operators, batch, out)?;
        }
        Ok(operators.iter().any(|operator| operator.is_done()))
    }

    fn feed(
        &mut self,
        operators: &mut [Box<dyn Operator + '_>],
        batch: Batch,
        out: &mut Vec<Batch>,
    ) -> Result<(), Error> {
        // What is to be done next, last first: a batch on its way into an operator, or an operator that has more to give.
        let mut open: Vec<(usize, Option<Batch>)> = vec![(0, Some(batch))];
        while let Some((at, work)) = open.pop() {
            let Some(operator) = operators.get_mut(at) else {
                if let Some(batch) = work {
                    self.hold(batch.footprint())?;
                    out.push(batch);
                }
                continue;
            };
            let mut made = Vec::new();
            match work {
                Some(batch) => {
                    self.spend(batch.len())?;
                    operator.push(self, batch, &mut made)?;
                }
                None => operator.resume(self, &mut made)?,
            }
            let has_more = operator.has_more();
            if has_more && !operators[at + 1..].iter().any(|operator| operator.is_done()) {
                open.push((at, None));
            }
            open.extend(made.into_iter().rev().map(|batch| (at + 1, Some(batch))));
        }
        Ok(())
    }
}

fn open(stage: &Stage) -> Box<dyn Operator + '_> {
    match stage {
        Stage::Filter(condition) if condition.has_window() => flow::Whole::boxed(flow::Filter(condition)),
        Stage::Filter(condition) => Box::new(flow::Filter(condition)),
        Stage::Project(project) if project.columns.iter().any(crate::plan::Expr::has_window) => {
            flow::Whole::boxed(flow::Projection(project))
        }
        Stage::Project(project) => Box::new(flow::Projection(project)),
        Stage::Take(rows) => Box::new(flow::Take(*rows)),
        Stage::Sort(sort) => Box::new(sort::Sorting::new(sort)),
        Stage::Summarize(summarize) => Box::new(summarize::Summarizing::new(summarize)),
        Stage::Join(join) => Box::new(join::Joining::new(join)),
        Stage::MvExpand(expand) => Box::new(mv_expand::Expanding::new(expand)),
        Stage::MvApply(apply) => Box::new(mv_apply::Applying::new(apply)),
        Stage::Parse(parse) => Box::new(parse::Parsing(parse)),
        Stage::MakeSeries(series) => Box::new(make_series::MakingSeries::new(series)),
        Stage::TopNested(nested) => Box::new(top_nested::Nesting::new(nested)),
        Stage::Partition(partition) => Box::new(partition::Partitioning::new(partition)),
        Stage::Scan(scan) => Box::new(scan::Scanning::new(scan)),
        Stage::Sample(rows) => Box::new(flow::Sample::new(*rows)),
    }
}
