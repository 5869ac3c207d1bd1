//! `make-series`.

use crate::syntax::ast::{MakeSeries, MakeSeriesAxis, MakeSeriesColumn, MakeSeriesRange, OperatorKind};
use crate::syntax::token::Symbol;

use super::super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn make_series(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.hints()?;
        let columns = self.list(Self::make_series_column)?;
        self.expect_word("on")?;
        let column = self.named_expr()?;
        let range = if self.at_word("in") { self.in_range()? } else { self.axis_steps()? };
        let by = if self.take_word("by") { self.by_columns()? } else { Vec::new() };
        let axis = MakeSeriesAxis { column, range };
        Ok(OperatorKind::MakeSeries(MakeSeries { parameters, columns, axis, by }))
    }

    fn make_series_column(&mut self) -> Parsed<MakeSeriesColumn> {
        let aggregate = self.named_expr()?;
        let default = if self.take_word("default") {
            self.expect(Symbol::Assign)?;
            Some(self.scalar()?)
        } else {
            None
        };
        Ok(MakeSeriesColumn { aggregate, default })
    }

    fn axis_steps(&mut self) -> Parsed<MakeSeriesRange> {
        let from = if self.take_word("from") { Some(self.scalar()?) } else { None };
        let to = if self.take_word("to") { Some(self.scalar()?) } else { None };
        self.expect_word("step")?;
        Ok(MakeSeriesRange::FromToStep { from, to, step: self.scalar()? })
    }

    /// `in range(start, stop, step)`.
    fn in_range(&mut self) -> Parsed<MakeSeriesRange> {
        self.expect_word("in")?;
        self.expect_word("range")?;
        self.expect(Symbol::OpenParen)?;
        let start = self.scalar()?;
        self.expect(Symbol::Comma)?;
        let stop = self.scalar()?;
        self.expect(Symbol::Comma)?;
        let step = self.scalar()?;
        self.expect(Symbol::CloseParen)?;
        Ok(MakeSeriesRange::InRange { start, stop, step })
    }
}
