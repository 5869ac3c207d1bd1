//! Sign-in storms: for a few minutes nearly everyone signs in at once, and most of it fails at first.
//!
//! This is what a company looks like when its identity provider goes away in working hours and comes back: many people,
//! one event each every minute or so, failures before successes. It is part of the noise that a detection must tolerate; the
//! planted incident of the same name is one person attacked from one address.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{self, Activity, ActivityKind};
use super::company::{Company, Person};

/// The shortest and the longest storm.
const LASTS_MS: std::ops::RangeInclusive<i64> = 3 * 60_000..=6 * 60_000;
/// The fewest sign-ins of a storm.
const SMALLEST: usize = 30;
/// The most sign-ins of a storm: about four for each person.
const LARGEST: usize = 800;
/// The part of a storm after which sign-ins succeed again.
const OUTAGE: f64 = 0.6;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The activities of all storms within `over` after `from`: a `share` of `count`, at least one storm a day if that is
/// enough for one.
pub(super) fn activities<'a>(
    company: &'a Company,
    count: usize,
    share: f64,
    (from, over): (Timestamp, SignedDuration),
    random: &mut ChaCha8Rng,
) -> Vec<Activity<'a>> {
    let (start, span) = calendar::span(from, over);
    let people: Vec<&Person> = company.people.iter().filter(|person| person.kind.is_human()).collect();
    let mut activities = Vec::new();
    for sign_ins in sizes(count, share, over) {
        let begins = calendar::draw(company, start, span, random).time;
        let lasts = random.random_range(LASTS_MS).min(start + span - begins);
        for _ in 0..sign_ins {
            let passed = random.random_range(0..lasts);
            let kind = if (passed as f64) < lasts as f64 * OUTAGE {
                ActivityKind::FailSigningIn
            } else {
                ActivityKind::SignIn
            };
            let person = people[random.random_range(0..people.len())];
            activities.push(Activity { time: begins + passed, person, kind });
        }
    }
    activities
}

/// How many sign-ins each storm has.
fn sizes(count: usize, share: f64, over: SignedDuration) -> Vec<usize> {
    let all = ((count as f64 * share) as usize).min(count);
    let days = usize::try_from(over.as_secs() / DAY.as_secs() + 1).unwrap_or(1);
    let storms = days.max(all.div_ceil(LARGEST)).min(all / SMALLEST);
    (0..storms).map(|nth| all * (nth + 1) / storms - all * nth / storms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storms_are_as_many_and_as_large_as_the_share_allows() {
        for (count, share, days, expected) in [
            (100, 0.02, 1, vec![]),
            (5_000, 0.02, 1, vec![50, 50]),
            (50_000, 0.02, 1, vec![500, 500]),
            (5_000, 0.0, 7, vec![]),
            (10_000, 0.01, 7, vec![33, 33, 34]),
            (100, 1.0, 0, vec![100]),
        ] {
            assert_eq!(sizes(count, share, SignedDuration::from_hours(24 * days)), expected, "{count} {share} {days}");
        }
    }
}
