//! The latency of responses: constant, or drawn from a long-tailed distribution.

use std::time::Duration;

use jiff::SignedDuration;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The delay before a response is sent, on the runtime's timer.
///
/// With a `p99` it is log-normal, as the latency of real services roughly is: half of the responses take longer than the
/// median, one in a hundred longer than `p99`, none longer than ten times that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The median.
    pub median: SignedDuration,
    /// The 99th percentile; without it every response takes the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<SignedDuration>,
}

impl Latency {
    /// The 99th percentile of the standard normal distribution.
    const Z99: f64 = 2.326_347_874;
    const LONGEST_IN_P99: f64 = 10.0;

    /// Whether the values are valid: none is negative, and the p99 is not below the median.
    pub fn is_possible(&self) -> bool {
        !self.median.is_negative() && self.p99.is_none_or(|p99| self.median.is_positive() && p99 >= self.median)
    }

    /// Draws the delay of one response.
    pub fn draw(&self, random: &mut ChaCha8Rng) -> Duration {
        let Some(p99) = self.p99 else { return Duration::try_from(self.median).unwrap_or_default() };
        let (median, p99) = (self.median.as_secs_f64(), p99.as_secs_f64());
        let spread = (p99 / median).ln() / Self::Z99;
        let drawn = median * (spread * standard_normal(random)).exp();
        Duration::try_from_secs_f64(drawn.min(p99 * Self::LONGEST_IN_P99)).unwrap_or_default()
    }
}

/// A standard normal variate by the Box-Muller method.
fn standard_normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn half_are_over_the_median_and_one_in_a_hundred_over_the_tail() {
        let latency = Latency { median: SignedDuration::from_millis(40), p99: Some(SignedDuration::from_millis(400)) };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<Duration> = (0..10_000).map(|_| latency.draw(&mut random)).collect();
        let over = |millis| drawn.iter().filter(|time| **time > Duration::from_millis(millis)).count();
        assert!((4_800..5_200).contains(&over(40)), "{} over the median", over(40));
        assert!((60..140).contains(&over(400)), "{} over the 99th percentile", over(400));
        assert!(drawn.iter().all(|time| *time <= Duration::from_secs(4)));
    }

    #[test]
    fn without_a_tail_it_is_always_the_same() {
        let latency = Latency { median: SignedDuration::from_millis(40), p99: None };
        assert_eq!(latency.draw(&mut ChaCha8Rng::seed_from_u64(1)), Duration::from_millis(40));
    }
}
