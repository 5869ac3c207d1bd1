//! A Kusto query language engine that needs nothing but its input: text in, typed table out.
//!
//! The way of a query is `syntax` (text to tree), binder (names and types), plan, evaluator.

pub mod error;
pub mod syntax;
