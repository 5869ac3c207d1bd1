//! What goes wrong between dawn and dusk, apart from crashes.

use std::time::Duration;

use jiff::SignedDuration;
use mock_miro::RetryAfterWord;
use mock_sentinel::Call;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Credential, Day, Lockout, minutes, one_of};
use crate::sim::faults::{Climate, Peer, Point, Storm};

const STATUSES_AT_MIRO: [u16; 5] = [429, 429, 500, 502, 503];
const STATUSES_AT_AZURE: [u16; 6] = [429, 429, 500, 502, 503, 408];

pub(super) fn climate(rng: &mut ChaCha8Rng, day: &Day) -> Climate {
    Climate {
        drizzle: one_of(rng, &[0.0, 0.002, 0.02]),
        storms: (0..rng.random_range(0..=5)).map(|_| storm(rng, day)).collect(),
        fine_from: day.dusk,
        latency_max: Duration::from_millis(one_of(rng, &[0, 50, 400, 3_000])),
    }
}

fn storm(rng: &mut ChaCha8Rng, day: &Day) -> Storm {
    let (from, until) = day.stretch(rng, minutes(90));
    let peer = one_of(rng, &[Peer::Miro, Peer::Ingestion, Peer::Ingestion, Peer::Entra]);
    let points = if rng.random_bool(0.5) { vec![one_of(rng, &Point::ALL)] } else { Point::ALL.to_vec() };
    Storm { from, until, peer, share: one_of(rng, &[0.2, 0.6, 1.0]), points }
}

/// Answers that Miro gives out of turn, each for a share of the calls in a stretch of time.
pub(super) fn at_miro(rng: &mut ChaCha8Rng, day: &Day) -> Vec<mock_miro::Fault> {
    (0..rng.random_range(0..=5))
        .map(|_| {
            let (from, until) = day.stretch(rng, minutes(60));
            let retry_after = match rng.random_range(0..4) {
                0 => Some(mock_miro::RetryAfter::Seconds(rng.random_range(1..=120))),
                1 => Some(mock_miro::RetryAfter::Word(RetryAfterWord::HttpDate)),
                2 => Some(mock_miro::RetryAfter::Duration(SignedDuration::from_secs(rng.random_range(1..=10)))),
                _ => None,
            };
            let status = one_of(rng, &STATUSES_AT_MIRO);
            mock_miro::Fault {
                when: mock_miro::When {
                    share: Some(one_of(rng, &[0.05, 0.5, 1.0])),
                    seed: Some(rng.random()),
                    from: Some(from),
                    until: Some(until),
                    ..mock_miro::When::default()
                },
                answer: Some(mock_miro::Answer { status, retry_after, ..mock_miro::Answer::default() }),
                ..mock_miro::Fault::default()
            }
        })
        .collect()
}

/// The same for Azure.
pub(super) fn at_azure(rng: &mut ChaCha8Rng, day: &Day) -> Vec<mock_sentinel::Fault> {
    (0..rng.random_range(0..=5))
        .map(|_| {
            let (from, until) = day.stretch(rng, minutes(60));
            let retry_after = match rng.random_range(0..3) {
                0 => Some(mock_sentinel::RetryAfter::Seconds(rng.random_range(1..=120))),
                1 => Some(mock_sentinel::RetryAfter::Word(mock_sentinel::RetryAfterWord::HttpDate)),
                _ => None,
            };
            let status = one_of(rng, &STATUSES_AT_AZURE);
            mock_sentinel::Fault {
                when: mock_sentinel::When {
                    call: Some(one_of(rng, &[Call::Ingest, Call::Ingest, Call::Ingest, Call::Token])),
                    share: Some(one_of(rng, &[0.05, 0.5, 1.0])),
                    seed: Some(rng.random()),
                    from: Some(from),
                    until: Some(until),
                    ..mock_sentinel::When::default()
                },
                answer: Some(mock_sentinel::Answer { status, retry_after, ..mock_sentinel::Answer::default() }),
                ..mock_sentinel::Fault::default()
            }
        })
        .collect()
}

/// At most one at a time, so that the end of one does not end another.
pub(super) fn lockouts(rng: &mut ChaCha8Rng, day: &Day) -> Vec<Lockout> {
    let credentials = [Credential::AuditToken, Credential::ContentToken, Credential::ContentRole];
    if rng.random_bool(0.6) {
        return Vec::new();
    }
    let (from, until) = day.stretch(rng, minutes(120));
    vec![Lockout { from, until, what: one_of(rng, &credentials) }]
}
