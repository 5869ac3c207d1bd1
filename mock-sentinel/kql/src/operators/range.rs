//! `range x from a to b step c`, in batches.

use std::cmp::Ordering;

use crate::{
    batch::Batch,
    column::ColumnBuilder,
    error::Error,
    kernels::arithmetic::arithmetic_values,
    plan::{ArithmeticOp, Range},
    run::Run,
    value::Value,
};

/// Rows in a batch of a range.
const BATCH_ROWS: usize = 8192;

/// A range on its way.
pub(super) struct Ranged<'p> {
    range: &'p Range,
    next: Value,
    up: bool,
}

impl<'p> Ranged<'p> {
    pub(super) fn new(range: &'p Range) -> Self {
        let zero = crate::functions::conversion::convert(
            &Value::Long(0),
            match range.step {
                Value::Timespan(_) => crate::ColumnType::Timespan,
                _ => range.kind,
            },
        );
        let direction = range.step.total_order(&zero);
        let endless = range.step.is_null() || direction == Ordering::Equal || range.to.is_null();
        let next = if endless { Value::Null } else { range.from.clone() };
        Self { range, next, up: direction == Ordering::Greater }
    }

    pub(super) fn next(&mut self, run: &mut Run<'_>) -> Result<Option<Batch>, Error> {
        let mut column = ColumnBuilder::with_capacity(self.range.kind, 0);
        while column.len() < BATCH_ROWS && self.is_within() {
            column.push(&self.next);
            let following = arithmetic_values(ArithmeticOp::Add, &self.next, &self.range.step, self.range.kind);
            // A sum that wrapped around has left the range.
            let moved = following.total_order(&self.next) == if self.up { Ordering::Greater } else { Ordering::Less };
            self.next = if moved { following } else { Value::Null };
        }
        if column.is_empty() {
            return Ok(None);
        }
        run.spend(column.len())?;
        Ok(Some(Batch::of_columns(self.range.schema.clone(), vec![column.finish()])))
    }

    fn is_within(&self) -> bool {
        if self.next.is_null() {
            return false;
        }
        let order = self.next.total_order(&self.range.to);
        if self.up { order != Ordering::Greater } else { order != Ordering::Less }
    }
}
