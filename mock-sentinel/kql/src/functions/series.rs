//! Series: arrays of numbers, as `make-series` makes them.
//!
//! An element that is not a number, or is missing because the other series is longer, gives a null element.

mod fill;
mod filter;
mod math;
mod statistics;

pub(super) use self::{
    fill::FUNCTIONS as FILL, filter::FUNCTIONS as FILTER, math::FUNCTIONS as MATH, statistics::FUNCTIONS as STATISTICS,
};

use crate::dynamic::Dynamic;

/// A number as an element; what is not finite is null in JSON but stays a number here.
fn element(number: Option<f64>) -> Dynamic {
    number.map_or(Dynamic::Null, Dynamic::Real)
}

/// The numbers of a series; `None` when an element is not a number.
fn numbers(items: &[Dynamic]) -> Option<Vec<f64>> {
    items.iter().map(Dynamic::as_real).collect()
}
