//! A few seconds of what `miro-lab attack` does for ten minutes: whatever arrives, both mocks stay well.

use std::process::Command;

use serde_json::Value;

use crate::programs::program;

#[test]
fn both_mocks_stay_well_whatever_arrives() {
    let attack = Command::new(program("miro-lab"))
        .args(["attack", "both", "--seconds", "3", "--callers", "4", "--json"])
        // Without optimization a mock answers later than it could.
        .args(["--health-share-min", "0.05"])
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&attack.stdout).into_owned();
    assert!(attack.status.success(), "{printed}{}", String::from_utf8_lossy(&attack.stderr));
    assert_eq!(printed.lines().count(), 1, "{printed}");
    let report: Value = serde_json::from_str(&printed).expect("one line of JSON");
    assert_eq!((&report["panics"], &report["broken"]), (&Value::from(0), &Value::Array(vec![])));
    for server in ["miro", "sentinel", "control"] {
        assert!(report["health"][server]["answered"].as_u64() > Some(0), "{server}: {report}");
    }
}

#[test]
fn an_attack_that_there_is_not_is_a_mistake_of_usage() {
    let attack =
        Command::new(program("miro-lab")).args(["attack", "miro", "--only", "gzip"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&attack.stderr);
    assert_eq!(attack.status.code(), Some(2), "{told}");
    assert!(told.contains("there are: miro: random bytes"), "{told}");
}
