//! `make-series`

use std::sync::Arc;

use super::{
    Binder,
    names::{self, given_names},
};
use crate::{
    error::Error,
    functions::conversion::convert,
    plan::{MakeSeries, Plan, Stage},
    syntax::{
        Span,
        ast::{self, MakeSeriesRange},
    },
    types::{ColumnType, Schema},
    value::Value,
};

impl Binder<'_> {
    pub(super) fn make_series(&mut self, mut plan: Plan, written: &ast::MakeSeries, span: Span) -> Result<Plan, Error> {
        let nonempty = self.word(&written.parameters, "kind")?.as_deref() == Some("nonempty");
        let aggregates: Vec<ast::NamedExpr> = written.columns.iter().map(|column| column.aggregate.clone()).collect();
        let (grouped, axis) = self.over(&plan, |binder| {
            let grouped = binder.grouped(&aggregates, &written.by)?;
            Ok((grouped, binder.scalar(&written.axis.column.value)?))
        })?;
        let mut defaults = Vec::new();
        for (column, (_, result)) in written.columns.iter().zip(&grouped.results) {
            let default = match &column.default {
                Some(default) => self.constant(default)?.0,
                None => Value::Long(0),
            };
            defaults.push(if default.is_null() { Value::Null } else { convert(&default, result.ty) });
        }
        let ends = match &written.axis.range {
            MakeSeriesRange::FromToStep { from, to, step } => (from.as_ref(), to.as_ref(), step, false),
            MakeSeriesRange::InRange { start, stop, step } => (Some(start), Some(stop), step, true),
        };
        let (from, to, step, inclusive) = ends;
        let from = from.map(|from| self.constant(from)).transpose()?.map(|(value, _)| value);
        let to = to.map(|to| self.constant(to)).transpose()?.map(|(value, _)| value);
        let (step, step_kind) = self.constant(step)?;
        check_step(axis.ty, &step, step_kind, span)?;
        let mut columns = grouped.keys.clone();
        let tree = || crate::plan::Expr::column(0, ColumnType::Dynamic);
        let (result_names, results): (Vec<_>, Vec<_>) = grouped.results.into_iter().unzip();
        for name in result_names {
            match name {
                Some(name) => columns.add(name, tree()),
                None => columns.add_unnamed(tree()),
            }
        }
        let axis_name = given_names(&written.axis.column.naming).first().map(|name| (*name).to_owned());
        match axis_name.or_else(|| names::of_expr(&written.axis.column.value)) {
            Some(name) => columns.add(name, tree()),
            None => columns.add_unnamed(tree()),
        }
        let (schema, _): (Schema, _) = columns.finish();
        let (_, keys) = grouped.keys.finish();
        let stage = MakeSeries {
            aggregates: grouped.calls,
            results,
            defaults,
            axis,
            from,
            to,
            inclusive,
            step,
            keys,
            nonempty,
            schema: schema.clone(),
        };
        plan.push(Stage::MakeSeries(Arc::new(stage)), schema);
        plan.serialized = false;
        Ok(plan)
    }
}

/// Times are cut by timespans and numbers by numbers; the step must go forward.
fn check_step(axis: ColumnType, step: &Value, step_kind: ColumnType, span: Span) -> Result<(), Error> {
    let fits = match axis {
        ColumnType::DateTime | ColumnType::Timespan => step_kind == ColumnType::Timespan,
        axis => axis.is_numeric() && step_kind.is_numeric(),
    };
    let forward = match step {
        Value::Timespan(step) => step.ticks() > 0,
        step => step.as_real().is_some_and(|step| step > 0.0),
    };
    if fits && forward {
        return Ok(());
    }
    Err(Error::semantic("SEM0025", format!("An axis of type {axis} cannot be cut by this step."), span))
}
