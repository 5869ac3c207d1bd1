//! From a seed to a scenario: what happens at Miro, how the connector is set up, and everything that will go wrong.

mod crashes;
mod timeline;
mod troubles;
mod worlds;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{Action, ClockOwner, Expect, Family, Level, Profile, Scenario, Step, Trigger, WorldSpec};

/// The scenario of `seed`: a day of `hours`, at least 1. The same seed gives the same one.
pub fn draw(seed: u64, hours: u32) -> Scenario {
    let stream = |what| stream_of(seed, what);
    let day = Day::new(&mut stream(Use::Day), hours.max(1));
    let settings = Settings::new(&mut stream(Use::Settings));
    let late_by = late_by(&mut stream(Use::Lateness), &settings);
    let mut steps = timeline::draw(&mut stream(Use::Timeline), &day, late_by, &settings.late_sweeps, seed);
    steps.extend(crashes::draw(&mut stream(Use::Crashes), &day));
    steps.extend(troubles::lockouts(&mut stream(Use::Lockouts), &day));
    steps.extend(troubles::partitions(&mut stream(Use::Partitions), &day));
    steps.sort_by_key(begins);
    let (miro, azure) = worlds::draw(&mut stream(Use::Worlds), &day, late_by);
    // An age would be counted from a wrong clock, or anew by a second start.
    let first_start_is_hard = steps.first().is_some_and(|step| begins(step).is_zero());
    let start_is_a_time = first_start_is_hard || steps.iter().any(is_connector_clock_error);
    Scenario {
        id: format!("DRAWN-{seed}-{hours}"),
        title: format!("What seed {seed} draws for {hours} hours"),
        family: Family::Drawn,
        level: Level::Must,
        profiles: vec![Profile::Delivery],
        requires: Vec::new(),
        spec: Vec::new(),
        why: String::new(),
        uses: Vec::new(),
        matrix: BTreeMap::new(),
        seed,
        world: WorldSpec { clock: day.starts_at, start: -day.backlog(), miro, azure },
        connector: settings.overrides((!start_is_a_time).then_some(day.backlog)),
        network: troubles::conditions(&mut stream(Use::Network)),
        lasts: Some(day.length()),
        timeline: steps,
        expect: Expect::default(),
    }
}

/// What random numbers are drawn for: each use has its own, so that one more in one of them changes nothing in another.
#[derive(Clone, Copy)]
enum Use {
    Timeline = 1,
    Day,
    Settings,
    Lateness,
    Crashes,
    Lockouts,
    Partitions,
    Network,
    Worlds,
}

fn stream_of(seed: u64, what: Use) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(what as u64);
    rng
}

fn begins(step: &Step) -> SignedDuration {
    match step.trigger {
        Trigger::At(at) => at,
        Trigger::When(_) | Trigger::After { .. } => SignedDuration::MAX,
    }
}

fn is_connector_clock_error(step: &Step) -> bool {
    matches!(step.action, Action::Clock { whose: ClockOwner::Connector, .. })
}

/// The frame of time that everything is drawn into.
struct Day {
    /// How long before the first run the connector is told to begin.
    backlog: Duration,
    starts_at: Timestamp,
    faults_end: Timestamp,
}

impl Day {
    fn new(rng: &mut ChaCha8Rng, hours: u32) -> Self {
        // Any minute of a month, so that midnights and month ends are met.
        let starts_at = Timestamp::constant(1_772_323_200, 0) + minutes(rng.random_range(0..31 * 24 * 60));
        let backlog = match rng.random_range(0..4) {
            // The content log reaches back 30 days, and Miro's clock may be two hours ahead.
            0 => log_uniform(rng, 6.0 * 60.0, 29.0 * 24.0 * 60.0) as u64,
            _ => rng.random_range(0..=6 * 60),
        };
        Self { backlog: minutes(backlog), starts_at, faults_end: starts_at + Duration::from_hours(hours.into()) }
    }

    fn backlog(&self) -> SignedDuration {
        SignedDuration::try_from(self.backlog).unwrap_or_default()
    }

    fn length(&self) -> SignedDuration {
        self.faults_end.duration_since(self.starts_at)
    }

    /// A time counted from the beginning.
    fn since_start(&self, at: Timestamp) -> SignedDuration {
        at.duration_since(self.starts_at)
    }

    /// A stretch of the day that lasts up to `longest`, and ends before the end of the fault phase.
    fn stretch(&self, rng: &mut ChaCha8Rng, longest: Duration) -> (Timestamp, Timestamp) {
        let from = self.moment(rng);
        let lasts = Duration::from_secs(rng.random_range(1..=longest.as_secs()));
        (from, self.faults_end.min(from + lasts))
    }

    fn moment(&self, rng: &mut ChaCha8Rng) -> Timestamp {
        self.starts_at + Duration::from_secs(rng.random_range(0..self.length().as_secs() as u64))
    }
}

/// How the connector is set up.
struct Settings {
    poll_every: Duration,
    late_sweeps: Vec<Duration>,
    budget_share: f64,
    concurrent_reads: u64,
    concurrent_uploads: u64,
    plain_bytes_max: u64,
    compression_level: u64,
    timeout: Duration,
}

impl Settings {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let sweeps: &[&[u64]] = &[&[2, 10, 30], &[5, 30], &[1, 3, 10, 45]];
        Self {
            poll_every: Duration::from_secs(one_of(rng, &[15, 15, 30, 60, 300])),
            late_sweeps: one_of(rng, sweeps).iter().copied().map(minutes).collect(),
            budget_share: one_of(rng, &[0.5, 0.8, 1.0]),
            concurrent_reads: rng.random_range(1..=6),
            concurrent_uploads: rng.random_range(1..=4),
            plain_bytes_max: one_of(rng, &[30_000, 100_000, 300_000, 1_000_000]),
            compression_level: one_of(rng, &[1, 4]),
            timeout: Duration::from_secs(one_of(rng, &[10, 30, 60])),
        }
    }

    /// As keys of the configuration; with an age, that is where the first run begins.
    fn overrides(&self, age: Option<Duration>) -> BTreeMap<String, Value> {
        let seconds = |length: Duration| Value::from(format!("{}s", length.as_secs()));
        let mut keys = BTreeMap::from([
            ("miro.budget_share".to_owned(), json!(self.budget_share)),
            ("miro.concurrent_reads".to_owned(), self.concurrent_reads.into()),
            ("sentinel.concurrent_uploads".to_owned(), self.concurrent_uploads.into()),
            ("sentinel.plain_bytes_max".to_owned(), self.plain_bytes_max.into()),
            ("sentinel.compression_level".to_owned(), self.compression_level.into()),
            ("http.timeout".to_owned(), seconds(self.timeout)),
        ]);
        for stream in ["audit", "content"] {
            keys.insert(format!("streams.{stream}.poll_every"), seconds(self.poll_every));
            keys.insert(
                format!("streams.{stream}.late_sweeps"),
                self.late_sweeps.iter().copied().map(seconds).collect(),
            );
            if let Some(age) = age {
                keys.insert(format!("streams.{stream}.start"), format!("{}s ago", age.as_secs()).into());
            }
        }
        keys
    }
}

/// Events may show up as late as the last sweep still finds them, with some room for the sweep itself.
fn late_by(rng: &mut ChaCha8Rng, settings: &Settings) -> Duration {
    let last_sweep = settings.late_sweeps.iter().max().copied().unwrap_or_default();
    last_sweep.mul_f64(rng.random_range(0.1..0.9))
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// One of several values, each as likely as the others.
fn one_of<T: Copy>(rng: &mut ChaCha8Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

/// A number between both bounds, small ones as likely as large ones.
fn log_uniform(rng: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    (least.ln() + rng.random::<f64>() * (most.ln() - least.ln())).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{check, read, write};

    #[test]
    fn the_same_seed_gives_the_same_scenario_and_another_seed_another() {
        assert_eq!(draw(1, 24), draw(1, 24));
        assert_ne!(draw(1, 24).timeline, draw(2, 24).timeline);
    }

    #[test]
    fn no_fault_is_drawn_after_the_fault_phase() {
        for seed in 0..50 {
            let scenario = draw(seed, 6);
            let ends = |step: &Step| begins(step) + step.lasts.unwrap_or_default();
            let late = |step: &&Step| !matches!(step.action, Action::Event(_)) && ends(step) > scenario.length();
            assert_eq!(scenario.timeline.iter().find(late), None, "seed {seed}");
        }
    }

    #[test]
    fn what_is_drawn_is_a_file_that_reads_the_same() {
        for seed in 0..50 {
            let scenario = draw(seed, 24);
            assert_eq!(check::check(&scenario), [], "seed {seed}");
            let text = write::write(&scenario).unwrap();
            let read = read::read("drawn.yaml", &text, &|_| None).unwrap_or_else(|findings| panic!("{findings:?}"));
            assert_eq!(read.cases[0].scenario, scenario, "seed {seed}");
        }
    }
}
