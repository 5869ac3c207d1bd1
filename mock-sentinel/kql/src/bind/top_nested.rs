//! `top-nested`

use std::sync::Arc;

use super::{
    Binder,
    columns::Columns,
    names::{self, given_names},
};
use crate::{
    error::{Error, Limit},
    functions::conversion::convert,
    plan::{Expr, Plan, Stage, TopNested, TopNestedLevel},
    syntax::{
        Span,
        ast::{self, SortDirection, TopNestedClause},
    },
};

/// The most levels: each is a level of the stack while it is evaluated.
const LEVELS_MAX: usize = 64;

impl Binder<'_> {
    pub(super) fn top_nested(&mut self, mut plan: Plan, written: &ast::TopNested, span: Span) -> Result<Plan, Error> {
        if written.clauses.len() > LEVELS_MAX {
            let message = format!("top-nested has {} levels; at most {LEVELS_MAX} are taken", written.clauses.len());
            return Err(Error::limit(Limit::Nesting, message, span));
        }
        let mut columns = Columns::default();
        let mut levels = Vec::with_capacity(written.clauses.len());
        for clause in &written.clauses {
            let level = self.level(&plan, clause, &mut columns, span)?;
            levels.push(level);
        }
        let (schema, _) = columns.finish();
        plan.push(Stage::TopNested(Arc::new(TopNested { levels, schema: schema.clone() })), schema);
        plan.serialized = true;
        Ok(plan)
    }

    fn level(
        &mut self,
        plan: &Plan,
        clause: &TopNestedClause,
        columns: &mut Columns,
        span: Span,
    ) -> Result<TopNestedLevel, Error> {
        let count = clause.count.as_ref().map(|count| self.constant_count(count)).transpose()?;
        let by = std::slice::from_ref(&clause.by);
        let (of, mut grouped) =
            self.over(plan, |binder| Ok((binder.scalar(&clause.of.value)?, binder.grouped(by, &[])?)))?;
        let [(_, result)] = &grouped.results[..] else {
            return Err(Error::semantic("SEM0018", "top-nested takes one aggregate a level.", span));
        };
        let plain = matches!(result.kind, crate::plan::ExprKind::Column(0));
        let score = result.ty;
        let Some(call) = grouped.calls.pop().filter(|_| plain && grouped.calls.is_empty()) else {
            return Err(Error::semantic("SEM0018", "top-nested takes a plain aggregate.", clause.by.span));
        };
        let others = match &clause.others {
            Some(others) => Some(convert(&self.constant(others)?.0, of.ty)),
            None => None,
        };
        let name = given_names(&clause.of.naming).first().map(|name| (*name).to_owned());
        let name = name.or_else(|| names::of_expr(&clause.of.value)).unwrap_or_else(|| "Column1".to_owned());
        let name = columns.unique(name);
        let by_name = given_names(&clause.by.naming).first().map(|name| (*name).to_owned());
        columns.add(name.clone(), Expr::column(0, of.ty));
        columns.add(by_name.unwrap_or_else(|| format!("aggregated_{name}")), Expr::column(0, score));
        let descending = clause.direction != Some(SortDirection::Asc);
        Ok(TopNestedLevel { count, of, others, by: call, descending })
    }
}
