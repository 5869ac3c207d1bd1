//! Operators between two typed operands.

use super::{Binder, allowed, errors};
use crate::{
    error::Error,
    plan::{ArithmeticOp, CompareOp, Expr, ExprKind, TextMatch, TextOp},
    syntax::{
        Span,
        ast::{self, BinaryOp},
    },
    types::ColumnType,
};

/// What an operator of the language is made of.
pub(super) enum Meaning {
    Arithmetic(ArithmeticOp),
    Compare(CompareOp),
    Text(TextMatch),
}

pub(super) fn meaning(op: BinaryOp) -> Meaning {
    let text = |op, case_sensitive, negated| Meaning::Text(TextMatch { op, case_sensitive, negated });
    match op {
        BinaryOp::Add => Meaning::Arithmetic(ArithmeticOp::Add),
        BinaryOp::Subtract => Meaning::Arithmetic(ArithmeticOp::Subtract),
        BinaryOp::Multiply => Meaning::Arithmetic(ArithmeticOp::Multiply),
        BinaryOp::Divide => Meaning::Arithmetic(ArithmeticOp::Divide),
        BinaryOp::Modulo => Meaning::Arithmetic(ArithmeticOp::Modulo),
        BinaryOp::Equal => Meaning::Compare(CompareOp::Equal),
        BinaryOp::NotEqual => Meaning::Compare(CompareOp::NotEqual),
        BinaryOp::Less => Meaning::Compare(CompareOp::Less),
        BinaryOp::LessOrEqual => Meaning::Compare(CompareOp::LessOrEqual),
        BinaryOp::Greater => Meaning::Compare(CompareOp::Greater),
        BinaryOp::GreaterOrEqual => Meaning::Compare(CompareOp::GreaterOrEqual),
        BinaryOp::EqualCi => text(TextOp::Equal, false, false),
        BinaryOp::NotEqualCi => text(TextOp::Equal, false, true),
        BinaryOp::Matches | BinaryOp::Has => text(TextOp::Has, false, false),
        BinaryOp::NotHas => text(TextOp::Has, false, true),
        BinaryOp::HasCs => text(TextOp::Has, true, false),
        BinaryOp::NotHasCs => text(TextOp::Has, true, true),
        BinaryOp::HasPrefix => text(TextOp::HasPrefix, false, false),
        BinaryOp::NotHasPrefix => text(TextOp::HasPrefix, false, true),
        BinaryOp::HasPrefixCs => text(TextOp::HasPrefix, true, false),
        BinaryOp::NotHasPrefixCs => text(TextOp::HasPrefix, true, true),
        BinaryOp::HasSuffix => text(TextOp::HasSuffix, false, false),
        BinaryOp::NotHasSuffix => text(TextOp::HasSuffix, false, true),
        BinaryOp::HasSuffixCs => text(TextOp::HasSuffix, true, false),
        BinaryOp::NotHasSuffixCs => text(TextOp::HasSuffix, true, true),
        BinaryOp::Contains => text(TextOp::Contains, false, false),
        BinaryOp::NotContains => text(TextOp::Contains, false, true),
        BinaryOp::ContainsCs => text(TextOp::Contains, true, false),
        BinaryOp::NotContainsCs => text(TextOp::Contains, true, true),
        BinaryOp::StartsWith => text(TextOp::StartsWith, false, false),
        BinaryOp::NotStartsWith => text(TextOp::StartsWith, false, true),
        BinaryOp::StartsWithCs => text(TextOp::StartsWith, true, false),
        BinaryOp::NotStartsWithCs => text(TextOp::StartsWith, true, true),
        BinaryOp::EndsWith => text(TextOp::EndsWith, false, false),
        BinaryOp::NotEndsWith => text(TextOp::EndsWith, false, true),
        BinaryOp::EndsWithCs => text(TextOp::EndsWith, true, false),
        BinaryOp::NotEndsWithCs => text(TextOp::EndsWith, true, true),
        BinaryOp::MatchesRegex => text(TextOp::MatchesRegex, true, false),
        BinaryOp::Like => text(TextOp::Like, false, false),
        BinaryOp::NotLike => text(TextOp::Like, false, true),
        BinaryOp::LikeCs => text(TextOp::Like, true, false),
        BinaryOp::NotLikeCs => text(TextOp::Like, true, true),
    }
}

impl Binder<'_> {
    /// Applies an operator to typed operands.
    pub(super) fn operate(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Result<Expr, Error> {
        if self.is_transform() && !allowed::operator(op.text()) {
            return Err(allowed::refusal(op.text(), span));
        }
        match meaning(op) {
            Meaning::Arithmetic(arithmetic) => self.arithmetic(arithmetic, op, left, right, span),
            Meaning::Compare(compare) => self.compare(compare, left, right, span),
            Meaning::Text(matching) => self.text(matching, op, left, right, span),
        }
    }

    fn arithmetic(
        &mut self,
        arithmetic: ArithmeticOp,
        op: BinaryOp,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Result<Expr, Error> {
        let ty = arithmetic_type(arithmetic, left.ty, right.ty)
            .ok_or_else(|| errors::not_applicable(op.text(), left.ty, right.ty, span))?;
        self.made(ExprKind::Arithmetic { op: arithmetic, left: Box::new(left), right: Box::new(right) }, ty, span)
    }

    fn text(&mut self, matching: TextMatch, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Result<Expr, Error> {
        let is_text = |ty| matches!(ty, ColumnType::String | ColumnType::Dynamic);
        if !is_text(left.ty) || !is_text(right.ty) {
            return Err(errors::not_applicable(op.text(), left.ty, right.ty, span));
        }
        if matching.op == TextOp::MatchesRegex {
            self.is_pattern(&right, span)?;
        }
        self.text_match(matching, left, right, span)
    }

    /// Fails for a constant that is not a regular expression.
    pub(super) fn is_pattern(&mut self, pattern: &Expr, span: Span) -> Result<(), Error> {
        match pattern.as_literal().and_then(crate::Value::as_str) {
            Some(pattern) => self.compiles(pattern, pattern, span),
            None => Ok(()),
        }
    }

    /// Fails where the pattern that is made of a written one does not compile, with the reason.
    pub(super) fn compiles(&mut self, made: &str, written: &str, span: Span) -> Result<(), Error> {
        self.run.regexes.compiled(made).map(drop).map_err(|why| errors::no_pattern(written, &why, span))
    }

    /// A string operator over operands of any type, read as text.
    pub(super) fn text_match(
        &mut self,
        matching: TextMatch,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Result<Expr, Error> {
        let left = self.converted(left, ColumnType::String, span)?;
        let right = self.converted(right, ColumnType::String, span)?;
        let kind = ExprKind::Text { matching, left: Box::new(left), right: Box::new(right) };
        self.made(kind, ColumnType::Bool, span)
    }

    /// `* has "x"`: true when it is for one of the columns that the operator takes.
    pub(super) fn any_column(&mut self, op: BinaryOp, op_span: Span, right: &ast::Expr) -> Result<Expr, Error> {
        let right = self.scalar(right)?;
        let schema = self.row.as_ref().map(|row| row.schema.clone());
        let mut any = Vec::new();
        for (at, column) in schema.iter().flat_map(super::hidden::visible) {
            let left = Expr::column(at, column.kind);
            match meaning(op) {
                Meaning::Text(matching) => any.push(self.text_match(matching, left, right.clone(), op_span)?),
                Meaning::Compare(_) => any.extend(self.operate(op, left, right.clone(), op_span).ok()),
                Meaning::Arithmetic(_) => {
                    return Err(Error::semantic("SEM0100", "'*' cannot be calculated with.", op_span));
                }
            }
        }
        self.made(ExprKind::Or(any), ColumnType::Bool, op_span)
    }
}

/// The type of a sum, product and so on; `None` when the operator does not apply.
pub(super) fn arithmetic_type(op: ArithmeticOp, left: ColumnType, right: ColumnType) -> Option<ColumnType> {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    use ColumnType::{DateTime, Dynamic, Int, Long, Real, Timespan};
    Some(match (op, left, right) {
        (_, left, right) if left.is_numeric() && right.is_numeric() => widest(left, right).max(Long),
        (_, Dynamic, Dynamic) => Dynamic,
        (_, Dynamic, Int) | (_, Int, Dynamic) => Long,
        (Subtract, DateTime, Dynamic) | (Subtract, Dynamic, DateTime) => Timespan,
        (Add | Subtract, Dynamic, other) | (Add | Subtract, other, Dynamic) if other.is_summable() => other,
        (_, Dynamic, other) | (_, other, Dynamic) if other.is_numeric() => other,
        (Add | Subtract | Modulo, Timespan, Timespan) => Timespan,
        (Multiply, Timespan, Timespan) => Timespan,
        (Divide, Timespan, Timespan) => Real,
        (Add | Subtract, DateTime, Timespan) | (Add, Timespan, DateTime) => DateTime,
        (Subtract, DateTime, DateTime) => Timespan,
        (Divide, DateTime, DateTime | Timespan) => Real,
        (Modulo, DateTime, DateTime | Timespan) => Timespan,
        (Multiply | Divide | Modulo, Timespan, number) if number.is_numeric() => Timespan,
        (Multiply, number, Timespan) if number.is_numeric() => Timespan,
        (Multiply | Divide | Modulo, DateTime, number) if number.is_numeric() => DateTime,
        (Multiply, number, DateTime) if number.is_numeric() => DateTime,
        _ => return None,
    })
}

/// The numeric type that holds both: `int`, `long`, `real`, `decimal`.
pub(super) fn widest(left: ColumnType, right: ColumnType) -> ColumnType {
    left.max(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_give_long_and_times_follow_their_units() {
        use ColumnType::{DateTime, Dynamic, Int, Long, Real, String, Timespan};
        for (op, left, right, expected) in [
            (ArithmeticOp::Add, Int, Int, Some(Long)),
            (ArithmeticOp::Add, Int, Real, Some(Real)),
            (ArithmeticOp::Subtract, DateTime, DateTime, Some(Timespan)),
            (ArithmeticOp::Divide, Timespan, Timespan, Some(Real)),
            (ArithmeticOp::Multiply, Long, Timespan, Some(Timespan)),
            (ArithmeticOp::Add, Dynamic, Real, Some(Real)),
            (ArithmeticOp::Add, DateTime, DateTime, None),
            (ArithmeticOp::Add, String, Long, None),
        ] {
            assert_eq!(arithmetic_type(op, left, right), expected, "{op:?} {left} {right}");
        }
    }
}
