//! Operators that choose, count and order rows.

use crate::syntax::ast::{
    NullsOrder, OperatorKind, OrderColumn, Range, SampleDistinct, SortDirection, Top, TopHitters, TopNested,
    TopNestedClause,
};
use crate::syntax::token::Symbol;

use super::super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn filter(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        Ok(OperatorKind::Filter { hints, predicate: self.named_expr()? })
    }

    pub(super) fn count(&mut self) -> Parsed<OperatorKind> {
        let name = if self.take_word("as") { Some(self.name()?) } else { None };
        Ok(OperatorKind::Count { name })
    }

    pub(super) fn take_operator(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        Ok(OperatorKind::Take { hints, rows: self.scalar()? })
    }

    pub(super) fn sample(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        Ok(OperatorKind::Sample { hints, rows: self.scalar()? })
    }

    pub(super) fn sample_distinct(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        let count = self.scalar()?;
        self.expect_word("of")?;
        Ok(OperatorKind::SampleDistinct(SampleDistinct { hints, count, of: self.scalar()? }))
    }

    pub(super) fn sort(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        self.expect_word("by")?;
        Ok(OperatorKind::Sort { hints, by: self.list(Self::order_column)? })
    }

    /// `x desc nulls last`.
    pub(super) fn order_column(&mut self) -> Parsed<OrderColumn> {
        let expr = self.named_expr()?.value;
        let direction = self.direction();
        let nulls = if self.take_word("nulls") { Some(self.nulls_order()?) } else { None };
        Ok(OrderColumn { expr, direction, nulls })
    }

    fn direction(&mut self) -> Option<SortDirection> {
        let direction = match self.word() {
            "asc" | "granny-asc" => SortDirection::Asc,
            "desc" | "granny-desc" => SortDirection::Desc,
            _ => return None,
        };
        self.advance();
        Some(direction)
    }

    fn nulls_order(&mut self) -> Parsed<NullsOrder> {
        if self.take_word("first") {
            return Ok(NullsOrder::First);
        }
        self.expect_word("last").map(|_| NullsOrder::Last).map_err(|_| self.expected("'first' or 'last'"))
    }

    pub(super) fn top(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        let count = self.scalar()?;
        self.expect_word("by")?;
        Ok(OperatorKind::Top(Top { hints, count, by: vec![self.order_column()?] }))
    }

    pub(super) fn top_hitters(&mut self) -> Parsed<OperatorKind> {
        let count = self.scalar()?;
        self.expect_word("of")?;
        let of = self.scalar()?;
        let by = if self.take_word("by") { Some(self.scalar()?) } else { None };
        Ok(OperatorKind::TopHitters(TopHitters { count, of, by }))
    }

    pub(super) fn top_nested(&mut self) -> Parsed<OperatorKind> {
        let mut clauses = vec![self.top_nested_clause()?];
        while self.take(Symbol::Comma) {
            self.expect_word("top-nested")?;
            clauses.push(self.top_nested_clause()?);
        }
        Ok(OperatorKind::TopNested(TopNested { clauses }))
    }

    /// What follows the word `top-nested`.
    fn top_nested_clause(&mut self) -> Parsed<TopNestedClause> {
        let count = if self.at_word("of") { None } else { Some(self.scalar()?) };
        self.expect_word("of")?;
        let of = self.named_expr()?;
        let others = if self.take_word("with") {
            self.expect_word("others")?;
            self.expect(Symbol::Assign)?;
            Some(self.scalar()?)
        } else {
            None
        };
        self.expect_word("by")?;
        let by = self.named_expr()?;
        let direction = self.direction();
        Ok(TopNestedClause { count, of, others, by, direction })
    }

    /// `range x from a to b step c`.
    pub(super) fn range(&mut self) -> Parsed<OperatorKind> {
        let name = self.name()?;
        self.expect_word("from")?;
        let from = self.scalar()?;
        self.expect_word("to")?;
        let to = self.scalar()?;
        self.expect_word("step")?;
        Ok(OperatorKind::Range(Range { name, from, to, step: self.scalar()? }))
    }
}
