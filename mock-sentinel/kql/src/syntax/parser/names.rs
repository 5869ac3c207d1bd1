//! Names: bare, in brackets, and with wildcards.

use crate::syntax::ast::{ColumnPattern, Name};
use crate::syntax::token::{Symbol, Token, TokenKind};
use crate::syntax::{keywords, string_literal};

use super::{Parsed, Parser};

impl Parser<'_> {
    /// Whether `['…']` begins `offset` tokens ahead, and how many tokens it has.
    fn bracketed_name_length(&self, offset: usize) -> Option<usize> {
        if !self.symbol_ahead(offset, Symbol::OpenBracket) {
            return None;
        }
        let is_string = |token: &&Token| token.kind == TokenKind::String;
        let strings = self.tokens.iter().skip(self.pos + offset + 1).take_while(is_string).count();
        let closed = self.symbol_ahead(offset + 1 + strings, Symbol::CloseBracket);
        (strings > 0 && closed).then_some(strings + 2)
    }

    /// Whether `{word}` begins `offset` tokens ahead: a parameter that a workbook fills in.
    fn at_braced_name(&self, offset: usize) -> bool {
        self.symbol_ahead(offset, Symbol::OpenBrace)
            && !self.word_ahead(offset + 1).is_empty()
            && self.symbol_ahead(offset + 2, Symbol::CloseBrace)
            && self.ahead(offset + 1).glued
            && self.ahead(offset + 2).glued
    }

    /// How many tokens the name has that begins `offset` tokens ahead, if one does.
    fn name_length(&self, offset: usize, allowed: fn(&str) -> bool) -> Option<usize> {
        let word = self.word_ahead(offset);
        if !word.is_empty() {
            return allowed(word).then_some(1);
        }
        self.bracketed_name_length(offset).or_else(|| self.at_braced_name(offset).then_some(3))
    }

    /// How many tokens the name has that may be declared here.
    pub(super) fn declared_name_length(&self, offset: usize) -> Option<usize> {
        self.name_length(offset, keywords::is_declarable)
    }

    pub(super) fn at_name(&self) -> bool {
        self.name_length(0, keywords::is_name).is_some()
    }

    /// A name given to something new.
    pub(super) fn declared_name(&mut self) -> Parsed<Name> {
        self.name_if(keywords::is_declarable)
    }

    /// A name that may stand anywhere.
    pub(super) fn name(&mut self) -> Parsed<Name> {
        self.name_if(keywords::is_name)
    }

    /// The name of a column, table or variable.
    pub(super) fn reference(&mut self) -> Parsed<Name> {
        self.name_if(keywords::is_reference)
    }

    fn name_if(&mut self, allowed: fn(&str) -> bool) -> Parsed<Name> {
        let Some(length) = self.name_length(0, allowed) else {
            return Err(self.name_expected());
        };
        let start = self.peek();
        if length == 1 {
            self.advance();
            return Ok(Name { text: self.text_of(start).to_owned(), span: start.span, bracketed: false });
        }
        let bracketed = self.at(Symbol::OpenBracket);
        let mut text = String::new();
        for _ in 0..length {
            let token = self.advance();
            match (bracketed, token.kind) {
                (true, TokenKind::String) => text.push_str(&string_literal::value(self.text_of(token))),
                (true, _) => {}
                (false, _) => text.push_str(self.text_of(token)),
            }
        }
        Ok(Name { text, span: self.span_from(start.span), bracketed })
    }

    fn name_expected(&self) -> crate::error::Error {
        let word = self.word();
        if word.is_empty() {
            return self.expected("a name");
        }
        let message = format!("The name '{word}' needs to be bracketed as ['{word}'] to be used in this context.");
        crate::error::Error::syntax(message, self.peek().span).with_token(word)
    }

    /// How many tokens a name with `*` in it has, if one begins here.
    pub(super) fn wildcard_length(&self) -> Option<usize> {
        let mut length = if self.at(Symbol::Star) {
            1
        } else if keywords::is_declarable(self.word()) && self.symbol_ahead(1, Symbol::Star) && self.ahead(1).glued {
            2
        } else {
            return None;
        };
        loop {
            let token = self.ahead(length);
            let continues = match token.kind {
                TokenKind::Word => keywords::is_declarable(self.text_of(token)),
                TokenKind::Long | TokenKind::Symbol(Symbol::Star) => true,
                _ => false,
            };
            if !(continues && token.glued) {
                return Some(length);
            }
            length += 1;
        }
    }

    /// `a*b`, taken as one name.
    pub(super) fn wildcard(&mut self, length: usize) -> Name {
        let start = self.peek().span;
        for _ in 0..length {
            self.advance();
        }
        let span = self.span_from(start);
        Name { text: span.text(self.text).to_owned(), span, bracketed: false }
    }

    /// A column, or a pattern of columns.
    pub(super) fn column_pattern(&mut self) -> Parsed<ColumnPattern> {
        match self.wildcard_length() {
            Some(length) => Ok(ColumnPattern { name: self.wildcard(length), wildcard: true }),
            None => Ok(ColumnPattern { name: self.reference()?, wildcard: false }),
        }
    }
}
