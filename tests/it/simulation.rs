//! Simulated days: the promises hold under faults, and a seed repeats itself.

use scenarios::sim::run::{Options, run_seed};

/// Six hours a seed keep the suite short; `miro-lab sim --seeds 1-100` plays whole days.
const HOURS: u32 = 6;

#[test]
fn faults_and_crashes_break_no_promise() {
    for seed in 1..=6 {
        let report = run_seed(seed, &Options { hours: HOURS, keep_journal: false });
        assert!(
            report.violations.is_empty(),
            "seed {seed}: {:#?}\nrepeat with: miro-lab sim --seeds {seed} --hours {HOURS}",
            report.violations,
        );
        assert!(report.duplicates <= report.duplicates_allowed, "seed {seed}");
        assert!(report.recovered_after.is_some(), "seed {seed} never recovered");
        assert!(report.events > 0 && report.calls > 0, "seed {seed} did nothing");
    }
}

#[test]
fn a_seed_plays_the_same_day_twice() {
    let options = Options { hours: HOURS, keep_journal: true };
    let (first, second) = (run_seed(17, &options), run_seed(17, &options));
    let differs = first.journal.iter().zip(&second.journal).position(|(one, other)| one != other);
    assert_eq!(differs, None, "the first call that differs");
    assert_eq!(first.journal_sha256, second.journal_sha256);
    assert!(!first.journal.is_empty());
}
