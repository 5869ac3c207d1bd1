//! The words of a query text.

use super::Span;
use super::ast::ScalarType;

/// One word, symbol or literal of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// Nothing, not even a space, stands between this token and the one before.
    pub(super) glued: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword; keywords are distinguished by their text where it matters. Compound keywords such as
    /// `project-away`, `hint.strategy`, `!in~` and `matches regex` are one word.
    Word,
    /// Digits, or `0x` and hexadecimal digits.
    Long,
    Real,
    /// Digits and a unit, such as `1.5h`.
    Timespan,
    Bool,
    /// In any quoting, with its `h` and `@`.
    String,
    /// `datetime(…)` and its kin: a type name and, without a space, parentheses around raw text.
    Typed(ScalarType),
    /// A guid without `guid(…)`.
    RawGuid,
    Symbol(Symbol),
    /// The end of the text.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Bar,
    Comma,
    Semicolon,
    Colon,
    Dot,
    DotDot,
    Assign,
    Equal,
    NotEqual,
    EqualCi,
    NotEqualCi,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Arrow,
}

impl Symbol {
    /// The symbols, longer spellings before their own beginnings.
    pub(super) const SPELLINGS: [(&'static str, Self); 28] = [
        ("..", Self::DotDot),
        ("==", Self::Equal),
        ("=~", Self::EqualCi),
        ("=>", Self::Arrow),
        ("!=", Self::NotEqual),
        ("!~", Self::NotEqualCi),
        ("<>", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("(", Self::OpenParen),
        (")", Self::CloseParen),
        ("[", Self::OpenBracket),
        ("]", Self::CloseBracket),
        ("{", Self::OpenBrace),
        ("}", Self::CloseBrace),
        ("|", Self::Bar),
        (",", Self::Comma),
        (";", Self::Semicolon),
        (":", Self::Colon),
        (".", Self::Dot),
        ("=", Self::Assign),
        ("<", Self::Less),
        (">", Self::Greater),
        ("+", Self::Plus),
        ("-", Self::Minus),
        ("*", Self::Star),
        ("/", Self::Slash),
        ("%", Self::Percent),
    ];

    /// The symbol as written.
    pub(super) fn text(self) -> &'static str {
        Self::SPELLINGS.iter().find(|(_, symbol)| *symbol == self).map_or("", |(text, _)| text)
    }
}
