//! Errors of a query, in the terms of the query API.

use std::fmt;

use crate::syntax::span::Span;

/// The family an [`Error`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not a query: `SyntaxError` below `BadArgumentError`.
    Syntax,
    /// The text is a query, yet a name or a type in it cannot be resolved: `SemanticError` below `BadArgumentError`.
    Semantic,
    /// The query is sound but asks for more than one of the bounds allows.
    Limit(Limit),
    /// The query is sound but uses something this engine, or this mode of it, does not support.
    Refused,
}

/// Which bound a query ran into. All but [`Limit::Cancelled`] recur whenever the query is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The text is longer than the parser reads.
    Text,
    /// Expressions, functions or queries are nested deeper than the engine goes.
    Nesting,
    /// The plan has more parts than a plan may have.
    Parts,
    /// The answer has more rows than the limit of [`Settings::with_rows_max`](crate::Settings::with_rows_max).
    Rows,
    /// A table has more columns than a table may have.
    Columns,
    /// One value, such as a text or an axis of a series, is larger than a value may be.
    Value,
    /// The intermediate results take more bytes than the limit of [`Settings::with_memory_max`](crate::Settings::with_memory_max).
    Memory,
    /// The query takes more steps than the limit of [`Settings::with_steps_max`](crate::Settings::with_steps_max).
    Steps,
    /// The query was cancelled from outside, such as after a time-out.
    Cancelled,
}

impl Limit {
    /// The code that errors of this bound carry.
    pub fn code(self) -> &'static str {
        match self {
            Self::Text => "LIM0001",
            Self::Nesting => "LIM0002",
            Self::Parts => "LIM0003",
            Self::Rows => "LIM0004",
            Self::Columns => "LIM0005",
            Self::Value => "LIM0006",
            Self::Memory => "LIM0007",
            Self::Steps => "LIM0008",
            Self::Cancelled => "LIM0009",
        }
    }
}

/// Why a query failed.
///
/// `line` and `column` are one-based and count characters, as Kusto gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The family, which decides the shape of the response.
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
    /// The [`code`](Self::code) of a function that Kusto has and ingestion-time transforms do not.
    pub const FUNCTION_NOT_IN_TRANSFORMS: &'static str = "REF0002";

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

    /// A bound of the settings, or of the engine itself, was hit.
    pub fn limit(limit: Limit, message: impl Into<String>, span: Span) -> Self {
        Self::new(ErrorKind::Limit(limit), limit.code(), message, span)
    }

    /// The bound that was hit, if it was one.
    pub fn as_limit(&self) -> Option<Limit> {
        match self.kind {
            ErrorKind::Limit(limit) => Some(limit),
            ErrorKind::Syntax | ErrorKind::Semantic | ErrorKind::Refused => None,
        }
    }

    /// `name` is understood but not supported here.
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
            ErrorKind::Limit(_) => "Limit reached",
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
