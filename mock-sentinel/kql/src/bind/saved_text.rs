//! The text of a saved function: where in what its author wrote an error stands.

use crate::{catalog::SavedFunction, error::Error, syntax::Span};

/// What stands before the parameters, between them and the body, and after the body.
const OPEN: &str = "let saved = (";
const BETWEEN: &str = ") {\n";
/// On a line of its own: a body may end in a comment.
const CLOSE: &str = "\n}";

/// A saved function as one statement.
#[derive(Debug)]
pub(super) struct SavedText {
    name: String,
    whole: String,
    /// How many bytes of `whole` the parameters take.
    parameters: usize,
}

impl SavedText {
    pub(super) fn new(name: &str, saved: &SavedFunction) -> Self {
        let parameters = saved.parameters.trim();
        let parameters = parameters.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(parameters);
        let whole = format!("{OPEN}{parameters}{BETWEEN}{}{CLOSE}", saved.body);
        Self { name: name.to_owned(), whole, parameters: parameters.len() }
    }

    /// The statement that is parsed.
    pub(super) fn statement(&self) -> &str {
        &self.whole
    }

    /// Gives an error the place in the body, or in the parameters, that it stands at, and the function's name; an error that
    /// has its place already, or none at all, keeps it.
    pub(super) fn located(&self, mut error: Error) -> Error {
        if error.line > 0 || error.span == Span::default() {
            return error;
        }
        let body = OPEN.len() + self.parameters + BETWEEN.len();
        let is_in_body = error.span.start as usize >= body;
        let (start, end) = if is_in_body {
            (body, self.whole.len() - CLOSE.len())
        } else {
            (OPEN.len(), OPEN.len() + self.parameters)
        };
        let text = self.whole.get(start..end).unwrap_or_default();
        let within = |at: u32| (at as usize).saturating_sub(start).min(text.len());
        error.span = Span::new(within(error.span.start), within(error.span.end));
        let part = if is_in_body { "" } else { "the parameters of " };
        error.message = format!("In {part}the saved function '{}': {}", self.name, error.message);
        error.located(text)
    }
}
