//! A scenario made ready to be simulated: its worlds built, its events written out.

use std::time::Duration;

use connector::Stream;
use connector::config::Config;
use jiff::{SignedDuration, Timestamp};

use crate::scenario::world::{self, WorldProblem};
use crate::scenario::{Action, MiroEvent, Scenario};

/// A scenario made ready.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is played.
    pub scenario: Scenario,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When the timeline is over and everything has to come right.
    pub faults_end: Timestamp,
    /// Miro: its events, limits and undocumented habits.
    pub miro: mock_miro::World,
    /// Azure.
    pub sentinel: mock_sentinel::World,
    /// The latest that an event of the generator's shows up after it happened.
    pub late_by: Duration,
    /// The ages at which the connector reads everything again; the oldest.
    pub last_sweep: Duration,
    /// The largest batch before compression, in bytes.
    pub plain_bytes_max: usize,
    /// Uploads in flight at once.
    pub concurrent_uploads: usize,
    /// The events of the timeline, by the number of their step.
    pub events: Vec<(usize, Stream, MiroEvent)>,
}

impl Plan {
    /// Makes `scenario` ready.
    ///
    /// # Errors
    ///
    /// If the worlds of the scenario are invalid.
    pub fn of(scenario: Scenario) -> Result<Self, WorldProblem> {
        let starts_at = scenario.world.clock;
        let miro = world::miro(&scenario)?;
        let sentinel = world::azure(&scenario)?;
        let config = world::example_config(&scenario)?;
        let steps = scenario.timeline.iter().enumerate();
        let events = steps.filter_map(|(number, step)| {
            let Action::Event(spec) = &step.action else { return None };
            let time = spec.time.or_else(|| scenario.begins_at(number)).unwrap_or_default();
            let event = MiroEvent {
                id: spec.id_at(number),
                time: scenario.time(time),
                bytes: spec.bytes,
                content: spec.content,
                fields: spec.fields.clone(),
            };
            Some((number, spec.stream, event))
        });
        Ok(Self {
            events: events.collect(),
            starts_at,
            faults_end: scenario.time(scenario.length()),
            late_by: late_by(&miro),
            last_sweep: last_sweep(&config),
            plain_bytes_max: config.sentinel.plain_bytes_max,
            concurrent_uploads: config.sentinel.concurrent_uploads,
            miro,
            sentinel,
            scenario,
        })
    }

    /// When the last event has shown up at Miro, as far as no call decides that.
    pub fn everything_visible_at(&self) -> Timestamp {
        let delay = self.miro.switches.ingestion_delay;
        let begins = |number| self.scenario.begins_at(number).map(|since| self.scenario.time(since));
        let happens = self.events.iter().filter_map(|(number, _, event)| Some(begins(*number)?.max(event.time)));
        let last = happens.max().unwrap_or(self.faults_end).max(self.faults_end);
        let shown = last.saturating_add(self.late_by).and_then(|last| last.saturating_add(delay));
        shown.unwrap_or(Timestamp::MAX).max(self.silent_until())
    }

    /// Until when Miro shows nothing of what it has, by the timeline.
    fn silent_until(&self) -> Timestamp {
        let ends = self.scenario.timeline.iter().enumerate().filter_map(|(number, step)| {
            let Action::Miro(change) = &step.action else { return None };
            let silence = world::change(change).ok()?.silent_for?;
            self.scenario.time(self.scenario.begins_at(number)?).saturating_add(silence).ok()
        });
        ends.max().unwrap_or(Timestamp::MIN)
    }

    /// Whether there are events at the start that no late sweep would read again.
    pub fn has_old_history(&self) -> bool {
        let backlog = Duration::try_from(-self.scenario.world.start).unwrap_or_default();
        self.last_sweep < backlog / 2
    }

    /// The events that happen by the timeline itself.
    pub fn planned(&self) -> impl Iterator<Item = (Stream, &MiroEvent)> {
        self.events.iter().map(|(_, stream, event)| (*stream, event))
    }
}

fn late_by(miro: &mock_miro::World) -> Duration {
    let logs = miro.organizations.iter().flat_map(|organization| [&organization.audit, &organization.content]);
    let late = logs.filter(|events| events.traits.late > 0.0).map(|events| events.traits.late_by);
    Duration::try_from(late.max().unwrap_or(SignedDuration::ZERO)).unwrap_or_default()
}

fn last_sweep(config: &Config) -> Duration {
    let sweeps = config.streams().flat_map(|(_, stream)| stream.late_sweeps.iter().copied());
    sweeps.max().unwrap_or_default()
}
