//! How long an answer to an upload is waited for. Azure may store a batch and answer late: asked again after the same time, it
//! would store it again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest that an answer is waited for.
const LONGEST: Duration = Duration::from_mins(5);
/// An answer within this part of the time allowed says that half of it is enough.
const QUICK_PART: u32 = 4;

/// The time allowed for one upload: as configured, doubled by each answer that did not come in time, and halved again by
/// answers that come quickly.
#[derive(Debug)]
pub(crate) struct UploadTimeout {
    configured: Duration,
    now: Mutex<Duration>,
}

impl UploadTimeout {
    pub(crate) const fn new(configured: Duration) -> Self {
        Self { configured, now: Mutex::new(configured) }
    }

    pub(super) fn get(&self) -> Duration {
        *self.lock()
    }

    /// No answer came within `allowed`.
    pub(super) fn elapsed(&self, allowed: Duration) {
        let mut now = self.lock();
        *now = (*now).max(allowed.saturating_mul(2).min(LONGEST.max(self.configured)));
    }

    /// An answer came after `took`.
    pub(super) fn answered(&self, took: Duration) {
        let mut now = self.lock();
        if took < *now / QUICK_PART {
            *now = (*now / 2).max(self.configured);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        // One number: whole at any time.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_five_minutes_and_comes_back() {
        let timeout = UploadTimeout::new(Duration::from_secs(30));
        let mut times = Vec::new();
        for _ in 0..6 {
            times.push(timeout.get().as_secs());
            timeout.elapsed(timeout.get());
        }
        assert_eq!(times, [30, 60, 120, 240, 300, 300]);
        timeout.answered(Duration::from_secs(100));
        assert_eq!(timeout.get().as_secs(), 300, "a slow answer needs the time");
        (0..9).for_each(|_| timeout.answered(Duration::from_secs(1)));
        assert_eq!(timeout.get().as_secs(), 30);
    }

    #[test]
    fn an_answer_within_a_quarter_of_the_time_halves_it() {
        for (took, expected) in [(59, 120), (60, 240), (61, 240)] {
            let timeout = UploadTimeout::new(Duration::from_secs(30));
            timeout.elapsed(Duration::from_mins(2));
            timeout.answered(Duration::from_secs(took));
            assert_eq!(timeout.get().as_secs(), expected, "{took}");
        }
        let long = UploadTimeout::new(Duration::from_mins(10));
        long.elapsed(Duration::from_mins(10));
        assert_eq!(long.get(), Duration::from_mins(10), "never below what is configured");
    }

    #[test]
    fn several_uploads_that_time_out_together_double_it_once() {
        let timeout = UploadTimeout::new(Duration::from_secs(10));
        (0..5).for_each(|_| timeout.elapsed(Duration::from_secs(10)));
        assert_eq!(timeout.get().as_secs(), 20);
    }
}
