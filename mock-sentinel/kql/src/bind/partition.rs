//! `partition by`

use std::sync::Arc;

use super::{
    Binder, errors,
    plugins::reads_input,
    scope::Binding,
    union::{Branch, unified},
    user_function::Called,
};
use crate::{
    error::{Error, Limit},
    plan::{Expr, Partition, Plan, Source, Stage, Summarize},
    syntax::{
        Span,
        ast::{self, PartitionBody},
    },
    types::{ColumnType, Schema},
    value::Value,
};

/// The bound of the legacy strategy, <https://learn.microsoft.com/kusto/query/partition-operator> (read 2026-11-25).
const PARTS_MAX: usize = 64;

impl Binder<'_> {
    pub(super) fn partition(&mut self, mut plan: Plan, written: &ast::Partition, span: Span) -> Result<Plan, Error> {
        let operators = match &written.body {
            PartitionBody::Operators(operators) => operators,
            PartitionBody::Query(body) => return self.partition_by_query(plan, &written.by, body, span),
        };
        let key = self.over(&plan, |binder| binder.scalar(&written.by))?;
        if key.ty == ColumnType::Dynamic {
            return Err(errors::wrong_type("The key of a partition", "a scalar", key.ty, written.by.span));
        }
        let mut input = Plan::new(Source::Input, plan.schema.clone());
        input.serialized = plan.serialized;
        let inner = self.nested(span, |binder| binder.pipe(input, operators))?;
        let schema = inner.schema.clone();
        plan.push(Stage::Partition(Arc::new(Partition { key, plan: inner })), schema);
        plan.serialized = false;
        Ok(plan)
    }

    /// `partition by key { query }`: the query once for each key, whose name stands for its value. The rows come from
    /// the query alone.
    fn partition_by_query(&mut self, plan: Plan, by: &ast::Expr, body: &ast::Body, span: Span) -> Result<Plan, Error> {
        if reads_input(&plan) {
            return Err(errors::refused("partition with a query inside mv-apply or partition", span));
        }
        let ast::ExprKind::Name(name) = &by.kind else {
            return Err(Error::semantic("SEM0018", "The key of a partition with a query is a column.", by.span));
        };
        let (keys, kind) = self.distinct_values(plan, by)?;
        if keys.len() > PARTS_MAX {
            let message = format!(
                "'{}' has {} values; a partition with a query takes at most {PARTS_MAX}",
                name.text,
                keys.len()
            );
            return Err(Error::limit(Limit::Parts, message, span));
        }
        let mut branches = Vec::with_capacity(keys.len());
        for key in keys {
            let mut env = self.env.inner();
            env.define(&name.text, Binding::Scalar { expr: Expr::literal(key, kind), row: None });
            let outer = std::mem::replace(&mut self.env, env);
            let row = self.row.take();
            let part = self.nested(span, |binder| binder.body(body));
            self.row = row;
            self.env = outer;
            match part? {
                Called::Table(plan) => branches.push(Branch { name: String::new(), plan }),
                Called::Scalar(_) => {
                    return Err(Error::semantic("SEM0100", "A partition's query gives a table.", body.span));
                }
            }
        }
        Ok(unified(branches, false, None))
    }

    /// The values of a column, each once, in the order they come.
    fn distinct_values(&mut self, mut plan: Plan, by: &ast::Expr) -> Result<(Vec<Value>, ColumnType), Error> {
        let key = self.over(&plan, |binder| binder.scalar(by))?;
        let kind = key.ty;
        let schema = Schema::new([("key", kind)]);
        let distinct = Summarize { keys: vec![key], aggregates: Vec::new(), schema: schema.clone() };
        plan.push(Stage::Summarize(Arc::new(distinct)), schema);
        let rows = self.run.execute_to_batch(&plan, &[])?;
        Ok(((0..rows.len()).map(|row| rows.column(0).value(row)).collect(), kind))
    }
}
