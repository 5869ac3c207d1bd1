//! Takes out of a recording what identifies anybody: a list of fields says what is safe, and everything else, what nobody knows among
//! it, becomes a pseudonym of the same shape. The same value gives the same pseudonym wherever it stands in one recording, and no
//! pseudonym leads back: the key is drawn at random and thrown away.

mod allow;
mod around;
mod body;
mod encoded;
mod pseudonym;
mod shape;
mod text;
mod web;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;

use around::Around;
use pseudonym::Pseudonyms;

pub use allow::NeverKept;
pub(crate) use allow::credential_part;
pub(crate) use body::is_plain_name;
pub use pseudonym::NoKey;
pub(crate) use shape::is_uuid;

/// Replaces values, for one recording.
pub struct Redactor {
    pseudonyms: Pseudonyms,
    around: Around,
    /// Fields whose values stay, in lower case, and whether any was met.
    kept: BTreeMap<String, bool>,
    replaced: BTreeMap<&'static str, u64>,
}

/// What kind of value was replaced. The names are a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Token,
    Secret,
    Cookie,
    Cursor,
    Email,
    Ip,
    Host,
    Id,
    Number,
    Text,
    Key,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Secret => "secret",
            Self::Cookie => "cookie",
            Self::Cursor => "cursor",
            Self::Email => "email",
            Self::Ip => "ip",
            Self::Host => "host",
            Self::Id => "id",
            Self::Number => "number",
            Self::Text => "text",
            Self::Key => "key",
        }
    }
}

impl Redactor {
    /// For a recording around `around`, in which the fields `kept` keep their values. The error names a field that may not.
    ///
    /// # Errors
    ///
    /// If a field that must not be kept is among `kept`.
    pub fn new(around: Timestamp, kept: &[String]) -> Result<Self, RedactorError> {
        allow::may_be_kept(kept)?;
        Ok(Self::with(Pseudonyms::new()?, around, kept))
    }

    fn with(pseudonyms: Pseudonyms, around: Timestamp, kept: &[String]) -> Self {
        let kept = kept.iter().map(|field| (field.to_ascii_lowercase(), false)).collect();
        Self { pseudonyms, around: Around(around), kept, replaced: BTreeMap::new() }
    }

    /// How many values were replaced, by their kind.
    pub fn replaced(&self) -> &BTreeMap<&'static str, u64> {
        &self.replaced
    }

    fn count(&mut self, kind: Kind) {
        *self.replaced.entry(kind.name()).or_default() += 1;
    }

    /// Whether a field that keeps its value has been met.
    pub fn has_met(&self, field: &str) -> bool {
        self.kept.get(&field.to_ascii_lowercase()).copied().unwrap_or_default()
    }

    /// Whether the value of a field stays. It is met then.
    fn is_kept(&mut self, field: &str) -> bool {
        if self.kept.is_empty() {
            return false;
        }
        self.kept.get_mut(&field.to_ascii_lowercase()).map(|is_met| *is_met = true).is_some()
    }
}

/// Why nothing can be redacted, and so nothing recorded.
#[derive(Debug, thiserror::Error)]
pub enum RedactorError {
    /// No key.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// A field that nobody may keep.
    #[error(transparent)]
    NeverKept(#[from] NeverKept),
}

#[cfg(test)]
mod tests;
