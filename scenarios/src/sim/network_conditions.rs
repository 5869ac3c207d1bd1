//! Latency and loss of the simulated network, apart from the steps of the timeline.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Conditions, Point};

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection: the peer sees nothing.
    Refused,
    /// The connection breaks after this many bytes of the request.
    CutInRequest(usize),
    /// The peer acts, and the connection breaks before the first byte of its response.
    LostAnswer,
    /// The connection breaks after this many bytes of the response.
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

/// How one request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transit {
    /// The latency of the request.
    pub out: Duration,
    /// How it fails, if it does.
    pub trouble: Option<Trouble>,
    /// The latency of the response.
    pub back: Duration,
}

/// Draws the transit of each request.
#[derive(Debug)]
pub struct NetworkConditions {
    conditions: Conditions,
    /// No loss from here on: the recovery phase.
    faults_end: Timestamp,
    rng: Mutex<ChaCha8Rng>,
}

impl NetworkConditions {
    /// A network under these conditions, until `faults_end`; the same for the same seed.
    pub fn new(conditions: Conditions, faults_end: Timestamp, seed: u64) -> Self {
        Self { conditions, faults_end, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// The transit of a request sent `now` of about `request_bytes`.
    pub fn transit(&self, now: Timestamp, request_bytes: usize) -> Transit {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = Duration::try_from(self.conditions.latency_max).unwrap_or_default().as_millis() as u64;
        let mut under_way = || {
            // Mostly quick, now and then slow.
            Duration::from_millis(rng.random_range(0..=latest) * rng.random_range(0..=latest) / latest.max(1))
        };
        let (out, back) = (under_way(), under_way());
        let is_lost = now < self.faults_end && rng.random_bool(self.conditions.loss.clamp(0.0, 1.0));
        let trouble = is_lost.then(|| {
            let point = Point::ALL[rng.random_range(0..Point::ALL.len())];
            Trouble::at(point, request_bytes, &mut rng)
        });
        Transit { out, trouble, back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_323_200 + seconds).unwrap()
    }

    fn network(seed: u64) -> NetworkConditions {
        let conditions = Conditions { loss: 1.0, latency_max: SignedDuration::from_millis(200) };
        NetworkConditions::new(conditions, at(100), seed)
    }

    #[test]
    fn connections_break_until_the_fault_phase_ends() {
        let network = network(1);
        assert!(network.transit(at(99), 100).trouble.is_some());
        assert_eq!(network.transit(at(100), 100).trouble, None);
    }

    #[test]
    fn the_same_seed_gives_the_same_transits() {
        let days = |seed| {
            let network = network(seed);
            (0..50).map(|second| network.transit(at(second), 1_000)).collect::<Vec<_>>()
        };
        assert_eq!(days(7), days(7));
        assert_ne!(days(7), days(8));
    }
}
