//! `miro-lab serve`: both mocks on sockets, with a scenario's world and timeline.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use toml::Table;

use super::Exit;
use super::output_file::writable;
use super::scenario::{From, document};
use crate::deployment::{SecretFile, take_secrets};
use crate::live::{Environment, Live};
use crate::program::Stop;
use crate::scenario::{Family, Scenario};

/// Serves both mocks on this machine, with the world and the timeline of a scenario, until interrupted.
///
/// Prints one line of JSON: the addresses of the mocks and their credentials. With --config-file a connector needs nothing else:
/// `miro-sentinel --config F check`.
#[derive(Debug, Args)]
#[command(
    before_help = "  miro-lab serve\n  miro-lab serve --cause siem-off --config-file miro-sentinel.toml\n  miro-lab serve --causes"
)]
pub(super) struct Serve {
    /// A scenario id or file; by default an Enterprise organization with a day of events.
    scenario: Option<String>,
    /// The error cause to reproduce; `--causes` lists them.
    #[arg(long, value_name = "NAME", conflicts_with = "scenario")]
    cause: Option<String>,
    /// List the causes and exit.
    #[arg(long)]
    causes: bool,
    /// Write the variables for a program under test to this file, readable only by its owner.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Write a configuration for miro-sentinel to this file, and its secrets to files next to it.
    #[arg(long, value_name = "FILE")]
    config_file: Option<PathBuf>,
    #[command(flatten)]
    from: From,
}

/// The line that is printed. Its fields are a contract.
#[derive(Serialize)]
struct Handshake {
    miro: Value,
    sentinel: Value,
    environment: Environment,
    scenario: Option<String>,
    config_file: Option<PathBuf>,
    env_file: Option<PathBuf>,
}

/// The id of the scenario that is served when none is named.
const USUAL: &str = "SERVE";
/// Before the name of a cause, in ids.
const DIAGNOSIS: &str = "DIAGNOSIS-";

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        if self.causes {
            return self.list_causes();
        }
        let id = match (&self.scenario, &self.cause) {
            (Some(scenario), _) => Some(scenario.clone()),
            (None, Some(cause)) => Some(self.id_of(cause)?),
            (None, None) => None,
        };
        let document = document(&self.from.catalogue()?, id.as_deref().unwrap_or(USUAL))?;
        let case = document.cases.into_iter().next().context("the scenario has no case")?;
        if let Some((_, why)) = crate::scenario::Plays::of(&case.scenario)
            .kept_out
            .iter()
            .find(|(place, _)| *place == crate::scenario::Place::Serve)
        {
            return Err(super::Usage(format!("`{}` cannot be served: {why}", case.scenario.id)).into());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.serve(&case.scenario, id.is_some()))?;
        Ok(Exit::Held)
    }

    async fn serve(&self, scenario: &Scenario, is_named: bool) -> anyhow::Result<()> {
        let mut stop = Stop::listen()?;
        for (option, path) in [("--config-file", &self.config_file), ("--env-file", &self.env_file)] {
            path.as_deref().map_or(Ok(()), |path| writable(option, path))?;
        }
        let folder = tempfile::tempdir()?;
        let live = Live::start(scenario, folder.path()).await?;
        let (settings, environment) = (live.settings()?, live.environment());
        live.prepare()?;
        if let Some(path) = &self.config_file {
            write_config(path, settings, &live.ca_file())?;
        }
        if let Some(path) = &self.env_file {
            write_secret(path, &env_text(&environment)?)?;
        }
        let handshake = Handshake {
            miro: live.miro_handshake(),
            sentinel: live.sentinel_handshake(),
            environment,
            scenario: is_named.then(|| scenario.id.clone()),
            config_file: self.config_file.clone(),
            env_file: self.env_file.clone(),
        };
        anstream::println!("{}", serde_json::to_string(&handshake)?);
        let play = async {
            live.play().await?;
            std::future::pending::<()>().await;
            anyhow::Ok(())
        };
        tokio::select! {
            played = play => played?,
            _ = stop.next() => {}
        }
        live.stop().await;
        Ok(())
    }

    fn causes(&self) -> anyhow::Result<Vec<(String, String)>> {
        let (documents, _) = self.from.catalogue()?.documents();
        let cases = documents.into_iter().filter_map(|document| document.cases.into_iter().next());
        let causes = cases.filter(|case| case.scenario.family == Family::Diagnosis).filter_map(|case| {
            let name = case.scenario.id.strip_prefix(DIAGNOSIS)?.to_ascii_lowercase();
            Some((name, case.scenario.title))
        });
        Ok(causes.collect())
    }

    fn id_of(&self, cause: &str) -> anyhow::Result<String> {
        let causes = self.causes()?;
        if causes.iter().any(|(name, _)| name == cause) {
            return Ok(format!("{DIAGNOSIS}{}", cause.to_ascii_uppercase()));
        }
        let names = causes.iter().map(|(name, _)| name.as_str());
        let hint = crate::scenario::finding::hint(cause, names);
        Err(super::Usage(format!("no cause is called `{cause}`; {hint}\n  next: `miro-lab serve --causes` lists them"))
            .into())
    }

    fn list_causes(&self) -> anyhow::Result<Exit> {
        for (name, title) in self.causes()? {
            anstream::println!("{name:<30} {title}");
        }
        Ok(Exit::Held)
    }
}

/// A configuration that reads its secrets from files beside it, and keeps its checkpoint there.
fn write_config(path: &Path, mut settings: Table, ca_file: &Path) -> anyhow::Result<()> {
    let absolute = std::path::absolute(path)?;
    let beside = |name: &str| {
        let file = absolute.file_name().unwrap_or_default().to_string_lossy();
        absolute.with_file_name(format!("{file}.{name}"))
    };
    for SecretFile { name, secret } in take_secrets(&mut settings, beside) {
        write_secret(&beside(name), &secret)?;
    }
    let root = beside("ca.pem");
    std::fs::copy(ca_file, &root).with_context(|| format!("could not write {}", root.display()))?;
    crate::deployment::set(&mut settings, "http.ca_file", root.display().to_string().into());
    crate::deployment::set(&mut settings, "store.path", beside("redb").display().to_string().into());
    let text = toml::to_string(&settings)?;
    std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}

/// Writes a file that only its owner may read. It replaces an existing file, so a process that holds that open does not see the secret,
/// and no link is followed.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;

    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let could_not = || format!("could not write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(could_not)?;
    file.write_all(text.as_bytes()).with_context(could_not)?;
    file.persist(path).with_context(could_not)?;
    Ok(())
}

fn env_text(environment: &Environment) -> anyhow::Result<String> {
    let Value::Object(variables) = serde_json::to_value(environment)? else { return Ok(String::new()) };
    let lines = variables.iter().map(|(name, value)| format!("{name}={}\n", value.as_str().unwrap_or_default()));
    Ok(lines.collect())
}
