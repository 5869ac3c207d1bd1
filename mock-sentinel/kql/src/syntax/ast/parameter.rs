//! `name=value` parameters of an operator.

use super::{Expr, Name};
use crate::syntax::Span;

/// `name = value` after an operator's keyword: `kind=inner`, `hint.strategy=shuffle`, `withsource=T`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// With its dots: `hint.strategy`.
    pub name: Name,
    /// The value.
    pub value: ParameterValue,
    /// All of it.
    pub span: Span,
}

/// The value of a [`Parameter`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParameterValue {
    /// A bare word or a column.
    Name(Name),
    /// Several columns, `hint.shufflekey = (a, b)`, or render's `ycolumns = a, b`.
    Names(Vec<Name>),
    /// A constant.
    Expr(Expr),
}
