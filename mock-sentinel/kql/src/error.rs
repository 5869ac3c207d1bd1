//! What can be wrong with a query, in the terms of the query API.

use std::fmt;

use crate::syntax::span::Span;

/// The family an [`Error`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not a query: `SyntaxError` below `BadArgumentError`.
    Syntax,
    /// The text is a query, yet a name or a type in it cannot be resolved: `SemanticError` below `BadArgumentError`.
    Semantic,
    /// The query is sound but asks for more rows, memory, time or depth than the settings allow.
    Limit,
    /// The query is sound but uses something this engine, or this mode of it, does not offer.
    Refused,
}

/// Why a query was not answered.
///
/// `line` and `column` are one-based and count characters, as Kusto gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The family, which decides the shape of the answer.
    pub kind: ErrorKind,
    /// Kusto's code where it has one, such as `SYN0002` or `SEM0100`.
    pub code: &'static str,
    /// What is wrong, in one sentence, without the position.
    pub message: String,
    /// The bytes of the query text concerned.
    pub span: Span,
    /// The line of `span.start`, one-based; 0 while the text is not known (see [`Error::located`]).
    pub line: u32,
    /// The column of `span.start`, one-based, in characters; 0 while the text is not known.
    pub column: u32,
    /// The word the message is about, where there is one.
    pub token: Option<String>,
    /// A known name close to the one that was not found.
    pub near: Option<String>,
}

impl Error {
    /// An error whose line and column are still to be worked out by [`Error::located`].
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self { kind, code, message: message.into(), span, line: 0, column: 0, token: None, near: None }
    }

    /// A syntax error: the query could not be parsed at `span`.
    pub fn syntax(message: impl Into<String>, span: Span) -> Self {
        Self::new(ErrorKind::Syntax, "SYN0002", message, span)
    }

    /// A semantic error with Kusto's code for it.
    pub fn semantic(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self::new(ErrorKind::Semantic, code, message, span)
    }

    /// A bound of the settings, or of the parser itself, was hit.
    pub fn limit(message: impl Into<String>, span: Span) -> Self {
        Self::new(ErrorKind::Limit, "LIM0001", message, span)
    }

    /// `name` is understood but not offered here.
    pub fn refused(name: impl Into<String>, message: impl Into<String>, span: Span) -> Self {
        Self::new(ErrorKind::Refused, "REF0001", message, span).with_token(name)
    }

    /// Names the word the message is about.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Suggests a known name.
    #[must_use]
    pub fn with_near(mut self, near: Option<String>) -> Self {
        self.near = near;
        self
    }

    /// Fills line and column from the query text, once.
    #[must_use]
    pub fn located(mut self, text: &str) -> Self {
        if self.line == 0 {
            (self.line, self.column) = self.span.position(text);
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.kind {
            ErrorKind::Syntax => "Syntax error",
            ErrorKind::Semantic => "Semantic error",
            ErrorKind::Limit => "Limit reached",
            ErrorKind::Refused => "Not supported",
        };
        write!(f, "{family}: {}: {}", self.code, self.message)?;
        if let Some(near) = &self.near {
            write!(f, " Did you mean '{near}'?")?;
        }
        if self.line > 0 {
            write!(f, " [line:position={}:{}]", self.line, self.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
