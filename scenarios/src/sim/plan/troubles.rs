//! What goes wrong between dawn and dusk, apart from crashes.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Credential, Day, Lockout, minutes, one_of};
use crate::sim::faults::{Climate, Peer, Point, Storm};

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

/// At most one at a time, so that the end of one does not end another.
pub(super) fn lockouts(rng: &mut ChaCha8Rng, day: &Day) -> Vec<Lockout> {
    let credentials = [Credential::AuditToken, Credential::ContentToken, Credential::ContentRole];
    if rng.random_bool(0.6) {
        return Vec::new();
    }
    let (from, until) = day.stretch(rng, minutes(120));
    vec![Lockout { from, until, what: one_of(rng, &credentials) }]
}
