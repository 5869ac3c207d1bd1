//! How long a check may take: a dead peer is told within half a minute.

use std::time::Duration;

use tokio::time::Instant;

/// All requests of a check are over after this.
const CHECK_MAX: Duration = Duration::from_secs(26);
/// One request may take this long, or `http.timeout` if that is less.
const TRY_MAX: Duration = Duration::from_secs(6);
/// Late steps are given this long all the same.
const TRY_MIN: Duration = Duration::from_secs(1);

/// The time of a check, shared out among its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    began: Instant,
    try_max: Duration,
}

impl Pace {
    pub(super) fn starting(timeout: Duration) -> Self {
        Self { began: Instant::now(), try_max: timeout.min(TRY_MAX) }
    }

    /// How long each request of a step may take that makes so many, one after the other.
    pub(super) fn limit(&self, requests: u32) -> Duration {
        let left = CHECK_MAX.saturating_sub(self.began.elapsed());
        (left / requests).clamp(TRY_MIN.min(self.try_max), self.try_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_step_is_given_its_share_of_what_is_left() {
        let pace = Pace::starting(Duration::from_mins(1));
        assert_eq!(pace.limit(2), TRY_MAX);
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(pace.limit(2), Duration::from_secs(3));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(pace.limit(2), TRY_MIN);
        assert_eq!(Pace::starting(Duration::from_millis(500)).limit(4), Duration::from_millis(500));
    }
}
