//! Runs case files: `cargo run -p kql --example kql-cases -- F.jsonl …`
//!
//! Prints every case that does not pass, then the counts of each tier.

use std::process::ExitCode;

use kql::cases::{self, Verdict};

#[expect(clippy::print_stdout, reason = "a program that reports on its standard output")]
fn main() -> ExitCode {
    let mut wrong = 0;
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let cases = cases::read(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
        let mut counts = [[0_u32; 3]; 3];
        for case in &cases {
            let at = match cases::run(case) {
                Verdict::Passed => 0,
                Verdict::Failed { why } => {
                    println!("FAILED  {} (tier {}): {why}", case.id, case.tier);
                    1
                }
                Verdict::Refused { why } => {
                    println!("REFUSED {} (tier {}): {why}", case.id, case.tier);
                    2
                }
            };
            counts[usize::from(case.tier).min(2)][at] += 1;
        }
        for (tier, [passed, failed, refused]) in counts.iter().enumerate().skip(1) {
            println!("{path}: tier {tier}: {passed} passed, {failed} failed, {refused} refused");
            wrong += failed;
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
