//! One bit a row.

/// A growable list of bits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub(crate) fn filled(len: usize, bit: bool) -> Self {
        let word = if bit { u64::MAX } else { 0 };
        Self { words: vec![word; len.div_ceil(64)], len }
    }

    pub(crate) fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        self.set(self.len - 1, bit);
    }

    pub(crate) fn set(&mut self, at: usize, bit: bool) {
        let mask = 1 << (at % 64);
        if bit {
            self.words[at / 64] |= mask;
        } else {
            self.words[at / 64] &= !mask;
        }
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        self.words[at / 64] & (1 << (at % 64)) != 0
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut bitmap = Self::default();
        for bit in bits {
            bitmap.push(bit);
        }
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_kept_across_words() {
        let bits: Bitmap = (0..130).map(|at| at % 3 == 0).collect();
        assert!((0..130).all(|at| bits.get(at) == (at % 3 == 0)));
        let mut zeros = Bitmap::filled(70, false);
        zeros.set(65, true);
        assert!(zeros.get(65) && !zeros.get(64));
    }
}
