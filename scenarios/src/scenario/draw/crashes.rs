//! When and how the connector's machine loses power.

use jiff::SignedDuration;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Day;
use crate::scenario::{Action, Calls, Crash, CrashPoint, Step, Trigger};

/// More would leave little of the day to be alive in.
const CRASHES_MAX: usize = 8;

pub(super) fn draw(rng: &mut ChaCha8Rng, day: &Day) -> Vec<Step> {
    let times = (0..rng.random_range(0..=CRASHES_MAX)).map(|_| day.since_start(day.moment(rng)));
    let mut times: Vec<_> = times.collect();
    if rng.random_bool(0.3) {
        // While the checkpoint is made, or the history is read for the first time.
        times.push(SignedDuration::ZERO);
    }
    times.into_iter().map(|at| crash(rng, at)).collect()
}

fn crash(rng: &mut ChaCha8Rng, at: SignedDuration) -> Step {
    let point = match rng.random_range(0..3) {
        0 => CrashPoint::Poll(rng.random_range(0..400)),
        1 => CrashPoint::DiskChange(rng.random_range(0..40)),
        _ => CrashPoint::AfterUpload,
    };
    let down_for = SignedDuration::from_secs(rng.random_range(0..600));
    let action = Action::Crash(Crash { point, down_for, disk_seed: rng.random() });
    Step { name: None, trigger: Trigger::At(at), lasts: None, times: None, calls: Calls::default(), action }
}
