//! A few seconds of what `hostile` does for ten minutes: whatever arrives, the mock stays well.
//!
//! The whole length: `cargo run --release --bin hostile` (after `cargo build --release --workspace --bins`).

use std::process::Command;

use crate::programs::program;

#[test]
fn the_mock_stays_well_whatever_arrives() {
    // Without optimization, and beside other tests, an answer takes its time.
    let hostile = Command::new(program("hostile"))
        .arg("--mock")
        .arg(program("mock-sentinel"))
        .args(["--seconds", "3", "--callers", "4", "--health-ms-max", "10000"])
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&hostile.stdout).into_owned();
    assert!(hostile.status.success(), "{printed}{}", String::from_utf8_lossy(&hostile.stderr));
}
