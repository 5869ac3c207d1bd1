//! Azure's own Rust identity library against mock-sentinel: every line is a scenario and what came of it.
//!
//! There is no Rust client for uploads and queries, so tokens are used through `reqwest`. The mock is named by
//! `CLIENTS_HANDSHAKE`, the file with the line that it prints once it listens; its world must trust
//! `https://issuer.example` for `system:serviceaccount:miro:connector`.

mod scenarios;
mod transport;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use anyhow::Context;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::http::{ClientOptions, HttpClient};
use serde_json::Value;

use crate::transport::Transport;

/// The argument of the run that has App Service's environment.
const APP_SERVICE: &str = "app-service";

/// The mock and the way to it.
pub(crate) struct Lab {
    handshake: Value,
    pub(crate) transport: Transport,
}

impl Lab {
    fn from_environment() -> anyhow::Result<Self> {
        let path =
            std::env::var("CLIENTS_HANDSHAKE").context("CLIENTS_HANDSHAKE does not name the mock's handshake")?;
        let text = std::fs::read_to_string(&path).with_context(|| format!("could not read {path}"))?;
        let handshake: Value = serde_json::from_str(&text).with_context(|| format!("{path} holds no handshake"))?;
        let named = |key: &str| handshake[key].as_str().with_context(|| format!("{path} lacks `{key}`"));
        let transport = Transport::new(Path::new(named("ca_file")?), named("http_url")?)?;
        Ok(Self { handshake, transport })
    }

    /// A text of the handshake.
    pub(crate) fn text(&self, key: &str) -> String {
        self.handshake[key].as_str().unwrap_or_default().to_owned()
    }

    /// The immutable id of the rule of a stream.
    pub(crate) fn rule(&self, stream: &str) -> String {
        self.handshake["rules"][stream].as_str().unwrap_or_default().to_owned()
    }

    /// The library's options for this mock.
    pub(crate) fn options(&self, authority: &str) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        authority.clone_into(&mut cloud.authority_host);
        let client: Arc<dyn HttpClient> = Arc::new(self.transport.clone());
        ClientOptions {
            transport: Some(azure_core::http::Transport::new(client)),
            cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
            ..ClientOptions::default()
        }
    }
}

/// What came of the scenarios so far.
#[derive(Default)]
pub(crate) struct Table {
    failures: u32,
}

impl Table {
    /// Writes one line.
    pub(crate) fn row(&mut self, scenario: &str, outcome: anyhow::Result<String>) -> anyhow::Result<()> {
        let (outcome, mark) = match outcome {
            Ok(outcome) => (outcome, "ok"),
            Err(error) => {
                self.failures += 1;
                (format!("{:?}", format!("{error:#}").chars().take(300).collect::<String>()), "FAIL")
            }
        };
        writeln!(std::io::stdout(), "rust | {scenario} | {outcome} | {mark}")?;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    // A second installation is refused and means the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let lab = Lab::from_environment()?;
    let mut table = Table::default();
    if std::env::args().nth(1).as_deref() == Some(APP_SERVICE) {
        scenarios::app_service(&lab, &mut table).await?;
    } else {
        scenarios::all(&lab, &mut table).await?;
        table.failures += u32::from(!as_app_service(&lab)?);
    }
    Ok(if table.failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The library finds App Service by the environment, so a process of its own gets that environment.
fn as_app_service(lab: &Lab) -> anyhow::Result<bool> {
    let status = Command::new(std::env::current_exe()?)
        .arg(APP_SERVICE)
        .env("IDENTITY_ENDPOINT", format!("{}/msi/token", lab.text("http_url")))
        .env("IDENTITY_HEADER", "mock-identity-header")
        .stdin(Stdio::null())
        .status()
        .context("could not start the scenarios of App Service")?;
    Ok(status.success())
}
