//! Comparisons and lists of values.

use super::{Binder, allowed, errors, operate::widest};
use crate::{
    error::Error,
    plan::{CompareOp, Expr, ExprKind, Membership, MembershipTest},
    syntax::{
        Span,
        ast::{self, SetOp},
    },
    types::ColumnType,
    value::Value,
};

impl Binder<'_> {
    /// Compares two operands after bringing them to one type.
    pub(super) fn compare(&mut self, op: CompareOp, left: Expr, right: Expr, span: Span) -> Result<Expr, Error> {
        let common =
            comparable(op, left.ty, right.ty).ok_or_else(|| errors::not_comparable(left.ty, right.ty, span))?;
        let left = self.converted(left, common, span)?;
        let right = self.converted(right, common, span)?;
        self.made(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, ColumnType::Bool, span)
    }

    /// `in`, `!in`, `has_any` and the others with a list.
    pub(super) fn membership(
        &mut self,
        op: SetOp,
        operand: &ast::Expr,
        items: &[ast::Expr],
        span: Span,
    ) -> Result<Expr, Error> {
        if self.is_transform() && !allowed::operator(op.text()) {
            return Err(allowed::refusal(op.text(), span));
        }
        let operand = self.scalar(operand)?;
        let items = self.items(items)?;
        let (test, negated) = match op {
            SetOp::In => (MembershipTest::Equal, false),
            SetOp::NotIn => (MembershipTest::Equal, true),
            SetOp::InCi => (MembershipTest::EqualCi, false),
            SetOp::NotInCi => (MembershipTest::EqualCi, true),
            SetOp::HasAny => (MembershipTest::HasAny, false),
            SetOp::HasAll => (MembershipTest::HasAll, false),
        };
        let common = match test {
            MembershipTest::Equal => item_type(&operand, &items, span)?,
            _ => ColumnType::String,
        };
        let operand = self.converted(operand, common, span)?;
        let asked = Membership { operand, items, test, negated };
        self.made(ExprKind::In(Box::new(asked)), ColumnType::Bool, span)
    }

    /// The items of a list; one that is a table stands for its first column.
    fn items(&mut self, items: &[ast::Expr]) -> Result<Vec<Expr>, Error> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            if self.is_tabular(item) {
                bound.push(self.first_column(item)?);
            } else {
                bound.push(self.scalar(item)?);
            }
        }
        Ok(bound)
    }

    /// The first column of a table, run now, as one array.
    fn first_column(&mut self, table: &ast::Expr) -> Result<Expr, Error> {
        if self.is_transform() {
            return Err(allowed::refusal("a subquery", table.span));
        }
        let plan = self.nested(table.span, |binder| binder.table(table))?;
        if plan.schema.is_empty() {
            return Err(Error::semantic("SEM0100", "The table has no column.", table.span));
        }
        let before = self.run.held();
        let batches = self.run.execute(&plan, &[])?;
        let rows: usize = batches.iter().map(crate::Batch::len).sum();
        self.run.fits(rows.saturating_mul(size_of::<crate::Dynamic>()))?;
        let cells = batches.iter().flat_map(|batch| (0..batch.len()).map(|row| batch.value(row, 0).to_dynamic()));
        let items = Value::dynamic(crate::Dynamic::array(cells));
        self.run.release(self.run.held().saturating_sub(before));
        self.run.hold(items.bytes())?;
        Ok(Expr::literal(items, ColumnType::Dynamic))
    }
}

/// The type two operands are compared in; `None` when they cannot be.
fn comparable(op: CompareOp, left: ColumnType, right: ColumnType) -> Option<ColumnType> {
    use ColumnType::{Bool, Dynamic, Long, String};
    let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let common = match (left, right) {
        (left, right) if left == right => left,
        (left, right) if left.is_numeric() && right.is_numeric() => widest(left, right),
        (Bool, number) | (number, Bool) if number.is_numeric() => number.max(Long),
        (Dynamic, other) | (other, Dynamic) => other,
        _ => return None,
    };
    if ordered && matches!(common, String | ColumnType::Guid) { None } else { Some(common) }
}

/// The type in which an operand is compared with a list of items.
fn item_type(operand: &Expr, items: &[Expr], span: Span) -> Result<ColumnType, Error> {
    let mut common = operand.ty;
    for item in items.iter().filter(|item| item.ty != ColumnType::Dynamic) {
        common = match comparable(CompareOp::Equal, common, item.ty) {
            Some(found) => found,
            None => return Err(errors::not_comparable(operand.ty, item.ty, span)),
        };
    }
    Ok(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_no_order_and_numbers_no_text() {
        use ColumnType::{Dynamic, Int, Long, Real, String};
        assert_eq!(comparable(CompareOp::Equal, Int, Real), Some(Real));
        assert_eq!(comparable(CompareOp::Less, Dynamic, Long), Some(Long));
        assert_eq!(comparable(CompareOp::Equal, Dynamic, String), Some(String));
        assert_eq!(comparable(CompareOp::Less, String, String), None);
        assert_eq!(comparable(CompareOp::Equal, String, Long), None);
    }
}
