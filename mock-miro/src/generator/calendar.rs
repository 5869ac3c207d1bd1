//! When people and machines act: people in the office hours of their time zone, machines around the clock.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::company::{Company, Person};

/// What a person does at an instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activity<'a> {
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) person: &'a Person,
    pub(super) kind: ActivityKind,
}

/// The kind of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ActivityKind {
    /// Any event of the catalog.
    Any,
    /// A failed sign-in, while the identity provider is down.
    FailSigningIn,
    /// A successful sign-in, after the identity provider has recovered.
    SignIn,
}

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// How often an unlikely hour is drawn again before it is accepted: some people work at night.
const TRIES: usize = 6;

/// The first millisecond of an interval, and its length in milliseconds.
pub(super) fn span(from: Timestamp, over: SignedDuration) -> (i64, i64) {
    (from.as_millisecond(), i64::try_from(over.as_millis()).unwrap_or(i64::MAX / 2).max(1))
}

/// Draws an activity, more likely at hours at which the person is active.
pub(super) fn draw<'a>(company: &'a Company, start: i64, span: i64, random: &mut ChaCha8Rng) -> Activity<'a> {
    let mut drawn = Activity {
        time: start + random.random_range(0..span),
        person: company.draw_person(random),
        kind: ActivityKind::Any,
    };
    for _ in 0..TRIES {
        let chance = activity_level(drawn.person, drawn.time);
        if random.random::<f64>() < chance {
            break;
        }
        drawn = Activity {
            time: start + random.random_range(0..span),
            person: company.draw_person(random),
            kind: ActivityKind::Any,
        };
    }
    drawn
}

/// How active a person is at that instant, 0 to 1.
fn activity_level(person: &Person, time_ms: i64) -> f64 {
    if !person.kind.is_human() {
        return 0.3;
    }
    let local_minutes = time_ms.div_euclid(MINUTE_MS) + person.offset_minutes;
    // The first of January 1970 was a Thursday.
    let weekday = (local_minutes.div_euclid(DAY_MINUTES) + 3).rem_euclid(7);
    let hour = local_minutes.rem_euclid(DAY_MINUTES) / 60;
    let of_day = match hour {
        9..=11 | 13..=16 => 1.0,
        12 => 0.6,
        8 | 17 => 0.5,
        7 | 18..=20 => 0.15,
        _ => 0.02,
    };
    if weekday >= 5 { of_day * 0.08 } else { of_day }
}
