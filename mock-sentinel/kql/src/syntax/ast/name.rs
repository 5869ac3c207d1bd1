//! Names as they are written.

use crate::syntax::Span;

/// A name as written; quotes and brackets are gone.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Name {
    /// The name itself, unescaped.
    pub text: String,
    /// Where it stands, brackets included.
    pub span: Span,
    /// Written as `['…']` or `["…"]`, so never a keyword.
    pub bracketed: bool,
}
