//! From text to tree.

pub mod ast;
pub mod span;

pub use span::Span;
