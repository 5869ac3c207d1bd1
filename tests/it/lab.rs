//! Both mocks as processes and a connector configured for them.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::programs::{Process, captured, program, serve};

/// Far beyond what any wait needs; a test that reaches it has found a hang.
const PATIENCE: Duration = Duration::from_mins(3);

/// A mock Miro and a mock Sentinel on loopback ports of their own, and a folder for the connector.
pub(crate) struct Lab {
    pub(crate) miro: Value,
    pub(crate) sentinel: Value,
    folder: TempDir,
    client: reqwest::Client,
    _miro: Process,
    _sentinel: Process,
}

/// What differs from a configuration that works.
#[derive(Debug, Default, Clone)]
pub(crate) struct Settings {
    pub(crate) audit_token: Option<String>,
    pub(crate) content_token: Option<String>,
    pub(crate) organization_id: Option<String>,
    pub(crate) client_secret: Option<String>,
    pub(crate) audit_rule: Option<String>,
}

impl Lab {
    pub(crate) fn new(miro: &[&str], sentinel: &[&str]) -> Self {
        // A second installation is refused and means the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (miro_process, miro) = serve("mock-miro", miro);
        let (sentinel_process, sentinel) = serve("mock-sentinel", sentinel);
        Self {
            miro,
            sentinel,
            folder: tempfile::tempdir().expect("a temporary folder"),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            _miro: miro_process,
            _sentinel: sentinel_process,
        }
    }

    /// Writes the configuration and returns its path. Secrets travel by environment, see [`connector`](Self::connector).
    pub(crate) fn configure(&self, settings: &Settings) -> PathBuf {
        let rules = &self.sentinel["rules"];
        let organization = text(&self.miro, "organization_id");
        let text = format!(
            r#"
[miro]
base_url = "{base_url}"
[streams.audit]
access_token = {{ env = "MIRO_AUDIT_TOKEN" }}
poll_every = "1s"
start = "40h ago"
[streams.content]
organization_id = "{organization}"
access_token = {{ env = "MIRO_CONTENT_TOKEN" }}
poll_every = "1s"
start = "40h ago"
[sentinel]
endpoint = "{endpoint}"
[sentinel.rules]
audit = "{audit_rule}"
content = "{content_rule}"
[sentinel.identity]
kind = "client_secret"
tenant_id = "{tenant}"
client_id = "{client}"
client_secret = {{ env = "AZURE_CLIENT_SECRET" }}
authority = "{authority}"
[store]
path = "{store}"
[http]
ca_file = "{ca_file}"
[telemetry]
listen = "127.0.0.1:0"
"#,
            base_url = text(&self.miro, "base_url"),
            organization = settings.organization_id.as_ref().unwrap_or(&organization),
            endpoint = text(&self.sentinel, "endpoint"),
            audit_rule = settings.audit_rule.clone().unwrap_or_else(|| text(rules, "Custom-MiroAuditLogs_CL")),
            content_rule = text(rules, "Custom-MiroContentLogs_CL"),
            tenant = text(&self.sentinel, "tenant_id"),
            client = text(&self.sentinel, "client_id"),
            authority = text(&self.sentinel, "authority"),
            store = self.store().display(),
            ca_file = text(&self.sentinel, "ca_file"),
        );
        let path = self.folder.path().join("miro-sentinel.toml");
        std::fs::write(&path, text).expect("the folder is ours");
        path
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("state").join("miro-sentinel.redb")
    }

    /// `miro-sentinel` with a configuration and its secrets, ready for a subcommand.
    pub(crate) fn connector(&self, settings: &Settings) -> Command {
        let tokens = &self.miro["tokens"];
        let mut command = Command::new(program("miro-sentinel"));
        command
            .arg("--config")
            .arg(self.configure(settings))
            .env("MIRO_AUDIT_TOKEN", settings.audit_token.clone().unwrap_or_else(|| text(tokens, "audit")))
            .env("MIRO_CONTENT_TOKEN", settings.content_token.clone().unwrap_or_else(|| text(tokens, "content")))
            .env(
                "AZURE_CLIENT_SECRET",
                settings.client_secret.clone().unwrap_or_else(|| text(&self.sentinel, "client_secret")),
            )
            .stdin(Stdio::null());
        command
    }

    /// Catches up to now and returns what was printed.
    pub(crate) fn run_once(&self, settings: &Settings) -> Output {
        let seen = self.connector(settings).args(["run", "--once"]).output().expect("the connector runs");
        let printed = captured(&seen.stdout) + &captured(&seen.stderr);
        let tokens = self.miro["tokens"].as_object().into_iter().flat_map(|tokens| tokens.values());
        let mut secrets = tokens.chain([&self.sentinel["client_secret"]]).filter_map(Value::as_str);
        assert!(!secrets.any(|secret| printed.contains(secret)), "a secret is printed");
        seen
    }

    /// Rows and distinct ids of a table.
    pub(crate) async fn rows(&self, table: &str) -> (u64, u64) {
        let counts = self.get(&self.sentinel, &format!("tables/{table}")).await;
        (counts["count"].as_u64().expect("a count"), counts["distinct_ids"].as_u64().expect("a count"))
    }

    /// Rows of both tables together.
    pub(crate) async fn rows_in_all(&self) -> u64 {
        self.rows("MiroAuditLogs_CL").await.0 + self.rows("MiroContentLogs_CL").await.0
    }

    /// Asks again and again until both tables together hold `rows`.
    pub(crate) async fn until_rows(&self, rows: u64) {
        let begun = Instant::now();
        while self.rows_in_all().await < rows {
            assert!(begun.elapsed() < PATIENCE, "{rows} rows did not arrive within {PATIENCE:?}");
        }
    }

    /// Changes something behind a mock's control plane.
    pub(crate) async fn post(&self, mock: &Value, path: &str, change: Value) {
        let url = format!("{}/{path}", text(mock, "control_url"));
        let request = self.client.post(&url).header("content-type", "application/json").body(change.to_string());
        let answer = request.send().await.expect("the mock answers");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
    }

    /// A document of a mock's control plane.
    pub(crate) async fn get(&self, mock: &Value, path: &str) -> Value {
        let url = format!("{}/{path}", text(mock, "control_url"));
        let answer = self.client.get(&url).send().await.expect("the mock answers");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        let body = answer.bytes().await.expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }
}

/// A text field of a handshake.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is missing in {value}")).to_owned()
}
