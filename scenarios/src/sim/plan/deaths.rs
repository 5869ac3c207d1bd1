//! When and how the connector dies.

use jiff::Timestamp;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Day;
use crate::sim::crash::Death;

/// More would leave little of the day to be alive in.
const DEATHS_MAX: usize = 8;

pub(super) fn draw(rng: &mut ChaCha8Rng, day: &Day) -> Vec<(Timestamp, Death)> {
    let mut deaths: Vec<_> = (0..rng.random_range(0..=DEATHS_MAX)).map(|_| (day.moment(rng), one_death(rng))).collect();
    if rng.random_bool(0.3) {
        // While the checkpoint is made, or the history is read for the first time.
        deaths.push((day.dawn, one_death(rng)));
    }
    deaths.sort_by_key(|(at, _)| *at);
    deaths
}

fn one_death(rng: &mut ChaCha8Rng) -> Death {
    match rng.random_range(0..3) {
        0 => Death::AtPoll(rng.random_range(0..400)),
        1 => Death::InDiskChange(rng.random_range(0..40)),
        _ => Death::AfterUpload,
    }
}
