//! From a seed to a day: what happens at Miro, how the connector is set up, and everything that will go wrong.

mod deaths;
mod timeline;
mod troubles;
mod worlds;

use std::time::Duration;

use connector::config::Start;
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::crash::Death;
use super::faults::Climate;
use crate::deployment::Tuning;
use crate::scenario::{Action, ClockOwner, Event};

/// One simulated day, decided before it begins. The same seed gives the same plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What everything below was drawn from.
    pub seed: u64,
    /// When the day begins.
    pub dawn: Timestamp,
    /// When faults stop and everything has to come right.
    pub dusk: Timestamp,
    /// How much history there is at dawn.
    pub backlog: Duration,
    /// Miro: its events, limits and undocumented habits.
    pub miro: mock_miro::World,
    /// The latest that an event shows up after it happened.
    pub late_by: Duration,
    /// Azure.
    pub sentinel: mock_sentinel::World,
    /// What happens on the way to the peers, to clocks, to the disk, and at Miro, in order of time.
    pub timeline: Vec<Event>,
    /// Credentials that stop working for a while.
    pub lockouts: Vec<Lockout>,
    /// The network.
    pub climate: Climate,
    /// When and how the connector dies, in order of time.
    pub deaths: Vec<(Timestamp, Death)>,
    /// How the connector is set up.
    pub tuning: Tuning,
}

/// A credential that does not work for a while, as when somebody switches it off by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lockout {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Which one.
    pub what: Credential,
}

/// A credential of the connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The Miro token of the audit log.
    AuditToken,
    /// The Miro token of the content log.
    ContentToken,
    /// The right to send to the content rule.
    ContentRole,
}

impl Plan {
    /// What was drawn, for the head of a journal; without the tokens that the worlds hold.
    pub fn tell(&self) -> String {
        let organization = &self.miro.organizations[0];
        format!(
            "seed {} from {} to {}, late by {:?}\n{:?}\ncredits {}, audit {:?}, content {:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
            self.seed,
            self.dawn,
            self.dusk,
            self.late_by,
            self.tuning,
            organization.credits_per_minute,
            organization.audit,
            organization.content,
            self.miro.switches,
            self.timeline,
            self.lockouts,
            self.climate,
            self.deaths,
        )
    }

    /// When the last event of the day has shown up at Miro.
    pub fn everything_visible_at(&self) -> Timestamp {
        let delay = self.miro.switches.ingestion_delay;
        let happens = self.timeline.iter().filter_map(|event| match &event.action {
            Action::Happen { event: miro, .. } => Some(event.at.max(miro.time)),
            _ => None,
        });
        let last = happens.max().unwrap_or(self.dusk).max(self.dusk);
        last + self.late_by + Duration::try_from(delay).unwrap_or_default()
    }

    /// Whether there are events at dawn that no late sweep would read again.
    pub fn has_old_history(&self) -> bool {
        self.tuning.late_sweeps.iter().all(|age| *age < self.backlog / 2)
    }

    /// The plan of `seed` for a day of `hours`, at least 1.
    pub fn from_seed(seed: u64, hours: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let day = Day::new(&mut rng, hours);
        let mut tuning = tuning(&mut rng, &day);
        let late_by = late_by(&mut rng, &tuning);
        let timeline = timeline::draw(&mut stream_of(seed, Use::Timeline), &day, late_by, &tuning.late_sweeps, seed);
        let deaths = deaths::draw(&mut rng, &day);
        let first_start_is_hard = timeline.iter().map(|event| event.at).chain(deaths.iter().map(|(at, _)| *at)).min();
        if timeline.iter().any(is_connector_clock_error) || first_start_is_hard == Some(day.dawn) {
            // An age would be counted from a wrong clock, or anew by a second start.
            tuning.start = Start::At(day.dawn - day.backlog);
        }
        Self {
            seed,
            dawn: day.dawn,
            dusk: day.dusk,
            miro: worlds::miro(&mut rng, &day, late_by),
            late_by,
            sentinel: worlds::sentinel(&mut rng),
            timeline,
            backlog: day.backlog,
            lockouts: troubles::lockouts(&mut rng, &day),
            climate: troubles::climate(&mut rng, &day),
            deaths,
            tuning,
        }
    }
}

/// What random numbers are drawn for: each use has its own, so that one more in one of them changes nothing in another.
#[derive(Clone, Copy)]
enum Use {
    Timeline = 1,
}

fn stream_of(seed: u64, what: Use) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(what as u64);
    rng
}

fn is_connector_clock_error(event: &Event) -> bool {
    matches!(event.action, Action::SkewClock { whose: ClockOwner::Connector, .. })
}

/// The frame of time that everything is drawn into.
struct Day {
    /// How long before the first run the connector is told to begin.
    backlog: Duration,
    dawn: Timestamp,
    dusk: Timestamp,
}

impl Day {
    fn new(rng: &mut ChaCha8Rng, hours: u32) -> Self {
        // Any minute of a month, so that midnights and month ends are met.
        let dawn = Timestamp::constant(1_772_323_200, 0) + minutes(rng.random_range(0..31 * 24 * 60));
        let backlog = match rng.random_range(0..4) {
            // The content log reaches back 30 days, and Miro's clock may be two hours ahead.
            0 => log_uniform(rng, 6.0 * 60.0, 29.0 * 24.0 * 60.0) as u64,
            _ => rng.random_range(0..=6 * 60),
        };
        Self { backlog: minutes(backlog), dawn, dusk: dawn + Duration::from_hours(hours.into()) }
    }

    /// A stretch of the day that lasts up to `longest`, and ends before dusk.
    fn stretch(&self, rng: &mut ChaCha8Rng, longest: Duration) -> (Timestamp, Timestamp) {
        let from = self.moment(rng);
        let lasts = Duration::from_secs(rng.random_range(1..=longest.as_secs()));
        (from, self.dusk.min(from + lasts))
    }

    fn moment(&self, rng: &mut ChaCha8Rng) -> Timestamp {
        let day = self.dusk.duration_since(self.dawn).as_secs();
        self.dawn + Duration::from_secs(rng.random_range(0..day as u64))
    }
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

fn tuning(rng: &mut ChaCha8Rng, day: &Day) -> Tuning {
    let sweeps: &[&[u64]] = &[&[2, 10, 30], &[5, 30], &[1, 3, 10, 45]];
    Tuning {
        store: std::path::PathBuf::new(),
        start: Start::Ago(day.backlog),
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

/// Events may show up as late as the last sweep still finds them, with some room for the sweep itself.
fn late_by(rng: &mut ChaCha8Rng, tuning: &Tuning) -> Duration {
    let last_sweep = tuning.late_sweeps.iter().max().copied().unwrap_or_default();
    last_sweep.mul_f64(rng.random_range(0.1..0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_seed_another() {
        let plan = |seed| format!("{:?}", Plan::from_seed(seed, 24));
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn nothing_goes_wrong_after_dusk() {
        for seed in 0..50 {
            let plan = Plan::from_seed(seed, 6);
            assert!(plan.deaths.iter().all(|(at, _)| *at < plan.dusk));
            assert!(plan.climate.fine_from == plan.dusk);
            let is_event = |event: &Event| matches!(event.action, Action::Happen { .. });
            assert!(plan.timeline.iter().all(|event| is_event(event) || event.until() <= plan.dusk));
            assert!(plan.lockouts.iter().all(|lockout| lockout.until <= plan.dusk));
        }
    }

    #[test]
    fn what_happens_is_data_that_can_be_written_down_and_read() {
        for seed in 0..50 {
            let plan = Plan::from_seed(seed, 24);
            let written = serde_json::to_string(&plan.timeline).unwrap();
            assert_eq!(serde_json::from_str::<Vec<Event>>(&written).unwrap(), plan.timeline, "seed {seed}");
        }
    }
}
