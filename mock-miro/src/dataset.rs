//! The world together with the events of its logs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::event_log::EventLog;
use crate::event_log::ndjson::{self, EventFileError};
use crate::generator::{self, Planted};
use crate::log::Log;
use crate::switches::Switches;
use crate::world::{Events, Organization, World};

/// The world and the events of its logs.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    pub(crate) world: World,
    /// The incidents in all logs.
    pub(crate) planted: Arc<Vec<Planted>>,
    logs: Vec<Logs>,
}

/// The logs of one organization.
#[derive(Debug, Clone, Default)]
struct Logs {
    audit: EventLog,
    content: EventLog,
    ai_interaction: EventLog,
}

impl Dataset {
    /// The world with its initial events, from files and from the generator.
    pub(crate) fn new(world: World, now: Timestamp) -> Result<Self, EventFileError> {
        let mut planted = Vec::new();
        let mut logs = Vec::new();
        for organization in &world.organizations {
            logs.push(Logs::new(organization, now, &mut planted)?);
        }
        let mut dataset = Self { world, planted: Arc::new(planted), logs };
        dataset.order_ties();
        Ok(dataset)
    }

    pub(crate) fn log(&self, organization: usize, log: Log) -> &EventLog {
        self.logs[organization].get(log)
    }

    pub(crate) fn log_mut(&mut self, organization: usize, log: Log) -> &mut EventLog {
        self.logs[organization].get_mut(log)
    }

    /// An unused client id for an app that is created at run time.
    pub(crate) fn next_client_id(&self) -> String {
        const FIRST: u64 = 3_458_764_500_000_000_001;
        let taken =
            |id: &str| self.world.organizations.iter().any(|held| held.apps.iter().any(|app| app.client_id == id));
        let mut ids = (FIRST..).map(|id| id.to_string());
        ids.find(|id| !taken(id)).unwrap_or_default()
    }

    /// Whether all logs of an organization are still empty at that instant.
    pub(crate) fn is_silent(&self, organization: usize, at: Timestamp) -> bool {
        self.world.organizations[organization].silent_until.is_some_and(|until| at < until)
    }

    pub(crate) fn set_switches(&mut self, switches: Switches) {
        self.world.switches = switches;
        self.order_ties();
    }

    fn order_ties(&mut self) {
        let order = self.world.switches.tie_order;
        for logs in &mut self.logs {
            for log in [&mut logs.audit, &mut logs.content, &mut logs.ai_interaction] {
                log.order_ties(order);
            }
        }
    }
}

impl Logs {
    fn new(organization: &Organization, now: Timestamp, planted: &mut Vec<Planted>) -> Result<Self, EventFileError> {
        let mut logs = Self::default();
        for (log, events) in [
            (Log::Audit, &organization.audit),
            (Log::Content, &organization.content),
            (Log::AiInteraction, &organization.ai_interaction),
        ] {
            fill(logs.get_mut(log), log, organization, events, now)?;
        }
        let (from, over) = interval(&organization.audit, now);
        for &incident in &organization.audit.incidents {
            let seed = organization.audit.seed;
            planted.push(generator::plant(&mut logs.audit, organization, incident, (from, over), seed));
        }
        Ok(logs)
    }

    fn get(&self, log: Log) -> &EventLog {
        match log {
            Log::Audit => &self.audit,
            Log::Content => &self.content,
            Log::AiInteraction => &self.ai_interaction,
        }
    }

    fn get_mut(&mut self, log: Log) -> &mut EventLog {
        match log {
            Log::Audit => &mut self.audit,
            Log::Content => &mut self.content,
            Log::AiInteraction => &mut self.ai_interaction,
        }
    }
}

fn fill(
    into: &mut EventLog,
    log: Log,
    organization: &Organization,
    events: &Events,
    now: Timestamp,
) -> Result<(), EventFileError> {
    if let Some(path) = &events.file {
        ndjson::read_file(path, log, into)?;
    }
    if events.generate > 0 {
        let (from, over) = interval(events, now);
        let batch = generator::Batch { count: events.generate, from, over, seed: events.seed, traits: events.traits };
        generator::generate(into, log, organization, &batch);
    }
    Ok(())
}

/// The interval of generated events.
fn interval(events: &Events, now: Timestamp) -> (Timestamp, SignedDuration) {
    let over = events.over.unwrap_or(SignedDuration::from_hours(24));
    (events.from.unwrap_or_else(|| now.saturating_sub(over).unwrap_or(Timestamp::MIN)), over)
}
