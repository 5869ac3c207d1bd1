//! What a stranger at the command line sees.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::lab::{Lab, Settings};
use crate::programs::{MARKER, captured, program};

fn miro_sentinel(arguments: &[&str]) -> Output {
    let seen = Command::new(program("miro-sentinel")).args(arguments).output().expect("the program runs");
    captured(&seen.stdout);
    captured(&seen.stderr);
    seen
}

#[test]
fn five_mistakes_in_a_configuration_are_five_findings() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("five.toml");
    fs::write(
        &path,
        r#"[miro]
budget_share = 1.5
[streams.audit]
access_token = { env = "A_VARIABLE_THAT_NOBODY_SET" }
poll_evry = "15s"
[sentinel]
endpoint = "http://miro.example.com"
[sentinel.rules]
audit = "dcr-00000000000000000000000000000000"
[sentinel.identity]
kind = "client_secret"
tenant_id = "11111111-1111-4111-8111-111111111111"
client_secret = { file = "/nowhere/secret" }
client_id = 7
"#,
    )
    .expect("the folder is ours");
    let seen = miro_sentinel(&["--config", path.to_str().expect("a plain path"), "run", "--once"]);
    let text = String::from_utf8_lossy(&seen.stderr);
    assert_eq!(seen.status.code(), Some(3), "{text}");
    for key in [
        "miro.budget_share = 1.5",
        "A_VARIABLE_THAT_NOBODY_SET",
        "did you mean `streams.audit.poll_every`",
        "sentinel.endpoint",
        "/nowhere/secret",
        "sentinel.identity.client_id",
    ] {
        assert!(text.contains(key), "`{key}` is not named in:\n{text}");
    }
    for line in [":2", ":4", ":5", ":7", ":13", ":14"] {
        assert!(text.contains(&format!("five.toml{line}")), "line {line} is not named in:\n{text}");
    }
}

#[test]
fn the_example_configuration_is_accepted_as_it_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("example.toml");
    let example = miro_sentinel(&["config", "example"]);
    assert!(example.status.success());
    fs::write(&path, &example.stdout).expect("the folder is ours");
    let explained = Command::new(program("miro-sentinel"))
        .args(["--config", path.to_str().expect("a plain path"), "config", "explain"])
        .env("MIRO_AUDIT_TOKEN", format!("one-{MARKER}"))
        .env("MIRO_CONTENT_TOKEN", format!("another-{MARKER}"))
        .env("AZURE_CLIENT_SECRET", format!("a-third-{MARKER}"))
        .output()
        .expect("the program runs");
    assert!(explained.status.success(), "{}", captured(&explained.stderr));
    assert!(captured(&explained.stdout).contains("sentinel.identity.client_secret"));
}

#[tokio::test]
async fn a_damaged_checkpoint_is_reported_and_kept() {
    let lab = Lab::new(&["--generate-audit", "50", "--over", "1h"], &[]);
    let garbage = b"this was a checkpoint once".repeat(1_000);
    fs::create_dir_all(lab.store().parent().expect("a folder")).expect("the folder is ours");
    fs::write(lab.store(), &garbage).expect("the folder is ours");
    let seen = lab.run_once(&Settings::default());
    let text = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert_eq!(seen.status.code(), Some(1), "{text}");
    assert!(text.contains(lab.store().to_str().expect("a plain path")), "{text}");
    assert_eq!(fs::read(lab.store()).expect("still there"), garbage, "overwritten");
    assert_eq!(lab.rows_in_all().await, 0);
}

#[test]
fn the_demo_tells_machines_that_nothing_is_missing() {
    let seen = Command::new(program("miro-lab"))
        .args(["demo", "--audit", "3000", "--content", "1500", "--json"])
        .output()
        .expect("the program runs");
    assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
    let summary: Value = serde_json::from_slice(&seen.stdout).expect("one JSON document");
    for (stream, events) in [("audit", 3_000), ("content", 1_500)] {
        let counts = &summary["streams"][stream];
        assert_eq!(counts["at_miro"], events);
        assert_eq!(
            counts["in_table"].as_u64().zip(counts["duplicates"].as_u64()).map(|(all, twice)| all - twice),
            Some(events)
        );
        assert_eq!(counts["lost"], 0);
    }
    for key in ["first_row_ms", "seconds", "events_per_second"] {
        assert!(summary[key].is_number(), "{key}");
    }
}
