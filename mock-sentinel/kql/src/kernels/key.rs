//! Values as members of sets and as keys of groups and joins.

use std::hash::{Hash, Hasher};

use crate::{dynamic::DynamicKey, value::Value};

/// A value that can be hashed: null equals null, NaN equals NaN, 0 equals -0.
#[derive(Debug, Clone)]
pub(crate) struct ValueKey(Value);

impl ValueKey {
    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }
}

/// The bits of a double, one pattern for each distinct number.
pub(crate) fn real_bits(real: f64) -> u64 {
    if real.is_nan() {
        f64::NAN.to_bits()
    } else if real == 0.0 {
        0
    } else {
        real.to_bits()
    }
}

impl PartialEq for ValueKey {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Real(left), Value::Real(right)) => real_bits(*left) == real_bits(*right),
            (Value::Dynamic(left), Value::Dynamic(right)) => DynamicKey(left.clone()) == DynamicKey(right.clone()),
            (left, right) => left == right,
        }
    }
}

impl Eq for ValueKey {}

impl Hash for ValueKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Null => 0_u8.hash(state),
            Value::Bool(value) => value.hash(state),
            Value::Int(value) => value.hash(state),
            Value::Long(value) => value.hash(state),
            Value::Real(value) => real_bits(*value).hash(state),
            Value::Decimal(value) => value.hash(state),
            Value::String(value) => value.hash(state),
            Value::DateTime(value) => value.hash(state),
            Value::Timespan(value) => value.hash(state),
            Value::Guid(value) => value.hash(state),
            Value::Dynamic(value) => DynamicKey(value.clone()).hash(state),
        }
    }
}
