//! `summarize`, `distinct`, `count`, `top-hitters`

use std::sync::Arc;

use super::{
    Binder,
    columns::Columns,
    errors,
    names::{self, given_names},
    project::enough_for_names,
    stage::{project, staged},
};
use crate::{
    aggregates,
    error::Error,
    plan::{AggregateCall, Expr, ExprKind, Plan, Sort, SortKey, Stage, Summarize},
    syntax::{
        Span,
        ast::{self, NamedExpr},
    },
    types::{ColumnDef, ColumnType, Schema},
};

/// Groups and aggregates with the columns made of them.
pub(super) struct Grouped {
    pub(super) keys: Columns,
    pub(super) calls: Vec<AggregateCall>,
    /// The aggregate columns: expressions over the results of `calls`, in order.
    pub(super) results: Vec<(Option<String>, Expr)>,
}

impl Binder<'_> {
    pub(super) fn summarize(&mut self, plan: Plan, written: &ast::Summarize) -> Result<Plan, Error> {
        let mut by = written.by.clone();
        if let (Some(bin), Some(last)) = (&written.bin, by.last_mut()) {
            last.value = binned(last.value.clone(), bin.clone());
        }
        let grouped = self.over(&plan, |binder| binder.grouped(&written.aggregates, &by))?;
        Ok(grouped.onto(plan))
    }

    /// Binds groups and aggregates over the columns in scope.
    pub(super) fn grouped(&mut self, aggregates: &[NamedExpr], by: &[NamedExpr]) -> Result<Grouped, Error> {
        let declared = names::declared(by.iter().filter(|entry| !self.is_let(entry)).chain(aggregates))?;
        let input = self.row.as_ref().map(|row| row.schema.clone());
        let keys = self.keys(by, Columns::declaring(declared).passing(input))?;
        let groups: Vec<Expr> = (0..keys.len()).map(|at| keys.expr(at).clone()).collect();
        let mut grouped = Grouped { keys, calls: Vec::new(), results: Vec::new() };
        for entry in aggregates {
            self.aggregate_entry(entry, &groups, &mut grouped)?;
        }
        Ok(grouped)
    }

    /// Whether a group is the plain name of something other than a column: Kusto leaves it unnamed.
    fn is_let(&self, entry: &NamedExpr) -> bool {
        let ast::ExprKind::Name(name) = &entry.value.kind else { return false };
        let is_column = self.row.as_ref().is_some_and(|row| super::hidden::find(&row.schema, &name.text).is_some());
        matches!(entry.naming, ast::Naming::Auto) && !is_column
    }

    fn keys(&mut self, by: &[NamedExpr], mut keys: Columns) -> Result<Columns, Error> {
        for entry in by {
            enough_for_names(entry, 1)?;
            let expr = self.scalar(&entry.value)?;
            if expr.ty == ColumnType::Dynamic {
                let message = "A group must not be dynamic; put tostring() around it.";
                return Err(Error::semantic("SEM0085", message, entry.span));
            }
            match (given_names(&entry.naming).first(), names::of_expr(&entry.value)) {
                (Some(name), _) => keys.add((*name).to_owned(), expr),
                (None, Some(name)) if !self.is_let(entry) => keys.add(name, expr),
                (None, _) => keys.add_unnamed(expr),
            }
        }
        Ok(keys)
    }

    fn aggregate_entry(&mut self, entry: &NamedExpr, groups: &[Expr], grouped: &mut Grouped) -> Result<(), Error> {
        let given = given_names(&entry.naming);
        if let ast::ExprKind::Call(call) = &entry.value.unparenthesized().kind
            && aggregates::find(&call.name.text).is_some()
            && !self.is_user_function(&call.name.text)
        {
            let aggregated = self.aggregate(call, groups)?;
            enough_for_names(entry, aggregated.names.len())?;
            let first = grouped.width();
            for (at, (name, kind)) in aggregated.names.into_iter().zip(&aggregated.call.returns).enumerate() {
                let name = given.get(at).map(|name| (*name).to_owned()).or(name);
                grouped.results.push((name, Expr::column(first + at, *kind)));
            }
            grouped.calls.push(aggregated.call);
            return Ok(());
        }
        self.aggregates = Some(std::mem::take(&mut grouped.calls));
        let values = self.entry_values(entry);
        grouped.calls = self.aggregates.take().unwrap_or_default();
        for (at, value) in values?.into_iter().enumerate() {
            let name = given.get(at).map(|name| (*name).to_owned()).or(value.name);
            grouped.results.push((name, value.expr));
        }
        Ok(())
    }

    fn is_user_function(&self, name: &str) -> bool {
        matches!(self.env.find(name), Some(super::scope::Binding::Function(_)))
    }

    pub(super) fn distinct(&mut self, plan: Plan, written: &[NamedExpr]) -> Result<Plan, Error> {
        let columns = self.over(&plan, |binder| binder.projected(written, names::is_named_by_gettype))?;
        let plan = project(plan, columns);
        distinct_all(plan, written.first().map_or(Span::default(), |entry| entry.span))
    }

    /// `top-hitters n of x by y`: the groups with the greatest sum, or the most rows.
    pub(super) fn top_hitters(&mut self, plan: Plan, top: &ast::TopHitters, span: Span) -> Result<Plan, Error> {
        let rows = self.constant_count(&top.count)?;
        let weight_name = top.by.as_ref().and_then(names::of_expr);
        let of = NamedExpr { naming: ast::Naming::Auto, value: top.of.clone(), span };
        let mut grouped = self.over(&plan, |binder| binder.grouped(&[], std::slice::from_ref(&of)))?;
        let of_name = if grouped.keys.len() > 0 { grouped.keys.name(0).to_owned() } else { String::new() };
        let (aggregate, args, name) = match &top.by {
            None => ("count", Vec::new(), format!("approximate_count_{of_name}")),
            Some(by) => {
                let weight = self.over(&plan, |binder| binder.scalar(by))?;
                ("sum", vec![weight], format!("approximate_sum_{}", weight_name.unwrap_or_default()))
            }
        };
        let aggregate = aggregates::find(aggregate).ok_or_else(|| errors::refused("top-hitters", span))?;
        let returns = (aggregate.returns)(&args.iter().map(|arg| arg.ty).collect::<Vec<_>>());
        grouped.calls.push(AggregateCall { aggregate, args, condition: None, returns: vec![returns] });
        grouped.results.push((Some(name), Expr::column(0, returns)));
        let plan = grouped.onto(plan);
        let key = SortKey { expr: Expr::column(1, returns), descending: true, nulls_first: false };
        let mut plan = staged(plan, Stage::Sort(Sort { keys: Arc::from([key]), limit: Some(rows) }));
        plan.serialized = true;
        Ok(plan)
    }
}

impl Grouped {
    /// How many result columns there are so far.
    fn width(&self) -> usize {
        self.calls.iter().map(|call| call.returns.len()).sum()
    }

    /// Adds the grouping to a plan, and a projection where results are calculated with.
    pub(super) fn onto(self, mut plan: Plan) -> Plan {
        let groups = self.keys.len();
        let mut columns = self.keys.clone().in_place();
        let plain = self
            .results
            .iter()
            .enumerate()
            .all(|(at, (_, expr))| matches!(expr.kind, ExprKind::Column(column) if column == at));
        for (name, mut expr) in self.results {
            expr.shift_columns(groups);
            match name {
                Some(name) => columns.add(name, expr),
                None => columns.add_unnamed(expr),
            }
        }
        let (schema, exprs) = columns.finish();
        let (_, keys) = self.keys.finish();
        let raw: Schema = if plain {
            schema.clone()
        } else {
            let kinds =
                keys.iter().map(|key| key.ty).chain(self.calls.iter().flat_map(|call| call.returns.iter().copied()));
            kinds.enumerate().map(|(at, kind)| ColumnDef::new(format!("#{at}"), kind)).collect()
        };
        let stage = Summarize { keys, aggregates: self.calls, schema: raw.clone() };
        plan.push(Stage::Summarize(Arc::new(stage)), raw);
        plan.serialized = false;
        if !plain {
            plan.push(Stage::Project(crate::plan::Project { columns: exprs.into(), schema: schema.clone() }), schema);
        }
        plan
    }
}

/// The old `by x bin = 1h`.
fn binned(value: ast::Expr, size: ast::Expr) -> ast::Expr {
    let span = value.span;
    let name = ast::Name { text: "bin".to_owned(), span, bracketed: false };
    let args = [value, size].map(|value| ast::Argument { name: None, value }).into();
    ast::Expr::new(ast::ExprKind::Call(ast::Call { name, args, span }), span)
}

/// One row for each distinct one.
pub(super) fn distinct_all(plan: Plan, span: Span) -> Result<Plan, Error> {
    let mut plan = super::service_columns::shown(plan);
    if let Some(column) = plan.schema.columns().iter().find(|column| column.kind == ColumnType::Dynamic) {
        let message = format!("distinct cannot compare '{}', which is dynamic; put tostring() around it.", column.name);
        return Err(Error::semantic("SEM0085", message, span));
    }
    let schema = plan.schema.clone();
    let keys = schema.columns().iter().enumerate().map(|(at, column)| Expr::column(at, column.kind)).collect();
    let stage = Summarize { keys, aggregates: Vec::new(), schema: schema.clone() };
    plan.push(Stage::Summarize(Arc::new(stage)), schema);
    plan.serialized = false;
    Ok(plan)
}

/// `count`: one row with the number of rows.
pub(super) fn count(mut plan: Plan, name: &str) -> Plan {
    let schema = Schema::new([(name, ColumnType::Long)]);
    let aggregate = aggregates::find("count").expect("count is an aggregate");
    let call = AggregateCall { aggregate, args: Vec::new(), condition: None, returns: vec![ColumnType::Long] };
    let stage = Summarize { keys: Vec::new(), aggregates: vec![call], schema: schema.clone() };
    plan.push(Stage::Summarize(Arc::new(stage)), schema);
    plan.serialized = false;
    plan
}
