//! Tabular operators, distinguished by their keyword.

mod columns;
mod combine;
mod expand;
mod extract;
mod groups;
mod present;
mod rows;
mod scan;
mod series;

use crate::error::Error;
use crate::syntax::ast::{Operator, OperatorKind};
use crate::syntax::token::Symbol;

use super::params::ParameterRules;
use super::{Parsed, Parser};

impl Parser<'_> {
    /// The operator that stands here.
    pub(super) fn operator(&mut self) -> Parsed<Operator> {
        let start = self.peek().span;
        let kind = self.nested(Self::operator_kind)?;
        Ok(Operator { kind, span: self.span_from(start) })
    }

    fn operator_kind(&mut self) -> Parsed<OperatorKind> {
        let word = self.word();
        match word {
            "count" if self.symbol_ahead(1, Symbol::OpenParen) => return Err(self.operator_expected()),
            "" => return Err(self.operator_expected()),
            _ => {}
        }
        let keyword = self.advance();
        match word {
            "as" => self.as_operator(),
            "assert-schema" => self.row_schema().map(OperatorKind::AssertSchema),
            "consume" => self.consume(),
            "count" => self.count(),
            "distinct" => self.distinct(),
            "evaluate" => self.evaluate(),
            "__executeAndCache" => Ok(OperatorKind::ExecuteAndCache),
            "extend" => self.list(Self::named_expr).map(OperatorKind::Extend),
            "facet" => self.facet(),
            "filter" | "where" => self.filter(),
            "find" => self.find(),
            "fork" => self.fork(),
            "getschema" => self.get_schema(),
            "invoke" => self.invoke(),
            "join" => self.join(),
            "lookup" => self.lookup(),
            "make-series" => self.make_series(),
            "mv-apply" | "mvapply" => self.mv_apply(),
            "mv-expand" | "mvexpand" => self.mv_expand(),
            "parse" => self.parse_operator(false),
            "parse-where" => self.parse_operator(true),
            "parse-kv" => self.parse_kv(),
            "partition" => self.partition(),
            "print" => self.list(Self::named_expr).map(OperatorKind::Print),
            "project" => self.named_exprs().map(OperatorKind::Project),
            "project-away" => self.column_patterns().map(OperatorKind::ProjectAway),
            "project-keep" => self.column_patterns().map(OperatorKind::ProjectKeep),
            "project-rename" => self.named_exprs().map(OperatorKind::ProjectRename),
            "project-reorder" => self.project_reorder(),
            "project-by-names" => self.project_by_names(),
            "range" => self.range(),
            "reduce" => self.reduce(),
            "render" => self.render(),
            "sample" => self.sample(),
            "sample-distinct" => self.sample_distinct(),
            "scan" => self.scan(),
            "search" => self.search(),
            "serialize" => self.serialize(),
            "order" | "sort" => self.sort(),
            "summarize" => self.summarize(),
            "limit" | "take" => self.take_operator(),
            "top" => self.top(),
            "top-hitters" => self.top_hitters(),
            "top-nested" => self.top_nested(),
            "union" => self.union(),
            "graph-mark-components"
            | "graph-match"
            | "graph-shortest-paths"
            | "graph-to-table"
            | "graph-where-edges"
            | "graph-where-nodes"
            | "macro-expand"
            | "make-graph"
            | "__partitionby" => {
                Err(Error::refused(word, format!("The operator '{word}' is not supported."), keyword.span))
            }
            _ => {
                self.pos -= 1;
                Err(self.operator_expected())
            }
        }
    }

    fn operator_expected(&self) -> Error {
        self.expected("a query operator")
    }

    /// Operators, piped, without a source: what `mv-apply`, `fork` and others do with their rows.
    fn sub_pipe(&mut self) -> Parsed<Vec<Operator>> {
        let mut operators = vec![self.operator()?];
        while self.take(Symbol::Bar) {
            operators.push(self.operator()?);
        }
        Ok(operators)
    }

    /// `(operator | operator)`.
    fn parenthesized_sub_pipe(&mut self) -> Parsed<Vec<Operator>> {
        self.expect(Symbol::OpenParen)?;
        let operators = self.sub_pipe()?;
        self.expect(Symbol::CloseParen)?;
        Ok(operators)
    }

    fn hints(&mut self) -> Parsed<Vec<crate::syntax::ast::Parameter>> {
        self.parameters(ParameterRules::COMMON)
    }
}
