//! A key of the configuration: the one place that says what it means, what is allowed and what holds without it.

use serde_json::Value;

use super::kind::Kind;
use super::raw::Raw;
use crate::redact::{MASK, could_be_secret};

/// A key and the form of its value.
pub(crate) struct Key<K> {
    /// Section and name, such as `streams.audit.poll_every`.
    pub(crate) path: &'static str,
    /// What it means, one or two sentences.
    pub(crate) doc: &'static str,
    /// What holds when it is not set.
    pub(crate) otherwise: Otherwise,
    /// The value in the example, as TOML.
    pub(crate) example: &'static str,
    /// The form of the value.
    pub(crate) kind: K,
}

/// What holds when a key is not set.
#[derive(Clone, Copy)]
pub(crate) enum Otherwise {
    /// It must be set wherever its section is used.
    Required,
    /// Nothing: the thing is not there.
    Nothing(&'static str),
    /// This value, as TOML, for this reason.
    Default(&'static str, &'static str),
}

/// A key without the type of its value.
pub(crate) trait AnyKey: Sync {
    fn path(&self) -> &'static str;
    fn doc(&self) -> &'static str;
    fn otherwise(&self) -> Otherwise;
    fn example(&self) -> &'static str;
    fn allowed(&self) -> String;
    fn schema(&self) -> Value;
    /// A value of the key as TOML, without what must never be shown.
    fn shown(&self, raw: &Raw) -> String;
    /// The value that holds, as TOML, with paths from the root on.
    fn resolved(&self, raw: &Raw) -> String;

    /// The section, such as `streams.audit`.
    fn section(&self) -> &'static str {
        self.path().rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The name within the section.
    fn name(&self) -> &'static str {
        self.path().rsplit_once('.').map_or(self.path(), |(_, name)| name)
    }
}

impl<K: Kind> Key<K> {
    /// Whether a value that the key does not take may be a secret that was pasted into the wrong place.
    fn is_misplaced_secret(&self, raw: &Raw) -> bool {
        self.kind.read(raw).is_err() && raw.has_text(could_be_secret)
    }
}

impl<K: Kind> AnyKey for Key<K> {
    fn path(&self) -> &'static str {
        self.path
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn otherwise(&self) -> Otherwise {
        self.otherwise
    }

    fn example(&self) -> &'static str {
        self.example
    }

    fn allowed(&self) -> String {
        self.kind.allowed()
    }

    fn schema(&self) -> Value {
        self.kind.schema()
    }

    fn shown(&self, raw: &Raw) -> String {
        if self.is_misplaced_secret(raw) { MASK.to_owned() } else { self.kind.shown(raw) }
    }

    fn resolved(&self, raw: &Raw) -> String {
        if self.is_misplaced_secret(raw) { MASK.to_owned() } else { self.kind.resolved(raw) }
    }
}
