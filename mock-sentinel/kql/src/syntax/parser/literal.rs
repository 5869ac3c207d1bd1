//! Constants: numbers, strings, typed literals and `dynamic(…)`.

use uuid::Uuid;

use crate::error::Error;
use crate::syntax::ast::{DynamicLiteral, Expr, ExprKind, Literal, ScalarType};
use crate::syntax::string_literal;
use crate::syntax::token::{Symbol, TokenKind};
use crate::time::Timespan;

use super::{Commas, Parsed, Parser};

impl Parser<'_> {
    /// A literal, when one begins here; signs are not part of it.
    pub(super) fn literal(&mut self) -> Parsed<Option<Expr>> {
        let token = self.peek();
        let literal = match token.kind {
            TokenKind::Long | TokenKind::Real | TokenKind::Timespan => return self.number("").map(Some),
            TokenKind::String => return Ok(Some(self.strings())),
            TokenKind::Bool => Literal::Bool(self.text_of(token).eq_ignore_ascii_case("true")),
            TokenKind::Typed(ty) => typed(ty, self.text_of(token)),
            TokenKind::RawGuid => {
                let message = "A guid is written as guid(…).";
                return Err(Error::syntax(message, token.span).with_token(self.text_of(token)));
            }
            TokenKind::Word if self.at_word("dynamic") && self.symbol_ahead(1, Symbol::OpenParen) => {
                return self.dynamic().map(Some);
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(Expr::new(ExprKind::Literal(literal), token.span)))
    }

    /// A literal that may have a sign, as in `datatable` and defaults.
    pub(super) fn signed_literal(&mut self) -> Parsed<Option<Expr>> {
        let Some(sign) = self.sign_of_number() else {
            return self.literal();
        };
        self.signed_number(sign).map(Some)
    }

    /// The sign that stands here directly before a number.
    pub(super) fn sign_of_number(&self) -> Option<&'static str> {
        let sign = match self.kind() {
            TokenKind::Symbol(Symbol::Minus) => "-",
            TokenKind::Symbol(Symbol::Plus) => "",
            _ => return None,
        };
        matches!(self.ahead(1).kind, TokenKind::Long | TokenKind::Real | TokenKind::Timespan).then_some(sign)
    }

    /// A sign and its number as one constant.
    pub(super) fn signed_number(&mut self, sign: &str) -> Parsed<Expr> {
        let start = self.advance().span;
        let number = self.number(sign)?;
        Ok(Expr::new(number.kind, start.to(number.span)))
    }

    fn number(&mut self, sign: &str) -> Parsed<Expr> {
        let token = self.advance();
        let digits = self.text_of(token);
        let literal = match token.kind {
            TokenKind::Long => long(sign, digits).map(Literal::Long),
            TokenKind::Real => format!("{sign}{digits}").parse().ok().map(Literal::Real),
            _ => timespan_with_unit(digits).map(|ticks| Literal::Timespan(if sign == "-" { -ticks } else { ticks })),
        };
        match literal {
            Some(literal) => Ok(Expr::new(ExprKind::Literal(literal), token.span)),
            None => {
                Err(Error::syntax(format!("The number '{digits}' is out of range."), token.span).with_token(digits))
            }
        }
    }

    /// One string literal, or several side by side, which are one string.
    fn strings(&mut self) -> Expr {
        let start = self.peek().span;
        let mut text = String::new();
        while self.kind() == TokenKind::String {
            let token = self.advance();
            text.push_str(&string_literal::value(self.text_of(token)));
        }
        Expr::new(ExprKind::Literal(Literal::String(text)), self.span_from(start))
    }

    fn dynamic(&mut self) -> Parsed<Expr> {
        let start = self.advance().span;
        self.expect(Symbol::OpenParen)?;
        let value = self.nested(Self::dynamic_value)?;
        self.expect(Symbol::CloseParen)?;
        Ok(Expr::new(ExprKind::Literal(Literal::Dynamic(Box::new(value))), self.span_from(start)))
    }

    fn dynamic_value(&mut self) -> Parsed<DynamicLiteral> {
        match self.kind() {
            TokenKind::Symbol(Symbol::OpenBracket) => {
                self.advance();
                let items = self
                    .nested(|parser| parser.closed_list(Symbol::CloseBracket, Commas::Strict, Self::dynamic_value))?;
                Ok(DynamicLiteral::Array(items))
            }
            TokenKind::Symbol(Symbol::OpenBrace) => {
                self.advance();
                let pairs =
                    self.nested(|parser| parser.closed_list(Symbol::CloseBrace, Commas::Strict, Self::dynamic_pair))?;
                Ok(DynamicLiteral::Bag(pairs))
            }
            TokenKind::Word if self.at_word("null") => {
                self.advance();
                Ok(DynamicLiteral::Null)
            }
            _ => self.dynamic_scalar(),
        }
    }

    fn dynamic_pair(&mut self) -> Parsed<(String, DynamicLiteral)> {
        if self.kind() != TokenKind::String {
            return Err(self.expected("a property name in quotes"));
        }
        let token = self.advance();
        self.expect(Symbol::Colon)?;
        Ok((string_literal::value(self.text_of(token)), self.dynamic_value()?))
    }

    fn dynamic_scalar(&mut self) -> Parsed<DynamicLiteral> {
        let literal = if self.at(Symbol::Plus) { None } else { self.signed_literal()? };
        match literal.map(|expr| expr.kind) {
            Some(ExprKind::Literal(Literal::Dynamic(inner))) => Ok(*inner),
            Some(ExprKind::Literal(Literal::Null(_))) => Ok(DynamicLiteral::Null),
            Some(ExprKind::Literal(scalar)) => Ok(DynamicLiteral::Scalar(scalar)),
            _ => Err(self.expected("a JSON value")),
        }
    }
}

/// The constant that adjacent text stands for; what cannot be read is a null of the type, as Kusto has it.
fn typed(ty: ScalarType, token: &str) -> Literal {
    let raw = unquoted(raw_text(token).trim());
    let literal = match ty {
        ScalarType::Bool => bool_text(raw).map(Literal::Bool),
        ScalarType::Int => signed_long(raw).and_then(|long| i32::try_from(long).ok()).map(Literal::Int),
        ScalarType::Long => signed_long(raw).map(Literal::Long),
        ScalarType::Real => real_text(raw).map(Literal::Real),
        ScalarType::Decimal => decimal_text(raw).map(Literal::Decimal),
        ScalarType::Datetime => (raw != "null" && !raw.is_empty()).then(|| Literal::Datetime(raw.to_owned())),
        ScalarType::Timespan => Timespan::parse(raw).map(|span| Literal::Timespan(span.ticks())),
        ScalarType::Guid => Uuid::try_parse(raw).ok().map(|guid| Literal::Guid(guid.as_u128())),
        ScalarType::String | ScalarType::Dynamic => None,
    };
    literal.unwrap_or(Literal::Null(ty))
}

fn raw_text(token: &str) -> &str {
    token.split_once('(').map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest))
}

fn unquoted(raw: &str) -> &str {
    let inner = |quote: char| raw.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(raw)
}

fn bool_text(raw: &str) -> Option<bool> {
    match raw.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => signed_long(raw).map(|long| long != 0),
    }
}

fn signed_long(raw: &str) -> Option<i64> {
    match raw.strip_prefix('-') {
        Some(digits) => long("-", digits.trim_start()),
        None => long("", raw.strip_prefix('+').unwrap_or(raw)),
    }
}

/// Decimal or hexadecimal digits; hexadecimal ones may fill all 64 bits.
fn long(sign: &str, digits: &str) -> Option<i64> {
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => {
            let bits = u64::from_str_radix(hex, 16).ok()? as i64;
            Some(if sign == "-" { bits.wrapping_neg() } else { bits })
        }
        None if digits.starts_with(|c: char| c.is_ascii_digit()) => format!("{sign}{digits}").parse().ok(),
        None => None,
    }
}

fn real_text(raw: &str) -> Option<f64> {
    match raw.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        // Rust reads more spellings of infinity than Kusto does.
        text if text.contains(|c: char| c.is_alphabetic() && c != 'e') => None,
        text => text.parse().ok(),
    }
}

/// Digits, perhaps with a sign, a point and an exponent.
fn decimal_text(raw: &str) -> Option<String> {
    let plain = raw.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    (plain && raw.parse::<f64>().is_ok()).then(|| raw.to_owned())
}

/// `1.5h`: digits and a unit, in ticks.
fn timespan_with_unit(text: &str) -> Option<i64> {
    match text.split_once("nano") {
        Some((nanoseconds, _)) => Some((nanoseconds.parse::<f64>().ok()? / 100.0) as i64),
        None => Timespan::parse(text).map(Timespan::ticks),
    }
}
