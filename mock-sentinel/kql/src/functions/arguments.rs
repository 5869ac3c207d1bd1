//! Reading the arguments of a call by position.

use std::borrow::Cow;

use crate::{
    dynamic::{Dynamic, Properties},
    value::Value,
};

/// Texts that functions make are cut at this many bytes, so that no query can fill the memory from one cell.
pub(super) const TEXT_MAX: usize = 16 << 20;

/// Arrays that functions make hold at most this many items, as in Kusto's `range()`.
pub(super) const ITEMS_MAX: usize = 1 << 20;

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
    /// Whether so many arguments were given that this one was.
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

/// A string, cut at [`TEXT_MAX`].
pub(super) fn string(mut text: String) -> Value {
    cut(&mut text);
    Value::from(text)
}

/// Shortens a text that is longer than [`TEXT_MAX`].
pub(super) fn cut(text: &mut String) {
    if text.len() > TEXT_MAX {
        let end = (0..=TEXT_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
}

/// An array of at most [`ITEMS_MAX`] items.
pub(super) fn array(items: impl IntoIterator<Item = Dynamic>) -> Value {
    Value::dynamic(Dynamic::array(items.into_iter().take(ITEMS_MAX)))
}
