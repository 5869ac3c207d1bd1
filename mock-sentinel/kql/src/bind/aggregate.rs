//! Calls of aggregates.

use super::{
    Binder,
    argument::{accepts, cast_target},
    errors, names,
};
use crate::{
    aggregates::{self, Aggregate, ResultName},
    error::Error,
    plan::{AggregateCall, Expr, ExprKind},
    syntax::ast::{self, Call},
    types::ColumnType,
    value::Value,
};

/// An aggregate call with the names of its columns.
pub(super) struct Aggregated {
    pub(super) call: AggregateCall,
    /// The name each result suggests.
    pub(super) names: Vec<Option<String>>,
}

impl Binder<'_> {
    /// A call of an aggregate inside an expression: its result becomes a column of the groups.
    pub(super) fn aggregate_value(&mut self, call: &Call) -> Result<Expr, Error> {
        let aggregated = self.outside_aggregates(|binder| binder.aggregate(call, &[]))?;
        let [ty] = aggregated.call.returns[..] else {
            let message = format!("'{}' gives several values where one is expected.", call.name.text);
            return Err(Error::semantic("SEM0100", message, call.span).with_token(&call.name.text));
        };
        let calls = self.aggregates.get_or_insert_default();
        let at = calls.iter().map(|call| call.returns.len()).sum();
        calls.push(aggregated.call);
        Ok(Expr::column(at, ty))
    }

    /// Binds what stands inside an aggregate: columns, no further aggregates.
    pub(super) fn outside_aggregates<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let aggregates = self.aggregates.take();
        let bound = bind(self);
        self.aggregates = aggregates;
        bound
    }

    /// Binds a call of an aggregate; `groups` are the columns that `*` leaves out.
    pub(super) fn aggregate(&mut self, call: &Call, groups: &[Expr]) -> Result<Aggregated, Error> {
        let Some(aggregate) = aggregates::find(&call.name.text) else {
            return Err(self.unknown_function(call));
        };
        if aggregate.naming == ResultName::EachArgument {
            return self.row_aggregate(aggregate, call, groups);
        }
        let mut args = self.scalar_args(call)?;
        let condition = self.condition_of(aggregate, call, &mut args)?;
        let too_many = !aggregate.variadic && args.len() > aggregate.params.len();
        if args.len() < aggregate.required || too_many {
            return Err(errors::wrong_argument_count(&call.name, call.args.len()));
        }
        if aggregate.params.len() == 1 && call.name.text == "count" && !args.is_empty() {
            // The engine counts every row here, null or not.
            args.clear();
        }
        let mut cast = Vec::with_capacity(args.len());
        for (at, arg) in args.into_iter().enumerate() {
            let Some(param) = aggregate.params.get(at).or(aggregate.params.last()) else { continue };
            if !accepts(*param, arg.ty) {
                let what = format!("Argument {} of '{}'", at + 1, call.name.text);
                return Err(errors::wrong_type(&what, &format!("{param:?}"), arg.ty, call.span));
            }
            let target = cast_target(*param, arg.ty);
            let arg = self.converted(arg, target, call.span)?;
            cast.push(if at > 0 && arg.is_constant() { self.folded(&arg)? } else { arg });
        }
        let kinds: Vec<ColumnType> = cast.iter().map(|arg| arg.ty).collect();
        let returns = (aggregate.returns)(&kinds);
        let (names, returns) = match aggregate.naming {
            ResultName::Percentiles => percentile_columns(call, &cast, returns)?,
            _ => (vec![names::of_expr(&call_expr(call))], vec![returns]),
        };
        Ok(Aggregated { call: AggregateCall { aggregate, args: cast, condition, returns }, names })
    }

    fn folded(&mut self, expr: &Expr) -> Result<Expr, Error> {
        let value = self.run.constant(expr)?;
        Ok(Expr::literal(value, expr.ty))
    }

    /// The condition of an `…if` form: its second argument, or the first of `countif`.
    fn condition_of(
        &mut self,
        aggregate: &Aggregate,
        call: &Call,
        args: &mut Vec<Expr>,
    ) -> Result<Option<Expr>, Error> {
        if !aggregate.conditional {
            return Ok(None);
        }
        let at = match &call.name.text[..] {
            "countif" => 0,
            "covarianceif" | "covariancepif" => 2,
            _ => 1,
        };
        if at >= args.len() {
            return Err(errors::wrong_argument_count(&call.name, call.args.len()));
        }
        let condition = args.remove(at);
        match condition.ty {
            ColumnType::Bool => Ok(Some(condition)),
            ColumnType::Dynamic => self.converted(condition, ColumnType::Bool, call.span).map(Some),
            found => Err(errors::wrong_type("The condition", "of type bool", found, call.span)),
        }
    }

    /// `arg_max(x, a, *)`, `take_any(a, b)`: a column for each argument.
    fn row_aggregate(
        &mut self,
        aggregate: &'static Aggregate,
        call: &Call,
        groups: &[Expr],
    ) -> Result<Aggregated, Error> {
        let picks_any = aggregate.names.iter().any(|name| name.contains("any"));
        let mut args: Vec<Expr> = Vec::new();
        let mut names: Vec<Option<String>> = Vec::new();
        let mut condition = None;
        let written = &call.args[..];
        let (written, last) =
            if aggregate.conditional { written.split_at(written.len().min(1)) } else { (written, &[][..]) };
        if let Some(last) = last.first() {
            condition = Some(self.condition(&last.value)?);
        }
        let star = written.iter().any(|argument| matches!(argument.value.kind, ast::ExprKind::Star));
        let primary = written.first().and_then(|first| names::of_expr(&first.value));
        for (at, argument) in written.iter().enumerate() {
            if matches!(argument.value.kind, ast::ExprKind::Star) {
                self.star(groups, &mut args, &mut names);
                continue;
            }
            let arg = self.scalar(&argument.value)?;
            let known = |known: &Expr| same_column(known, &arg);
            if star && at > 0 && (args.iter().any(known) || groups.iter().any(known)) {
                continue;
            }
            let given = argument.name.as_ref().map(|name| name.text.clone());
            let name = given.or_else(|| names::of_expr(&argument.value)).or_else(|| match (picks_any, at) {
                (true, _) => None,
                (false, 0) => Some(format!("{}_", extreme(call))),
                (false, at) => Some(format!("{}_{}_arg{at}", extreme(call), primary.clone().unwrap_or_default())),
            });
            names.push(name);
            args.push(arg);
        }
        if args.is_empty() || aggregate.conditional && condition.is_none() {
            return Err(errors::wrong_argument_count(&call.name, call.args.len()));
        }
        if call.name.text.starts_with("any") {
            for name in names.iter_mut().flatten() {
                *name = format!("{}_{name}", call.name.text);
            }
        }
        let returns = args.iter().map(|arg| arg.ty).collect();
        Ok(Aggregated { call: AggregateCall { aggregate, args, condition, returns }, names })
    }

    fn star(&self, groups: &[Expr], args: &mut Vec<Expr>, names: &mut Vec<Option<String>>) {
        for (at, column) in self.row.iter().flat_map(|row| super::hidden::visible(&row.schema)) {
            let expr = Expr::column(at, column.kind);
            let known = |known: &Expr| same_column(known, &expr);
            if !args.iter().any(known) && !groups.iter().any(known) {
                args.push(expr);
                names.push(Some(column.name.to_string()));
            }
        }
    }
}

fn same_column(left: &Expr, right: &Expr) -> bool {
    matches!((&left.kind, &right.kind), (ExprKind::Column(left), ExprKind::Column(right)) if left == right)
}

fn extreme(call: &Call) -> &'static str {
    if call.name.text.contains("min") { "min" } else { "max" }
}

fn call_expr(call: &Call) -> ast::Expr {
    ast::Expr::new(ast::ExprKind::Call(call.clone()), call.span)
}

/// `percentile_x_50` for each percentile asked for.
fn percentile_columns(
    call: &Call,
    args: &[Expr],
    kind: ColumnType,
) -> Result<(Vec<Option<String>>, Vec<ColumnType>), Error> {
    let first = call.args.first().and_then(|argument| names::of_expr(&argument.value)).unwrap_or_default();
    let skipped =
        if call.name.text.starts_with("percentilew") || call.name.text.starts_with("percentilesw") { 2 } else { 1 };
    let mut names = Vec::new();
    for arg in args.iter().skip(skipped) {
        let Some(value) = arg.as_literal() else {
            return Err(Error::semantic("SEM0018", "A percentile must be a constant.", call.span));
        };
        let wanted: Vec<Value> = match value.as_dynamic().and_then(crate::Dynamic::as_array) {
            Some(items) => items.iter().cloned().map(Value::dynamic).collect(),
            None => vec![value.clone()],
        };
        names.extend(wanted.iter().map(|percent| Some(format!("percentile_{first}_{}", name_of_percent(percent)))));
    }
    if names.is_empty() {
        return Err(errors::wrong_argument_count(&call.name, call.args.len()));
    }
    let returns = vec![kind; names.len()];
    Ok((names, returns))
}

fn name_of_percent(percent: &Value) -> String {
    percent.to_text().trim_end_matches(".0").replace('.', "_")
}
