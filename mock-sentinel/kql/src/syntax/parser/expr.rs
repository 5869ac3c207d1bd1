//! Scalar expressions, by precedence.
//!
//! Kusto's order, loosest first: `or`, `and`, equality and membership, order, sums, products, string operators. A
//! string operator thus binds tighter than `+`: `a has b + c` is `(a has b) + c`. Only `or`, `and`, sums and products
//! chain; `a == b == c` is an error. All this agrees with Microsoft's parser, asked on 2026-11-23.

use crate::syntax::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Name, SetOp, UnaryOp};
use crate::syntax::token::{Symbol, Token, TokenKind};

use super::{Parsed, Parser};

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Equality,
    Order,
    Sum,
    Product,
    Text,
    Operand,
}

impl Level {
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Order,
            Self::Order => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Text,
            Self::Text | Self::Operand => Self::Operand,
        }
    }
}

/// An operator that stands between two operands.
#[derive(Debug, Clone, Copy)]
enum Infix {
    Or,
    And,
    Binary(BinaryOp),
    Set(SetOp),
    Between { negated: bool },
}

impl Infix {
    fn level(self) -> Level {
        match self {
            Self::Or => Level::Or,
            Self::And => Level::And,
            Self::Set(_) | Self::Between { .. } => Level::Equality,
            Self::Binary(op) => match op {
                BinaryOp::Equal | BinaryOp::NotEqual => Level::Equality,
                BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => Level::Order,
                BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
                BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => Level::Product,
                _ => Level::Text,
            },
        }
    }

    fn of_symbol(symbol: Symbol) -> Option<Self> {
        Some(Self::Binary(match symbol {
            Symbol::Equal => BinaryOp::Equal,
            Symbol::NotEqual => BinaryOp::NotEqual,
            Symbol::EqualCi => BinaryOp::EqualCi,
            Symbol::NotEqualCi => BinaryOp::NotEqualCi,
            Symbol::Less => BinaryOp::Less,
            Symbol::LessOrEqual => BinaryOp::LessOrEqual,
            Symbol::Greater => BinaryOp::Greater,
            Symbol::GreaterOrEqual => BinaryOp::GreaterOrEqual,
            Symbol::Plus => BinaryOp::Add,
            Symbol::Minus => BinaryOp::Subtract,
            Symbol::Star => BinaryOp::Multiply,
            Symbol::Slash => BinaryOp::Divide,
            Symbol::Percent => BinaryOp::Modulo,
            Symbol::Colon => BinaryOp::Matches,
            _ => return None,
        }))
    }

    fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "or" => Self::Or,
            "and" => Self::And,
            "in" => Self::Set(SetOp::In),
            "!in" => Self::Set(SetOp::NotIn),
            "in~" => Self::Set(SetOp::InCi),
            "!in~" => Self::Set(SetOp::NotInCi),
            "has_any" => Self::Set(SetOp::HasAny),
            "has_all" => Self::Set(SetOp::HasAll),
            "between" => Self::Between { negated: false },
            "!between" => Self::Between { negated: true },
            _ => Self::Binary(text_operator(word)?),
        })
    }
}

fn text_operator(word: &str) -> Option<BinaryOp> {
    Some(match word {
        "has" => BinaryOp::Has,
        "!has" => BinaryOp::NotHas,
        "has_cs" => BinaryOp::HasCs,
        "!has_cs" => BinaryOp::NotHasCs,
        "hasprefix" => BinaryOp::HasPrefix,
        "!hasprefix" => BinaryOp::NotHasPrefix,
        "hasprefix_cs" => BinaryOp::HasPrefixCs,
        "!hasprefix_cs" => BinaryOp::NotHasPrefixCs,
        "hassuffix" => BinaryOp::HasSuffix,
        "!hassuffix" => BinaryOp::NotHasSuffix,
        "hassuffix_cs" => BinaryOp::HasSuffixCs,
        "!hassuffix_cs" => BinaryOp::NotHasSuffixCs,
        "contains" => BinaryOp::Contains,
        "!contains" | "notcontains" => BinaryOp::NotContains,
        "contains_cs" | "containscs" => BinaryOp::ContainsCs,
        "!contains_cs" | "notcontainscs" => BinaryOp::NotContainsCs,
        "startswith" => BinaryOp::StartsWith,
        "!startswith" => BinaryOp::NotStartsWith,
        "startswith_cs" => BinaryOp::StartsWithCs,
        "!startswith_cs" => BinaryOp::NotStartsWithCs,
        "endswith" => BinaryOp::EndsWith,
        "!endswith" => BinaryOp::NotEndsWith,
        "endswith_cs" => BinaryOp::EndsWithCs,
        "!endswith_cs" => BinaryOp::NotEndsWithCs,
        "matches regex" => BinaryOp::MatchesRegex,
        "like" => BinaryOp::Like,
        "notlike" => BinaryOp::NotLike,
        "likecs" => BinaryOp::LikeCs,
        "notlikecs" => BinaryOp::NotLikeCs,
        _ => return None,
    })
}

impl Parser<'_> {
    /// An expression without a name and without a pipe.
    pub(super) fn scalar(&mut self) -> Parsed<Expr> {
        self.nested(|parser| parser.binary(Level::Or))
    }

    /// Operands and operators that bind at least as tightly as `floor`.
    fn binary(&mut self, floor: Level) -> Parsed<Expr> {
        self.leveled(|parser| {
            let mut left = parser.operand()?;
            let mut ceiling = Level::Operand;
            while let Some(infix) = parser.infix() {
                let level = infix.level();
                if level < floor || level > ceiling {
                    break;
                }
                left = parser.extended(left, infix)?;
                parser.grow()?;
                // Comparisons do not chain: only what binds looser may follow.
                ceiling = if matches!(level, Level::Sum | Level::Product) { level } else { looser(level) };
            }
            Ok(left)
        })
    }

    fn infix(&self) -> Option<Infix> {
        match self.kind() {
            // `make-series … on t in range(…)` is not membership.
            TokenKind::Word if self.at_word("in") && self.word_ahead(1) == "range" => None,
            TokenKind::Word => Infix::of_word(self.word()),
            TokenKind::Symbol(symbol) => Infix::of_symbol(symbol),
            _ => None,
        }
    }

    /// `left`, the operator that stands here, and what follows it.
    fn extended(&mut self, left: Expr, infix: Infix) -> Parsed<Expr> {
        let start = left.span;
        let operator = self.peek();
        let kind = match infix {
            Infix::Or => ExprKind::Or(self.chain(left, "or", Level::And)?),
            Infix::And => ExprKind::And(self.chain(left, "and", Level::Equality)?),
            Infix::Binary(op) => {
                self.advance();
                let right = self.binary(infix.level().tighter())?;
                ExprKind::Binary { op, op_span: operator.span, left: Box::new(left), right: Box::new(right) }
            }
            Infix::Set(op) => {
                self.advance();
                ExprKind::Set { op, op_span: operator.span, operand: Box::new(left), items: self.set_items()? }
            }
            Infix::Between { negated } => {
                self.advance();
                let (low, high) = self.bounds()?;
                ExprKind::Between { negated, operand: Box::new(left), low: Box::new(low), high: Box::new(high) }
            }
        };
        Ok(Expr::new(kind, self.span_from(start)))
    }

    /// All operands of one `and` or `or`.
    fn chain(&mut self, first: Expr, word: &str, level: Level) -> Parsed<Vec<Expr>> {
        let mut operands = vec![first];
        while self.take_word(word) {
            operands.push(self.binary(level)?);
        }
        Ok(operands)
    }

    /// `(low .. high)`.
    fn bounds(&mut self) -> Parsed<(Expr, Expr)> {
        self.expect(Symbol::OpenParen)?;
        let low = self.scalar()?;
        self.expect(Symbol::DotDot)?;
        let high = self.scalar()?;
        self.expect(Symbol::CloseParen)?;
        Ok((low, high))
    }

    /// `(a, b)`, or one query in parentheses.
    fn set_items(&mut self) -> Parsed<Vec<Expr>> {
        self.expect(Symbol::OpenParen)?;
        let mut items = vec![self.pipe()?];
        while self.take(Symbol::Comma) {
            items.push(self.scalar()?);
        }
        self.expect(Symbol::CloseParen)?;
        Ok(items)
    }

    /// An operand with its sign.
    fn operand(&mut self) -> Parsed<Expr> {
        if self.at(Symbol::Star) && self.star_is_operand() {
            let star = self.advance();
            return Ok(Expr::new(ExprKind::Star, star.span));
        }
        let sign = self.peek();
        let op = match sign.kind {
            TokenKind::Symbol(Symbol::Minus) => UnaryOp::Minus,
            TokenKind::Symbol(Symbol::Plus) => UnaryOp::Plus,
            _ => return self.path(),
        };
        match self.sign_of_number() {
            Some(text) => self.signed_number(text),
            None => self.signed_operand(op, sign),
        }
    }

    fn signed_operand(&mut self, op: UnaryOp, sign: Token) -> Parsed<Expr> {
        self.advance();
        let operand = self.path()?;
        self.grow()?;
        let span = self.span_from(sign.span);
        Ok(Expr::new(ExprKind::Unary { op, operand: Box::new(operand) }, span))
    }

    /// `* has "x"`, `* == "x"`: any column.
    fn star_is_operand(&self) -> bool {
        let after = match self.ahead(1).kind {
            TokenKind::Word => Infix::of_word(self.word_ahead(1)),
            TokenKind::Symbol(symbol) => Infix::of_symbol(symbol),
            _ => None,
        };
        after.is_some_and(|infix| match infix {
            Infix::Binary(op) => infix.level() == Level::Text || op == BinaryOp::Equal,
            _ => false,
        })
    }

    /// A name as an expression.
    pub(super) fn name_expr(name: Name) -> Expr {
        let span: Span = name.span;
        Expr::new(ExprKind::Name(name), span)
    }
}

fn looser(level: Level) -> Level {
    match level {
        Level::Or | Level::And => Level::Or,
        Level::Equality => Level::And,
        Level::Order => Level::Equality,
        Level::Sum => Level::Order,
        Level::Product => Level::Sum,
        Level::Text => Level::Product,
        Level::Operand => Level::Text,
    }
}
