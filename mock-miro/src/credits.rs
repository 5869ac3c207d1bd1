//! Rate limiting by credits: each call has a cost, each user and app a number of credits per minute.
//!
//! Weights and ceilings: <https://developers.miro.com/reference/rate-limiting>, read 2026-11-22.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::switches::CreditModel;

const MINUTE_MS: i64 = 60_000;
const MINUTE_S: i64 = 60;

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// 50 credits.
    One,
    /// 100 credits: audit logs.
    Two,
    /// 500 credits.
    Three,
    /// 2,000 credits: content logs and AI interaction logs.
    Four,
}

impl Level {
    pub(crate) fn credits(self) -> u64 {
        match self {
            Self::One => 50,
            Self::Two => 100,
            Self::Three => 500,
            Self::Four => 2_000,
        }
    }
}

/// The remaining credits of a rate limit.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Credits times 60,000, so that a millisecond's share of a minute is a whole number.
    level: u64,
    /// The instant of `level`, in milliseconds since 1970.
    as_of: i64,
    /// The credits spent in each of the last sixty seconds; used by the sliding window only.
    spent: VecDeque<(i64, u64)>,
}

/// The state of a rate limit after a call, as the `X-RateLimit-*` headers report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimitState {
    /// Credits per minute.
    pub(crate) ceiling: u64,
    /// Credits left.
    pub(crate) remaining: u64,
    /// When the limit is fully replenished, or after a 429 far enough for the call, in milliseconds since 1970.
    pub(crate) reset_ms: i64,
}

impl RateLimitState {
    /// The state of an unused limit.
    pub(crate) fn untouched(ceiling: u64, now: Timestamp) -> Self {
        Self { ceiling, remaining: ceiling, reset_ms: next_minute(now.as_millisecond()) }
    }
}

impl Bucket {
    pub(crate) fn full(ceiling: u64, now: Timestamp) -> Self {
        Self { level: full(ceiling), as_of: now.as_millisecond(), spent: VecDeque::new() }
    }

    /// Charges a call's credits if enough are left; returns the state afterwards, and whether the call was granted.
    pub(crate) fn take(
        &mut self,
        cost: u64,
        ceiling: u64,
        model: CreditModel,
        now: Timestamp,
    ) -> (RateLimitState, bool) {
        let now = now.as_millisecond();
        if model == CreditModel::SlidingWindow {
            return self.take_sliding(cost, ceiling, now);
        }
        self.refill(ceiling, model, now);
        let cost = cost * MINUTE_MS as u64;
        let granted = self.level >= cost;
        if granted {
            self.level -= cost;
        }
        let reset_ms = match model {
            CreditModel::FixedWindow | CreditModel::SlidingWindow => next_minute(now),
            CreditModel::Continuous => {
                let wanted = if granted { full(ceiling) } else { cost };
                now + wanted.saturating_sub(self.level).div_ceil(ceiling.max(1)) as i64
            }
        };
        (RateLimitState { ceiling, remaining: self.level / MINUTE_MS as u64, reset_ms }, granted)
    }

    /// Takes a call's credits if no more than the ceiling is then spent within the last sixty seconds.
    fn take_sliding(&mut self, cost: u64, ceiling: u64, now: i64) -> (RateLimitState, bool) {
        let second = now.div_euclid(1_000);
        self.spent.retain(|&(spent_in, _)| spent_in > second - MINUTE_S);
        let used: u64 = self.spent.iter().map(|(_, credits)| credits).sum();
        let granted = used.saturating_add(cost) <= ceiling;
        let used = if granted { used + cost } else { used };
        if granted {
            match self.spent.back_mut().filter(|(spent_in, _)| *spent_in == second) {
                Some((_, credits)) => *credits += cost,
                None => self.spent.push_back((second, cost)),
            }
        }
        let enough_spent = if granted { 0 } else { ceiling.saturating_sub(cost) };
        let freed_in = self.frees_down_to(enough_spent, used).unwrap_or(second);
        let reset_ms = (freed_in + MINUTE_S) * 1_000;
        (RateLimitState { ceiling, remaining: ceiling.saturating_sub(used), reset_ms }, granted)
    }

    /// The second whose credits must come back so that at most `enough` of what is used stays spent.
    fn frees_down_to(&self, enough: u64, mut used: u64) -> Option<i64> {
        let freed = self.spent.iter().find(|(_, credits)| {
            used = used.saturating_sub(*credits);
            used <= enough
        });
        freed.or(self.spent.back()).map(|(second, _)| *second)
    }

    fn refill(&mut self, ceiling: u64, model: CreditModel, now: i64) {
        let passed = (now - self.as_of).max(0) as u64;
        self.level = match model {
            CreditModel::FixedWindow if now >= next_minute(self.as_of) => full(ceiling),
            CreditModel::FixedWindow | CreditModel::SlidingWindow => self.level.min(full(ceiling)),
            CreditModel::Continuous => self.level.saturating_add(passed.saturating_mul(ceiling)).min(full(ceiling)),
        };
        self.as_of = now;
    }
}

fn full(ceiling: u64) -> u64 {
    ceiling * MINUTE_MS as u64
}

fn next_minute(now_ms: i64) -> i64 {
    (now_ms.div_euclid(MINUTE_MS) + 1) * MINUTE_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_323_200 + seconds).unwrap()
    }

    #[test]
    fn a_fixed_window_is_whole_again_at_the_minute() {
        let mut bucket = Bucket::full(10_000, at(10));
        for _ in 0..5 {
            assert!(bucket.take(2_000, 10_000, CreditModel::FixedWindow, at(20)).1);
        }
        let (rate_limit, granted) = bucket.take(2_000, 10_000, CreditModel::FixedWindow, at(59));
        assert!(!granted);
        assert_eq!(rate_limit, RateLimitState { ceiling: 10_000, remaining: 0, reset_ms: at(60).as_millisecond() });
        assert_eq!(bucket.take(2_000, 10_000, CreditModel::FixedWindow, at(60)).0.remaining, 8_000);
    }

    #[test]
    fn a_continuous_budget_trickles_back() {
        let mut bucket = Bucket::full(6_000, at(0));
        for _ in 0..3 {
            assert!(bucket.take(2_000, 6_000, CreditModel::Continuous, at(0)).1);
        }
        assert!(!bucket.take(2_000, 6_000, CreditModel::Continuous, at(19)).1);
        let (rate_limit, granted) = bucket.take(2_000, 6_000, CreditModel::Continuous, at(20));
        assert!(granted);
        assert_eq!((rate_limit.remaining, rate_limit.reset_ms), (0, at(80).as_millisecond()));
    }

    #[test]
    fn a_sliding_window_gives_back_what_was_spent_a_minute_ago() {
        let mut bucket = Bucket::full(4_000, at(0));
        let mut take = |seconds: i64| bucket.take(2_000, 4_000, CreditModel::SlidingWindow, at(seconds));
        assert_eq!(take(10).0, RateLimitState { ceiling: 4_000, remaining: 2_000, reset_ms: at(70).as_millisecond() });
        assert_eq!(take(50).0, RateLimitState { ceiling: 4_000, remaining: 0, reset_ms: at(110).as_millisecond() });
        let (refused, granted) = take(69);
        assert_eq!((refused.reset_ms, granted), (at(70).as_millisecond(), false));
        assert_eq!(
            take(70),
            (RateLimitState { ceiling: 4_000, remaining: 0, reset_ms: at(130).as_millisecond() }, true)
        );
        assert!(!take(109).1 && take(110).1);
    }

    #[test]
    fn a_lower_ceiling_holds_at_once() {
        let mut bucket = Bucket::full(100_000, at(0));
        assert_eq!(bucket.take(100, 10_000, CreditModel::FixedWindow, at(1)).0.remaining, 9_900);
    }

    proptest! {
        #[test]
        fn never_more_than_two_ceilings_in_any_minute(
            calls in proptest::collection::vec(0_i64..180, 1..400),
            (model, most) in prop_oneof![
                Just((CreditModel::FixedWindow, 20)),
                Just((CreditModel::Continuous, 20)),
                Just((CreditModel::SlidingWindow, 10)),
            ],
        ) {
            let mut calls = calls;
            calls.sort_unstable();
            let mut bucket = Bucket::full(1_000, at(0));
            let granted: Vec<i64> = calls.into_iter().filter(|&s| bucket.take(100, 1_000, model, at(s)).1).collect();
            for &start in &granted {
                let in_minute = granted.iter().filter(|&&s| (start..start + 60).contains(&s)).count();
                prop_assert!(in_minute <= most, "{in_minute} calls in a minute");
            }
        }
    }
}
