//! From tokens to the tree: recursive descent with one token of look-ahead where that is enough.
//!
//! No input makes the parser overflow the stack: what nests in the text, and what nests in the tree, are both bounded.

mod expr;
mod literal;
mod names;
mod operators;
mod params;
mod primary;
mod schema;
mod statement;
#[cfg(test)]
mod tests;

use crate::error::{Error, Limit};

use super::Span;
use super::ast::Query;
use super::lexer;
use super::token::{Symbol, Token, TokenKind};

/// The longest query text accepted, in bytes.
pub const MAX_TEXT: usize = 2_000_000;

/// How deep parentheses, brackets and braces may nest.
const MAX_NESTING: u32 = 100;

/// How high the tree of one expression may grow: `1 + 1 + 1` grows by one with each `+`.
const MAX_HEIGHT: u32 = 250;

/// Reads a query text.
///
/// # Errors
///
/// The first syntax error, with its line, column and token; or a limit error when the text is longer than
/// [`MAX_TEXT`] or nests too deeply.
pub fn parse(text: &str) -> Result<Query, Error> {
    parse_tokens(text).map_err(|error| error.located(text))
}

fn parse_tokens(text: &str) -> Result<Query, Error> {
    if text.len() > MAX_TEXT {
        let message = format!("The query text has {} bytes; at most {MAX_TEXT} are accepted.", text.len());
        return Err(Error::limit(Limit::Text, message, Span::new(0, 0)));
    }
    let tokens = lexer::tokens(text)?;
    Parser { text, tokens, pos: 0, nesting: 0, height: 0 }.query()
}

type Parsed<T> = Result<T, Error>;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    pos: usize,
    /// How many levels of the text are open.
    nesting: u32,
    /// The height of the highest tree read on the level that is open.
    height: u32,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, offset: usize) -> Token {
        self.tokens.get(self.pos + offset).or(self.tokens.last()).copied().expect("the lexer ends with a token")
    }

    fn kind(&self) -> TokenKind {
        self.peek().kind
    }

    /// Takes the token, whatever it is.
    fn advance(&mut self) -> Token {
        let token = self.peek();
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
        token
    }

    fn text_of(&self, token: Token) -> &'a str {
        token.span.text(self.text)
    }

    /// The word that stands here, or `""`.
    fn word(&self) -> &'a str {
        self.word_ahead(0)
    }

    fn word_ahead(&self, offset: usize) -> &'a str {
        match self.ahead(offset) {
            token if token.kind == TokenKind::Word => self.text_of(token),
            _ => "",
        }
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == word
    }

    fn at(&self, symbol: Symbol) -> bool {
        self.symbol_ahead(0, symbol)
    }

    fn symbol_ahead(&self, offset: usize, symbol: Symbol) -> bool {
        self.ahead(offset).kind == TokenKind::Symbol(symbol)
    }

    fn take(&mut self, symbol: Symbol) -> bool {
        let found = self.at(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: Symbol) -> Parsed<Token> {
        if self.at(symbol) { Ok(self.advance()) } else { Err(self.expected(&format!("'{}'", symbol.text()))) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<Token> {
        if self.at_word(word) { Ok(self.advance()) } else { Err(self.expected(&format!("'{word}'"))) }
    }

    /// From `start` to the token read last.
    fn span_from(&self, start: Span) -> Span {
        let last = self.tokens[self.pos.saturating_sub(1)].span;
        if last.end >= start.start { start.to(last) } else { start }
    }

    /// The error that something else should stand here.
    fn expected(&self, what: &str) -> Error {
        let token = self.peek();
        let message = match token.kind {
            TokenKind::End => format!("Expected {what}, but the query ends."),
            _ => format!("Expected {what}, found '{}'.", shortened(self.text_of(token))),
        };
        Error::syntax(message, token.span).with_token(self.text_of(token))
    }

    /// Reads one level of the text: what lies between two parentheses, say.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting == MAX_NESTING {
            let message = format!("The query nests more than {MAX_NESTING} levels deep.");
            return Err(Error::limit(Limit::Nesting, message, self.peek().span));
        }
        self.nesting += 1;
        let result = self.leveled(|parser| {
            let result = read(parser);
            parser.grow()?;
            result
        });
        self.nesting -= 1;
        result
    }

    /// Measures what `read` reads apart from what stands beside it.
    fn leveled<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let beside = std::mem::take(&mut self.height);
        let result = read(self);
        self.height = self.height.max(beside);
        result
    }

    /// Puts one more node on top of what this level has read.
    fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            let message = format!("An expression is more than {MAX_HEIGHT} operations deep.");
            return Err(Error::limit(Limit::Nesting, message, self.peek().span));
        }
        Ok(())
    }

    /// `one, two, three`: at least one.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take(Symbol::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A list that may be empty when `ends` holds at its beginning.
    fn list_until<T>(
        &mut self,
        ends: impl FnOnce(&Self) -> bool,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if ends(self) { Ok(Vec::new()) } else { self.list(item) }
    }

    /// A list up to `close`, which is taken; commas may stand before and after it when `loose`.
    fn closed_list<T>(
        &mut self,
        close: Symbol,
        commas: Commas,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if commas == Commas::Loose {
            self.take(Symbol::Comma);
        }
        let mut items = Vec::new();
        while !self.at(close) {
            items.push(item(self)?);
            if !self.take(Symbol::Comma) {
                break;
            }
            if self.at(close) && commas == Commas::Strict {
                return Err(self.expected("another element after ','"));
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    /// Whether an operator ends here.
    fn at_operator_end(&self) -> bool {
        use Symbol::{Bar, CloseBrace, CloseBracket, CloseParen, Semicolon};
        match self.kind() {
            TokenKind::End => true,
            TokenKind::Symbol(symbol) => matches!(symbol, CloseParen | CloseBracket | CloseBrace | Bar | Semicolon),
            _ => false,
        }
    }
}

/// Where commas may stand in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commas {
    /// Between elements only.
    Strict,
    /// Also before the first and after the last.
    Loose,
}

/// At most forty characters of a token, for a message.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}
