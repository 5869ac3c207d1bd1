//! A simulated world: both mocks, the network between, one disk, one clock.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use connector::identity::AzureTokens;
use connector::service::Parts;
use connector::status::{Status, StreamStatus};
use connector::store::{RedbStore, StoreError};
use connector::{Connector, Random};
use mock_miro::MockMiro;
use mock_sentinel::MockSentinel;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clock::{SimClock, SkewedClock};
use super::disk::SimDisk;
use super::net::{Middlebox, Network, Site};
use super::network_conditions::NetworkConditions;
use super::plan::Plan;
use super::power::Power;
use super::timeline::Timeline;
use super::watch::{Limits, Watch};
use crate::deployment::Addresses;
use crate::scenario::world::{self, WorldProblem};
use crate::scenario::{ClockOwner, Peer};
use crate::secrets::Secrets;

/// The host names of the peers.
pub(crate) const HOSTS: [(Peer, &str); 3] = [
    (Peer::Miro, "api.miro.com"),
    (Peer::Entra, "login.microsoftonline.com"),
    (Peer::Ingestion, "miro-abcd.westeurope-1.ingest.monitor.azure.com"),
];

/// Everything around the connector.
#[derive(Debug)]
pub struct SimWorld {
    /// Miro.
    pub miro: MockMiro,
    /// Azure.
    pub sentinel: MockSentinel,
    /// The true time.
    pub clock: SimClock,
    /// The time that the connector reads.
    connector_clock: SkewedClock,
    /// The observer.
    pub watch: Watch,
    /// The power of the machine that the connector runs on.
    pub power: Power,
    /// The connector that is running now.
    pub(super) running: RunningConnector,
    pub(super) disk: SimDisk,
    network: Arc<Network>,
    /// How the connector is set up.
    pub(super) config: connector::config::Config,
    /// What happens.
    pub(super) timeline: Timeline,
    /// Draws what each life of the connector is given.
    rng: ChaCha8Rng,
}

/// The connector that is running now, if any. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningConnector(Rc<RefCell<Option<Rc<Connector>>>>);

impl RunningConnector {
    /// Replaces it.
    pub(super) fn set(&self, connector: Option<Rc<Connector>>) {
        *self.0.borrow_mut() = connector;
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.0.borrow().as_ref().map(|connector| connector.status())
    }

    /// Its status in one line.
    pub(super) fn describe(&self) -> String {
        let Some(status) = self.status() else { return "no connector is running".to_owned() };
        let streams = status.streams.iter().map(|(name, stream)| {
            let StreamStatus { fetched, delivered, in_flight, open_spans, covered_to, settled_to, problem, .. } =
                stream;
            let problem = problem.as_ref().map_or("none", |problem| problem.cause.as_str());
            format!(
                "{name}: fetched {fetched}, delivered {delivered}, in flight {in_flight}, open spans {open_spans}, \
                 covered to {covered_to:?}, settled to {settled_to:?}, problem: {problem}"
            )
        });
        format!("ready: {}; {}", status.ready, streams.collect::<Vec<_>>().join("; "))
    }
}

/// Why a plan cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// Miro's world contradicts itself.
    #[error(transparent)]
    Miro(#[from] mock_miro::WorldError),
    /// Azure's world contradicts itself.
    #[error(transparent)]
    Sentinel(#[from] mock_sentinel::WorldError),
    /// The worlds or the configuration of the scenario cannot be.
    #[error(transparent)]
    Scenario(#[from] WorldProblem),
    /// No runtime.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
}

impl SimWorld {
    /// The world at the start of the plan. Must be made inside a runtime with a paused timer.
    ///
    /// # Errors
    ///
    /// If the worlds or the configuration of the plan are invalid.
    pub fn new(plan: &Plan, secrets: &Secrets, keep_journal: bool) -> Result<Self, SimError> {
        let clock = SimClock::starting_at(plan.starts_at);
        let scenario = &plan.scenario;
        let clock_of = |owner| SkewedClock::of(owner, &scenario.timeline, clock);
        let miro = MockMiro::new(plan.miro.clone(), Arc::new(clock_of(ClockOwner::Miro)))?;
        let sentinel = MockSentinel::new(plan.sentinel.clone(), Arc::new(clock_of(ClockOwner::Azure)))?;
        for secret in [miro.tokens().audit, miro.tokens().content, sentinel.credentials().client_secret] {
            secrets.keep(&secret);
        }
        let limits = Limits { uploads_in_flight: plan.concurrent_uploads, plain_bytes_max: plan.plain_bytes_max };
        let watch = Watch::new(secrets.clone(), limits, keep_journal);
        let power = Power::default();
        let conditions = NetworkConditions::new(scenario.network, plan.faults_end, scenario.seed);
        let timeline = Timeline::new(scenario);
        let middlebox = Middlebox::new(plan, timeline.clone(), clock);
        let network = Network::new(sites(&miro, &sentinel), conditions, middlebox, watch.clone(), power.clone(), clock);
        let config = world::config(scenario, &miro, &sentinel, &addresses())?;
        Ok(Self {
            miro,
            sentinel,
            clock,
            connector_clock: clock_of(ClockOwner::Connector),
            watch,
            disk: SimDisk::new(power.clone()),
            power,
            running: RunningConnector::default(),
            network: Arc::new(network),
            config,
            timeline,
            rng: ChaCha8Rng::seed_from_u64(scenario.seed),
        })
    }

    /// The checkpoint store on the disk as it is now. Whoever had it before can no longer write.
    ///
    /// # Errors
    ///
    /// If the checkpoint on the disk cannot be opened.
    pub fn store(&self) -> Result<RedbStore, StoreError> {
        let disk = self.disk.clone();
        RedbStore::with_backend(move || disk.plug_in(), self.config.store.dead_letters_bytes_max)
    }

    /// A connector that starts from what is on the disk.
    ///
    /// # Errors
    ///
    /// If the checkpoint on the disk cannot be opened.
    pub fn connector(&mut self) -> Result<Connector, StoreError> {
        let random = Random::seeded(self.rng.random());
        let tokens = AzureTokens::new(
            self.config.sentinel.identity.clone(),
            self.config.http.timeout,
            self.network.clone(),
            Arc::new(self.connector_clock.clone()),
            random.clone(),
        );
        let parts = Parts {
            miro: self.network.clone(),
            azure: self.network.clone(),
            tokens: Arc::new(tokens),
            clock: Arc::new(self.connector_clock.clone()),
            random,
            store: Arc::new(self.store()?),
        };
        Ok(Connector::new(self.config.clone(), parts))
    }

    /// What a power cut leaves on the disk, drawn from `seed`; then the power is back.
    pub fn survive_power_cut(&self, seed: u64) -> super::disk::Aftermath {
        let aftermath = self.disk.settle(&mut ChaCha8Rng::seed_from_u64(seed));
        self.power.restore();
        aftermath
    }

    /// The process was killed; its machine went on.
    pub fn survive_kill(&self) {
        self.disk.outlive();
        self.power.restore();
    }
}

fn sites(miro: &MockMiro, sentinel: &MockSentinel) -> std::collections::BTreeMap<String, Site> {
    let site = |(peer, host): (Peer, &str)| {
        let router = if peer == Peer::Miro { miro.router() } else { sentinel.router() };
        (host.to_owned(), Site { peer, router })
    };
    HOSTS.into_iter().map(site).collect()
}

/// The addresses of the peers.
pub(crate) fn addresses() -> Addresses {
    let [miro, authority, endpoint] =
        HOSTS.map(|(_, host)| format!("https://{host}").parse().expect("these host names are valid"));
    Addresses { miro, authority, endpoint, ca_file: None }
}
