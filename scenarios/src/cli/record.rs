//! `miro-lab record`: what a program and its peers say to each other, without what identifies anybody.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use url::Url;

use super::output_file::new_file;
use crate::har;
use crate::record::{RecordError, Recording, UpstreamError, record, scenario_of};
use crate::redact::RedactorError;
use crate::scenario::write::write;

/// Runs a program behind recording proxies for Miro and Azure, and writes the traffic to a file.
///
/// The program gets the addresses of the proxies in its environment, as with `certify`, and a root certificate to trust. Secrets,
/// names, addresses, ids and free text are replaced before anything is written; scenarios/README.md says how. Exits with the program's
/// exit code.
#[derive(Debug, Args)]
#[command(
    before_help = "  miro-lab record --miro https://api.miro.com --entra https://login.microsoftonline.com \\\n      --ingest https://NAME.REGION.ingest.monitor.azure.com --out case.har \\\n      --map MIRO_SENTINEL__MIRO__BASE_URL={MIRO_BASE_URL} -- miro-sentinel run --once\n  miro-lab replay case.har -- COMMAND"
)]
pub(super) struct RecordCommand {
    /// Miro's API.
    #[arg(long, value_name = "URL")]
    miro: Url,
    /// The identity service.
    #[arg(long, value_name = "URL")]
    entra: Url,
    /// The ingestion endpoint.
    #[arg(long, value_name = "URL")]
    ingest: Url,
    /// The file to write, HAR 1.2. It must not exist yet.
    #[arg(long, value_name = "F.har")]
    out: PathBuf,
    /// A field, header or parameter whose values are kept unredacted. The file lists it.
    #[arg(long, value_name = "FIELD")]
    keep: Vec<String>,
    /// Another variable for the program; {MIRO_BASE_URL} and the like are replaced by their values.
    #[arg(long, value_name = "NAME={VARIABLE}")]
    map: Vec<String>,
    /// Additional root certificates of the peers, as PEM.
    #[arg(long, value_name = "F.pem")]
    upstream_ca: Option<PathBuf>,
    /// Also write what went wrong as a scenario file. It must not exist yet.
    #[arg(long, value_name = "OUT.yaml")]
    scenario: Option<PathBuf>,
    /// Print one line of JSON at the end; the program's output goes to standard error.
    #[arg(long)]
    json: bool,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The line that `--json` prints. Its fields are a contract.
#[derive(Serialize)]
struct Summary<'a> {
    entries: usize,
    replaced: &'a BTreeMap<&'static str, u64>,
    kept: &'a [String],
    exit: u8,
}

impl RecordCommand {
    /// The exit code is the program's.
    pub(super) fn run(self) -> anyhow::Result<u8> {
        new_file("--out", &self.out)?;
        if let Some(path) = &self.scenario {
            new_file("--scenario", path)?;
        }
        let what = crate::record::Record {
            miro: self.miro.clone(),
            entra: self.entra.clone(),
            ingestion: self.ingest.clone(),
            upstream_ca: self.upstream_ca.clone(),
            kept: self.keep.clone(),
            maps: self.map.clone(),
            command: self.command.clone(),
            shares_stdout: !self.json,
        };
        silence_panics();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let recording = runtime.block_on(record(&what)).map_err(told)?;
        har::write(&self.out, &recording.har)?;
        if let Some(path) = &self.scenario {
            let scenario = scenario_of(&recording.har, &id_of(path));
            std::fs::write(path, write(&scenario)?)
                .map_err(|error| anyhow::anyhow!("could not write {}: {error}", path.display()))?;
        }
        self.report(&recording)?;
        Ok(recording.exit)
    }

    fn report(&self, recording: &Recording) -> anyhow::Result<()> {
        let log = &recording.har.log;
        if log.dropped > 0 {
            anstream::eprintln!(
                "{} entries were left out: the recording was full, or they could not be redacted",
                log.dropped
            );
        }
        for field in &recording.kept_nowhere {
            anstream::eprintln!("--keep {field}: no field, header or parameter has that name in this recording");
        }
        if self.json {
            let summary = Summary {
                entries: log.entries.len(),
                replaced: &recording.replaced,
                kept: &log.kept,
                exit: recording.exit,
            };
            anstream::println!("{}", serde_json::to_string(&summary)?);
            return Ok(());
        }
        let replaced: Vec<String> = recording.replaced.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        anstream::eprintln!(
            "{} entries in {}; replaced: {}",
            log.entries.len(),
            self.out.display(),
            replaced.join(", ")
        );
        if !log.kept.is_empty() {
            anstream::eprintln!("kept as they were: {}", log.kept.join(", "));
        }
        Ok(())
    }
}

/// A panic's message may quote what was being redacted: only its place is told.
fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => anstream::eprintln!("a fault of miro-lab at {place}; please report it"),
        None => anstream::eprintln!("a fault of miro-lab; please report it"),
    }));
}

/// What the caller can mend is a matter of usage.
fn told(error: RecordError) -> anyhow::Error {
    match error {
        RecordError::Upstream(UpstreamError::Ca { .. } | UpstreamError::Address { .. })
        | RecordError::Redactor(RedactorError::NeverKept(_))
        | RecordError::Program(_) => super::Usage(error.to_string()).into(),
        other => other.into(),
    }
}

/// The id of a scenario in that file.
fn id_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_ascii_uppercase();
    let id: String = stem.chars().map(|c| if c.is_ascii_uppercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    if id.trim_matches('-').is_empty() { "RECORDED".to_owned() } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_its_own_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("old.har"), "{}").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        assert!(new_file("--out", &at("new.har")).is_ok());
        let told = |path: &Path| new_file("--out", path).unwrap_err().to_string();
        assert!(told(&at("old.har")).ends_with("exists and would be overwritten; name another file, or remove it"));
        assert!(told(&at("folder")).contains("is not a regular file"));
        assert!(told(&at("none/new.har")).contains("make the folder first"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("old.har"), at("link.har")).unwrap();
            std::os::unix::fs::symlink(at("nothing"), at("dangling.har")).unwrap();
            for path in [at("link.har"), at("dangling.har"), "/dev/null".into()] {
                assert!(told(&path).contains("is not a regular file"), "{}", path.display());
            }
        }
        #[cfg(target_os = "linux")]
        assert!(told(Path::new("/proc/new.har")).contains("no file can be created in `/proc`"));
    }
}
