//! The calls that faults can name: each mock passes in its own table.

use crate::FaultError;

/// The calls of one mock, for faults to choose from.
#[derive(Debug)]
pub struct Calls {
    /// The peer that the mock plays, as in `miro.audit_logs`; it may be left out.
    pub prefix: &'static str,
    /// The names behind the prefix.
    pub names: &'static [&'static str],
    /// What else a fault of this mock may choose requests by.
    pub selectors: &'static [Selector],
}

/// Conditions that only some mocks can evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// The short name of the token that came with it.
    Token,
    /// The stream it is for.
    Stream,
}

impl Selector {
    /// The key in a fault.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Token => "when.token",
            Self::Stream => "when.stream",
        }
    }
}

impl Calls {
    /// The name behind the prefix.
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
    }

    /// The call of this name, given with or without the prefix.
    ///
    /// # Errors
    ///
    /// [`FaultError::UnknownCall`], which names the nearest call and all there are.
    pub fn find(&self, asked: &str) -> Result<&'static str, FaultError> {
        let name = self.short(asked);
        if let Some(known) = self.names.iter().find(|known| **known == name) {
            return Ok(known);
        }
        let nearest = self.names.iter().min_by_key(|known| strsim::damerau_levenshtein(known, name));
        let in_full = |name: &str| format!("{}.{name}", self.prefix);
        Err(FaultError::UnknownCall {
            asked: asked.chars().take(Self::SHOWN_MAX).collect(),
            nearest: in_full(nearest.copied().unwrap_or_default()),
            known: self.names.iter().map(|name| in_full(name)).collect::<Vec<_>>().join(", "),
        })
    }

    /// How many characters of an unknown name a message repeats.
    const SHOWN_MAX: usize = 100;
}
