//! The network, and credentials that stop working.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Day, minutes, one_of};
use crate::scenario::{Action, Call, Calls, Conditions, Credential, CredentialState, Point, Step, Trigger};

pub(super) fn conditions(rng: &mut ChaCha8Rng) -> Conditions {
    Conditions {
        loss: one_of(rng, &[0.0, 0.002, 0.02]),
        latency_max: SignedDuration::from_millis(one_of(rng, &[0, 50, 400, 3_000])),
    }
}

/// Times in which many connections to one peer break.
pub(super) fn partitions(rng: &mut ChaCha8Rng, day: &Day) -> Vec<Step> {
    (0..rng.random_range(0..=5)).map(|_| partition(rng, day)).collect()
}

fn partition(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let on = one_of(rng, &[Call::Miro, Call::Ingestion, Call::Ingestion, Call::Entra]);
    let points = if rng.random_bool(0.5) { vec![one_of(rng, &Point::ALL)] } else { Point::ALL.to_vec() };
    let share = one_of(rng, &[0.2, 0.6, 1.0]);
    let calls = Calls { on: Some(on), share: Some(share), seed: Some(rng.random()), ..Calls::default() };
    lasting(day, day.stretch(rng, minutes(90)), calls, Action::Break { points })
}

/// At most one at a time, so that the end of one does not end another.
pub(super) fn lockouts(rng: &mut ChaCha8Rng, day: &Day) -> Vec<Step> {
    if rng.random_bool(0.6) {
        return Vec::new();
    }
    let which = one_of(rng, &[Credential::AuditToken, Credential::ContentToken, Credential::ContentRole]);
    let action = Action::Credential { which, state: CredentialState::SwitchedOff };
    vec![lasting(day, day.stretch(rng, minutes(120)), Calls::default(), action)]
}

/// A step that lasts from one time to another.
pub(super) fn lasting(day: &Day, (from, until): (Timestamp, Timestamp), calls: Calls, action: Action) -> Step {
    // At least a moment, where the end of the fault phase cuts it short.
    let lasts = until.duration_since(from).max(SignedDuration::from_millis(1));
    Step { name: None, trigger: Trigger::At(day.since_start(from)), lasts: Some(lasts), times: None, calls, action }
}

/// A step that happens once.
pub(super) fn once(day: &Day, at: Timestamp, action: Action) -> Step {
    let trigger = Trigger::At(day.since_start(at));
    Step { name: None, trigger, lasts: None, times: None, calls: Calls::default(), action }
}

/// The longest that a stretch may be, where nothing shorter is meant.
pub(super) const HOUR: Duration = Duration::from_hours(1);
