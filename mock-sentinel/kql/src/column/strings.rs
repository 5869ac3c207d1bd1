//! Strings side by side in one buffer, with a dictionary where values repeat.

use std::sync::Arc;

use hashbrown::HashMap;

/// The strings of one column.
#[derive(Debug, Clone)]
pub(crate) enum Strings {
    /// Each string on its own.
    Plain(Arena),
    /// Numbers into a list of distinct strings; never more than 65,536 of them.
    Coded(Coded),
}

/// Strings end to end in one buffer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arena {
    buffer: String,
    ends: Vec<u32>,
}

/// Repeating strings, each kept once.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    pub(crate) codes: Vec<u16>,
    pub(crate) distinct: Arc<Arena>,
}

impl Arena {
    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        Self { buffer: String::with_capacity(bytes), ends: Vec::with_capacity(rows) }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.buffer[start..self.ends[at] as usize]
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.end();
    }

    /// Appends one string made of several pieces: write into the buffer, then call [`Arena::end`].
    pub(crate) fn buffer(&mut self) -> &mut String {
        &mut self.buffer
    }

    /// Closes the string written since the last one.
    pub(crate) fn end(&mut self) {
        let end = u32::try_from(self.buffer.len()).expect("memory bounds keep a column under 4 GiB");
        self.ends.push(end);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffer.capacity() + self.ends.capacity() * 4
    }

    pub(crate) fn shrink(&mut self) {
        self.buffer.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl Strings {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Plain(arena) => arena.len(),
            Self::Coded(coded) => coded.codes.len(),
        }
    }

    pub(crate) fn get(&self, at: usize) -> &str {
        match self {
            Self::Plain(arena) => arena.get(at),
            Self::Coded(coded) => coded.distinct.get(usize::from(coded.codes[at])),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Plain(arena) => arena.bytes(),
            Self::Coded(coded) => coded.codes.capacity() * 2 + coded.distinct.bytes(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The same strings with a dictionary, when there are few enough distinct ones for it to pay.
    pub(crate) fn coded(&self) -> Option<Coded> {
        let Self::Plain(plain) = self else { return None };
        let distinct_max = (plain.len() / 2).min(usize::from(u16::MAX));
        let mut known: HashMap<&str, u16> = HashMap::new();
        let mut distinct = Arena::default();
        let mut codes = Vec::with_capacity(plain.len());
        for text in self.iter() {
            let code = match known.get(text) {
                Some(code) => *code,
                None if known.len() >= distinct_max => return None,
                None => {
                    let code = known.len() as u16;
                    distinct.push(text);
                    known.insert(text, code);
                    code
                }
            };
            codes.push(code);
        }
        distinct.shrink();
        Some(Coded { codes, distinct: Arc::new(distinct) })
    }
}

impl<'a> FromIterator<&'a str> for Arena {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let texts = texts.into_iter();
        let mut arena = Self::with_capacity(texts.size_hint().0, 0);
        for text in texts {
            arena.push(text);
        }
        arena
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_made_only_where_it_pays() {
        let repeating: Arena = ["a", "bc", "a", "", "bc", "a"].into_iter().collect();
        let plain = Strings::Plain(repeating);
        let coded = Strings::Coded(plain.coded().unwrap());
        assert!(plain.iter().eq(coded.iter()));
        let distinct: Arena = ["a", "b", "c", "d"].into_iter().collect();
        assert!(Strings::Plain(distinct).coded().is_none());
    }
}
