//! The recording proxy: it stands between a program and its three peers, passes everything on as it is, and keeps a redacted copy.

mod exchange;
mod forward;
mod rewritten;
mod scenario;
mod tape;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::har::{Creator, Har, Log};
use crate::program::{self, Output, Program, ProgramError, Stop};
use crate::redact::{Redactor, RedactorError};
use crate::stand_ins::{StandIns, StandInsError};
use forward::{Forward, Upstreams};
use tape::Tape;

pub use forward::UpstreamError;
pub(crate) use rewritten::Rewritten;
pub use scenario::scenario_of;

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Record {
    /// Miro's API.
    pub miro: Url,
    /// The identity service.
    pub entra: Url,
    /// The ingestion endpoint.
    pub ingestion: Url,
    /// Roots to trust beside the system's, as PEM.
    pub upstream_ca: Option<PathBuf>,
    /// Fields that keep their values.
    pub kept: Vec<String>,
    /// Further variables, `NAME={OTHER}`.
    pub maps: Vec<String>,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Whether its output may go where ours goes.
    pub shares_stdout: bool,
}

/// A recording.
#[derive(Debug)]
pub struct Recording {
    /// What is written.
    pub har: Har,
    /// How many values were replaced, by their kind.
    pub replaced: BTreeMap<&'static str, u64>,
    /// Fields that were to keep their values, and were nowhere.
    pub kept_nowhere: Vec<String>,
    /// How the program ended.
    pub exit: u8,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No listeners.
    #[error(transparent)]
    StandIns(#[from] StandInsError),
    /// No key, or a field that is never kept.
    #[error(transparent)]
    Redactor(#[from] RedactorError),
    /// No client for the peers.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// No program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// No folder, no signals.
    #[error("could not prepare the recording: {0}")]
    Io(#[from] std::io::Error),
}

/// The caller's variables that a replay gives to the program again, redacted. None of them is a secret.
const REMEMBERED: [&str; 9] = [
    "MIRO_ORGANIZATION_ID",
    "SENTINEL_RULE_AUDIT",
    "SENTINEL_RULE_CONTENT",
    "SENTINEL_STREAM_AUDIT",
    "SENTINEL_STREAM_CONTENT",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "START",
    "POLL_EVERY",
];

/// Runs a program between the stand-ins, until it ends, and returns what it and its peers said.
///
/// # Errors
///
/// If the proxies, the program or the file cannot be set up.
pub async fn record(what: &Record) -> Result<Recording, RecordError> {
    let start = Timestamp::now();
    let mut redactor = Redactor::new(start, &what.kept)?;
    let mut stop = Stop::listen()?;
    let stand_ins = StandIns::bind().await?;
    let folder = tempfile::tempdir()?;
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, stand_ins.root_pem())?;
    let mut variables = program::addresses(&stand_ins, &ca_file.display().to_string());
    program::add_state(&mut variables, folder.path())?;
    program::map(&mut variables, &what.maps)?;
    let environment = environment(&mut redactor);
    let upstreams = Upstreams::new(what, &stand_ins)?;
    let tape = Arc::new(Tape::new(redactor));
    let forward = Arc::new(Forward::new(upstreams, tape.clone()));
    let output = if what.shares_stdout { Output::Stdout } else { Output::Stderr };
    let program = Program { command: what.command.clone(), variables, output };
    let ended = CancellationToken::new();
    let running = async {
        let exit = program.run(&mut stop).await;
        ended.cancel();
        exit
    };
    let (exit, ()) = tokio::join!(running, stand_ins.serve(forward, ended.clone()));
    let exit = exit?;
    let (entries, dropped, replaced) = tape.take();
    let kept_nowhere = what.kept.iter().filter(|field| !tape.has_met(field)).cloned().collect();
    let log = Log {
        version: "1.2".to_owned(),
        creator: Creator { name: "miro-lab".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        entries,
        kept: what.kept.clone(),
        dropped,
        environment,
        exit: Some(exit),
    };
    Ok(Recording { har: Har { log }, replaced, kept_nowhere, exit })
}

fn environment(redactor: &mut Redactor) -> BTreeMap<String, String> {
    let variables = REMEMBERED.iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        let is_length = *name == "POLL_EVERY" && value.len() <= 8;
        Some(((*name).to_owned(), if is_length { value } else { redactor.text(&value) }))
    });
    variables.collect()
}
