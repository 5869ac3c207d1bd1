//! Operators that name, describe and show what came out, and calls of plugins and functions.

use crate::syntax::ast::{
    AsOperator, ConsumeOperator, Evaluate, Expr, ExprKind, OperatorKind, Parameter, ParameterValue, Render,
};
use crate::syntax::token::Symbol;

use super::super::{Parsed, Parser};

/// What `render … with (…)` takes.
const RENDER_PROPERTIES: [&str; 17] = [
    "kind",
    "title",
    "accumulate",
    "xcolumn",
    "ycolumns",
    "anomalycolumns",
    "series",
    "xtitle",
    "ytitle",
    "xaxis",
    "yaxis",
    "legend",
    "ysplit",
    "ymin",
    "ymax",
    "xmin",
    "xmax",
];

impl Parser<'_> {
    pub(super) fn as_operator(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        Ok(OperatorKind::As(AsOperator { hints, name: self.name()? }))
    }

    pub(super) fn consume(&mut self) -> Parsed<OperatorKind> {
        Ok(OperatorKind::Consume(ConsumeOperator { parameters: self.hints()? }))
    }

    pub(super) fn get_schema(&mut self) -> Parsed<OperatorKind> {
        Ok(OperatorKind::GetSchema { hints: self.hints()? })
    }

    /// `evaluate plugin(…) : (a: int, *)`.
    pub(super) fn evaluate(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        if !self.at_call() {
            return Err(self.expected("the call of a plugin"));
        }
        let call = self.call()?;
        let schema = if self.take(Symbol::Colon) { Some(self.open_schema()?) } else { None };
        Ok(OperatorKind::Evaluate(Evaluate { hints, call, schema }))
    }

    /// `invoke f(1)`, `invoke database("d").f(1)`.
    pub(super) fn invoke(&mut self) -> Parsed<OperatorKind> {
        if !self.at_call() {
            return Err(self.expected("the call of a function"));
        }
        let first = self.call()?;
        let start = first.span;
        let mut expr = Expr::new(ExprKind::Call(first), start);
        while self.take(Symbol::Dot) {
            let call = self.call()?;
            let span = start.to(call.span);
            self.grow()?;
            expr = Expr::new(ExprKind::MethodCall { target: Box::new(expr), call }, span);
        }
        Ok(OperatorKind::Invoke(expr))
    }

    /// `render timechart with (title = "…")`, or the older `render timechart title="…" kind=stacked`.
    pub(super) fn render(&mut self) -> Parsed<OperatorKind> {
        let chart = self.parameter_word()?;
        let mut properties = Vec::new();
        loop {
            match self.word() {
                "kind" | "title" | "accumulate" if self.symbol_ahead(1, Symbol::Assign) => {
                    properties.push(self.parameter()?);
                }
                "by" => properties.push(self.render_by()?),
                "with" if self.symbol_ahead(1, Symbol::OpenParen) => {
                    self.advance();
                    properties.extend(self.options(&RENDER_PROPERTIES)?);
                    break;
                }
                _ => break,
            }
        }
        Ok(OperatorKind::Render(Render { chart, properties }))
    }

    /// `by a, b` of the older form.
    fn render_by(&mut self) -> Parsed<Parameter> {
        let name = self.parameter_word()?;
        let names = self.list(Self::reference)?;
        let span = self.span_from(name.span);
        Ok(Parameter { name, value: ParameterValue::Names(names), span })
    }
}
