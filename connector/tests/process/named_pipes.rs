//! The program as a process, where a path leads to something else than a file: it says what, and waits for nobody.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use crate::DEADLINE;
use crate::configuration::{FROM_FILE, configuration};

fn configured() -> String {
    configuration(FROM_FILE, "state/x.redb", "listen = \"off\"")
}

fn place(configuration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("miro-sentinel.toml"), configuration).expect("written");
    fs::write(folder.path().join("token"), "s3cr3t-marker").expect("written");
    folder
}

fn pipe(path: &Path) {
    drop(fs::remove_file(path));
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

fn ends(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdin.take().expect("piped").write_all(input.as_bytes()));
    let began = Instant::now();
    while child.try_wait().expect("ours").is_none() {
        if began.elapsed() > DEADLINE {
            child.kill().expect("ours");
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("ended")
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miro-sentinel"));
    command.args(arguments).current_dir(folder);
    command
}

#[track_caller]
fn told(folder: &Path, arguments: &[&str], code: i32, told: &str) {
    let output = ends(&mut program(folder, arguments), "");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code() == Some(code) && text.contains(told), "{arguments:?}: {:?} {text}", output.status);
}

#[test]
fn a_pipe_that_nobody_writes_to_is_named_wherever_it_stands() {
    let nobody = "a named pipe that nobody writes to";
    let folder = place(&configured());
    pipe(&folder.path().join("miro-sentinel.toml"));
    told(folder.path(), &["check"], 3, nobody);

    let folder = place(&configured());
    pipe(&folder.path().join("token"));
    told(folder.path(), &["check"], 3, nobody);

    let folder = place(&format!("{}[http]\nca_file = \"roots\"\n", configured()));
    pipe(&folder.path().join("roots"));
    told(folder.path(), &["check"], 3, nobody);

    let folder = place(&configured());
    fs::create_dir(folder.path().join("state")).expect("ours");
    pipe(&folder.path().join("state/x.redb"));
    for command in [&["run", "--once"][..], &["status"], &["dead-letters", "list"]] {
        told(folder.path(), command, 1, "x.redb` is a named pipe, and the checkpoint can only be in a regular file");
    }
}

#[test]
fn a_pipe_that_somebody_writes_to_is_a_configuration() {
    let folder = place(&configured());
    let output = ends(&mut program(folder.path(), &["--config", "/dev/stdin", "config", "explain"]), &configured());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let script =
        format!("{} --config <(sleep 0.2; cat miro-sentinel.toml) config explain", env!("CARGO_BIN_EXE_miro-sentinel"));
    let again = ends(Command::new("bash").args(["-c", &script]).current_dir(folder.path()), "");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}
