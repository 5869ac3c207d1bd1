//! The workspace's own binaries as processes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What every secret of these tests contains. `.ci/run` looks for it in its log and in the files that tests leave behind.
pub(crate) const MARKER: &str = "s3cr3t-marker";

/// What a program printed, served or wrote, as text: with a secret in it the test fails.
#[track_caller]
pub(crate) fn captured(bytes: impl AsRef<[u8]>) -> String {
    let text = String::from_utf8_lossy(bytes.as_ref()).into_owned();
    // Not shown: the message would be the leak.
    assert!(!text.contains(MARKER), "a secret is among {} bytes of output, in line {}", text.len(), line_of(&text));
    text
}

fn line_of(text: &str) -> usize {
    1 + text.lines().position(|line| line.contains(MARKER)).unwrap_or_default()
}

/// The path of one of the workspace's binaries, built in the profile of this test.
pub(crate) fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).join(name)
}

/// Cargo builds no plain binary of another package for a test, so we ask it to; after the first time it only looks.
fn build() -> PathBuf {
    // target/<profile>/deps/it-…
    let test = std::env::current_exe().expect("the test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("cargo's layout").to_owned();
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--bins", "--quiet", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().expect("cargo's layout"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the workspace's binaries build");
    folder
}

/// A process that is killed when the test ends, however it ends.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// One that is running already.
    pub(crate) const fn of(child: Child) -> Self {
        Self(child)
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the program starts"))
    }

    /// SIGKILL: no destructor, no farewell.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("the process is ours");
        self.0.wait().expect("the process is ours");
    }

    pub(crate) fn running(&mut self) -> bool {
        self.0.try_wait().expect("the process is ours").is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already is as good as killed.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts a mock and reads the one JSON line that it prints once it listens.
pub(crate) fn serve(name: &str, arguments: &[&str]) -> (Process, Value) {
    let mut command = Command::new(program(name));
    command.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().expect("the mock starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let process = Process(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("the mock prints a line");
    let handshake = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{name} printed {line:?}: {e}"));
    (process, handshake)
}

#[test]
fn output_with_a_secret_fails_a_test_without_showing_it() {
    assert_eq!(captured("nothing"), "nothing");
    let output = format!("one\ntwo {MARKER}\n");
    let failed = std::panic::catch_unwind(|| captured(output)).expect_err("a secret");
    let said = failed.downcast_ref::<String>().expect("a message");
    assert!(said.contains("in line 2") && !said.contains(MARKER), "{said}");
}
