//! `scan`: a small state machine over rows in their order, by the rules of
//! <https://learn.microsoft.com/kusto/query/scan-operator> (read 2026-11-25).

use super::Operator;
use crate::{
    batch::{Batch, BatchBuilder, Lazy},
    column::ColumnBuilder,
    error::Error,
    plan::{Expr, Scan, ScanOutput},
    run::Run,
    types::ColumnType,
    value::Value,
};

/// Rows between two looks at the memory.
const ROWS_BETWEEN_CHECKS: u32 = 256;

/// What a step knows: the row that each step up to it matched last, and which match they belong to.
#[derive(Debug, Clone)]
struct State {
    rows: Vec<Matched>,
    match_id: i64,
    /// The last match of a step with `output=last`, not yet given out.
    pending: bool,
}

/// A row as a step left it: one cell a column.
#[derive(Debug, Clone)]
struct Matched(Vec<Lazy>);

pub(super) struct Scanning<'p> {
    plan: &'p Scan,
    /// By step; empty while no sequence is active.
    states: Vec<Option<State>>,
    /// What a step's columns hold before it has matched.
    unmatched: Matched,
    next_match: i64,
}

impl<'p> Scanning<'p> {
    pub(super) fn new(plan: &'p Scan) -> Self {
        let inputs = plan.row.len() - plan.defaults.len();
        let cells = plan.row.columns().iter().enumerate().map(|(at, column)| match at.checked_sub(inputs) {
            Some(declared) => cell(&plan.defaults[declared], column.kind),
            None => cell(&Value::missing(column.kind), column.kind),
        });
        Self { plan, states: vec![None; plan.steps.len()], unmatched: Matched(cells.collect()), next_match: 0 }
    }

    /// One row against all steps, the last first.
    fn scan(&mut self, run: &mut Run<'_>, row: &Matched, out: &mut BatchBuilder) -> Result<(), Error> {
        for step in (0..self.plan.steps.len()).rev() {
            if !self.enters(run, step, row, out)? {
                self.repeats(run, step, row, out)?;
            }
        }
        Ok(())
    }

    /// The sequence of the step before goes on to this one.
    fn enters(&mut self, run: &mut Run<'_>, step: usize, row: &Matched, out: &mut BatchBuilder) -> Result<bool, Error> {
        let Some(before) = step.checked_sub(1).and_then(|before| self.states[before].clone()) else {
            return Ok(false);
        };
        let Some(extended) = self.matched(run, step, row, &before.rows)? else { return Ok(false) };
        self.give_out(step, out);
        self.give_out(step - 1, out);
        self.states[step - 1] = None;
        let mut state = State { pending: false, ..before };
        state.rows.push(extended);
        self.states[step] = Some(state);
        self.output(step, out);
        Ok(true)
    }

    /// The step matches once more, or the first begins a sequence.
    fn repeats(&mut self, run: &mut Run<'_>, step: usize, row: &Matched, out: &mut BatchBuilder) -> Result<(), Error> {
        let known = match &self.states[step] {
            Some(state) => state.rows.clone(),
            None if step == 0 => Vec::new(),
            None => return Ok(()),
        };
        let Some(extended) = self.matched(run, step, row, &known)? else { return Ok(()) };
        let next_match = &mut self.next_match;
        let state = self.states[step].get_or_insert_with(|| {
            *next_match += 1;
            State { rows: Vec::new(), match_id: *next_match - 1, pending: false }
        });
        state.rows.truncate(step);
        state.rows.push(extended);
        self.output(step, out);
        Ok(())
    }

    /// The row with the step's assignments, when its condition holds over what the steps so far know.
    fn matched(
        &self,
        run: &mut Run<'_>,
        step: usize,
        row: &Matched,
        known: &[Matched],
    ) -> Result<Option<Matched>, Error> {
        let states = (0..self.plan.steps.len()).map(|at| known.get(at).unwrap_or(&self.unmatched));
        let columns: Vec<Lazy> = std::iter::once(row).chain(states).flat_map(|row| row.0.iter().cloned()).collect();
        run.spend(columns.len())?;
        let seen = Batch::new(self.plan.seen.clone(), columns, 1);
        let step = &self.plan.steps[step];
        if run.evaluate(&step.condition, &seen)?.value(0).as_bool() != Some(true) {
            return Ok(None);
        }
        let mut extended = row.clone();
        for (at, value) in &step.assignments {
            extended.0[*at] = evaluated(run, value, &seen)?;
        }
        Ok(Some(extended))
    }

    fn output(&mut self, step: usize, out: &mut BatchBuilder) {
        match self.plan.steps[step].output {
            ScanOutput::All => self.write(step, out),
            ScanOutput::Last => {
                if let Some(state) = &mut self.states[step] {
                    state.pending = true;
                }
            }
            ScanOutput::None => {}
        }
    }

    /// Puts out the last match of a step whose series ends here.
    fn give_out(&mut self, step: usize, out: &mut BatchBuilder) {
        if self.states[step].as_ref().is_some_and(|state| state.pending) {
            self.write(step, out);
        }
    }

    fn write(&self, step: usize, out: &mut BatchBuilder) {
        let Some(state) = &self.states[step] else { return };
        let mut cells: Vec<Value> = state.rows[step].0.iter().map(|cell| cell.column().value(0)).collect();
        if self.plan.with_match_id {
            cells.push(Value::Long(state.match_id));
        }
        out.push_row(&cells);
    }
}

impl Operator for Scanning<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let inputs = self.plan.row.len() - self.plan.defaults.len();
        let mut matches = BatchBuilder::new(self.plan.schema.clone());
        for at in 0..batch.len() as u32 {
            let picked = batch.pick(vec![at]);
            let cells = (0..inputs).map(|column| picked.lazy(column));
            let row = Matched(cells.chain(self.unmatched.0[inputs..].iter().cloned()).collect());
            self.scan(run, &row, &mut matches)?;
            if at % ROWS_BETWEEN_CHECKS == 0 {
                run.fits(matches.bytes())?;
            }
        }
        out.push(matches.finish());
        Ok(())
    }

    fn finish(&mut self, _: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let mut matches = BatchBuilder::new(self.plan.schema.clone());
        for step in 0..self.plan.steps.len() {
            self.give_out(step, &mut matches);
        }
        out.push(matches.finish());
        Ok(())
    }
}

fn cell(value: &Value, kind: ColumnType) -> Lazy {
    let mut builder = ColumnBuilder::with_capacity(kind, 1);
    builder.push(value);
    builder.finish().into()
}

fn evaluated(run: &mut Run<'_>, expr: &Expr, seen: &Batch) -> Result<Lazy, Error> {
    Ok(cell(&run.evaluate(expr, seen)?.value(0), expr.ty))
}
