//! The simulated network by itself: how long calls are under way, and what breaks without any step of the timeline.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Conditions, Point};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection: the peer sees nothing.
    Refused,
    /// The connection breaks after so many bytes of the request.
    CutInRequest(usize),
    /// The peer acts, and the connection breaks before the first byte of its answer.
    LostAnswer,
    /// The connection breaks after so many bytes of the answer.
    CutInAnswer(usize),
    /// The peer acts, and nothing ever comes back.
    Silence,
}

impl Trouble {
    /// Trouble at this point, for a request of about `request_bytes`.
    pub(super) fn at(point: Point, request_bytes: usize, rng: &mut ChaCha8Rng) -> Self {
        match point {
            Point::ConnectionRefused => Self::Refused,
            Point::CutInRequest => Self::CutInRequest(rng.random_range(1..request_bytes.max(2))),
            Point::ResponseLost => Self::LostAnswer,
            // As often in the head of the response as in a short or in a long body.
            Point::CutInResponse => Self::CutInAnswer(1 << rng.random_range(2..12)),
            Point::Silence => Self::Silence,
        }
    }
}

/// What befalls one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The request is under way this long.
    pub out: Duration,
    /// What goes wrong, if anything.
    pub trouble: Option<Trouble>,
    /// The answer is under way this long.
    pub back: Duration,
}

/// Draws the fate of each call.
#[derive(Debug)]
pub struct Weather {
    conditions: Conditions,
    /// Nothing breaks by itself from here on.
    fine_from: Timestamp,
    rng: Mutex<ChaCha8Rng>,
}

impl Weather {
    /// A network under these conditions, until `fine_from`; the same for the same seed.
    pub fn new(conditions: Conditions, fine_from: Timestamp, seed: u64) -> Self {
        Self { conditions, fine_from, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// The fate of a call made `now` with a request of about `request_bytes`.
    pub fn fate(&self, now: Timestamp, request_bytes: usize) -> Fate {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = Duration::try_from(self.conditions.latency_max).unwrap_or_default().as_millis() as u64;
        let mut under_way = || {
            // Mostly quick, now and then slow.
            Duration::from_millis(rng.random_range(0..=latest) * rng.random_range(0..=latest) / latest.max(1))
        };
        let (out, back) = (under_way(), under_way());
        let is_lost = now < self.fine_from && rng.random_bool(self.conditions.loss.clamp(0.0, 1.0));
        let trouble = is_lost.then(|| {
            let point = Point::ALL[rng.random_range(0..Point::ALL.len())];
            Trouble::at(point, request_bytes, &mut rng)
        });
        Fate { out, trouble, back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_323_200 + seconds).unwrap()
    }

    fn weather(seed: u64) -> Weather {
        let conditions = Conditions { loss: 1.0, latency_max: SignedDuration::from_millis(200) };
        Weather::new(conditions, at(100), seed)
    }

    #[test]
    fn connections_break_until_the_weather_is_fine() {
        let weather = weather(1);
        assert!(weather.fate(at(99), 100).trouble.is_some());
        assert_eq!(weather.fate(at(100), 100).trouble, None);
    }

    #[test]
    fn the_same_seed_gives_the_same_weather() {
        let days = |seed| {
            let weather = weather(seed);
            (0..50).map(|second| weather.fate(at(second), 1_000)).collect::<Vec<_>>()
        };
        assert_eq!(days(7), days(7));
        assert_ne!(days(7), days(8));
    }
}
