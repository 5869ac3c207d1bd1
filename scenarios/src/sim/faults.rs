//! The weather of the simulated network: what befalls each call on its way, drawn from the seed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// Miro's API.
    Miro,
    /// The identity service.
    Entra,
    /// The ingestion endpoint.
    Ingestion,
}

impl Peer {
    /// The name in journals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Miro => "miro",
            Self::Entra => "entra",
            Self::Ingestion => "ingestion",
        }
    }
}

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

/// The fault points by name, for choosing and counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// Before the request.
    Refused,
    /// In the request.
    CutInRequest,
    /// After the peer acted, before its answer.
    LostAnswer,
    /// In the answer.
    CutInAnswer,
    /// Instead of the answer, for ever.
    Silence,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Refused, Self::CutInRequest, Self::LostAnswer, Self::CutInAnswer, Self::Silence];

    fn trouble(self, request_bytes: usize, rng: &mut ChaCha8Rng) -> Trouble {
        match self {
            Self::Refused => Trouble::Refused,
            Self::CutInRequest => Trouble::CutInRequest(rng.random_range(1..request_bytes.max(2))),
            Self::LostAnswer => Trouble::LostAnswer,
            // As often in the head of the answer as in a short or in a long body.
            Self::CutInAnswer => Trouble::CutInAnswer(1 << rng.random_range(2..12)),
            Self::Silence => Trouble::Silence,
        }
    }
}

/// A stretch of bad weather on the way to one peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Storm {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// The peer concerned.
    pub peer: Peer,
    /// The share of its calls that are struck, 0 to 1.
    pub share: f64,
    /// The kinds of trouble met; at least one.
    pub points: Vec<Point>,
}

/// How the network behaves over a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Climate {
    /// The share of all calls that meet trouble of any kind outside storms, 0 to 1.
    pub drizzle: f64,
    /// Worse times.
    pub storms: Vec<Storm>,
    /// The weather is fine from here on.
    pub fine_from: Timestamp,
    /// The longest time a call or its answer is under way.
    pub latency_max: Duration,
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
    climate: Climate,
    rng: Mutex<ChaCha8Rng>,
}

impl Weather {
    /// The weather of this climate, repeating itself for the same seed.
    pub fn new(climate: Climate, seed: u64) -> Self {
        Self { climate, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// The fate of a call to `peer` made `now` with a request of about `request_bytes`.
    pub fn fate(&self, peer: Peer, now: Timestamp, request_bytes: usize) -> Fate {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let mut under_way = || {
            let latest = self.climate.latency_max.as_millis() as u64;
            // Mostly quick, now and then slow.
            Duration::from_millis(rng.random_range(0..=latest) * rng.random_range(0..=latest) / latest.max(1))
        };
        let (out, back) = (under_way(), under_way());
        let trouble = self.strikes(peer, now, &mut rng).map(|point| point.trouble(request_bytes, &mut rng));
        Fate { out, trouble, back }
    }

    fn strikes(&self, peer: Peer, now: Timestamp, rng: &mut ChaCha8Rng) -> Option<Point> {
        if now >= self.climate.fine_from {
            return None;
        }
        let storm =
            self.climate.storms.iter().find(|storm| storm.peer == peer && storm.from <= now && now < storm.until);
        let (share, points) =
            storm.map_or((self.climate.drizzle, &Point::ALL[..]), |storm| (storm.share, &storm.points));
        rng.random_bool(share).then(|| points[rng.random_range(0..points.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_323_200 + seconds).unwrap()
    }

    fn weather(seed: u64) -> Weather {
        let storm = Storm { from: at(100), until: at(200), peer: Peer::Miro, share: 1.0, points: vec![Point::Refused] };
        let climate =
            Climate { drizzle: 0.0, storms: vec![storm], fine_from: at(150), latency_max: Duration::from_millis(200) };
        Weather::new(climate, seed)
    }

    #[test]
    fn a_storm_strikes_its_peer_while_it_lasts_and_ends_with_the_bad_weather() {
        let weather = weather(1);
        let trouble = |peer, seconds| weather.fate(peer, at(seconds), 100).trouble;
        assert_eq!(trouble(Peer::Miro, 99), None);
        assert_eq!(trouble(Peer::Miro, 100), Some(Trouble::Refused));
        assert_eq!(trouble(Peer::Entra, 100), None);
        assert_eq!(trouble(Peer::Miro, 150), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_weather() {
        let days = |seed| {
            let weather = weather(seed);
            (0..50).map(|second| weather.fate(Peer::Miro, at(second), 1_000)).collect::<Vec<_>>()
        };
        assert_eq!(days(7), days(7));
        assert_ne!(days(7), days(8));
    }
}
