//! A scenario on sockets: both mocks with its world on this machine's loopback, in real time, and its timeline played to whoever
//! calls.

mod clock;
mod observe;
mod steps;

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connector::Stream;
use connector::config::Config;
use jiff::{SignedDuration, Timestamp};
use mock_miro::MockMiro;
use mock_sentinel::{MockSentinel, Tls};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deployment::Addresses;
use crate::mocks::Mocks;
use crate::observation::ObservedStep;
use crate::scenario::world::{self, WorldProblem};
use crate::scenario::{ClockOwner, Peer, Scenario, WorldSpec};
use crate::subject::Variables;

/// Both mocks on sockets.
#[derive(Debug)]
pub struct Live {
    /// The mocks.
    pub mocks: Mocks,
    /// The scenario, moved to the present.
    scenario: Scenario,
    addresses: Addresses,
    plain_azure: url::Url,
    /// Until they are served.
    sockets: Option<Sockets>,
    servers: JoinSet<()>,
    stop: CancellationToken,
    progress: Mutex<Progress>,
}

/// Between two looks whether somebody has connected.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(2);

/// Sockets that are listened to, and not yet served: who connects waits.
#[derive(Debug)]
struct Sockets {
    miro: TcpListener,
    plain: TcpListener,
    secure: TcpListener,
    tls: Tls,
}

/// How far the timeline is.
#[derive(Debug, Default)]
struct Progress {
    /// When it began.
    begun: Option<Timestamp>,
    /// What became of each step.
    steps: Vec<ObservedStep>,
    /// The step that put a fault in place, by its number in the mock of the peer.
    faults: BTreeMap<(Service, u64), usize>,
    /// By how much a mock's clock is ahead, each for the calls after this one in its journal.
    ahead: BTreeMap<Service, Vec<(u64, SignedDuration)>>,
}

/// Which mock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Service {
    Miro,
    Azure,
}

impl From<Peer> for Service {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Miro => Self::Miro,
            Peer::Entra | Peer::Ingestion => Self::Azure,
        }
    }
}

/// Why a scenario cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No socket, no file.
    #[error("could not start the mocks: {0}")]
    Io(#[from] std::io::Error),
    /// No certificate for https.
    #[error(transparent)]
    Tls(#[from] mock_sentinel::TlsError),
    /// The worlds or the configuration of the scenario cannot be.
    #[error(transparent)]
    Scenario(#[from] WorldProblem),
    /// Miro's world contradicts itself.
    #[error(transparent)]
    Miro(#[from] mock_miro::WorldError),
    /// Azure's world contradicts itself.
    #[error(transparent)]
    Sentinel(#[from] mock_sentinel::WorldError),
    /// A step of the timeline that a served world cannot play.
    #[error("step {step}: {reason}")]
    Step {
        /// Its number, from 1.
        step: usize,
        /// Why not.
        reason: String,
    },
}

/// Where the mocks are and how to call them: the variables that a program under test gets. Names as in `README.md`, "Certify".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the variables")]
pub struct Environment {
    pub miro_base_url: String,
    pub miro_access_token_audit: String,
    pub miro_access_token_content: String,
    pub miro_organization_id: String,
    pub sentinel_endpoint: String,
    pub sentinel_rule_audit: String,
    pub sentinel_rule_content: String,
    pub sentinel_stream_audit: String,
    pub sentinel_stream_content: String,
    pub azure_authority_host: String,
    pub azure_tenant_id: String,
    pub azure_client_id: String,
    pub azure_client_secret: String,
    pub ca_file: String,
    pub ssl_cert_file: String,
    pub requests_ca_bundle: String,
    pub node_extra_ca_certs: String,
    pub start: String,
    pub poll_every: String,
}

impl Live {
    /// Starts both mocks with the scenario's world as of now; the root certificate is written into `folder`. Nothing
    /// of the timeline has happened yet: see [`prepare`](Self::prepare) and [`play`](Self::play).
    ///
    /// # Errors
    ///
    /// If the world of the scenario is invalid, or a socket cannot be opened.
    pub async fn start(scenario: &Scenario, folder: &Path) -> Result<Self, LiveError> {
        let mut live = Self::bind(scenario, folder).await?;
        let (miro, sentinel) = (live.mocks.miro.clone(), live.mocks.sentinel.clone());
        live.serve(miro, sentinel);
        Ok(live)
    }

    /// Like [`start`](Self::start), but whoever connects waits until [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// If the world of the scenario is invalid, or a socket cannot be opened.
    pub async fn bind(scenario: &Scenario, folder: &Path) -> Result<Self, LiveError> {
        let scenario = at_present(scenario, Timestamp::now());
        let apart = clock::at_first(&scenario, ClockOwner::Miro);
        let miro = MockMiro::new(world::miro(&scenario)?, Arc::new(clock::Apart(apart)))?;
        let sentinel = MockSentinel::new(world::azure(&scenario)?, Arc::new(mock_sentinel::SystemClock))?;
        let tls = Tls::generate()?;
        let ca_file = folder.join("ca.pem");
        tokio::fs::write(&ca_file, tls.root_pem()).await?;
        let (miro_socket, miro_url) = listen("http").await?;
        let (plain, plain_azure) = listen("http").await?;
        let (secure, azure_url) = listen("https").await?;
        let addresses =
            Addresses { miro: miro_url, authority: azure_url.clone(), endpoint: azure_url, ca_file: Some(ca_file) };
        let steps = vec![ObservedStep::default(); scenario.timeline.len()];
        let ahead = BTreeMap::from([(Service::Miro, vec![(0, apart)])]);
        Ok(Self {
            mocks: Mocks::new(miro, sentinel),
            scenario,
            addresses,
            plain_azure,
            sockets: Some(Sockets { miro: miro_socket, plain, secure, tls }),
            servers: JoinSet::new(),
            stop: CancellationToken::new(),
            progress: Mutex::new(Progress { steps, ahead, ..Progress::default() }),
        })
    }

    /// Waits until somebody connects to any of the sockets, without taking the connection.
    ///
    /// # Errors
    ///
    /// If the socket cannot be watched.
    pub async fn first_connection(&self) -> std::io::Result<()> {
        let Some(Sockets { miro, plain, secure, .. }) = &self.sockets else { return Ok(()) };
        loop {
            let mut waiting =
                [miro.as_fd(), plain.as_fd(), secure.as_fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
            // A listener is readable when somebody has connected. Without a timeout this does not block.
            if poll(&mut waiting, Some(&Timespec::default()))? > 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Serves a subject that has connected: without the control planes, where it could look or change what it is judged by.
    pub fn open(&mut self) {
        let (miro, sentinel) = (self.mocks.miro.clone(), self.mocks.sentinel.clone());
        self.serve(miro.without_control(), sentinel.without_control());
    }

    fn serve(&mut self, miro: MockMiro, sentinel: MockSentinel) {
        let Some(Sockets { miro: socket, plain, secure, tls }) = self.sockets.take() else { return };
        self.servers.spawn(miro.serve(socket, self.stop.clone()));
        self.servers.spawn(sentinel.serve(plain, Some((secure, tls)), self.stop.clone()));
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // Every change to it is one assignment.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the timeline began; now, before it does.
    fn begun(&self) -> Timestamp {
        self.progress().begun.unwrap_or_else(Timestamp::now)
    }

    /// When the timeline began, if it has.
    pub fn began(&self) -> Option<Timestamp> {
        self.progress().begun
    }

    /// What is played, moved to the present.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The configuration of our own connector between these mocks.
    ///
    /// # Errors
    ///
    /// If the settings of the scenario are not a valid configuration.
    pub fn config(&self) -> Result<Config, WorldProblem> {
        world::config(&self.scenario, &self.mocks.miro, &self.mocks.sentinel, &self.addresses)
    }

    /// The same as the text of a file.
    ///
    /// # Errors
    ///
    /// If the settings of the scenario are not valid.
    pub fn settings(&self) -> Result<toml::Table, WorldProblem> {
        world::settings(&self.scenario, &self.mocks.miro, &self.mocks.sentinel, &self.addresses)
    }

    /// The variables that a program under test gets.
    pub fn environment(&self) -> Environment {
        let (tokens, app) = (self.mocks.miro.tokens(), self.mocks.sentinel.credentials());
        let rule = |stream: Stream| self.mocks.sentinel.rule(stream.rule_stream()).unwrap_or_default();
        let ca_file = self.addresses.ca_file.as_deref().unwrap_or(Path::new("")).display().to_string();
        let address = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
        Environment {
            miro_base_url: address(&self.addresses.miro),
            miro_access_token_audit: tokens.audit,
            miro_access_token_content: tokens.content,
            miro_organization_id: self.mocks.miro.organization_id(),
            sentinel_endpoint: address(&self.addresses.endpoint),
            sentinel_rule_audit: rule(Stream::Audit),
            sentinel_rule_content: rule(Stream::Content),
            sentinel_stream_audit: Stream::Audit.rule_stream().to_owned(),
            sentinel_stream_content: Stream::Content.rule_stream().to_owned(),
            azure_authority_host: address(&self.addresses.authority),
            azure_tenant_id: app.tenant_id,
            azure_client_id: app.client_id,
            azure_client_secret: app.client_secret,
            ssl_cert_file: ca_file.clone(),
            requests_ca_bundle: ca_file.clone(),
            node_extra_ca_certs: ca_file.clone(),
            ca_file,
            // As Miro takes it: to the millisecond.
            start: format!("{:.3}", self.scenario.time(self.scenario.world.start)),
            poll_every: "1s".to_owned(),
        }
    }

    /// The same by name.
    pub fn variables(&self) -> Variables {
        let values = serde_json::to_value(self.environment()).unwrap_or_default();
        let values = values.as_object().cloned().unwrap_or_default();
        values.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
    }

    /// What mock-miro prints when it is started by itself.
    pub fn miro_handshake(&self) -> serde_json::Value {
        self.mocks.miro.handshake(self.addresses.miro.as_str().trim_end_matches('/'))
    }

    /// What mock-sentinel prints when it is started by itself.
    pub fn sentinel_handshake(&self) -> serde_json::Value {
        let ca_file = self.ca_file().display().to_string();
        let address = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
        self.mocks.sentinel.handshake(&address(&self.plain_azure), &address(&self.addresses.endpoint), &ca_file)
    }

    /// Where the root certificate is.
    pub fn ca_file(&self) -> PathBuf {
        self.addresses.ca_file.clone().unwrap_or_default()
    }

    /// Stops serving; what is being answered is answered first.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.servers.join_next().await.is_some() {}
    }
}

/// A free port of this machine.
async fn listen(scheme: &str) -> std::io::Result<(TcpListener, url::Url)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("{scheme}://{}", listener.local_addr()?);
    let url = url.parse().map_err(std::io::Error::other)?;
    Ok((listener, url))
}

/// The scenario as if it began now: every time in its worlds is moved by the same length.
fn at_present(scenario: &Scenario, now: Timestamp) -> Scenario {
    let later = now.duration_since(scenario.world.clock);
    let mut moved = scenario.clone();
    let WorldSpec { miro, azure, clock, .. } = &mut moved.world;
    *clock = now;
    miro.values_mut().chain(azure.values_mut()).for_each(|value| shift(value, later));
    moved
}

fn shift(value: &mut serde_json::Value, later: SignedDuration) {
    match value {
        serde_json::Value::String(text) => {
            if let Ok(time) = text.parse::<Timestamp>()
                && let Ok(moved) = time.checked_add(later)
            {
                *text = moved.to_string();
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(|value| shift(value, later)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|value| shift(value, later)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_world_are_moved_and_nothing_else_is() {
        let mut world = serde_json::json!({"from": "2026-03-01T00:00:00Z", "over": "6h", "id": "307", "deep": [{"at": "9999-12-01T00:00:00Z"}]});
        shift(&mut world, SignedDuration::from_hours(24));
        assert_eq!(world["from"], "2026-03-02T00:00:00Z");
        assert_eq!((&world["over"], &world["id"]), (&"6h".into(), &"307".into()));
        assert_eq!(world["deep"][0]["at"], "9999-12-02T00:00:00Z");
    }
}
