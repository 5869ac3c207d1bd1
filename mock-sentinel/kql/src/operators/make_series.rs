//! `make-series`: aggregates along an axis, as arrays.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{Operator, group::Grouper, summarize::Accumulating};
use crate::{
    batch::{Batch, Lazy},
    column::ColumnBuilder,
    column::cells::Cells,
    dynamic::Dynamic,
    error::{Error, Limit},
    functions::{conversion::convert, math::bin},
    kernels::arithmetic::arithmetic_values,
    plan::{ArithmeticOp, MakeSeries},
    run::Run,
    syntax::Span,
    types::{ColumnDef, ColumnType},
    value::Value,
};

/// The most points one axis may have.
const POINTS_MAX: i64 = 1_048_576;

/// What a point of a series takes until the series is made.
const PLACE_BYTES: usize = 24;

/// Rows waiting for the ends of the axis to be known.
pub(super) struct MakingSeries<'p> {
    plan: &'p MakeSeries,
    batches: Vec<Batch>,
}

/// The axis: its first value, its step and how many points it has.
struct Axis {
    kind: ColumnType,
    from: Value,
    step: Value,
    points: usize,
}

impl Axis {
    fn value(&self, at: usize) -> Value {
        let kind = if self.kind.is_numeric() { self.kind } else { ColumnType::Timespan };
        let distance = arithmetic_values(ArithmeticOp::Multiply, &Value::Long(at as i64), &self.step, kind);
        arithmetic_values(ArithmeticOp::Add, &self.from, &distance, self.kind)
    }

    /// The point a value belongs to.
    fn place(&self, value: &Value) -> Option<usize> {
        let place = steps_between(&self.from, value, &self.step)?;
        usize::try_from(place).ok().filter(|place| *place < self.points)
    }
}

/// How many whole steps lie between two values, rounded down.
fn steps_between(from: &Value, to: &Value, step: &Value) -> Option<i64> {
    let number = |value: &Value| match value {
        Value::DateTime(at) => Some(at.ticks() as f64),
        Value::Timespan(span) => Some(span.ticks() as f64),
        other => other.as_real(),
    };
    let exact = |value: &Value| match value {
        Value::DateTime(at) => Some(at.ticks()),
        Value::Timespan(span) => Some(span.ticks()),
        other => other.as_long(),
    };
    match (exact(from), exact(to), exact(step)) {
        (Some(from), Some(to), Some(step)) if step > 0 => Some(to.checked_sub(from)?.div_euclid(step)),
        _ => {
            let steps = ((number(to)? - number(from)?) / number(step)?).floor();
            crate::functions::conversion::truncated(steps)
        }
    }
}

impl<'p> MakingSeries<'p> {
    pub(super) fn new(plan: &'p MakeSeries) -> Self {
        Self { plan, batches: Vec::new() }
    }

    /// The axis, from the plan or from the data; `None` without either.
    fn axis(&self, values: &[Cells]) -> Result<Option<Axis>, Error> {
        let kind = self.plan.axis.ty;
        let step = self.plan.step.clone();
        let all =
            || values.iter().zip(&self.batches).flat_map(|(cells, batch)| (0..batch.len()).map(|row| cells.value(row)));
        let present = || all().filter(|value| !value.is_null());
        let from = match &self.plan.from {
            Some(from) => Some(convert(from, kind)),
            None => present().min_by(Value::total_order).map(|least| bin(&least, &step)),
        };
        let Some(from) = from.filter(|from| !from.is_null()) else { return Ok(None) };
        let points = match &self.plan.to {
            Some(to) => {
                let to = convert(to, kind);
                let whole = steps_between(&from, &to, &step);
                let exact = whole.map(|whole| {
                    Axis { kind, from: from.clone(), step: step.clone(), points: 0 }.value(whole.max(0) as usize) == to
                });
                whole.map(|whole| if exact == Some(true) && !self.plan.inclusive { whole } else { whole + 1 })
            }
            None => present()
                .max_by(Value::total_order)
                .and_then(|last| steps_between(&from, &last, &step))
                .map(|last| last + 1),
        };
        let Some(points) = points else { return Ok(None) };
        if points > POINTS_MAX {
            return Err(Error::limit(
                Limit::Value,
                format!("the axis would have {points} points, more than {POINTS_MAX}"),
                Span::default(),
            ));
        }
        Ok(Some(Axis { kind, from, step, points: points.max(0) as usize }))
    }
}

impl Operator for MakingSeries<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, _: &mut Vec<Batch>) -> Result<(), Error> {
        run.hold(batch.footprint())?;
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, run: &mut Run<'_>, out: &mut Vec<Batch>) -> Result<(), Error> {
        let mut values = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            values.push(run.evaluate(&self.plan.axis, batch)?);
        }
        let Some(axis) = self.axis(&values)? else { return Ok(()) };
        let mut grouper = Grouper::new(self.plan.keys.iter().map(|key| key.ty));
        let mut accumulators: Vec<Accumulating<'_>> = self.plan.aggregates.iter().map(Accumulating::new).collect();
        let mut places: HashMap<(u32, u32), u32> = HashMap::new();
        let (mut rows, mut held) = (0, 0);
        for (batch, values) in self.batches.iter().zip(&values) {
            rows += batch.len();
            let (on_axis, points): (Vec<u32>, Vec<u32>) =
                (0..batch.len()).filter_map(|row| Some((row as u32, axis.place(&values.value(row))? as u32))).unzip();
            let batch = batch.pick(on_axis);
            let keys = run.evaluate_all(&self.plan.keys, &batch)?;
            let groups = grouper.number(&keys, batch.len());
            let known = places.len() as u32;
            let cells: Vec<u32> = groups
                .iter()
                .zip(points)
                .scan(known, |next, (group, point)| {
                    let cell = *places.entry((*group, point)).or_insert(*next);
                    *next = (*next).max(cell + 1);
                    Some(cell)
                })
                .collect();
            for accumulator in &mut accumulators {
                accumulator.update(run, &batch, &cells, places.len())?;
            }
            let bytes = grouper.bytes() + accumulators.iter().map(Accumulating::bytes).sum::<usize>();
            let bytes = bytes + places.len() * PLACE_BYTES;
            run.hold(bytes.saturating_sub(held))?;
            held = held.max(bytes);
        }
        let groups = if self.plan.keys.is_empty() && (rows > 0 || self.plan.nonempty) { 1 } else { grouper.len() };
        let groups = if self.plan.keys.is_empty() && rows == 0 && !self.plan.nonempty { 0 } else { groups };
        run.spend(groups.saturating_mul(axis.points))?;
        run.hold(groups.saturating_mul(axis.points).saturating_mul(32 * (1 + accumulators.len())))?;
        let finished = accumulators.into_iter().flat_map(|accumulator| accumulator.finish(places.len()));
        let columns: Vec<Lazy> = finished.map(Lazy::from).collect();
        let kinds =
            columns.iter().enumerate().map(|(at, column)| ColumnDef::new(format!("#{at}"), column.column().kind()));
        let cells = Batch::new(kinds.collect(), columns, places.len());
        let results = run.evaluate_all(&self.plan.results, &cells)?;
        out.push(self.series(&axis, &grouper, groups, &places, &results));
        Ok(())
    }
}

impl MakingSeries<'_> {
    fn series(
        &self,
        axis: &Axis,
        grouper: &Grouper,
        groups: usize,
        places: &HashMap<(u32, u32), u32>,
        results: &[Cells],
    ) -> Batch {
        let keys = if self.plan.keys.is_empty() { Vec::new() } else { grouper.keys() };
        let mut columns: Vec<Lazy> = keys.into_iter().map(Lazy::from).collect();
        for (result, default) in results.iter().zip(&self.plan.defaults) {
            let mut series = ColumnBuilder::new(ColumnType::Dynamic);
            for group in 0..groups as u32 {
                let points = (0..axis.points as u32).map(|point| match places.get(&(group, point)) {
                    Some(cell) => result.value(*cell as usize).to_dynamic(),
                    None => default.to_dynamic(),
                });
                series.push_tree(Dynamic::array(points));
            }
            columns.push(series.finish().into());
        }
        let points = Dynamic::array((0..axis.points).map(|at| axis.value(at).to_dynamic()));
        let column = ColumnBuilder::collect(ColumnType::Dynamic, (0..groups).map(|_| Value::Dynamic(points.clone())));
        columns.push(Arc::clone(&column).into());
        Batch::new(self.plan.schema.clone(), columns, groups)
    }
}
