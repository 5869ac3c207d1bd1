//! All occasions of a batch: those of the calendar and those of the storms.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{self, Occasion};
use super::company::Company;
use super::storm;
use crate::world::Traits;

/// So many occasions within `over` after `from`, in the order of time: some of them storms, and a share of them in the
/// millisecond of the one before.
pub(super) fn occasions<'a>(
    company: &'a Company,
    count: usize,
    from: Timestamp,
    over: SignedDuration,
    shares: &Traits,
    random: &mut ChaCha8Rng,
) -> Vec<Occasion<'a>> {
    let mut occasions = storm::occasions(company, count, shares.sign_in_storms, (from, over), random);
    let (start, span) = calendar::span(from, over);
    occasions.extend((occasions.len()..count).map(|_| calendar::occasion(company, start, span, random)));
    occasions.sort_by_key(|occasion| occasion.time);
    for nth in 1..occasions.len() {
        if random.random::<f64>() < shares.ties {
            occasions[nth].time = occasions[nth - 1].time;
        }
    }
    occasions
}
