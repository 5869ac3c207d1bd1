//! Statements, functions and pipes.

use crate::syntax::Span;
use crate::syntax::ast::{
    Body, DeclareParameters, DeclarePattern, Expr, ExprKind, Function, Let, LetValue, PatternCase, Query, Restrict,
    SetOption, Statement, StatementKind,
};
use crate::syntax::token::{Symbol, TokenKind};

use super::{Commas, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Parsed<Query> {
        let mut statements = Vec::new();
        while self.kind() != TokenKind::End {
            statements.push(self.statement()?);
            if !self.take(Symbol::Semicolon) && self.kind() != TokenKind::End {
                return Err(self.expected("';' or the end of the query"));
            }
        }
        Ok(Query { statements })
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.peek().span;
        let kind = match (self.word(), self.word_ahead(1)) {
            ("let", _) if self.declared_name_length(1).is_some() => StatementKind::Let(self.let_statement()?),
            ("set", _) => StatementKind::Set(self.set_option()?),
            ("alias", "database") => self.alias()?,
            ("restrict", "access") => StatementKind::Restrict(self.restrict()?),
            ("declare", "query_parameters") => StatementKind::DeclareParameters(self.declare_parameters()?),
            ("declare", "pattern") => StatementKind::DeclarePattern(self.declare_pattern()?),
            _ => StatementKind::Expression(self.pipe()?),
        };
        Ok(Statement { kind, span: self.span_from(start) })
    }

    fn let_statement(&mut self) -> Parsed<Let> {
        self.expect_word("let")?;
        let name = self.name()?;
        self.expect(Symbol::Assign)?;
        let value =
            if self.at_function() { LetValue::Function(self.function()?) } else { LetValue::Expr(self.pipe()?) };
        Ok(Let { name, value })
    }

    /// Whether `view (`, `()`, `(*` or `(name:` stands here.
    fn at_function(&self) -> bool {
        let open = usize::from(self.at_word("view"));
        if !self.symbol_ahead(open, Symbol::OpenParen) {
            return false;
        }
        let empty = self.symbol_ahead(open + 1, Symbol::CloseParen) || self.symbol_ahead(open + 1, Symbol::Star);
        let typed = |length| self.symbol_ahead(open + 1 + length, Symbol::Colon);
        empty || self.declared_name_length(open + 1).is_some_and(typed)
    }

    fn function(&mut self) -> Parsed<Function> {
        let start = self.peek().span;
        let view = self.take_word("view");
        let params = self.params()?;
        let body = self.nested(Self::body)?;
        Ok(Function { view, params, body, span: self.span_from(start) })
    }

    /// `{ let a = 1; T }`.
    pub(super) fn body(&mut self) -> Parsed<Body> {
        let start = self.expect(Symbol::OpenBrace)?.span;
        let mut statements = Vec::new();
        while self.at_inner_statement() {
            statements.push(self.statement()?);
            self.expect(Symbol::Semicolon)?;
        }
        let result = if self.at(Symbol::CloseBrace) { None } else { Some(self.pipe()?) };
        self.take(Symbol::Semicolon);
        self.expect(Symbol::CloseBrace)?;
        Ok(Body { statements, result, span: self.span_from(start) })
    }

    fn at_inner_statement(&self) -> bool {
        match self.word() {
            "let" => self.declared_name_length(1).is_some(),
            "declare" => self.word_ahead(1) == "query_parameters",
            _ => false,
        }
    }

    fn set_option(&mut self) -> Parsed<SetOption> {
        self.expect_word("set")?;
        let name = self.name()?;
        let value = if self.take(Symbol::Assign) { Some(self.scalar()?) } else { None };
        Ok(SetOption { name, value })
    }

    fn alias(&mut self) -> Parsed<StatementKind> {
        self.expect_word("alias")?;
        self.expect_word("database")?;
        let name = self.name()?;
        self.expect(Symbol::Assign)?;
        Ok(StatementKind::Alias { name, target: self.scalar()? })
    }

    fn restrict(&mut self) -> Parsed<Restrict> {
        self.expect_word("restrict")?;
        self.expect_word("access")?;
        self.expect_word("to")?;
        self.expect(Symbol::OpenParen)?;
        let entities = self.closed_list(Symbol::CloseParen, Commas::Strict, Self::entity)?;
        let options = if self.take_word("with") { self.options(&[])? } else { Vec::new() };
        Ok(Restrict { entities, options })
    }

    fn declare_parameters(&mut self) -> Parsed<DeclareParameters> {
        self.expect_word("declare")?;
        self.expect_word("query_parameters")?;
        Ok(DeclareParameters { params: self.params()? })
    }

    fn declare_pattern(&mut self) -> Parsed<DeclarePattern> {
        self.expect_word("declare")?;
        self.expect_word("pattern")?;
        let name = self.name()?;
        let mut pattern = DeclarePattern { name, params: Vec::new(), path_param: None, cases: Vec::new() };
        if !self.take(Symbol::Assign) {
            return Ok(pattern);
        }
        pattern.params = self.params()?;
        if self.take(Symbol::OpenBracket) {
            pattern.path_param = Some(self.param()?);
            self.expect(Symbol::CloseBracket)?;
        }
        self.expect(Symbol::OpenBrace)?;
        while !self.take(Symbol::CloseBrace) {
            pattern.cases.push(self.nested(Self::pattern_case)?);
        }
        Ok(pattern)
    }

    /// `("x").["y"] = { … };`.
    fn pattern_case(&mut self) -> Parsed<PatternCase> {
        self.expect(Symbol::OpenParen)?;
        let args = self.closed_list(Symbol::CloseParen, Commas::Strict, Self::scalar)?;
        let path = if self.take(Symbol::Dot) {
            self.expect(Symbol::OpenBracket)?;
            let path = self.scalar()?;
            self.expect(Symbol::CloseBracket)?;
            Some(path)
        } else {
            None
        };
        self.expect(Symbol::Assign)?;
        let body = self.body()?;
        self.expect(Symbol::Semicolon)?;
        Ok(PatternCase { args, path, body })
    }

    /// An expression, and the operators piped after it.
    pub(super) fn pipe(&mut self) -> Parsed<Expr> {
        self.leveled(|parser| {
            let start = parser.peek().span;
            let source = parser.pipe_source()?;
            parser.piped(source, start)
        })
    }

    fn pipe_source(&mut self) -> Parsed<Expr> {
        if !self.at_source_operator() {
            return self.scalar();
        }
        let operator = self.operator()?;
        let span = operator.span;
        Ok(Expr::new(ExprKind::Source(Box::new(operator)), span))
    }

    fn piped(&mut self, source: Expr, start: Span) -> Parsed<Expr> {
        let mut operators = Vec::new();
        while self.take(Symbol::Bar) {
            operators.push(self.operator()?);
        }
        if operators.is_empty() {
            return Ok(source);
        }
        self.grow()?;
        let kind = ExprKind::Pipe { source: Box::new(source), operators };
        Ok(Expr::new(kind, self.span_from(start)))
    }

    /// Whether an operator stands here that needs no rows piped in.
    fn at_source_operator(&self) -> bool {
        match self.word() {
            "print" | "union" | "search" | "find" => true,
            "range" => self.declared_name_length(1).is_some_and(|length| self.word_ahead(1 + length) == "from"),
            "evaluate" => {
                let parameter = self.word_ahead(1).starts_with("hint.");
                parameter
                    || self
                        .declared_name_length(1)
                        .is_some_and(|length| self.symbol_ahead(1 + length, Symbol::OpenParen))
            }
            _ => false,
        }
    }
}
