//! Killed and started again: nothing lost, and no more repeated than what was on its way.

use std::process::Stdio;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::lab::{Lab, Settings};
use crate::programs::Process;

const KILLS: u64 = 10;

/// Events of both logs together: 20,000 on every run, `RESTART_EVENTS` for a longer one by hand.
fn events() -> u64 {
    std::env::var("RESTART_EVENTS").ok().and_then(|number| number.parse().ok()).unwrap_or(20_000)
}

#[tokio::test]
async fn ten_kills_at_random_moments_lose_nothing_and_repeat_at_most_a_batch_each() {
    let seed: u64 = rand::random();
    eprintln!("seed of the moments: {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (audit_events, content_events) = (events() / 4 * 3, events() / 4);
    let lab = Lab::new(
        &[
            "--generate-audit",
            &audit_events.to_string(),
            "--generate-content",
            &content_events.to_string(),
            "--over",
            "30h",
            "--credits-per-minute",
            "100000000",
        ],
        &[],
    );
    let settings = Settings::default();

    for kill in 0..KILLS {
        // Moments spread over the whole way, each at a random count of rows and a random while after it.
        let step = events() / KILLS;
        let rows = kill * step + random.random_range(0..step);
        let mut command = lab.connector(&settings);
        let process = Process::start(command.arg("run").stdout(Stdio::null()).stderr(Stdio::null()));
        lab.until_rows(rows).await;
        for _ in 0..random.random_range(0..20) {
            lab.rows_in_all().await;
        }
        process.kill();
    }
    let last = lab.run_once(&settings);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let (audit, audit_ids) = lab.rows("MiroAuditLogs_CL").await;
    let (content, content_ids) = lab.rows("MiroContentLogs_CL").await;
    assert_eq!((audit_ids, content_ids), (audit_events, content_events), "lost");
    let repeated = audit + content - audit_ids - content_ids;
    let allowed = KILLS * largest_batch(&lab).await;
    eprintln!("{repeated} repeated after {KILLS} kills, at most {allowed} allowed");
    assert!(repeated <= allowed, "{repeated} repeated, at most {allowed} allowed");
}

/// The most rows that one upload brought, by the mock's journal.
async fn largest_batch(lab: &Lab) -> u64 {
    let journal = lab.get(&lab.sentinel, "journal").await;
    let entries = journal.as_array().or_else(|| journal["entries"].as_array()).expect("a list");
    entries
        .iter()
        .filter(|entry| entry["stream"].is_string())
        .filter_map(|entry| entry["rows"].as_u64())
        .max()
        .unwrap_or(0)
}
