//! The mock under attack: started, prepared so that it stores nothing, and asked at the end what it saw.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// Quotas that no attack reaches, or most attacks would meet nothing but them, and queries that are small enough for five
/// of them to stay within the bound on memory, of which each takes some times what it counts.
const WORLD: &str = "
ingestion: {calls_per_minute: 100000000, bytes_per_minute: 100000000000000}
query: {per_thirty_seconds: 100000000, memory_max: 4000000, bytes_max: 1000000}
";

/// The stream whose rows are all dropped.
pub(crate) const STREAM: &str = "Custom-Hostile";

/// A process that is killed when this is dropped.
pub(crate) struct Mock {
    child: Child,
    handshake: Value,
    client: reqwest::Client,
    panics: Arc<AtomicU64>,
}

/// What attacks need to know.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) tenant_id: String,
    pub(crate) workspace_id: String,
    /// Resources are put below this id.
    pub(crate) group: String,
    /// The immutable id of the rule that drops every row.
    pub(crate) rule: String,
    pub(crate) monitor: String,
    pub(crate) log_analytics: String,
    pub(crate) manager: String,
}

/// How the mock was when the attack was over.
#[derive(Debug)]
pub(crate) struct End {
    /// Panics written to stderr, and failures that the journal calls the mock's own.
    pub(crate) panics: u64,
    pub(crate) rows_stored: u64,
    pub(crate) calls_remembered: usize,
    /// Why it ended before it was told to, if it did.
    pub(crate) exited: Option<String>,
}

impl Mock {
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        let mut world = tempfile::NamedTempFile::with_suffix(".yaml")?;
        world.write_all(WORLD.as_bytes())?;
        let mut child = Command::new(program)
            .args(["serve", "--world"])
            .arg(world.path())
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
        let handshake = serde_json::from_str(&line).with_context(|| format!("the mock printed {line:?}"))?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { child, handshake, client, panics })
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn http(&self) -> String {
        self.text("http_url").trim_start_matches("http://").to_owned()
    }

    fn text(&self, key: &str) -> String {
        self.handshake[key].as_str().unwrap_or_default().to_owned()
    }

    /// Gets tokens and deploys the rule that drops every row.
    pub(crate) async fn prepare(&self) -> anyhow::Result<Prepared> {
        let world = self.get("/_control/world").await?;
        let workspace = &world["workspace"];
        let named = |key: &str| workspace[key].as_str().unwrap_or_default();
        let group = format!("/subscriptions/{}/resourceGroups/{}", named("subscription_id"), named("resource_group"));
        let manager = self.token("https://management.azure.com/.default").await?;
        let rule = format!("{group}/providers/Microsoft.Insights/dataCollectionRules/hostile");
        let columns = json!([{"name": "id", "type": "string"}, {"name": "event", "type": "string"}, {"name": "details", "type": "dynamic"}]);
        let resource = json!({"location": workspace["location"], "kind": "Direct", "properties": {
            "streamDeclarations": {STREAM: {"columns": columns}},
            "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId":
                format!("{group}/providers/Microsoft.OperationalInsights/workspaces/{}", named("name"))}]},
            "dataFlows": [{"streams": [STREAM], "destinations": ["la"], "outputStream": "Custom-MiroAuditLogs_CL",
                "transformKql": "source | where 1 == 2 | project TimeGenerated = now(), id, event, details"}]}});
        let deployed = self.put(&rule, "2023-03-11", &manager, &resource).await?;
        let immutable_id = deployed["properties"]["immutableId"].as_str().context("the rule has an id")?.to_owned();
        let role =
            format!("{rule}/providers/Microsoft.Authorization/roleAssignments/5ab5c41b-0000-4000-8000-000000000001");
        let definition = "/providers/Microsoft.Authorization/roleDefinitions/3913510d-42f4-4e42-8a64-420c390055eb";
        let assignment = json!({"properties": {"principalId": world["identity"]["apps"][0]["object_id"],
            "principalType": "ServicePrincipal", "roleDefinitionId": definition}});
        self.put(&role, "2022-04-01", &manager, &assignment).await?;
        let monitor = self.token("https://monitor.azure.com/.default").await?;
        self.store_a_row(&monitor).await?;
        Ok(Prepared {
            http: self.http().parse()?,
            https: self.text("https_url").trim_start_matches("https://").parse()?,
            tenant_id: self.text("tenant_id"),
            workspace_id: self.text("workspace_id"),
            group,
            rule: immutable_id,
            monitor,
            log_analytics: self.token("https://api.loganalytics.io/.default").await?,
            manager,
        })
    }

    /// An empty workspace answers every query at once.
    async fn store_a_row(&self, token: &str) -> anyhow::Result<()> {
        let stream = "Custom-MiroAuditLogs_CL";
        let rule = self.handshake["rules"][stream].as_str().unwrap_or_default();
        let path = format!("/dataCollectionRules/{rule}/streams/{stream}?api-version=2023-01-01");
        let url = format!("{}{path}", self.text("http_url"));
        let answer = self.client.post(url).bearer_auth(token).body("[{\"id\":\"first\"}]").send().await?;
        ensure!(answer.status().as_u16() == 204, "the first row: {}", answer.status());
        Ok(())
    }

    /// Asks what came of the attack, and ends the mock.
    pub(crate) async fn end(&mut self) -> anyhow::Result<End> {
        let exited = self.child.try_wait()?.map(|status| status.to_string());
        if exited.is_some() {
            return Ok(End { panics: self.panics(), rows_stored: 0, calls_remembered: 0, exited });
        }
        let journal = self.get("/_control/journal").await?;
        let entries = journal["entries"].as_array().cloned().unwrap_or_default();
        let own = |entry: &&Value| entry["reason"].as_str().is_some_and(|why| why.contains("mistake of its own"));
        let panics = self.panics() + entries.iter().filter(own).count() as u64;
        let tables = self.get("/_control/tables").await?;
        let counts = tables.as_object().into_iter().flatten();
        let rows_stored = counts.filter_map(|(_, table)| table["count"].as_u64()).sum();
        Ok(End { panics, rows_stored, calls_remembered: entries.len(), exited })
    }

    fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    async fn token(&self, scope: &str) -> anyhow::Result<String> {
        let url = format!("{}/{}/oauth2/v2.0/token", self.text("http_url"), self.text("tenant_id"));
        // The default secret holds characters that a form must encode.
        let secret = self.text("client_secret").replace('+', "%2B");
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={secret}&scope={scope}",
            self.text("client_id")
        );
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
        answer["access_token"].as_str().map(str::to_owned).with_context(|| format!("no token: {answer}"))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.text("http_url"))).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn put(&self, id: &str, version: &str, token: &str, resource: &Value) -> anyhow::Result<Value> {
        let url = format!("{}{id}?api-version={version}", self.text("http_url"));
        let answer = self.client.put(url).bearer_auth(token).body(resource.to_string()).send().await?;
        let status = answer.status();
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(status.is_success(), "{id}: {status} {body}");
        Ok(body)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // Ended already is as good as killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
