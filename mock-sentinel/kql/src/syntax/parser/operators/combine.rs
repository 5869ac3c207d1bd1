//! Operators that bring several tables together.

use crate::error::Error;
use crate::syntax::ast::{
    ColumnProjection, Expr, ExprKind, Find, FindSource, Join, JoinCondition, JoinKind, Lookup, OperatorKind, Parameter,
    ParameterValue, Search, Union,
};
use crate::syntax::token::{Symbol, TokenKind};

use super::super::{Commas, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn join(&mut self) -> Parsed<OperatorKind> {
        let (kind, hints) = self.join_kind(JoinKind::InnerUnique)?;
        let right = Box::new(self.scalar()?);
        let on = if self.take_word("on") {
            JoinCondition::On(self.list(Self::scalar)?)
        } else if self.take_word("where") {
            JoinCondition::Where(Box::new(self.scalar()?))
        } else {
            JoinCondition::Cross
        };
        Ok(OperatorKind::Join(Join { kind, hints, right, on }))
    }

    pub(super) fn lookup(&mut self) -> Parsed<OperatorKind> {
        let (kind, hints) = self.join_kind(JoinKind::LeftOuter)?;
        let right = Box::new(self.scalar()?);
        self.expect_word("on")?;
        Ok(OperatorKind::Lookup(Lookup { kind, hints, right, on: self.list(Self::scalar)? }))
    }

    /// The parameters of a join, `kind` apart from the others.
    fn join_kind(&mut self, default: JoinKind) -> Parsed<(JoinKind, Vec<Parameter>)> {
        let mut kind = default;
        let mut hints = Vec::new();
        for parameter in self.hints()? {
            match &parameter.value {
                ParameterValue::Name(value) if parameter.name.text == "kind" => {
                    kind = join_kind(&value.text, value.span)?;
                }
                _ => hints.push(parameter),
            }
        }
        Ok((kind, hints))
    }

    pub(super) fn union(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.hints()?;
        Ok(OperatorKind::Union(Union { parameters, sources: self.list(Self::entity)? }))
    }

    /// A table: by name, pattern, path or call, or a query in parentheses.
    pub(in super::super) fn entity(&mut self) -> Parsed<Expr> {
        if self.at(Symbol::OpenParen) {
            return self.parenthesized();
        }
        if let Some(length) = self.wildcard_length() {
            let name = self.wildcard(length);
            let span = name.span;
            return Ok(Expr::new(ExprKind::Wildcard(name), span));
        }
        let path = self.path()?;
        self.wildcard_member(path)
    }

    /// `database("d").T*` after its last dot.
    fn wildcard_member(&mut self, path: Expr) -> Parsed<Expr> {
        // The path ends with the name before the star: `T` of `T*`.
        let ExprKind::Member { target, name } = path.kind else {
            return Ok(path);
        };
        if !(self.at(Symbol::Star) && self.peek().glued) {
            return Ok(Expr::new(ExprKind::Member { target, name }, path.span));
        }
        let Some(length) = self.wildcard_length() else {
            return Err(self.expected("a name"));
        };
        let mut pattern = self.wildcard(length);
        pattern.text.insert_str(0, &name.text);
        pattern.span = name.span.to(pattern.span);
        let span = path.span.to(pattern.span);
        Ok(Expr::new(ExprKind::Member { target, name: pattern }, span))
    }

    pub(super) fn search(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.hints()?;
        let sources = self.in_sources()?;
        let predicate = self.search_predicate()?;
        Ok(OperatorKind::Search(Search { parameters, sources, predicate }))
    }

    /// A condition, `*` for any row, or `* and condition`.
    fn search_predicate(&mut self) -> Parsed<Expr> {
        let star_alone = self.at(Symbol::Star) && (self.word_ahead(1) == "and" || self.operator_ends_ahead());
        if !star_alone {
            return self.scalar();
        }
        let star = self.advance();
        let everything = Expr::new(ExprKind::Star, star.span);
        if !self.take_word("and") {
            return Ok(everything);
        }
        let rest = self.scalar()?;
        let span = star.span.to(rest.span);
        Ok(Expr::new(ExprKind::And(vec![everything, rest]), span))
    }

    /// Whether the operator ends after the token here.
    fn operator_ends_ahead(&self) -> bool {
        let after = self.ahead(1).kind;
        after == TokenKind::End
            || [Symbol::Bar, Symbol::Semicolon, Symbol::CloseParen, Symbol::CloseBrace]
                .into_iter()
                .any(|symbol| after == TokenKind::Symbol(symbol))
    }

    /// `in (T, U*)`.
    fn in_sources(&mut self) -> Parsed<Vec<FindSource>> {
        if !self.take_word("in") {
            return Ok(Vec::new());
        }
        self.expect(Symbol::OpenParen)?;
        let sources = self.closed_list(Symbol::CloseParen, Commas::Strict, Self::entity)?;
        if sources.is_empty() { Err(self.expected("a table")) } else { Ok(sources) }
    }

    pub(super) fn find(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.hints()?;
        let sources = self.in_sources()?;
        if parameters.is_empty() && sources.is_empty() {
            self.take_word("where");
        } else {
            self.expect_word("where")?;
        }
        let predicate = self.scalar()?;
        let project = match self.word() {
            "project" => {
                self.advance();
                Some(self.list(Self::column_projection)?)
            }
            "project-smart" => {
                self.advance();
                None
            }
            _ => None,
        };
        let project_away = if self.take_word("project-away") { self.list(Self::column_pattern)? } else { Vec::new() };
        Ok(OperatorKind::Find(Find { parameters, sources, predicate, project, project_away }))
    }

    /// `a`, `a: string`, `pack(*)` or `*` of `find … project`.
    fn column_projection(&mut self) -> Parsed<ColumnProjection> {
        if self.at(Symbol::Star) {
            let star = self.advance();
            return Ok(ColumnProjection { column: Expr::new(ExprKind::Star, star.span), ty: None });
        }
        if self.at_word("pack") {
            let call = self.call()?;
            let span = call.span;
            return Ok(ColumnProjection { column: Expr::new(ExprKind::Call(call), span), ty: None });
        }
        let column = Self::name_expr(self.reference()?);
        let ty = if self.take(Symbol::Colon) { Some(self.any_type()?) } else { None };
        Ok(ColumnProjection { column, ty })
    }
}

fn join_kind(text: &str, span: crate::syntax::Span) -> Parsed<JoinKind> {
    Ok(match text {
        "innerunique" => JoinKind::InnerUnique,
        "inner" => JoinKind::Inner,
        "leftouter" => JoinKind::LeftOuter,
        "rightouter" => JoinKind::RightOuter,
        "fullouter" => JoinKind::FullOuter,
        "leftsemi" => JoinKind::LeftSemi,
        "rightsemi" => JoinKind::RightSemi,
        "leftanti" | "anti" | "leftantisemi" => JoinKind::LeftAnti,
        "rightanti" | "rightantisemi" => JoinKind::RightAnti,
        _ => {
            let message = format!(
                "'{text}' is not a kind of join: expected innerunique, inner, leftouter, rightouter, fullouter, leftsemi, \
                 rightsemi, leftanti or rightanti."
            );
            return Err(Error::syntax(message, span).with_token(text));
        }
    })
}
