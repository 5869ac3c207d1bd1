//! The program that is looked at: the real binary, as a process.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::azure::{CLIENT, CLIENT_SECRET, SECRETS, TENANT};
use super::miro::{AUDIT_TOKEN, CONTENT_TOKEN, ORGANIZATION};
use super::world::World;
use crate::programs::{captured, program};

/// Between two looks at something that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A process that should print where it listens has long done so.
const START_MAX: Duration = Duration::from_secs(30);

/// A folder with a configuration for a world, and a state of its own.
#[derive(Debug)]
pub(super) struct Subject {
    folder: Arc<TempDir>,
}

/// Where the services are, and whom to trust.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) miro: String,
    pub(super) azure: String,
    pub(super) ca_pem: &'a str,
}

/// Lines at the end of sections, for what has a default.
#[derive(Debug, Default)]
struct Settings {
    stream: &'static str,
    http: String,
    telemetry: &'static str,
}

impl Settings {
    /// Everything soon, and `timeout` for a call.
    fn hasty(timeout: &str) -> Self {
        Self {
            stream: "poll_every = \"1s\"\nstart = \"3h ago\"",
            http: format!("timeout = \"{timeout}\""),
            telemetry: "grace = \"2s\"",
        }
    }
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// None when it had to be killed.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Subject {
    /// The configuration for `world` with a time-out of a second a call.
    pub(super) fn new(world: &World) -> Self {
        Self::with(&world.places(), &Settings::hasty("1s"))
    }

    /// The same with more time for a call: a machine under load must not be taken for a peer that is silent.
    pub(super) fn patient(world: &World) -> Self {
        Self::with(&world.places(), &Settings::hasty("5s"))
    }

    /// The configuration of most users: what must be set, and the default of everything else.
    pub(super) fn by_default(places: &Places<'_>) -> Self {
        Self::with(places, &Settings::default())
    }

    fn with(places: &Places<'_>, settings: &Settings) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        std::fs::write(folder.path().join("ca.pem"), places.ca_pem).expect("the folder is ours");
        let Settings { stream, http, telemetry } = settings;
        let text = format!(
            r#"
[miro]
base_url = "{miro}"
[streams.audit]
access_token = {{ env = "MIRO_AUDIT_TOKEN" }}
{stream}
[streams.content]
organization_id = "{ORGANIZATION}"
access_token = {{ env = "MIRO_CONTENT_TOKEN" }}
{stream}
[sentinel]
endpoint = "{azure}"
[sentinel.rules]
audit = "dcr-0123456789abcdef0123456789abcdef"
content = "dcr-fedcba9876543210fedcba9876543210"
[sentinel.identity]
kind = "client_secret"
tenant_id = "{TENANT}"
client_id = "{CLIENT}"
client_secret = {{ env = "AZURE_CLIENT_SECRET" }}
authority = "{azure}"
[store]
path = "{store}"
[http]
ca_file = "{ca_file}"
{http}
[telemetry]
listen = "127.0.0.1:0"
log_format = "json"
{telemetry}
"#,
            miro = places.miro,
            azure = places.azure,
            store = folder.path().join("state").join("miro-sentinel.redb").display(),
            ca_file = folder.path().join("ca.pem").display(),
        );
        std::fs::write(folder.path().join("miro-sentinel.toml"), text).expect("the folder is ours");
        Self { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("miro-sentinel"));
        command.arg("--config").arg(self.folder.path().join("miro-sentinel.toml")).args(arguments);
        command.env("MIRO_AUDIT_TOKEN", AUDIT_TOKEN).env("MIRO_CONTENT_TOKEN", CONTENT_TOKEN);
        command.env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end, or kills it after `most`.
    pub(super) async fn run(&self, arguments: &[&str], most: Duration) -> Ended {
        let (out, err) = (self.folder.path().join("out"), self.folder.path().join("err"));
        let mut command = self.command(arguments);
        command.stdout(create(&out)).stderr(create(&err));
        let mut child = command.spawn().expect("the program starts");
        let code = if let Ok(ended) = tokio::time::timeout(most, child.wait()).await {
            ended.expect("the process is ours").code()
        } else {
            child.kill().await.expect("the process is ours");
            None
        };
        Ended { code, stdout: read(&out), stderr: read(&err) }
    }

    /// Starts the service and waits until it listens.
    pub(super) async fn serve(&self) -> Service {
        drop(rustls::crypto::ring::default_provider().install_default());
        let log = self.folder.path().join("log");
        let mut command = self.command(&["run"]);
        let child = command.stdout(Stdio::null()).stderr(create(&log)).spawn().expect("the program starts");
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let mut service = Service { child, log, _folder: Arc::clone(&self.folder), client, address: String::new() };
        let address = until(START_MAX, || async { listening(&service.log()).ok_or(()) }).await;
        service.address = address.unwrap_or_else(|()| panic!("it does not listen: {}", service.log()));
        service
    }
}

fn create(path: &std::path::Path) -> std::fs::File {
    std::fs::File::create(path).expect("the folder is ours")
}

fn read(path: &std::path::Path) -> String {
    captured(std::fs::read(path).expect("the folder is ours"))
}

/// The address in the log line that tells it.
fn listening(log: &str) -> Option<String> {
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| line.get("listen")?.as_str().map(str::to_owned))
}

/// The running service; killed when dropped.
#[derive(Debug)]
pub(super) struct Service {
    child: Child,
    log: PathBuf,
    /// Kept for as long as the service runs.
    _folder: Arc<TempDir>,
    client: reqwest::Client,
    address: String,
}

impl Service {
    /// Status and body of one of its own endpoints; 0 when it does not answer.
    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let Ok(answer) = self.client.get(format!("http://{}{path}", self.address)).send().await else {
            return (0, String::new());
        };
        let code = answer.status().as_u16();
        (code, captured(answer.bytes().await.unwrap_or_default()))
    }

    pub(super) async fn status(&self) -> Value {
        serde_json::from_str(&self.get("/status").await.1).unwrap_or(Value::Null)
    }

    /// A count of both streams together.
    pub(super) async fn count(&self, name: &str) -> u64 {
        let status = self.status().await;
        let streams = status["streams"].as_object().into_iter().flat_map(|streams| streams.values());
        streams.filter_map(|stream| stream[name].as_u64()).sum()
    }

    /// The codes of all open problems.
    pub(super) async fn problems(&self) -> Vec<String> {
        let status = self.status().await;
        let streams = status["streams"].as_object().into_iter().flat_map(|streams| streams.values());
        streams.filter_map(|stream| stream["problem"]["code"].as_str().map(str::to_owned)).collect()
    }

    pub(super) fn log(&self) -> String {
        read(&self.log)
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the process is ours").is_none()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Asks it to end, as a service manager does.
    pub(super) async fn terminate(&self) {
        let id = self.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill is there");
        assert!(asked.success(), "the process is ours");
    }

    /// Waits until it has ended, or until `most` is over.
    pub(super) async fn ends_within(&mut self, most: Duration) -> bool {
        tokio::time::timeout(most, self.child.wait()).await.is_ok()
    }

    /// Everything that it showed so far.
    pub(super) async fn shown(&self) -> String {
        self.log() + &self.get("/readyz").await.1 + &self.get("/status").await.1 + &self.get("/metrics").await.1
    }
}

/// Looks again and again until there is something to see, or until `most` is over: then the last look counts.
pub(super) async fn until<T, E, L: Future<Output = Result<T, E>>>(
    most: Duration,
    look: impl Fn() -> L,
) -> Result<T, E> {
    let begun = Instant::now();
    loop {
        match look().await {
            Err(_) if begun.elapsed() < most => tokio::time::sleep(LOOK_EVERY).await,
            seen => return seen,
        }
    }
}

/// The secrets that `shown` holds.
pub(super) fn leaks(shown: &str) -> Vec<&'static str> {
    SECRETS.into_iter().filter(|secret| shown.contains(secret)).collect()
}
