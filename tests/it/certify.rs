//! `miro-lab certify`: what an author gets who points it at a program.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::programs::program;

/// Two cases that are over soon, one with a matrix.
const SOON: [&str; 2] = ["MIRO-PAGE-008", "MIRO-PAGE-007"];

fn certify(arguments: &[&str]) -> Output {
    let mut command = Command::new(program("miro-lab"));
    command.arg("certify").args(arguments).output().expect("miro-lab starts")
}

fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// A target file for our own connector as a stranger would write it, with its command begun by `wrapped`.
fn target(folder: &Path, wrapped: &str, once: bool) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/targets/miro-sentinel.yaml");
    let text = std::fs::read_to_string(shipped).expect("the target is shipped");
    let command = text.lines().find(|line| line.starts_with("command:")).expect("it has a command");
    let script = format!(
        "{wrapped}exec {} --config \"$1\" run {}",
        program("miro-sentinel").display(),
        if once { "--once" } else { "" }
    );
    let script = serde_json::to_string(&script).expect("a text is JSON");
    let text = text.replace(command, &format!("command: [sh, -c, {script}, sh, \"{{STATE_DIR}}/miro-sentinel.toml\"]"));
    let file = folder.join("target.yaml");
    std::fs::write(&file, text).expect("the folder is ours");
    file.display().to_string()
}

fn check<'a>(case: &'a Value, name: &str) -> &'a Value {
    let checks = case["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no check {name} in {case}"))
}

#[test]
fn our_own_connector_conforms_and_shards_together_are_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let part = |number: usize| {
        let out = folder.path().join(number.to_string());
        let output = certify(&[
            SOON[0],
            SOON[1],
            "--json",
            "--shard",
            &format!("{number}/2"),
            "--out",
            &out.display().to_string(),
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out.join("report.json").display().to_string()
    };
    let (whole, parts) = std::thread::scope(|scope| {
        let whole = scope.spawn(|| certify(&[SOON[0], SOON[1], "--json"]));
        let parts = [1, 2].map(|number| scope.spawn(move || part(number)));
        (whole.join().expect("it ran"), parts.map(|part| part.join().expect("it ran")))
    });
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let whole = report(&whole);
    assert_eq!(
        (&whole["schema"], &whole["conformant"], &whole["summary"]["pass"]),
        (&1.into(), &true.into(), &4.into())
    );
    let out = folder.path().join("merged").display().to_string();
    let merged = certify(&["merge", &parts[0], &parts[1], "--out", &out, "--json"]);
    assert!(merged.status.success(), "{}", String::from_utf8_lossy(&merged.stderr));
    let verdicts = |report: &Value| -> Vec<String> {
        let cases = report["cases"].as_array().expect("cases");
        cases.iter().map(|case| format!("{} {} {}", case["id"], case["case"], case["verdict"])).collect()
    };
    assert_eq!(verdicts(&report(&merged)), verdicts(&whole));
    let diff = certify(&["diff", &parts[0], &format!("{out}/report.json")]);
    assert_eq!(diff.status.code(), Some(1), "{}", String::from_utf8_lossy(&diff.stdout));
}

#[test]
fn a_program_that_ends_or_tells_secrets_is_told_so_and_the_secret_is_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let tells = target(folder.path(), "echo \"token $MIRO_ACCESS_TOKEN_AUDIT\"; ", true);
    let output = certify(&[SOON[0], "--target", &tells, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    let case = &report["cases"][0];
    assert_eq!((&case["verdict"], &report["conformant"]), (&"fail".into(), &false.into()));
    assert_eq!(check(case, "stops")["verdict"], "fail", "{case}");
    assert_eq!(check(case, "secrets-kept")["seen"], "a secret in the output");
    assert_eq!(case["output"][0], "token ***");
    assert!(case["repeat"].as_str().is_some_and(|repeat| repeat.starts_with("miro-lab certify --target ")), "{case}");
    assert!(case["exchanges"].as_array().is_some_and(|exchanges| !exchanges.is_empty()), "{case}");

    // Known, it fails the run no more; and once mended, the entry is stale.
    let known = folder.path().join("known.toml").display().to_string();
    let updated = certify(&[SOON[0], "--target", &tells, "--expect", &known, "--update-expect"]);
    assert_eq!(updated.status.code(), Some(1), "it was not known when it ran");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let again = certify(&[SOON[0], "--target", &tells, "--expect", &known]);
            assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
        });
        scope.spawn(|| {
            let mended = certify(&[SOON[0], "--expect", &known]);
            assert_eq!(mended.status.code(), Some(1), "{}", String::from_utf8_lossy(&mended.stderr));
            assert!(String::from_utf8_lossy(&mended.stderr).contains("stale  MIRO-PAGE-008"));
        });
    });
}

#[test]
fn a_program_that_does_not_start_is_one_failure() {
    for (command, told) in [
        (&["--", "no-such-program"][..], "could not start `no-such-program`"),
        (&["--", "sh", "-c", "echo out of order; exit 3"][..], "it ended with 3 before it called anybody"),
        (&["--", "sh", "-c", "kill -SEGV $$"], "it was killed by signal 11 (SEGV) before it called anybody"),
    ] {
        let output = certify(&[&["--json", SOON[0], SOON[1]], command].concat());
        let report = report(&output);
        assert_eq!((output.status.code(), report["cases"].as_array().map(Vec::len)), (Some(1), Some(1)));
        let case = &report["cases"][0];
        assert!(case["reason"].as_str().is_some_and(|reason| reason.contains(told)), "{case}");
        assert!(case["reason"].as_str().is_some_and(|reason| reason.starts_with("target: ")), "{case}");
        let repeat = format!("miro-lab certify {} {} -- {}", SOON[0], SOON[1], command[1]);
        assert!(case["repeat"].as_str().is_some_and(|told| told.starts_with(&repeat)), "{case}");
    }
}

#[test]
fn an_interrupted_run_leaves_the_reports_of_what_was_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report");
    let mut command = Command::new(program("miro-lab"));
    command.args(["certify", "--jobs", "1", "--out"]).arg(&out).stderr(Stdio::piped());
    let mut child = command.spawn().expect("miro-lab starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("pass  ")), "a case is over");
    let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(told.success());
    let said: Vec<String> = lines.collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{said:?}");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).expect("it is written");
    let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    let left = report["interrupted"]["cases_not_played"].as_u64().expect("a count");
    assert!(left > 0 && report["conformant"] == false && report["summary"]["pass"].as_u64() > Some(0), "{left}");
    assert!(said.iter().any(|line| line.contains(&format!("{left} not played"))), "{said:?}");
    for name in ["report.html", "report.md", "junit.xml", "annotations.txt"] {
        assert!(read(name).contains("the run was interrupted"), "{name}");
    }
}

#[test]
fn what_cannot_be_is_said_with_what_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder is ours");
        path.display().to_string()
    };
    let wrong_target = file("wrong.yaml", "command: [a]\nfeature: [audit]\n");
    let unknown_id = file("unknown.toml", "[[known_failure]]\nid = \"MIRO-PAGE-01\"\nreason = \"x\"\n");
    let no_report = file("report.json", "{}");
    for (arguments, told) in [
        (&["MIRO-PAGE-01"][..], "did you mean `MIRO-PAGE-001`?"),
        (&["--target", "/nowhere/t.yaml"], "could not read the target file"),
        (&["--target", &wrong_target], "unknown field `feature`"),
        (&["--expect", &unknown_id], "no scenario has the id `MIRO-PAGE-01`"),
        (&["--expect", "/nowhere/k.toml"], "could not be read"),
        (&["--family", "pages"], "did you mean `paging`?"),
        (&["--shard", "3/2"], "is not a shard"),
        (&["--map", "A={B}"], "name it by --target or after --"),
        (&["merge", &no_report, "--out", "x"], "is not a report"),
        (&["CRASH-001", "--case", "no=thing"], "no case has the values"),
    ] {
        let output = certify(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
}
