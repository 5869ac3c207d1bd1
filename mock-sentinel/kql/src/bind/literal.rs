//! Constants as written.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    decimal::Decimal,
    dynamic::Dynamic,
    error::Error,
    plan::Expr,
    syntax::{
        Span,
        ast::{DynamicLiteral, Literal},
    },
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

/// The value of a literal and its type.
pub(super) fn bind(literal: &Literal, span: Span) -> Result<Expr, Error> {
    let (value, kind) = match literal {
        Literal::Bool(value) => (Value::Bool(*value), ColumnType::Bool),
        Literal::Int(value) => (Value::Int(*value), ColumnType::Int),
        Literal::Long(value) => (Value::Long(*value), ColumnType::Long),
        Literal::Real(value) => (Value::Real(*value), ColumnType::Real),
        Literal::Decimal(digits) => (Decimal::parse(digits).into(), ColumnType::Decimal),
        Literal::String(text) => (Value::string(text.as_str()), ColumnType::String),
        Literal::Datetime(text) => (datetime(text, span)?, ColumnType::DateTime),
        Literal::Timespan(ticks) => (Timespan::from_ticks(*ticks).into(), ColumnType::Timespan),
        Literal::Guid(bits) => (Uuid::from_u128(*bits).into(), ColumnType::Guid),
        Literal::Dynamic(tree) => (Value::dynamic(dynamic(tree, span)?), ColumnType::Dynamic),
        Literal::Null(kind) => (Value::Null, ColumnType::from(*kind)),
    };
    Ok(Expr::literal(value, kind))
}

fn datetime(text: &str, span: Span) -> Result<Value, Error> {
    match DateTime::parse(text) {
        Some(at) => Ok(at.into()),
        None => Err(Error::semantic("SEM0018", format!("'{text}' is not a date."), span).with_token(text)),
    }
}

fn dynamic(literal: &DynamicLiteral, span: Span) -> Result<Dynamic, Error> {
    Ok(match literal {
        DynamicLiteral::Null => Dynamic::Null,
        DynamicLiteral::Scalar(scalar) => match bind(scalar, span)?.as_literal() {
            // Unlike one that is packed, a duration of a literal is its ticks.
            Some(Value::Timespan(span)) => Dynamic::Long(span.ticks()),
            Some(value) => value.to_dynamic(),
            None => Dynamic::Null,
        },
        DynamicLiteral::Array(items) => {
            let items = items.iter().map(|item| dynamic(item, span)).collect::<Result<Vec<_>, _>>()?;
            Dynamic::array(items)
        }
        DynamicLiteral::Bag(properties) => {
            let properties =
                properties.iter().map(|(name, value)| Ok((Arc::from(name.as_str()), dynamic(value, span)?)));
            Dynamic::bag(properties.collect::<Result<Vec<(Arc<str>, Dynamic)>, Error>>()?)
        }
    })
}
