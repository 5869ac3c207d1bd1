//! One scalar.

use std::{borrow::Cow, cmp::Ordering, sync::Arc};

use uuid::Uuid;

use crate::{
    decimal::Decimal,
    dynamic::Dynamic,
    text,
    time::{DateTime, Timespan},
    types::ColumnType,
};

/// A scalar of any type, or the null of a type known from elsewhere (its column, its expression).
///
/// A string is never null, and the null of `dynamic` is always [`Value::Null`], never `Dynamic(Dynamic::Null)`;
/// [`Value::dynamic`] sees to that.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `decimal`
    Decimal(Decimal),
    /// `string`
    String(Arc<str>),
    /// `datetime`
    DateTime(DateTime),
    /// `timespan`
    Timespan(Timespan),
    /// `guid`
    Guid(Uuid),
    /// `dynamic`, not null
    Dynamic(Dynamic),
}

impl Value {
    /// A string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A dynamic value; JSON's null becomes [`Value::Null`].
    pub fn dynamic(value: Dynamic) -> Self {
        if value.is_null() { Self::Null } else { Self::Dynamic(value) }
    }

    /// The value a missing cell of this type has: null, or `""`.
    pub fn missing(kind: ColumnType) -> Self {
        if kind == ColumnType::String { Self::string("") } else { Self::Null }
    }

    /// The type, unless null.
    pub fn kind(&self) -> Option<ColumnType> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => ColumnType::Bool,
            Self::Int(_) => ColumnType::Int,
            Self::Long(_) => ColumnType::Long,
            Self::Real(_) => ColumnType::Real,
            Self::Decimal(_) => ColumnType::Decimal,
            Self::String(_) => ColumnType::String,
            Self::DateTime(_) => ColumnType::DateTime,
            Self::Timespan(_) => ColumnType::Timespan,
            Self::Guid(_) => ColumnType::Guid,
            Self::Dynamic(_) => ColumnType::Dynamic,
        })
    }

    /// True without a value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The string, when this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number of either width.
    pub fn as_long(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(i64::from(*value)),
            Self::Long(value) => Some(*value),
            _ => None,
        }
    }

    /// A number of any type, as a double.
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(f64::from(*value)),
            Self::Long(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Decimal(value) => Some(value.to_real()),
            _ => None,
        }
    }

    /// The instant, when this is one.
    pub fn as_datetime(&self) -> Option<DateTime> {
        match self {
            Self::DateTime(value) => Some(*value),
            _ => None,
        }
    }

    /// The duration, when this is one.
    pub fn as_timespan(&self) -> Option<Timespan> {
        match self {
            Self::Timespan(value) => Some(*value),
            _ => None,
        }
    }

    /// The tree, when this is a dynamic value that is not null.
    pub fn as_dynamic(&self) -> Option<&Dynamic> {
        match self {
            Self::Dynamic(value) => Some(value),
            _ => None,
        }
    }

    /// What `tostring` gives; null is `""`.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("True"),
            Self::Bool(false) => Cow::Borrowed("False"),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::Long(value) => Cow::Owned(value.to_string()),
            Self::Real(value) => Cow::Owned(text::real(*value)),
            Self::Decimal(value) => Cow::Owned(value.to_string()),
            Self::String(value) => Cow::Borrowed(value),
            Self::DateTime(value) => Cow::Owned(value.full()),
            Self::Timespan(value) => Cow::Owned(value.to_string()),
            Self::Guid(value) => Cow::Owned(value.to_string()),
            Self::Dynamic(value) => Cow::Owned(value.to_text()),
        }
    }

    /// The same value inside a dynamic one.
    pub fn to_dynamic(&self) -> Dynamic {
        match self {
            Self::Null => Dynamic::Null,
            Self::Bool(value) => Dynamic::Bool(*value),
            Self::Int(value) => Dynamic::Long(i64::from(*value)),
            Self::Long(value) => Dynamic::Long(*value),
            Self::Real(value) => Dynamic::Real(*value),
            Self::Decimal(value) => Dynamic::Decimal(*value),
            Self::String(value) => Dynamic::String(Arc::clone(value)),
            Self::DateTime(value) => Dynamic::DateTime(*value),
            Self::Timespan(value) => Dynamic::Timespan(*value),
            Self::Guid(value) => Dynamic::Guid(*value),
            Self::Dynamic(value) => value.clone(),
        }
    }

    /// The bytes of a long value, roughly; zero for those of fixed size.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::Dynamic(tree) => tree.bytes(),
            _ => 0,
        }
    }

    /// A total order within one type, nulls first and NaN next to them. Numbers of different types compare by value.
    pub fn total_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Decimal(left), Self::Decimal(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::DateTime(left), Self::DateTime(right)) => left.cmp(right),
            (Self::Timespan(left), Self::Timespan(right)) => left.cmp(right),
            (Self::Guid(left), Self::Guid(right)) => left.cmp(right),
            (Self::Dynamic(left), Self::Dynamic(right)) => left.total_order(right),
            _ => match (self.as_long(), other.as_long()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => match (self.as_real(), other.as_real()) {
                    (Some(left), Some(right)) => real_order(left, right),
                    _ => self.kind().cmp(&other.kind()),
                },
            },
        }
    }
}

/// NaN before every number; zeros are equal.
pub(crate) fn real_order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::string(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

impl From<DateTime> for Value {
    fn from(value: DateTime) -> Self {
        Self::DateTime(value)
    }
}

impl From<Timespan> for Value {
    fn from(value: Timespan) -> Self {
        Self::Timespan(value)
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Guid(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl From<Dynamic> for Value {
    fn from(value: Dynamic) -> Self {
        Self::dynamic(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_of_dynamic_is_null() {
        assert_eq!(Value::dynamic(Dynamic::Null), Value::Null);
    }

    #[test]
    fn order_puts_null_then_nan_first() {
        let mut values = [Value::Real(1.0), Value::Real(f64::NAN), Value::Null, Value::Real(-1.0)];
        values.sort_by(Value::total_order);
        let texts: Vec<_> = values.iter().map(|value| value.to_text().into_owned()).collect();
        assert_eq!(texts, ["", "NaN", "-1.0", "1.0"]);
    }

    #[test]
    fn texts_are_those_of_tostring() {
        assert_eq!(Value::Bool(true).to_text(), "True");
        assert_eq!(Value::dynamic(Dynamic::Bool(true)).to_text(), "true");
        assert_eq!(Value::Null.to_text(), "");
    }
}
