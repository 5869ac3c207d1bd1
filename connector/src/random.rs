//! Randomness, handed in and seeded: a run with the same seed makes the same choices.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded random source, shared by clones. ChaCha8 gives the same numbers on every machine and version.
#[derive(Clone, Debug)]
pub struct Random(Arc<Mutex<ChaCha8Rng>>);

impl Random {
    /// A source that repeats itself for the same `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// A source seeded by the operating system.
    pub fn from_system() -> Self {
        Self::seeded(rand::random())
    }

    /// A duration between zero and `longest`, both included: full jitter.
    pub fn up_to(&self, longest: Duration) -> Duration {
        let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.lock().random_range(0..=nanos))
    }

    /// 128 random bits, for request ids.
    pub fn bits(&self) -> u128 {
        self.lock().random()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ChaCha8Rng> {
        // A panic while drawing a number leaves the generator usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
