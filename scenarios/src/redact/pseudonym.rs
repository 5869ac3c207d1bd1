//! What stands for a value: drawn by a key of this recording alone, so that it is the same each time and leads nowhere.

use std::collections::HashMap;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use ring::hmac;
use ring::rand::SecureRandom as _;

/// Draws pseudonyms. The key is never shown, written or kept.
pub(super) struct Pseudonyms {
    key: hmac::Key,
    /// The digests of pseudonyms, with those of the values that they stand for: no two values share one.
    taken: HashMap<u128, u128>,
}

/// How often another pseudonym is drawn where one is taken.
const TRIES: u32 = 64;
/// So many pseudonyms are kept apart; after that, only chance does.
const TAKEN_MAX: usize = 4_000_000;

/// The system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random key to replace values with")]
pub struct NoKey;

impl Pseudonyms {
    /// With a key that nobody knows.
    pub(super) fn new() -> Result<Self, NoKey> {
        let mut key = [0; 32];
        ring::rand::SystemRandom::new().fill(&mut key).map_err(|_| NoKey)?;
        Ok(Self::with_key(&key))
    }

    pub(super) fn with_key(key: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), taken: HashMap::new() }
    }

    /// What stands for `real`: one of those that `make` draws, and not `real` itself unless it has no other.
    pub(super) fn of(&mut self, real: &str, make: impl Fn(&mut ChaCha8Rng) -> String) -> String {
        let owner = self.digest(0, real);
        let mut candidate = String::new();
        for attempt in 1..=TRIES {
            candidate = make(&mut self.random(attempt, real));
            if candidate == real {
                continue;
            }
            let digest = self.digest(0, &candidate);
            match self.taken.get(&digest) {
                Some(other) if *other != owner => {}
                Some(_) => return candidate,
                None => {
                    if self.taken.len() < TAKEN_MAX {
                        self.taken.insert(digest, owner);
                    }
                    return candidate;
                }
            }
        }
        candidate
    }

    fn random(&self, attempt: u32, real: &str) -> ChaCha8Rng {
        let mut seed = [0; 32];
        seed.copy_from_slice(self.tag(attempt, real).as_ref());
        ChaCha8Rng::from_seed(seed)
    }

    fn digest(&self, attempt: u32, text: &str) -> u128 {
        let mut digest = [0; 16];
        digest.copy_from_slice(&self.tag(attempt, text).as_ref()[..16]);
        u128::from_le_bytes(digest)
    }

    fn tag(&self, attempt: u32, text: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&attempt.to_le_bytes());
        context.update(text.as_bytes());
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    #[test]
    fn values_keep_apart_and_each_keeps_its_own() {
        let mut pseudonyms = Pseudonyms::with_key(b"key");
        let digit = |random: &mut ChaCha8Rng| random.random_range(0..10_u8).to_string();
        let all: Vec<String> = (0..10).map(|real| pseudonyms.of(&real.to_string(), digit)).collect();
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert!(distinct.len() >= 9, "{all:?}");
        let again: Vec<String> = (0..9).map(|real| pseudonyms.of(&real.to_string(), digit)).collect();
        assert_eq!(again, all[..9]);
        let other =
            Pseudonyms::with_key(b"other").of("0123456789", |random| random.random_range(0..u64::MAX).to_string());
        assert_ne!(pseudonyms.of("0123456789", |random| random.random_range(0..u64::MAX).to_string()), other);
    }
}
