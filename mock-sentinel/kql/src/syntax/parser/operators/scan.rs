//! `scan`.

use crate::syntax::ast::{NamedExpr, Naming, OperatorKind, Scan, ScanStep};
use crate::syntax::token::Symbol;

use super::super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn scan(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.hints()?;
        let order_by = if self.take_word("order") {
            self.expect_word("by")?;
            self.list(Self::order_column)?
        } else {
            Vec::new()
        };
        let partition_by = if self.take_word("partition") {
            self.expect_word("by")?;
            self.list(Self::scalar)?
        } else {
            Vec::new()
        };
        let declare = if self.take_word("declare") { self.params()? } else { Vec::new() };
        self.expect_word("with")?;
        self.expect(Symbol::OpenParen)?;
        let mut steps = Vec::new();
        while !self.take(Symbol::CloseParen) {
            steps.push(self.scan_step()?);
        }
        Ok(OperatorKind::Scan(Scan { parameters, order_by, partition_by, declare, steps }))
    }

    /// `step s1 optional output=all: condition => a = b;`.
    fn scan_step(&mut self) -> Parsed<ScanStep> {
        self.expect_word("step")?;
        let name = self.declared_name()?;
        let optional = self.take_word("optional");
        let output = if self.take_word("output") {
            self.expect(Symbol::Assign)?;
            Some(self.parameter_word()?)
        } else {
            None
        };
        self.expect(Symbol::Colon)?;
        let condition = self.scalar()?;
        let assignments = if self.take(Symbol::Arrow) { self.list(Self::assignment)? } else { Vec::new() };
        self.expect(Symbol::Semicolon)?;
        Ok(ScanStep { name, optional, output, condition, assignments })
    }

    fn assignment(&mut self) -> Parsed<NamedExpr> {
        let assignment = self.named_expr()?;
        match assignment.naming {
            Naming::One(_) => Ok(assignment),
            _ => Err(self.expected("'=' after the name of a column")),
        }
    }
}
