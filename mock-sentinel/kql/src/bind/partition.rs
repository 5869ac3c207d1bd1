//! `partition by`

use std::sync::Arc;

use super::{Binder, errors};
use crate::{
    error::Error,
    plan::{Partition, Plan, Source, Stage},
    syntax::{
        Span,
        ast::{self, PartitionBody},
    },
    types::ColumnType,
};

impl Binder<'_> {
    pub(super) fn partition(&mut self, mut plan: Plan, written: &ast::Partition, span: Span) -> Result<Plan, Error> {
        let PartitionBody::Operators(operators) = &written.body else {
            return Err(errors::refused("partition with a query in braces", span));
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
}
