//! Sameness and order of dynamic values, as sets, groups and sorts need them.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use super::Dynamic;

impl Dynamic {
    /// A number, whatever its type.
    pub(crate) fn as_real(&self) -> Option<f64> {
        match self {
            Self::Long(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Decimal(value) => Some(value.to_real()),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Long(_) | Self::Real(_) | Self::Decimal(_) => 2,
            Self::DateTime(_) => 3,
            Self::Timespan(_) => 4,
            Self::String(_) => 5,
            Self::Guid(_) => 6,
            Self::Array(_) => 7,
            Self::Bag(_) => 8,
        }
    }

    /// A total order: nulls, booleans, numbers, times, strings, guids, trees.
    pub(crate) fn total_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Long(left), Self::Long(right)) => left.cmp(right),
            (Self::Decimal(left), Self::Decimal(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::DateTime(left), Self::DateTime(right)) => left.cmp(right),
            (Self::Timespan(left), Self::Timespan(right)) => left.cmp(right),
            (Self::Guid(left), Self::Guid(right)) => left.cmp(right),
            (Self::Array(_) | Self::Bag(_), Self::Array(_) | Self::Bag(_)) if self.rank() == other.rank() => {
                self.to_json().cmp(&other.to_json())
            }
            _ => match (self.as_real(), other.as_real()) {
                (Some(left), Some(right)) => left.total_cmp(&right),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }
}

/// A dynamic value as a member of a set: `1` and `1.0` are the same, property order counts.
#[derive(Debug, Clone)]
pub(crate) struct DynamicKey(pub Dynamic);

impl PartialEq for DynamicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_order(&other.0) == Ordering::Equal
    }
}

impl Eq for DynamicKey {}

impl Hash for DynamicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.rank().hash(state);
        match &self.0 {
            Dynamic::Null => {}
            Dynamic::Bool(value) => value.hash(state),
            Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => {
                let number = self.0.as_real().unwrap_or_default();
                (if number == 0.0 { 0.0 } else { number }).to_bits().hash(state);
            }
            Dynamic::String(value) => value.hash(state),
            Dynamic::DateTime(value) => value.hash(state),
            Dynamic::Timespan(value) => value.hash(state),
            Dynamic::Guid(value) => value.hash(state),
            Dynamic::Array(_) | Dynamic::Bag(_) => self.0.to_json().hash(state),
        }
    }
}
