//! Operators that choose, name and order columns.

use crate::syntax::ast::{ColumnPattern, DistinctColumns, NamedExpr, OperatorKind, ReorderColumn, ReorderOrder};
use crate::syntax::token::Symbol;

use super::super::{Parsed, Parser};

impl Parser<'_> {
    /// Expressions with or without names; none at all is allowed.
    pub(super) fn named_exprs(&mut self) -> Parsed<Vec<NamedExpr>> {
        self.list_until(Self::at_operator_end, Self::named_expr)
    }

    pub(super) fn column_patterns(&mut self) -> Parsed<Vec<ColumnPattern>> {
        self.list_until(Self::at_operator_end, Self::column_pattern)
    }

    pub(super) fn project_reorder(&mut self) -> Parsed<OperatorKind> {
        let columns = self.list_until(Self::at_operator_end, |parser| {
            let columns = parser.column_pattern()?;
            let order = match parser.word() {
                "asc" => Some(ReorderOrder::Asc),
                "desc" => Some(ReorderOrder::Desc),
                "granny-asc" => Some(ReorderOrder::GrannyAsc),
                "granny-desc" => Some(ReorderOrder::GrannyDesc),
                _ => None,
            };
            if order.is_some() {
                parser.advance();
            }
            Ok(ReorderColumn { columns, order })
        })?;
        Ok(OperatorKind::ProjectReorder(columns))
    }

    pub(super) fn project_by_names(&mut self) -> Parsed<OperatorKind> {
        self.list_until(Self::at_operator_end, Self::scalar).map(OperatorKind::ProjectByNames)
    }

    pub(super) fn distinct(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        let columns = if self.take(Symbol::Star) {
            DistinctColumns::All
        } else {
            DistinctColumns::Listed(self.list(Self::named_expr)?)
        };
        Ok(OperatorKind::Distinct { hints, columns })
    }

    pub(super) fn serialize(&mut self) -> Parsed<OperatorKind> {
        let hints = self.hints()?;
        Ok(OperatorKind::Serialize { hints, columns: self.named_exprs()? })
    }
}
