//! The mocks under attack: `miro-lab serve` in a process of its own, and what it says in the end.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use serde_json::Value;

use super::prepare::{Prepared, Sentinel};
use super::{Mock, miro};

/// Quotas that no attack reaches, or most attacks would meet nothing but them, and queries that are small enough for five
/// of them to stay within the bound on memory, of which each takes some times what it counts.
const SCENARIO: &str = "
id: ATTACK
title: Both mocks, with quotas that no attack reaches
family: windows
level: may
world:
  start: -24h
  miro:
    credits_per_minute: 1000000000000
    audit: {generate: 2000, over: 24h}
    content: {generate: 1000, over: 24h}
  azure:
    ingestion: {calls_per_minute: 100000000, bytes_per_minute: 100000000000000}
    query: {per_thirty_seconds: 100000000, memory_max: 4000000, bytes_max: 1000000}
expect: {}
";

/// A process that is killed when this is dropped.
pub(super) struct Victim {
    child: Child,
    handshake: Value,
    client: reqwest::Client,
    panics: Arc<AtomicU64>,
    _scenario: tempfile::NamedTempFile,
}

/// How the mocks were when the attack was over.
#[derive(Debug)]
pub(super) struct End {
    /// Panics written to stderr, and failures that a journal calls the mock's own.
    pub(super) panics: u64,
    pub(super) rows_stored: u64,
    pub(super) calls_remembered: usize,
    /// Why it ended before it was told to, if it did.
    pub(super) exited: Option<String>,
}

impl Victim {
    /// Lets `program`, a miro-lab, serve both mocks.
    pub(super) fn start(program: &Path) -> anyhow::Result<Self> {
        let mut scenario = tempfile::NamedTempFile::with_suffix(".yaml")?;
        scenario.write_all(SCENARIO.as_bytes())?;
        let mut child = Command::new(program)
            .arg("serve")
            .arg(scenario.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let (stdout, stderr) = child.stdout.take().zip(child.stderr.take()).context("the pipes are there")?;
        let panics = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&panics);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                counter.fetch_add(u64::from(line.contains("panicked")), Ordering::Relaxed);
            }
        });
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let handshake = serde_json::from_str(&line).with_context(|| format!("the mocks printed {line:?}"))?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { child, handshake, client, panics, _scenario: scenario })
    }

    pub(super) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Where that mock is asked for its health.
    pub(super) fn url(&self, mock: Mock) -> String {
        let value = match mock {
            Mock::Miro => &self.handshake["miro"]["base_url"],
            Mock::Sentinel => &self.handshake["sentinel"]["http_url"],
        };
        value.as_str().unwrap_or_default().to_owned()
    }

    fn sentinel(&self) -> Sentinel<'_> {
        Sentinel { handshake: &self.handshake["sentinel"], client: &self.client }
    }

    pub(super) async fn prepared_sentinel(&self) -> anyhow::Result<Prepared> {
        self.sentinel().prepare().await
    }

    pub(super) fn miro(&self) -> anyhow::Result<miro::Target> {
        miro::Target::new(&self.handshake["miro"])
    }

    /// Asks what came of the attack.
    pub(super) async fn end(&mut self) -> anyhow::Result<End> {
        let exited = self.child.try_wait()?.map(|status| status.to_string());
        if exited.is_some() {
            return Ok(End { panics: self.panics(), rows_stored: 0, calls_remembered: 0, exited });
        }
        let (calls, own_mistakes) = self.sentinel().calls().await?;
        let journal = format!("{}/_control/journal", self.url(Mock::Miro));
        let journal: Value = serde_json::from_slice(&self.client.get(journal).send().await?.bytes().await?)?;
        let calls_remembered = calls + journal["entries"].as_array().map_or(0, Vec::len);
        let rows_stored = self.sentinel().rows().await?;
        Ok(End { panics: self.panics() + own_mistakes, rows_stored, calls_remembered, exited })
    }

    fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // Ended already is as good as killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
