//! One run of a program under test: a process group of its own, ended with everything it started.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Signal;
use tokio::process::Child;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::group::{self, Group, code_of, is_proxy};
use super::survivors;
use super::{Output, Ready, Reload, StopSignal, Target, UnknownVariable, Variables};
use crate::secrets::Secrets;

/// The variable that names a subject's own folder.
pub(crate) const STATE_DIR: &str = "STATE_DIR";
/// How long outputs are read after the process has ended: something that it started may still hold them.
const OUTPUT_AFTER_END: Duration = Duration::from_millis(500);

/// A running program. Dropping it kills its whole process group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Group,
    output: Output,
    readers: JoinSet<()>,
    ended: Option<ExitStatus>,
    /// The folder that tells its processes from those of others.
    folder: String,
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Braces around a name that is no variable.
    #[error("the target's {place}: {error}")]
    Variable {
        /// Where it stands.
        place: String,
        /// What is wrong.
        error: UnknownVariable,
    },
    /// A file cannot be written.
    #[error("could not write `{file}`: {error}")]
    File {
        /// Its name.
        file: String,
        /// Why not.
        error: std::io::Error,
    },
    /// There is no such program, or it cannot be run.
    #[error("could not start `{program}`: {error}")]
    Start {
        /// Its name.
        program: String,
        /// Why not.
        error: std::io::Error,
    },
}

impl SubjectError {
    /// Whether this machine lacks something that a subject is not to blame for: processes, memory, open files, room on the disk.
    pub fn is_shortage(&self) -> bool {
        match self {
            Self::Variable { .. } => false,
            Self::File { .. } => true,
            Self::Start { error, .. } => {
                let numbers = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM].map(Errno::raw_os_error);
                error.raw_os_error().is_some_and(|number| numbers.contains(&number))
            }
        }
    }
}

/// How a program ended that was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Its exit code, or minus the number of the signal that ended it.
    pub code: i32,
    /// Whether it ended by itself, within its time.
    pub in_time: bool,
    /// Processes that it had started and that outlived it; they were killed.
    pub survivors: usize,
}

/// Variables of our own environment that a program under test must not have: it would go around the mocks, or mix settings.
fn is_kept_away(name: &str) -> bool {
    is_proxy(name) || name.starts_with("MIRO_SENTINEL_")
}

impl Process {
    /// Writes the target's files into `folder` and starts it. Its output is searched for `secrets`.
    ///
    /// # Errors
    ///
    /// If the program cannot be started.
    pub async fn start(
        target: &Target,
        variables: &Variables,
        folder: &Path,
        secrets: &Secrets,
    ) -> Result<Self, SubjectError> {
        write_files(target, variables, folder).await?;
        let in_command = |error| SubjectError::Variable { place: "command".to_owned(), error };
        let filled = target.filled_command(variables).map_err(in_command)?;
        let (program, arguments) = filled.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut command = group::command(program, is_kept_away);
        command.args(arguments);
        if let Some(folder) = &target.folder {
            command.current_dir(folder);
        }
        command.envs(variables.iter());
        for (name, value) in &target.env {
            let filled = variables.fill(value);
            let in_env = |error| SubjectError::Variable { place: format!("`env.{name}`"), error };
            command.env(name, filled.map_err(in_env)?);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = group::start(&mut command);
        let (mut child, group) = started.map_err(|error| SubjectError::Start { program: program.to_owned(), error })?;
        let awaited = match &target.ready {
            Ready::Line(text) => Some(text.clone()),
            Ready::FirstCall(_) | Ready::Http(_) => None,
        };
        let output = Output::new(secrets.clone(), awaited);
        let mut readers = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(output.clone().read(stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(output.clone().read(stderr));
        }
        let folder = folder.display().to_string();
        Ok(Self { child, group, output, readers, ended: None, folder })
    }

    /// What it printed.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Waits until it ends by itself. Cancel safe.
    pub async fn ended(&mut self) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        let status = self.child.wait().await.unwrap_or_default();
        self.ended = Some(status);
        status
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// The most memory that it has had so far, in MiB; on Linux.
    pub fn memory_peak_mib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.group.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes.div_ceil(1_024))
    }

    /// Tells it to read its settings again, where it can be told.
    pub fn reload(&self, by: Reload) {
        if by == Reload::Hup {
            self.group.signal(Signal::HUP);
        }
    }

    /// Tells it to stop, and kills it when it takes longer than it may.
    pub async fn stop(mut self, by: super::StopBy) -> Stopped {
        if self.has_ended().is_none() {
            self.group.signal(match by.signal {
                StopSignal::Term => Signal::TERM,
                StopSignal::Int => Signal::INT,
                StopSignal::Quit => Signal::QUIT,
            });
        }
        let within = Duration::try_from(by.within).unwrap_or_default();
        let ended = timeout(within, self.ended()).await;
        self.group.signal(Signal::KILL);
        let status = self.ended().await;
        let survivors = survivors::kill_all(STATE_DIR, &self.folder);
        self.read_out().await;
        Stopped { code: code_of(status), in_time: ended.is_ok(), survivors }
    }

    /// Kills it, and all that it started.
    pub async fn kill(mut self) {
        self.group.signal(Signal::KILL);
        self.ended().await;
        survivors::kill_all(STATE_DIR, &self.folder);
        self.read_out().await;
    }

    async fn read_out(&mut self) {
        // What is still held open then is not waited for.
        drop(timeout(OUTPUT_AFTER_END, async { while self.readers.join_next().await.is_some() {} }).await);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.group.signal(Signal::KILL);
        survivors::kill_all(STATE_DIR, &self.folder);
    }
}

async fn write_files(target: &Target, variables: &Variables, folder: &Path) -> Result<(), SubjectError> {
    for (name, text) in &target.files {
        let in_file = |error| SubjectError::Variable { place: format!("`files.{name}`"), error };
        let filled = variables.fill(text).map_err(in_file)?;
        let path = folder.join(name);
        let file = path.display().to_string();
        write_secret(&path, &filled).await.map_err(|error| SubjectError::File { file, error })?;
    }
    Ok(())
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) async fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt as _;

    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = std::path::PathBuf::from(name);
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&beside).await?;
    file.write_all(text.as_bytes()).await?;
    file.sync_all().await?;
    tokio::fs::rename(&beside, path).await
}

#[cfg(test)]
mod tests {
    use super::super::StopBy;
    use super::*;

    fn shell(script: &str) -> Target {
        Target::of_command(["sh", "-c", script].map(str::to_owned).into())
    }

    async fn start(target: &Target, folder: &Path) -> Process {
        let variables = Variables::from_iter([("GREETING", "hello")]);
        Process::start(target, &variables, folder, &Secrets::default()).await.unwrap()
    }

    #[tokio::test]
    async fn it_gets_its_files_and_variables_and_its_output_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut target = shell("cat $WHERE/greeting; echo $OWN >&2; echo ${HTTPS_PROXY-none}");
        target.files.insert("greeting".to_owned(), "{GREETING} file\n".to_owned());
        target.env.insert("WHERE".to_owned(), folder.path().display().to_string());
        target.env.insert("OWN".to_owned(), "{GREETING} variable".to_owned());
        let mut process = start(&target, folder.path()).await;
        assert!(process.ended().await.success());
        let output = process.output().clone();
        process.stop(StopBy::default()).await;
        let mut lines = output.last(9);
        lines.sort();
        assert_eq!(lines, ["hello file", "hello variable", "none"]);
    }

    #[tokio::test]
    async fn it_is_told_to_stop_and_killed_with_all_it_started_when_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let obeys = start(&shell("trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done"), folder.path()).await;
        while obeys.output().last(1).is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(obeys.stop(StopBy::default()).await, Stopped { code: 3, in_time: true, survivors: 0 });
        let stubborn = start(&shell("trap '' TERM; echo up; sleep 600 & wait; sleep 600"), folder.path()).await;
        while stubborn.output().last(1).is_empty() {
            tokio::task::yield_now().await;
        }
        let by = StopBy { within: jiff::SignedDuration::from_millis(50), ..StopBy::default() };
        assert_eq!(stubborn.stop(by).await, Stopped { code: -9, in_time: false, survivors: 0 });
    }

    #[tokio::test]
    async fn what_left_its_group_is_killed_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().display().to_string();
        let variables = Variables::from_iter([(STATE_DIR, state.as_str())]);
        let target = shell("setsid sleep 600 & echo up; wait");
        let process = Process::start(&target, &variables, folder.path(), &Secrets::default()).await.unwrap();
        let has_left = || {
            std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
                let of = |file: &str| std::fs::read(entry.path().join(file)).unwrap_or_default();
                of("cmdline") == b"sleep\x00600\x00" && String::from_utf8_lossy(&of("environ")).contains(&state)
            })
        };
        while process.output().last(1).is_empty() || !has_left() {
            tokio::task::yield_now().await;
        }
        let stopped = process.stop(StopBy::default()).await;
        assert_eq!(stopped.survivors, 1, "{stopped:?}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::of_command(vec!["no-such-program".to_owned()]);
        let error = Process::start(&target, &Variables::default(), folder.path(), &Secrets::default()).await;
        assert!(error.unwrap_err().to_string().contains("could not start `no-such-program`"));
        let mut target = shell("true");
        target.env.insert("A".to_owned(), "{MISSING}".to_owned());
        let error = Process::start(&target, &Variables::default(), folder.path(), &Secrets::default()).await;
        assert!(error.unwrap_err().to_string().starts_with("the target's `env.A`: `{MISSING}` is not a variable"));
    }
}
