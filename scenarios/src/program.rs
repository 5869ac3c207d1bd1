//! A program that is run between stand-ins for its peers: its variables, its signals, and how it ended.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::time::Instant;

use crate::scenario::Peer;
use crate::stand_ins::StandIns;
use crate::subject::{self, Group, STATE_DIR, Variables, is_proxy, shell_code_of};

/// A program and the variables that differ from ours.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name and its arguments.
    pub(crate) command: Vec<OsString>,
    /// Its variables.
    pub(crate) variables: Variables,
    /// Where its output goes.
    pub(crate) output: Output,
}

/// Where a program's standard output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Where ours goes.
    Stdout,
    /// To our standard error, because one line of JSON is all that goes to standard output.
    Stderr,
}

/// Why a program was not run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It did not start.
    #[error("could not start `{program}`: {error}")]
    Start {
        /// Its name.
        program: String,
        /// Why not.
        error: std::io::Error,
    },
    /// It could not be watched.
    #[error("could not wait for the program: {0}")]
    Wait(#[from] std::io::Error),
    /// A `--map` that says nothing.
    #[error("{0}")]
    Map(String),
}

/// How long a program may take to end after a signal.
const GRACE: Duration = Duration::from_mins(1);

/// The variables by which a program finds the stand-ins and trusts them.
pub(crate) fn addresses(stand_ins: &StandIns, ca_file: &str) -> Variables {
    Variables::from_iter([
        ("MIRO_BASE_URL", stand_ins.url(Peer::Miro)),
        ("AZURE_AUTHORITY_HOST", stand_ins.url(Peer::Entra)),
        ("SENTINEL_ENDPOINT", stand_ins.url(Peer::Ingestion)),
        ("CA_FILE", ca_file.to_owned()),
        ("SSL_CERT_FILE", ca_file.to_owned()),
        ("REQUESTS_CA_BUNDLE", ca_file.to_owned()),
        ("NODE_EXTRA_CA_CERTS", ca_file.to_owned()),
    ])
}

/// Gives a program a folder of its own inside of `folder`, as when it is certified, unless the caller has one for it.
pub(crate) fn add_state(variables: &mut Variables, folder: &Path) -> std::io::Result<()> {
    if std::env::var_os(STATE_DIR).is_none_or(|own| own.is_empty()) {
        let state = folder.join("state");
        std::fs::create_dir(&state)?;
        variables.set(STATE_DIR, state.display().to_string());
    }
    Ok(())
}

/// Adds what `--map NAME={OTHER}` says: `{OTHER}` stands for a variable of these, or of ours.
pub(crate) fn map(variables: &mut Variables, maps: &[String]) -> Result<(), ProgramError> {
    let ours =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut known: Variables = ours.collect();
    variables.iter().for_each(|(name, value)| known.set(name, value));
    for map in maps {
        let (name, template) = map
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| ProgramError::Map(format!("`--map {map}`: give it as NAME={{VARIABLE}}")))?;
        let value = known.fill(template).map_err(|error| ProgramError::Map(format!("`--map {map}`: {error}")))?;
        variables.set(name, value);
    }
    Ok(())
}

/// What comes so soon after a signal is the same one: `timeout` sends its signal to a program and then to the program's group, so that
/// it comes twice within milliseconds (<https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html>, read on
/// 2026-11-29).
const SAME_SIGNAL: Duration = Duration::from_secs(1);

/// Signals that ask us to end.
pub(crate) struct Stop {
    interrupt: Signals,
    terminate: Signals,
    /// When the last one came that was not the same as one before it.
    heard: Option<Instant>,
}

impl Stop {
    /// Listens for them from now on.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            heard: None,
        })
    }

    /// The next one that is not the same as the one before. Cancel safe.
    pub(crate) async fn next(&mut self) -> Signal {
        loop {
            let signal = tokio::select! {
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.terminate.recv() => Signal::TERM,
            };
            let now = Instant::now();
            if self.heard.is_none_or(|heard| now.duration_since(heard) >= SAME_SIGNAL) {
                self.heard = Some(now);
                return signal;
            }
        }
    }
}

impl Program {
    /// Runs it to its end. A signal that we get is passed on; after a second one, or a minute, it is killed. Within a second of the first
    /// there is no second one. Returns its exit code, or
    /// 128 and the number of the signal that ended it.
    pub(crate) async fn run(&self, stop: &mut Stop) -> Result<u8, ProgramError> {
        let (mut child, group) = self.start()?;
        tokio::select! {
            ended = child.wait() => return Ok(shell_code_of(ended?)),
            signal = stop.next() => group.signal(signal),
        }
        tokio::select! {
            ended = child.wait() => return Ok(shell_code_of(ended?)),
            _ = stop.next() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        group.signal(Signal::KILL);
        Ok(shell_code_of(child.wait().await?))
    }

    fn start(&self) -> Result<(tokio::process::Child, Group), ProgramError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(ProgramError::Map("no COMMAND is given; write it behind `--`".to_owned()));
        };
        // Proxies would lead past the stand-ins.
        let mut command = subject::command(program, is_proxy);
        command.args(arguments);
        if self.output == Output::Stderr {
            command.stdout(std::io::stderr());
        }
        command.envs(self.variables.iter());
        let start = |error| ProgramError::Start { program: program.display().to_string(), error };
        subject::start(&mut command).map_err(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_names_other_variables() {
        let mut variables = Variables::from_iter([("MIRO_BASE_URL", "https://127.0.0.1:1")]);
        map(&mut variables, &["MIRO_URL={MIRO_BASE_URL}/v2".to_owned(), "PLAIN=1".to_owned()]).unwrap();
        assert_eq!((variables.get("MIRO_URL"), variables.get("PLAIN")), (Some("https://127.0.0.1:1/v2"), Some("1")));
        let unknown = map(&mut variables, &["X={MIRO_BASE_URI}".to_owned()]).unwrap_err().to_string();
        assert!(unknown.contains("did you mean `MIRO_BASE_URL`?"), "{unknown}");
        assert!(map(&mut variables, &["X".to_owned()]).is_err());
    }
    /// As `timeout` does: to the process, and to its group right after that.
    #[tokio::test(start_paused = true)]
    async fn a_signal_within_a_second_is_the_same_one() {
        let mut stop = Stop::listen().unwrap();
        let raise = |signal| rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
        raise(Signal::TERM);
        assert_eq!(stop.next().await, Signal::TERM);
        for signal in [Signal::TERM, Signal::INT] {
            raise(signal);
            let again = tokio::time::timeout(Duration::from_millis(400), stop.next()).await;
            assert_eq!(again.ok(), None, "it is the same one");
        }
        tokio::time::advance(SAME_SIGNAL).await;
        raise(Signal::INT);
        assert_eq!(stop.next().await, Signal::INT);
    }
}
