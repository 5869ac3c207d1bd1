//! Reading the arguments of a call by position.

use std::borrow::Cow;

use crate::{
    dynamic::{Dynamic, Properties},
    value::Value,
};

/// A text may have this many bytes. What a function makes may be longer by the piece that it added last: the evaluator
/// answers that with an error. Kusto cuts texts when it ingests them (at 1 MiB), and documents no bound on those that a
/// query makes.
/// <https://learn.microsoft.com/kusto/query/scalar-data-types/string> (read 2026-11-29)
pub(crate) const TEXT_MAX: usize = 16 << 20;

/// An array may have this many items, as in Kusto's `range()`, which ends there. Another function that makes more is
/// answered with an error by the evaluator.
pub(crate) const ITEMS_MAX: usize = 1 << 20;

/// The arguments of a call; a missing one reads as null.
pub(super) trait Arguments {
    /// What `tostring` gives; `""` for null.
    fn text(&self, index: usize) -> Cow<'_, str>;
    /// A whole number.
    fn long(&self, index: usize) -> Option<i64>;
    /// A number.
    fn real(&self, index: usize) -> Option<f64>;
    /// The items of an array.
    fn array(&self, index: usize) -> Option<&[Dynamic]>;
    /// The properties of a bag.
    fn bag(&self, index: usize) -> Option<&Properties>;
    /// Whether enough arguments were given for this one.
    fn has(&self, index: usize) -> bool;
}

impl Arguments for [Value] {
    fn text(&self, index: usize) -> Cow<'_, str> {
        self.get(index).map_or(Cow::Borrowed(""), Value::to_text)
    }

    fn long(&self, index: usize) -> Option<i64> {
        match self.get(index)? {
            Value::Dynamic(Dynamic::Long(value)) => Some(*value),
            value => value.as_long(),
        }
    }

    fn real(&self, index: usize) -> Option<f64> {
        match self.get(index)? {
            Value::Dynamic(value) => value.as_real(),
            value => value.as_real(),
        }
    }

    fn array(&self, index: usize) -> Option<&[Dynamic]> {
        self.get(index)?.as_dynamic()?.as_array()
    }

    fn bag(&self, index: usize) -> Option<&Properties> {
        self.get(index)?.as_dynamic()?.as_bag()
    }

    fn has(&self, index: usize) -> bool {
        self.len() > index
    }
}

/// A string.
pub(super) fn string(text: String) -> Value {
    Value::from(text)
}

/// An array; items beyond the first one too many are not looked at.
pub(super) fn array(items: impl IntoIterator<Item = Dynamic>) -> Value {
    Value::dynamic(Dynamic::array(items.into_iter().take(ITEMS_MAX + 1)))
}
