//! Operators that work on groups and branches of rows.

use crate::syntax::ast::{
    Body, FacetOperator, ForkBranch, NamedExpr, OperatorKind, Partition, PartitionBody, Reduce, Summarize,
};
use crate::syntax::token::Symbol;

use super::super::params::ParameterRules;
use super::super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn summarize(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        let aggregates = self.list_until(|parser| parser.at_operator_end() || parser.at_by(), Self::named_expr)?;
        let mut summarize = Summarize { hints, aggregates, by: Vec::new(), bin: None };
        if self.take_word("by") {
            summarize.by = self.by_columns()?;
            // `by t bin = 1h`: an older way to write `by bin(t, 1h)`.
            if self.at_word("bin") && self.symbol_ahead(1, Symbol::Assign) {
                self.advance();
                self.advance();
                summarize.bin = Some(self.scalar()?);
            }
        }
        Ok(OperatorKind::Summarize(summarize))
    }

    fn at_by(&self) -> bool {
        self.at_word("by")
    }

    pub(super) fn by_columns(&mut self) -> Parsed<Vec<NamedExpr>> {
        self.list(Self::named_expr)
    }

    pub(super) fn reduce(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(ParameterRules::REDUCE)?;
        self.expect_word("by")?;
        let by = self.named_expr()?;
        let options = if self.take_word("with") { self.list(Self::parameter)? } else { Vec::new() };
        Ok(OperatorKind::Reduce(Reduce { parameters, by, options }))
    }

    pub(super) fn partition(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        self.expect_word("by")?;
        let by = self.simple_path()?;
        let scope = if self.take_word("in") { Some(self.path()?) } else { None };
        let body = if self.at(Symbol::OpenBrace) {
            PartitionBody::Query(self.braced_query()?)
        } else {
            PartitionBody::Operators(self.parenthesized_sub_pipe()?)
        };
        Ok(OperatorKind::Partition(Partition { hints, by, scope, body }))
    }

    /// `{ T | where … }`.
    fn braced_query(&mut self) -> Parsed<Body> {
        let start = self.expect(Symbol::OpenBrace)?.span;
        let result = self.pipe()?;
        self.expect(Symbol::CloseBrace)?;
        Ok(Body { statements: Vec::new(), result: Some(result), span: self.span_from(start) })
    }

    pub(super) fn facet(&mut self) -> Parsed<OperatorKind> {
        self.expect_word("by")?;
        let columns = self.list(Self::simple_path)?;
        let with = if !self.take_word("with") {
            None
        } else if self.at(Symbol::OpenParen) {
            Some(self.parenthesized_sub_pipe()?)
        } else {
            Some(vec![self.operator()?])
        };
        Ok(OperatorKind::Facet(FacetOperator { columns, with }))
    }

    pub(super) fn fork(&mut self) -> Parsed<OperatorKind> {
        let mut branches = vec![self.fork_branch()?];
        while self.at(Symbol::OpenParen) || self.at_name() {
            branches.push(self.fork_branch()?);
        }
        Ok(OperatorKind::Fork(branches))
    }

    fn fork_branch(&mut self) -> Parsed<ForkBranch> {
        let name = self.assigned_name()?;
        Ok(ForkBranch { name, operators: self.parenthesized_sub_pipe()? })
    }
}
