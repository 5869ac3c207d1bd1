//! From text to tree.

pub mod ast;
mod keywords;
mod lexer;
mod parser;
pub mod span;
mod string_literal;
mod token;

pub use parser::{MAX_TEXT, parse};
pub use span::Span;
