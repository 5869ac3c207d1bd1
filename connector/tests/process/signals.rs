//! The program as a process: signals end it, whatever hangs.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use crate::DEADLINE;
use crate::configuration::{FROM_ENVIRONMENT, configuration};

/// What a pipe holds on Linux (pipe(7)).
const PIPE_BYTES: usize = 64 * 1024;

/// The grace is far beyond the deadline of a test.
fn configured() -> String {
    configuration(FROM_ENVIRONMENT, "state/x.redb", "listen = \"127.0.0.1:0\"\ngrace = \"5m\"")
}

#[test]
fn a_second_signal_ends_a_process_whose_log_nobody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("miro-sentinel.toml"), configured()).expect("written");
    let (_unread, mut full) = std::io::pipe().expect("a pipe");
    full.write_all(&vec![b'x'; PIPE_BYTES]).expect("the pipe holds as much");
    for arguments in [&["run"][..], &["run", "--once"]] {
        let stderr = full.try_clone().expect("the pipe");
        let mut command = Command::new(env!("CARGO_BIN_EXE_miro-sentinel"));
        command
            .args(arguments)
            .current_dir(folder.path())
            .env("TOKEN", "s3cr3t-marker")
            .stdout(Stdio::null())
            .stderr(stderr);
        let mut process = command.spawn().expect("the program starts");
        let began = Instant::now();
        // Signals are received before the store is made, and the first line of the log, which hangs, comes after it.
        while !folder.path().join("state/x.redb").exists() {
            assert!(began.elapsed() < DEADLINE, "the store is made");
            std::thread::sleep(Duration::from_millis(10));
        }
        let status = loop {
            if let Some(status) = process.try_wait().expect("the process is ours") {
                break status;
            }
            if began.elapsed() > DEADLINE {
                process.kill().expect("the process is ours");
                panic!("{arguments:?} hangs");
            }
            let signal = Command::new("kill").args(["-TERM", &process.id().to_string()]).stderr(Stdio::null()).status();
            signal.expect("the signal is sent");
            std::thread::sleep(Duration::from_millis(50));
        };
        assert_eq!(status.code(), Some(130), "{arguments:?}");
        fs::remove_dir_all(folder.path().join("state")).expect("removed");
    }
}
