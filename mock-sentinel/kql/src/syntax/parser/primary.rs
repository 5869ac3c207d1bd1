//! Operands: literals, names, calls, paths, parentheses and the tables that are written out.

use crate::error::Error;
use crate::syntax::ast::{
    Argument, Call, DataTable, Expr, ExprKind, ExternalData, Name, NamedExpr, Naming, TypeName, TypeOf,
};
use crate::syntax::keywords;
use crate::syntax::token::{Symbol, TokenKind};

use super::params::ParameterRules;
use super::{Commas, Parsed, Parser};

impl Parser<'_> {
    /// A primary expression with the members and indices after it.
    pub(super) fn path(&mut self) -> Parsed<Expr> {
        self.leveled(|parser| {
            let mut expr = parser.primary()?;
            loop {
                let start = expr.span;
                let target = Box::new(expr);
                let kind = if parser.take(Symbol::Dot) {
                    parser.selected(target)?
                } else if parser.at(Symbol::OpenBracket) {
                    parser.indexed(target)?
                } else {
                    return Ok(*target);
                };
                parser.grow()?;
                expr = Expr::new(kind, parser.span_from(start));
            }
        })
    }

    /// A name with members and indices, without calls: `partition by a (…)` holds no call.
    pub(super) fn simple_path(&mut self) -> Parsed<Expr> {
        self.leveled(|parser| {
            let mut expr = Self::name_expr(parser.reference()?);
            loop {
                let start = expr.span;
                let target = Box::new(expr);
                let kind = if parser.take(Symbol::Dot) {
                    ExprKind::Member { target, name: parser.reference()? }
                } else if parser.at(Symbol::OpenBracket) {
                    parser.indexed(target)?
                } else {
                    return Ok(*target);
                };
                parser.grow()?;
                expr = Expr::new(kind, parser.span_from(start));
            }
        })
    }

    /// What stands after the dot.
    fn selected(&mut self, target: Box<Expr>) -> Parsed<ExprKind> {
        if self.at_call() {
            return Ok(ExprKind::MethodCall { target, call: self.call()? });
        }
        if self.at(Symbol::OpenBracket) && !self.at_name() {
            return self.indexed(target);
        }
        Ok(ExprKind::Member { target, name: self.reference()? })
    }

    fn indexed(&mut self, target: Box<Expr>) -> Parsed<ExprKind> {
        self.expect(Symbol::OpenBracket)?;
        let index = Box::new(self.scalar()?);
        self.expect(Symbol::CloseBracket)?;
        Ok(ExprKind::Index { target, index })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        if let Some(literal) = self.literal()? {
            return Ok(literal);
        }
        match self.kind() {
            TokenKind::Symbol(Symbol::OpenParen) => self.parenthesized(),
            TokenKind::Symbol(Symbol::OpenBracket | Symbol::OpenBrace) => self.name_operand(),
            TokenKind::Word => self.word_operand(),
            _ => Err(self.expected("an expression")),
        }
    }

    fn word_operand(&mut self) -> Parsed<Expr> {
        match self.word() {
            "datatable" => self.data_table(),
            "externaldata" | "external_data" => self.external_data(),
            "toscalar" | "totable" => self.subquery_call(true),
            "materialize" => self.subquery_call(false),
            "typeof" if self.symbol_ahead(1, Symbol::OpenParen) => self.type_of(),
            word @ ("macro-expand" | "materialized-view-combine" | "__contextual_datatable") => {
                Err(Error::refused(word, format!("'{word}' is not supported."), self.peek().span))
            }
            _ if self.at_call() => {
                let call = self.call()?;
                let span = call.span;
                Ok(Expr::new(ExprKind::Call(call), span))
            }
            _ => self.name_operand(),
        }
    }

    fn name_operand(&mut self) -> Parsed<Expr> {
        if self.at(Symbol::OpenBracket) && !self.at_name() {
            return self.bracketed_wildcard();
        }
        let name = self.reference()?;
        // `T datascope=all` chooses between hot and cold storage, which are one here.
        if self.at_word("datascope") && self.symbol_ahead(1, Symbol::Assign) {
            self.advance();
            self.advance();
            self.parameter_word()?;
        }
        Ok(Self::name_expr(name))
    }

    /// `[Audit*]`.
    fn bracketed_wildcard(&mut self) -> Parsed<Expr> {
        let start = self.expect(Symbol::OpenBracket)?.span;
        let Some(length) = self.wildcard_length() else {
            return Err(self.expected("a name in quotes"));
        };
        let mut name = self.wildcard(length);
        self.expect(Symbol::CloseBracket)?;
        name.span = self.span_from(start);
        Ok(Expr::new(ExprKind::Wildcard(name.clone()), name.span))
    }

    /// `(…)`, in which a pipe may stand.
    pub(super) fn parenthesized(&mut self) -> Parsed<Expr> {
        let start = self.expect(Symbol::OpenParen)?.span;
        let inner = self.pipe()?;
        self.expect(Symbol::CloseParen)?;
        Ok(Expr::new(ExprKind::Paren(Box::new(inner)), self.span_from(start)))
    }

    /// Whether a name and an opening parenthesis stand here.
    pub(super) fn at_call(&self) -> bool {
        let length = if self.at(Symbol::OpenBracket) {
            self.declared_name_length(0)
        } else {
            keywords::is_name(self.word()).then_some(1)
        };
        length.is_some_and(|length| self.symbol_ahead(length, Symbol::OpenParen))
    }

    /// `f(a, name = b, *)`.
    pub(super) fn call(&mut self) -> Parsed<Call> {
        let name = self.name()?;
        self.expect(Symbol::OpenParen)?;
        let args = self.closed_list(Symbol::CloseParen, Commas::Strict, Self::argument)?;
        let span = self.span_from(name.span);
        Ok(Call { name, args, span })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let star_alone = self.symbol_ahead(1, Symbol::Comma) || self.symbol_ahead(1, Symbol::CloseParen);
        if self.at(Symbol::Star) && star_alone {
            let star = self.advance();
            return Ok(Argument { name: None, value: Expr::new(ExprKind::Star, star.span) });
        }
        let name = self.assigned_name()?;
        Ok(Argument { name, value: self.scalar()? })
    }

    /// `toscalar(…)`, `materialize(…)`: a call whose argument may be a pipe.
    fn subquery_call(&mut self, takes_kind: bool) -> Parsed<Expr> {
        let word = self.advance();
        let name = Name { text: self.text_of(word).to_owned(), span: word.span, bracketed: false };
        if takes_kind && self.at_word("kind") {
            // `kind=nooptimization` changes how, not what.
            self.advance();
            self.expect(Symbol::Assign)?;
            self.parameter_word()?;
        }
        self.expect(Symbol::OpenParen)?;
        let value = self.pipe()?;
        self.expect(Symbol::CloseParen)?;
        let span = self.span_from(name.span);
        let call = Call { name, args: vec![Argument { name: None, value }], span };
        Ok(Expr::new(ExprKind::Call(call), span))
    }

    /// `name =`, when that stands here.
    pub(super) fn assigned_name(&mut self) -> Parsed<Option<Name>> {
        let assigned = self.declared_name_length(0).is_some_and(|length| self.symbol_ahead(length, Symbol::Assign));
        if !assigned {
            return Ok(None);
        }
        let name = self.declared_name()?;
        self.expect(Symbol::Assign)?;
        Ok(Some(name))
    }

    /// `value`, `a = value`, `(a, b) = value`.
    pub(super) fn named_expr(&mut self) -> Parsed<NamedExpr> {
        let start = self.peek().span;
        let naming = if let Some(name) = self.assigned_name()? {
            Naming::One(name)
        } else if self.at_tuple() {
            self.expect(Symbol::OpenParen)?;
            let names = self.closed_list(Symbol::CloseParen, Commas::Strict, Self::declared_name)?;
            self.expect(Symbol::Assign)?;
            Naming::Tuple(names)
        } else if keywords::is_word_reserved(self.word()) && self.symbol_ahead(1, Symbol::Assign) {
            return Err(self.declared_name().err().unwrap_or_else(|| self.expected("a name")));
        } else {
            Naming::Auto
        };
        let value = self.scalar()?;
        Ok(NamedExpr { naming, value, span: self.span_from(start) })
    }

    /// Whether `(a, b) =` stands here.
    fn at_tuple(&self) -> bool {
        if !self.at(Symbol::OpenParen) {
            return false;
        }
        let mut offset = 1;
        while let Some(length) = self.declared_name_length(offset) {
            offset += length;
            if !self.symbol_ahead(offset, Symbol::Comma) {
                break;
            }
            offset += 1;
        }
        offset > 1 && self.symbol_ahead(offset, Symbol::CloseParen) && self.symbol_ahead(offset + 1, Symbol::Assign)
    }

    /// `typeof(long)`, `typeof(a:int, *)`.
    pub(super) fn type_of(&mut self) -> Parsed<Expr> {
        let start = self.expect_word("typeof")?.span;
        let one_word = !self.word_ahead(1).is_empty() && self.symbol_ahead(2, Symbol::CloseParen);
        let value = if one_word {
            self.advance();
            let ty = self.any_type()?;
            self.expect(Symbol::CloseParen)?;
            TypeOf::Scalar(ty)
        } else {
            TypeOf::Schema(self.open_schema()?)
        };
        Ok(Expr::new(ExprKind::TypeOf(value), self.span_from(start)))
    }

    /// `to typeof(long)`, when it stands here.
    pub(super) fn cast_type(&mut self) -> Parsed<Option<TypeName>> {
        if !self.take_word("to") {
            return Ok(None);
        }
        match self.type_of()?.kind {
            ExprKind::TypeOf(TypeOf::Scalar(ty)) => Ok(Some(ty)),
            _ => Err(self.expected("typeof() with a scalar type")),
        }
    }

    /// `datatable (a: int) [1, 2]`.
    fn data_table(&mut self) -> Parsed<Expr> {
        let start = self.expect_word("datatable")?.span;
        self.parameters(ParameterRules::COMMON)?;
        let schema = self.row_schema()?;
        self.expect(Symbol::OpenBracket)?;
        let values = self.closed_list(Symbol::CloseBracket, Commas::Loose, |parser| {
            parser.signed_literal()?.ok_or_else(|| parser.expected("a literal"))
        })?;
        let span = self.span_from(start);
        Ok(Expr::new(ExprKind::DataTable(DataTable { schema, values }), span))
    }

    /// `externaldata (a: int) ["https://…"] with (format="csv")`.
    fn external_data(&mut self) -> Parsed<Expr> {
        let start = self.advance().span;
        self.parameters(ParameterRules::COMMON)?;
        let schema = self.row_schema()?;
        self.expect(Symbol::OpenBracket)?;
        let uris = self.closed_list(Symbol::CloseBracket, Commas::Loose, Self::scalar)?;
        let options = if self.take_word("with") { self.options(&[])? } else { Vec::new() };
        let span = self.span_from(start);
        Ok(Expr::new(ExprKind::ExternalData(ExternalData { schema, uris, options }), span))
    }
}
