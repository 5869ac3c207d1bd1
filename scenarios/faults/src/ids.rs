//! The ids of the events in a page or an upload, within the limits of the journal.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Event ids in their original order, at most [`Ids::MAX`] of them and [`Ids::BYTES_MAX`] bytes, and the total number of ids.
/// Clones share the memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ids {
    kept: Option<Arc<Kept>>,
    count: u64,
}

/// Stored in one string: a page has hundreds, and one allocation each would cost more than serving the page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Ids {
    /// The most ids kept.
    pub const MAX: usize = 1_000;
    /// The most bytes kept.
    pub const BYTES_MAX: usize = 128 * 1024;

    /// The number of ids, kept or not.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The ids that are kept.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (text, ends) = self.kept.as_ref().map_or(("", &[][..]), |kept| (&kept.text, &kept.ends));
        let begins = std::iter::once(0).chain(ends.iter().copied());
        begins.zip(ends).map(move |(begin, end)| &text[begin as usize..*end as usize])
    }

    /// Drops the ids, but not their number.
    pub(crate) fn forget(&mut self) {
        self.kept = None;
    }

    /// Their approximate memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.text.capacity() + size_of::<u32>() * kept.ends.capacity())
    }
}

/// Collects ids one by one.
#[derive(Debug, Default)]
pub struct IdsBuilder {
    kept: Kept,
    count: u64,
}

impl IdsBuilder {
    /// A builder with capacity for `ids` ids of `bytes` bytes together.
    pub fn with_capacity(ids: usize, bytes: usize) -> Self {
        let text = String::with_capacity(bytes.min(Ids::BYTES_MAX));
        Self { kept: Kept { text, ends: Vec::with_capacity(ids.min(Ids::MAX)) }, count: 0 }
    }

    /// Adds an id; beyond the limits it is only counted.
    pub fn push(&mut self, id: &str) {
        let Kept { text, ends } = &mut self.kept;
        let all_kept = ends.len() as u64 == self.count;
        self.count += 1;
        // The first that does not fit ends the list, so that what is kept is a whole beginning.
        if all_kept && ends.len() < Ids::MAX && text.len() + id.len() <= Ids::BYTES_MAX {
            text.push_str(id);
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
    }

    /// The ids that were added.
    pub fn finish(self) -> Ids {
        let kept = (!self.kept.ends.is_empty()).then(|| Arc::new(self.kept));
        Ids { kept, count: self.count }
    }
}

impl<T: AsRef<str>> FromIterator<T> for Ids {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut builder = IdsBuilder::default();
        all.into_iter().for_each(|id| builder.push(id.as_ref()));
        builder.finish()
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("count", &self.count).field("kept", &self.iter().count()).finish_non_exhaustive()
    }
}

impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_and_all_are_counted() {
        let ids: Ids = ["a", "", "é"].into_iter().collect();
        assert_eq!((ids.iter().collect::<Vec<_>>(), ids.count()), (vec!["a", "", "é"], 3));
        assert_eq!(serde_json::to_string(&ids).unwrap(), r#"["a","","é"]"#);
        let many: Ids = (0..1_500).map(|n| n.to_string()).collect();
        assert_eq!((many.iter().count(), many.iter().last(), many.count()), (1_000, Some("999"), 1_500));
        let long: Ids = ["a".to_owned(), "x".repeat(Ids::BYTES_MAX), "b".to_owned()].iter().collect();
        assert_eq!((long.iter().collect::<Vec<_>>(), long.count()), (vec!["a"], 3));
    }
}
