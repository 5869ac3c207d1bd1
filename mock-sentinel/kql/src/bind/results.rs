//! The results of a query: a table for each tabular statement, and for each branch of `fork` and `facet`.

use std::sync::Arc;

use super::{Binder, BoundResult, allowed, keyword::keyword};
use crate::{
    error::Error,
    plan::Plan,
    syntax::{
        Span,
        ast::{self, ExprKind, Operator, OperatorKind, Statement, StatementKind},
    },
};

impl Binder<'_> {
    /// Binds a query's statements. Each is bound, whatever becomes of those before it.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> Result<Vec<BoundResult>, Error> {
        let mut results = Vec::new();
        for statement in statements {
            match &statement.kind {
                StatementKind::Expression(expr) => self.results(expr, &mut results)?,
                _ => self.define(statement)?,
            }
        }
        if results.is_empty() {
            return Err(Error::semantic("SEM0100", "The query has no expression to answer.", Span::default()));
        }
        Ok(results)
    }

    /// The tables of one statement.
    fn results(&mut self, expr: &ast::Expr, results: &mut Vec<BoundResult>) -> Result<(), Error> {
        self.render = None;
        if !self.is_tabular(expr) {
            return Err(Error::semantic("SEM0100", "A table is expected here.", expr.span));
        }
        if let ExprKind::Pipe { source, operators } = &expr.unparenthesized().kind
            && let Some(at) = operators.iter().position(splits)
        {
            return self.split(source, operators, at, results);
        }
        let plan = self.table(expr)?;
        results.push(BoundResult { name: plan.name.clone(), plan, render: self.render.take() });
        Ok(())
    }

    /// The tables of a pipe whose operator at this place gives several. Only `render` may follow it.
    fn split(
        &mut self,
        source: &ast::Expr,
        operators: &[Operator],
        at: usize,
        results: &mut Vec<BoundResult>,
    ) -> Result<(), Error> {
        let (before, rest) = operators.split_at(at);
        let Some((operator, after)) = rest.split_first() else { return Ok(()) };
        if self.is_transform() {
            return Err(allowed::refusal(keyword(&operator.kind), operator.span));
        }
        let outer = self.env.clone();
        let plan = self.nested(source.span, |binder| binder.table(source))?;
        let plan = self.steps(plan, before)?;
        let mut named = match &operator.kind {
            OperatorKind::Fork(branches) => self.fork(&plan, branches, operator.span)?,
            OperatorKind::Facet(facet) => self.facet(&plan, facet, operator.span)?,
            _ => Vec::new(),
        };
        self.env = outer;
        for operator in after {
            let OperatorKind::Render(render) = &operator.kind else {
                let message = "Of several tables, this engine can make nothing but what 'render' asks for.";
                return Err(Error::refused(keyword(&operator.kind), message, operator.span));
            };
            for (plan, _) in &mut named {
                *plan = self.render(plan.clone(), render)?;
            }
        }
        let render = self.render.take();
        results.extend(named.into_iter().map(|(plan, name)| BoundResult { plan, name, render: render.clone() }));
        Ok(())
    }

    /// `fork`: a table for each branch, under the name that `name=` or its last `as` gives it.
    /// <https://learn.microsoft.com/kusto/query/fork-operator> (read 2026-11-29)
    fn fork(&mut self, plan: &Plan, branches: &[ast::ForkBranch], span: Span) -> Result<Vec<Named>, Error> {
        let mut named = Vec::with_capacity(branches.len());
        for branch in branches {
            self.count_nodes(plan.weight(), span)?;
            let mut input = plan.clone();
            input.name = None;
            let answer = self.nested(span, |binder| binder.pipe(input, &branch.operators))?;
            let name = branch.name.as_ref().map(|name| Arc::from(name.text.as_str()));
            let name = name.or_else(|| answer.name.clone());
            named.push((answer, name));
        }
        Ok(named)
    }

    /// `facet by`: the table of the `with` clause, then a table of counts for each column. None can be named.
    /// <https://learn.microsoft.com/kusto/query/facet-operator> (read 2026-11-26)
    fn facet(&mut self, plan: &Plan, facet: &ast::FacetOperator, span: Span) -> Result<Vec<Named>, Error> {
        let mut named = Vec::with_capacity(facet.columns.len() + 1);
        if let Some(operators) = &facet.with {
            self.count_nodes(plan.weight(), span)?;
            let with = self.nested(span, |binder| binder.pipe(plan.clone(), operators))?;
            named.push((with, None));
        }
        for column in &facet.columns {
            self.count_nodes(plan.weight(), span)?;
            named.push((self.counted_by(plan, column, span)?, None));
        }
        Ok(named)
    }

    /// How often each value of a column comes.
    fn counted_by(&mut self, plan: &Plan, column: &ast::Expr, span: Span) -> Result<Plan, Error> {
        let by = ast::NamedExpr { naming: ast::Naming::Auto, value: column.clone(), span: column.span };
        let name = ast::Name { text: "count".to_owned(), span, bracketed: false };
        let count = ast::Expr::new(ExprKind::Call(ast::Call { name, args: Vec::new(), span }), span);
        let text = format!("count_{}", super::names::of_expr(column).unwrap_or_default());
        let naming = ast::Naming::One(ast::Name { text, span, bracketed: false });
        let counted = ast::NamedExpr { naming, value: count, span };
        let grouped =
            self.over(plan, |binder| binder.grouped(std::slice::from_ref(&counted), std::slice::from_ref(&by)))?;
        Ok(grouped.onto(plan.clone()))
    }
}

/// A table and what it is named.
type Named = (Plan, Option<Arc<str>>);

/// Whether an operator gives several tables.
fn splits(operator: &Operator) -> bool {
    matches!(operator.kind, OperatorKind::Fork(_) | OperatorKind::Facet(_))
}
