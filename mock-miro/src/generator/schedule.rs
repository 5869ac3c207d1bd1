//! The activities of a batch: those of the calendar and those of sign-in storms.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{self, Activity};
use super::company::Company;
use super::storm;
use crate::world::Traits;

/// `count` activities within `over` after `from`, in the order of time: some of them storms, and a share of them in the
/// millisecond of the one before.
pub(super) fn activities<'a>(
    company: &'a Company,
    count: usize,
    from: Timestamp,
    over: SignedDuration,
    shares: &Traits,
    random: &mut ChaCha8Rng,
) -> Vec<Activity<'a>> {
    let mut activities = storm::activities(company, count, shares.sign_in_storms, (from, over), random);
    let (start, span) = calendar::span(from, over);
    activities.extend((activities.len()..count).map(|_| calendar::draw(company, start, span, random)));
    activities.sort_by_key(|activity| activity.time);
    for nth in 1..activities.len() {
        if random.random::<f64>() < shares.ties {
            activities[nth].time = activities[nth - 1].time;
        }
    }
    activities
}
