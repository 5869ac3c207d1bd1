//! Columns with their types, as `datatable`, functions and others declare them.

use crate::error::Error;
use crate::syntax::ast::{ColumnDecl, Param, ParamType, ScalarType, Schema, TypeName};
use crate::syntax::token::{Symbol, TokenKind};

use super::{Commas, Parsed, Parser};

/// The type names that a declaration may use; the others exist in `typeof` only.
const DECLARED_TYPES: [&str; 17] = [
    "bool", "boolean", "date", "datetime", "decimal", "double", "dynamic", "guid", "int", "int64", "int8", "long",
    "real", "string", "time", "timespan", "uniqueid",
];

impl Parser<'_> {
    /// A type as `typeof` knows it.
    pub(super) fn any_type(&mut self) -> Parsed<TypeName> {
        match ScalarType::from_name(self.word()) {
            Some(scalar) => Ok(TypeName { scalar, span: self.advance().span }),
            None => Err(self.type_expected()),
        }
    }

    /// A type as a declaration knows it.
    fn declared_type(&mut self) -> Parsed<TypeName> {
        if DECLARED_TYPES.contains(&self.word()) { self.any_type() } else { Err(self.type_expected()) }
    }

    fn type_expected(&self) -> Error {
        let message = format!("The name '{}' is not a valid type name that can be used here.", self.word());
        match self.kind() {
            TokenKind::Word => Error::syntax(message, self.peek().span).with_token(self.word()),
            _ => self.expected("a type name"),
        }
    }

    fn column_decl(&mut self) -> Parsed<ColumnDecl> {
        let name = self.declared_name()?;
        self.expect(Symbol::Colon)?;
        Ok(ColumnDecl { name, ty: self.declared_type()? })
    }

    /// `: type` after a name, where it may be missing.
    pub(super) fn optional_type(&mut self) -> Parsed<Option<TypeName>> {
        if self.take(Symbol::Colon) { self.declared_type().map(Some) } else { Ok(None) }
    }

    /// `(a: int, b: string)`.
    pub(super) fn row_schema(&mut self) -> Parsed<Schema> {
        let start = self.expect(Symbol::OpenParen)?.span;
        let columns = self.closed_list(Symbol::CloseParen, Commas::Loose, Self::column_decl)?;
        Ok(Schema { columns, open: false, span: self.span_from(start) })
    }

    /// A schema in which `*` may stand among the columns.
    pub(super) fn open_schema(&mut self) -> Parsed<Schema> {
        let start = self.expect(Symbol::OpenParen)?.span;
        let elements = self.closed_list(Symbol::CloseParen, Commas::Loose, |parser| {
            if parser.take(Symbol::Star) { Ok(None) } else { parser.column_decl().map(Some) }
        })?;
        let open = elements.iter().any(Option::is_none);
        Ok(Schema { columns: elements.into_iter().flatten().collect(), open, span: self.span_from(start) })
    }

    /// The schema of a tabular parameter: columns, or `(*)`.
    fn table_type(&mut self) -> Parsed<Schema> {
        if self.symbol_ahead(1, Symbol::Star) && self.symbol_ahead(2, Symbol::CloseParen) {
            self.open_schema()
        } else {
            self.row_schema()
        }
    }

    /// `(a: int = 1, T: (b: string))`.
    pub(super) fn params(&mut self) -> Parsed<Vec<Param>> {
        self.expect(Symbol::OpenParen)?;
        self.closed_list(Symbol::CloseParen, Commas::Strict, Self::param)
    }

    pub(super) fn param(&mut self) -> Parsed<Param> {
        let name = self.declared_name()?;
        self.expect(Symbol::Colon)?;
        let ty = if self.at(Symbol::OpenParen) {
            ParamType::Table(self.table_type()?)
        } else {
            ParamType::Scalar(self.declared_type()?)
        };
        let default = if self.take(Symbol::Assign) {
            let literal = self.signed_literal()?;
            Some(literal.ok_or_else(|| self.expected("a literal"))?)
        } else {
            None
        };
        Ok(Param { name, ty, default })
    }
}
