//! Files that a command of the laboratory is told to read: what is no file is refused by its name, and never waited for.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::programs::program;

/// Long enough for any command that only reads; a hang is killed then.
const WITHIN_SECONDS: &str = "60";

fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", WITHIN_SECONDS]).arg(program(name)).args(arguments).stdin(Stdio::null());
    command.output().expect("it starts")
}

#[track_caller]
fn refused(name: &str, arguments: &[&str], path: &Path, is: &str) {
    let output = run(name, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    assert!(
        told.contains(&*file) && told.contains(&format!("it is {is}, and not a regular file")),
        "{name} {arguments:?}: {:?}: {told}",
        output.status
    );
    if name == "miro-lab" {
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    }
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

#[test]
fn a_pipe_a_folder_or_a_device_in_the_place_of_a_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let made = Command::new("mkfifo").arg(at("pipe.yaml")).status().expect("mkfifo is there");
    assert!(made.success());
    std::fs::create_dir(at("folder.yaml")).expect("the folder is ours");
    std::fs::create_dir(at("catalogue")).expect("the folder is ours");
    std::os::unix::fs::symlink(at("pipe.yaml"), at("catalogue/linked.yaml")).expect("the folder is ours");
    std::fs::write(at("empty.har"), r#"{"log":{"entries":[]}}"#).expect("the folder is ours");
    let (catalogue, har, out) =
        (at("catalogue").display().to_string(), at("empty.har").display().to_string(), at("out").display().to_string());
    // A recording is written to a file that is not there.
    let recorded = at("recorded.har").display().to_string();
    for (path, is) in [(at("pipe.yaml"), "a pipe"), (at("folder.yaml"), "a folder"), ("/dev/zero".into(), "a device")] {
        let file = path.to_str().expect("text");
        let record = [
            "record",
            "--miro",
            "http://127.0.0.1:9",
            "--entra",
            "http://127.0.0.1:9",
            "--ingest",
            "http://127.0.0.1:9",
        ];
        let record: Vec<&str> =
            record.into_iter().chain(["--out", &recorded, "--upstream-ca", file, "--", "true"]).collect();
        for arguments in [
            &["replay", file, "--", "true"][..],
            &["replay", file, "--virtual-time"],
            &["replay", &har, "--diff", file],
            &["certify", "--target", file],
            &["certify", "--expect", file, "--", "true"],
            &["certify", "merge", file, "--out", &out],
            &["certify", "diff", file, file],
            &["scenario", "lint", file],
            &["scenario", "explain", file],
            &["sim", file],
            &["serve", file],
            &["kql", "cases", file],
            &["kql", "run", "--tables", file, "T"],
            &record,
        ] {
            refused("miro-lab", arguments, &path, is);
        }
        refused("mock-miro", &["serve", "--world", file], &path, is);
        refused("mock-miro", &["serve", "--audit-events", file], &path, is);
        refused("mock-sentinel", &["serve", "--world", file], &path, is);
        refused("mock-sentinel", &["serve", "--table", file], &path, is);
    }
    let list = ["scenario", "list", "--catalogue", &catalogue];
    refused("miro-lab", &list, Path::new("linked.yaml"), "a pipe");
}

#[test]
fn a_folder_of_reports_has_one_run_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let held = scenarios::report::ReportFolder::hold(&out).expect("nobody has it");
    let shown = out.display().to_string();
    for arguments in
        [&["certify", "SERVE", "--out", &shown, "--", "true"][..], &["certify", "merge", "x.json", "--out", &shown]]
    {
        let output = run("miro-lab", arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(&format!("held by another run (process {}", std::process::id())), "{told}");
    }
    drop(held);
    let output = run("miro-lab", &["certify", "merge", "x.json", "--out", &shown]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not read the report `x.json`"));
}
