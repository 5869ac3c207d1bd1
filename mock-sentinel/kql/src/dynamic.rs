//! Values of type `dynamic`: immutable JSON-like trees that also hold Kusto's own scalars.

mod json;
mod order;
mod scan;

use std::{fmt, sync::Arc};

use indexmap::IndexMap;
use uuid::Uuid;

pub(crate) use self::{order::DynamicKey, scan::Scanned};
use crate::{
    decimal::Decimal,
    text,
    time::{DateTime, Timespan},
};

/// Deeper trees are cut off, so that no walk over one can exhaust the stack.
pub(crate) const DEPTH_MAX: u16 = 120;

/// A tree of scalars, arrays and property bags. Cloning is cheap.
#[derive(Clone, PartialEq)]
pub enum Dynamic {
    /// JSON's null
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number
    Long(i64),
    /// Any other number
    Real(f64),
    /// A decimal number, text in JSON
    Decimal(Decimal),
    /// A string
    String(Arc<str>),
    /// An instant, text in JSON
    DateTime(DateTime),
    /// A duration, text in JSON
    Timespan(Timespan),
    /// A guid, text in JSON
    Guid(Uuid),
    /// A list
    Array(Array),
    /// Named properties, in the order they came
    Bag(Bag),
}

/// The items of an array, shared.
#[derive(Clone, PartialEq)]
pub struct Array {
    items: Arc<[Dynamic]>,
    depth: u16,
    bytes: u32,
}

/// The properties of a bag, shared.
#[derive(Clone, PartialEq)]
pub struct Bag {
    properties: Arc<Properties>,
    depth: u16,
    bytes: u32,
}

/// Property names are unique; the first place of a name is kept, with its last value.
pub type Properties = IndexMap<Arc<str>, Dynamic, hashbrown::DefaultHashBuilder>;

impl Array {
    /// The items in order.
    pub fn items(&self) -> &[Dynamic] {
        &self.items
    }
}

impl Bag {
    /// The properties in order.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }
}

impl Dynamic {
    /// An array of these items; null when it would be nested too deeply.
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Arc<[Self]> = items.into_iter().collect();
        let depth = 1 + items.iter().map(Self::depth).max().unwrap_or(0);
        let bytes = clamped(items.iter().map(Self::bytes));
        if depth > DEPTH_MAX { Self::Null } else { Self::Array(Array { items, depth, bytes }) }
    }

    /// A bag of these properties; null when it would be nested too deeply.
    pub fn bag(properties: impl IntoIterator<Item = (Arc<str>, Self)>) -> Self {
        let properties: Properties = properties.into_iter().collect();
        let depth = 1 + properties.values().map(Self::depth).max().unwrap_or(0);
        let property = |(name, value): (&Arc<str>, &Self)| (name.len() + 64).saturating_add(value.bytes());
        let bytes = clamped(properties.iter().map(property));
        if depth > DEPTH_MAX { Self::Null } else { Self::Bag(Bag { properties: Arc::new(properties), depth, bytes }) }
    }

    /// A string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    fn depth(&self) -> u16 {
        match self {
            Self::Array(array) => array.depth,
            Self::Bag(bag) => bag.depth,
            _ => 0,
        }
    }

    /// Reads JSON; `None` when `text` is not JSON or is nested more than 120 deep.
    pub fn from_json(text: &str) -> Option<Self> {
        json::read(text)
    }

    /// Compact JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(self, &mut out);
        out
    }

    /// What `tostring` gives: the bare text of a scalar, `""` for null, compact JSON otherwise.
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Real(value) => text::real(*value),
            Self::Decimal(value) => value.to_string(),
            Self::String(value) => value.to_string(),
            Self::DateTime(value) => value.full(),
            Self::Timespan(value) => value.to_string(),
            Self::Guid(value) => value.to_string(),
            Self::Array(_) | Self::Bag(_) => self.to_json(),
        }
    }

    /// The items, when this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(array) => Some(array.items()),
            _ => None,
        }
    }

    /// The properties, when this is a bag.
    pub fn as_bag(&self) -> Option<&Properties> {
        match self {
            Self::Bag(bag) => Some(bag.properties()),
            _ => None,
        }
    }

    /// True for null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The property of a bag, case-sensitive; null when there is none.
    #[must_use]
    pub fn property(&self, name: &str) -> Self {
        self.as_bag().and_then(|bag| bag.get(name)).cloned().unwrap_or(Self::Null)
    }

    /// The item of an array, negative from the end; null outside.
    #[must_use]
    pub fn item(&self, index: i64) -> Self {
        let Some(items) = self.as_array() else { return Self::Null };
        let index = if index < 0 { index + items.len() as i64 } else { index };
        usize::try_from(index).ok().and_then(|index| items.get(index)).cloned().unwrap_or(Self::Null)
    }

    /// The bytes this tree takes when it is written out, roughly: parts that it shares with itself count each time, which
    /// is what every walk over it costs. Known since it was made.
    pub(crate) fn bytes(&self) -> usize {
        let below = match self {
            Self::String(text) => text.len() + 16,
            Self::Array(array) => array.bytes as usize,
            Self::Bag(bag) => bag.bytes as usize,
            _ => 0,
        };
        size_of::<Self>().saturating_add(below)
    }
}

/// The size of a node: what is below it, as far as 32 bits count.
fn clamped(below: impl Iterator<Item = usize>) -> u32 {
    u32::try_from(below.fold(16, usize::saturating_add)).unwrap_or(u32::MAX)
}

impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// Compact JSON.
impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_items_never_fail() {
        let tree = Dynamic::from_json(r#"{"a":[1,2.5,null],"b":"x"}"#).unwrap();
        assert_eq!(tree.property("a").item(-2).to_text(), "2.5");
        assert!(tree.property("a").item(9).is_null());
        assert!(tree.property("b").property("c").is_null());
        assert!(tree.property("A").is_null());
    }

    #[test]
    fn text_of_scalars_is_bare_and_of_trees_compact() {
        assert_eq!(Dynamic::string("x").to_text(), "x");
        assert_eq!(Dynamic::Null.to_text(), "");
        assert_eq!(Dynamic::from_json("{ \"a\" : [ 1 , true ] }").unwrap().to_text(), r#"{"a":[1,true]}"#);
    }

    #[test]
    fn nesting_is_bounded() {
        let mut tree = Dynamic::array([]);
        for _ in 0..DEPTH_MAX {
            tree = Dynamic::array([tree]);
        }
        assert!(tree.is_null());
        assert_eq!(Dynamic::from_json(&"[".repeat(10_000)), None);
    }
}
