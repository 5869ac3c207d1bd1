//! Scalar kernels: expressions over the rows of one batch.
//!
//! [`evaluate`] walks an expression; each other file computes one form of it over whole columns.

mod access;
pub(crate) mod arithmetic;
pub(crate) mod compare;
pub(crate) mod evaluate;
pub(crate) mod key;
mod logic;
mod membership;
mod text;
mod window;
