//! The cure of Miro's guide, rehearsed as `scenarios/README.md` tells it: a toggle off, and on again with another token.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::programs::{Process, program};

/// Far beyond what any wait needs; a test that reaches it has found a hang.
const PATIENCE: Duration = Duration::from_mins(2);

/// A connector under both mocks of `miro-lab serve`.
struct Rehearsal {
    miro: Value,
    /// Where the connector tells whether it is ready.
    readyz: String,
    client: reqwest::Client,
    _lab: Process,
    _connector: Process,
}

/// The lines that a program writes, for as long as it runs.
fn lines(source: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            drop(tell.send(line));
        }
    });
    lines
}

/// The address that a connector says it listens on.
fn address(log: &Receiver<String>) -> String {
    loop {
        let line = log.recv_timeout(PATIENCE).expect("it says where it listens");
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = told["listen"].as_str() {
            return address.to_owned();
        }
    }
}

impl Rehearsal {
    fn start(config: &Path) -> Self {
        let mut lab = Command::new(program("miro-lab"))
            .args(["serve", "--config-file"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("miro-lab starts");
        let told = lines(lab.stdout.take().expect("stdout is piped"));
        let lab = Process::of(lab);
        let handshake = told.recv_timeout(PATIENCE).expect("it prints a line");
        let handshake: Value = serde_json::from_str(&handshake).expect("a line of JSON");
        let mut connector = Command::new(program("miro-sentinel"))
            .arg("--config")
            .arg(config)
            .arg("run")
            .env("MIRO_SENTINEL__TELEMETRY__LISTEN", "127.0.0.1:0")
            .env("MIRO_SENTINEL__TELEMETRY__LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("miro-sentinel starts");
        let log = lines(connector.stderr.take().expect("stderr is piped"));
        let connector = Process::of(connector);
        let readyz = format!("http://{}/readyz", address(&log));
        // Another test may have done so.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { miro: handshake["miro"].clone(), readyz, client, _lab: lab, _connector: connector }
    }

    /// Changes Miro's world; returns what the mock says to that.
    async fn change(&self, change: Value) -> Value {
        let url = format!("{}/world", self.miro["control_url"].as_str().expect("an address"));
        let response = self.client.post(url).body(change.to_string()).send().await.expect("the mock answers");
        assert_eq!(response.status(), 200);
        serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON")
    }

    /// Waits until the connector is ready, or not; returns what it says.
    async fn until_ready(&self, ready: bool) -> String {
        let begun = Instant::now();
        loop {
            let response = self.client.get(&self.readyz).send().await.expect("it answers");
            let is_ready = response.status() == 200;
            let says = String::from_utf8_lossy(&response.bytes().await.expect("a body")).into_owned();
            if is_ready == ready {
                return says;
            }
            assert!(begun.elapsed() < PATIENCE, "ready: {is_ready}: {says}");
        }
    }
}

#[tokio::test]
async fn the_guides_cure_is_rehearsed_in_four_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("c.toml");
    let lab = Rehearsal::start(&config);
    lab.until_ready(true).await;

    let off = lab.change(json!({"toggles": {"siem": false}})).await;
    assert_eq!(off["minted"], json!([]));
    let cause = lab.until_ready(false).await;
    assert!(cause.contains("SIEM") && cause.contains("does not know the access token"), "{cause}");

    let on = lab.change(json!({"toggles": {"siem": true}})).await;
    let token = on["minted"][0]["access_token"].as_str().expect("the new token is told").to_owned();
    std::fs::write(folder.path().join("c.toml.audit-token"), &token).expect("the folder is ours");
    lab.until_ready(true).await;

    let told = lab.change(json!({})).await;
    assert!(!told.to_string().contains(&token), "it is told once");
}
