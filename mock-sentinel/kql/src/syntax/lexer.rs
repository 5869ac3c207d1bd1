//! From text to tokens. Comments and white space are dropped.

use crate::error::Error;

use super::Span;
use super::ast::ScalarType;
use super::string_literal;
use super::token::{Symbol, Token, TokenKind};

/// Keywords that hold characters no name can hold. All begin with the letters of a word.
const COMPOUND_WORDS: [&str; 40] = [
    "assert-schema",
    "granny-asc",
    "granny-desc",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "hint.concurrency",
    "hint.distribution",
    "hint.materialized",
    "hint.num_partitions",
    "hint.pass_filters",
    "hint.pass_filters_column",
    "hint.progressive_top",
    "hint.remote",
    "hint.shufflekey",
    "hint.spread",
    "hint.strategy",
    "in~",
    "macro-expand",
    "make-graph",
    "make-series",
    "matches regex",
    "materialized-view-combine",
    "mv-apply",
    "mv-expand",
    "parse-kv",
    "parse-where",
    "partitioned-by",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-smart",
    "sample-distinct",
    "top-hitters",
    "top-nested",
];

/// The operators that begin with `!` and a letter.
const NEGATED_WORDS: [&str; 15] = [
    "!between",
    "!contains",
    "!contains_cs",
    "!endswith",
    "!endswith_cs",
    "!has",
    "!has_cs",
    "!hasprefix",
    "!hasprefix_cs",
    "!hassuffix",
    "!hassuffix_cs",
    "!in",
    "!in~",
    "!startswith",
    "!startswith_cs",
];

/// The units of a timespan literal.
const TIMESPAN_UNITS: [&str; 34] = [
    "d",
    "day",
    "days",
    "h",
    "hr",
    "hrs",
    "hour",
    "hours",
    "m",
    "min",
    "minute",
    "minutes",
    "s",
    "sec",
    "second",
    "seconds",
    "ms",
    "milli",
    "millis",
    "millisec",
    "millisecond",
    "milliseconds",
    "micro",
    "micros",
    "microsec",
    "microsecond",
    "microseconds",
    "nano",
    "nanos",
    "nanosec",
    "nanosecond",
    "nanoseconds",
    "tick",
    "ticks",
];

/// All tokens of the text, the last being [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), pos: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        let before = lexer.pos;
        lexer.skip_blanks(tokens.is_empty());
        let start = lexer.pos;
        let kind = lexer.next()?;
        tokens.push(Token { kind, span: Span::new(start, lexer.pos), glued: before == start });
        if kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.pos..]
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// White space, comments and, before the first token, lines that begin with `#`.
    fn skip_blanks(&mut self, at_start: bool) {
        loop {
            self.pos += self.rest().find(|c| !is_blank(c)).unwrap_or(self.rest().len());
            let line_is_dropped = self.rest().starts_with("//") || at_start && self.rest().starts_with('#');
            if !line_is_dropped {
                return;
            }
            self.pos += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn next(&mut self) -> Result<TokenKind, Error> {
        let first = self.byte(self.pos);
        match first {
            0 if self.pos >= self.bytes.len() => Ok(TokenKind::End),
            b'"' | b'\'' | b'@' | b'`' | b'~' if string_literal::starts(self.rest()) => self.string(),
            b'h' | b'H' if string_literal::starts(self.rest()) => self.string(),
            b'0'..=b'9' => Ok(self.number_or_word()),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.word(),
            b'!' if self.byte(self.pos + 1).is_ascii_alphabetic() => self.negated_word(),
            _ => self.symbol(),
        }
    }

    fn string(&mut self) -> Result<TokenKind, Error> {
        match string_literal::length(self.rest()) {
            Ok(length) => {
                self.pos += length;
                Ok(TokenKind::String)
            }
            Err(read) => {
                let span = Span::new(self.pos, self.pos + read);
                Err(Error::syntax("A string literal is not closed, or holds an unknown escape.", span)
                    .with_token(span.text(self.text)))
            }
        }
    }

    fn symbol(&mut self) -> Result<TokenKind, Error> {
        let found = Symbol::SPELLINGS.iter().find(|(text, _)| self.rest().starts_with(text));
        if let Some((text, symbol)) = found {
            self.pos += text.len();
            return Ok(TokenKind::Symbol(*symbol));
        }
        Err(self.unexpected_character())
    }

    fn unexpected_character(&self) -> Error {
        let character = self.rest().chars().next().unwrap_or(' ');
        Error::syntax(
            format!("The character '{character}' is not expected here."),
            Span::new(self.pos, self.pos + character.len_utf8()),
        )
        .with_token(character)
    }

    fn negated_word(&mut self) -> Result<TokenKind, Error> {
        let mut end = self.pos + 1 + name_length(&self.bytes[self.pos + 1..]);
        if self.byte(end) == b'~' {
            end += 1;
        }
        if NEGATED_WORDS.contains(&&self.text[self.pos..end]) {
            self.pos = end;
            return Ok(TokenKind::Word);
        }
        Err(self.unexpected_character())
    }

    fn word(&mut self) -> Result<TokenKind, Error> {
        if let Some(length) = raw_guid_length(self.rest()) {
            self.pos += length;
            return Ok(TokenKind::RawGuid);
        }
        // `$` may only begin a name.
        let length = 1 + name_length(&self.bytes[self.pos + 1..]);
        let word = &self.text[self.pos..self.pos + length];
        let after = self.byte(self.pos + length);
        if matches!(word, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
            self.pos += length;
            return Ok(TokenKind::Bool);
        }
        if after == b'('
            && let Some(ty) = typed_literal(word)
        {
            return self.typed_literal(ty, length);
        }
        self.pos += match after {
            b'-' | b'.' | b'~' | b' ' => self.compound_length().unwrap_or(length),
            _ => length,
        };
        Ok(TokenKind::Word)
    }

    /// The length of the longest compound keyword that stands here.
    fn compound_length(&self) -> Option<usize> {
        COMPOUND_WORDS
            .iter()
            .filter(|word| self.rest().starts_with(**word))
            .filter(|word| word.ends_with('~') || !is_name_byte(self.byte(self.pos + word.len())))
            .map(|word| word.len())
            .max()
    }

    /// `type(` and raw text up to `)` on the same line.
    fn typed_literal(&mut self, ty: ScalarType, word: usize) -> Result<TokenKind, Error> {
        let line = self.rest().split(['\r', '\n']).next().unwrap_or("");
        let Some(length) = line.find(')') else {
            let span = Span::new(self.pos, self.pos + word + 1);
            return Err(Error::syntax("A literal is not closed: expected ')'.", span).with_token(span.text(self.text)));
        };
        self.pos += length + 1;
        Ok(TokenKind::Typed(ty))
    }

    fn number_or_word(&mut self) -> TokenKind {
        if let Some(length) = raw_guid_length(self.rest()) {
            self.pos += length;
            return TokenKind::RawGuid;
        }
        let bytes = &self.bytes[self.pos..];
        let (kind, length) = real_length(bytes)
            .map(|length| (TokenKind::Real, length))
            .or_else(|| timespan_length(self.rest()).map(|length| (TokenKind::Timespan, length)))
            .or_else(|| long_length(bytes).map(|length| (TokenKind::Long, length)))
            .unwrap_or_else(|| (TokenKind::Word, name_length(bytes)));
        self.pos += length;
        kind
    }
}

/// White space, and the marks without width that copying from web pages leaves behind.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn name_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_name_byte(**byte)).count()
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn ends_number(bytes: &[u8], length: usize) -> bool {
    bytes.get(length).is_none_or(|byte| !is_name_byte(*byte))
}

fn long_length(bytes: &[u8]) -> Option<usize> {
    let length = match bytes {
        [b'0', b'x' | b'X', hex @ ..] if hex.first().is_some_and(u8::is_ascii_hexdigit) => {
            2 + hex.iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
        }
        _ => digits(bytes),
    };
    ends_number(bytes, length).then_some(length)
}

/// `1.5`, `1.`, `1e5`; not the beginning of `1..5`.
fn real_length(bytes: &[u8]) -> Option<usize> {
    let whole = digits(bytes);
    let has_point = bytes.get(whole) == Some(&b'.') && bytes.get(whole + 1) != Some(&b'.');
    let mantissa = if has_point { whole + 1 + digits(&bytes[whole + 1..]) } else { whole };
    let exponent = exponent_length(&bytes[mantissa..]);
    let length = mantissa + exponent;
    ((has_point || exponent > 0) && ends_number(bytes, length)).then_some(length)
}

fn exponent_length(bytes: &[u8]) -> usize {
    let sign = match bytes {
        [b'e' | b'E', b'+' | b'-', ..] => 2,
        [b'e' | b'E', ..] => 1,
        _ => return 0,
    };
    match digits(&bytes[sign..]) {
        0 => 0,
        count => sign + count,
    }
}

fn timespan_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let whole = digits(bytes);
    let number = match bytes.get(whole) {
        Some(b'.') => whole + 1 + digits(&bytes[whole + 1..]),
        _ => whole,
    };
    let unit = name_length(&bytes[number..]);
    let known = unit > 0 && TIMESPAN_UNITS.contains(&&text[number..number + unit]);
    known.then_some(number + unit)
}

fn raw_guid_length(text: &str) -> Option<usize> {
    let candidate = text.as_bytes().get(..36)?;
    let shaped = candidate.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    shaped.then_some(36)
}

/// The types whose name, followed by a parenthesis without a space, begins a literal.
fn typed_literal(word: &str) -> Option<ScalarType> {
    match word {
        "bool" | "int" | "int32" | "long" | "int64" | "real" | "double" | "decimal" | "datetime" | "date" | "time"
        | "timespan" | "guid" => ScalarType::from_name(word),
        _ => None,
    }
}
