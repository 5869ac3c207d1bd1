//! Peak memory: the service with default settings, both streams on, while it reads a long backlog of events of one size.
//!
//! `MEMORY_MEGABYTES` is the size of each log in megabytes; CONTRIBUTING.md names the command for a gigabyte.

use std::fmt;
use std::time::{Duration, Instant};

use peer::Peer;

use super::subject::{Service, Subject};
use crate::programs::program;

mod log;
mod peer;
mod table;

/// What the process may occupy at any time, in KiB.
const PEAK_MAX: u64 = 96 * 1024;
/// Bytes of an event: small ones, the usual, those just below what Azure keeps of a field, and nearly a whole upload.
const SIZES: [usize; 4] = [1_000, 10_000, 58_000, 900_000];
/// The service ends within its grace period, and a little.
const END_MAX: Duration = Duration::from_mins(1);

/// Megabytes of each log: more in both than is allowed at once on every run, `MEMORY_MEGABYTES` for a longer one by hand.
fn megabytes() -> usize {
    std::env::var("MEMORY_MEGABYTES").ok().and_then(|number| number.parse().ok()).unwrap_or(64)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peak_memory_is_bounded_whatever_the_size_of_events() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux tells the peak memory of a process in /proc");
        return;
    }
    // Built before anything is timed.
    program("miro-sentinel");
    let mut wrong = Vec::new();
    for size in SIZES {
        let seen = deliver(size, megabytes() * 1_000_000).await;
        println!("{seen}");
        if seen.peak >= PEAK_MAX || !seen.is_exact {
            wrong.push(seen.to_string());
        }
    }
    assert!(wrong.is_empty(), "not under {PEAK_MAX} KiB, or not everything once:\n{}", wrong.join("\n"));
}

/// What was seen of one size of events.
#[derive(Debug)]
struct Seen {
    size: usize,
    events: usize,
    bytes: usize,
    /// In KiB.
    peak: u64,
    took: Duration,
    /// Everything arrived once and unaltered.
    is_exact: bool,
    tables: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, events, bytes, peak, took, .. } = self;
        let (megabytes, peak, seconds) = (bytes / 1_000_000, *peak as f64 / 1024.0, took.as_secs_f64());
        write!(f, "events of {size} bytes: {events} events, {megabytes} MB, peak {peak:.1} MiB, {seconds:.1} s")?;
        if self.is_exact { Ok(()) } else { write!(f, "; {}", self.tables) }
    }
}

/// Delivers both logs of `bytes` each in events of `size`.
async fn deliver(size: usize, bytes: usize) -> Seen {
    let peer = Peer::open(size, bytes.div_ceil(size)).await;
    let begun = Instant::now();
    let mut service = Subject::by_default(&peer.places()).serve().await;
    let most = Duration::from_mins(3) + Duration::from_secs(2) * u32::try_from(bytes / 1_000_000).expect("not so much");
    tokio::select! {
        () = peer.has_everything() => {}
        ended = service.ends_within(most) => {
            let what = if ended { "the service ended".to_owned() } else { format!("{most:?} are over") };
            panic!("{what}: {}\n{}", peer.tables(), last_lines(&service));
        }
    }
    let (peak, took) = (peak_of(service.id()), begun.elapsed());
    service.terminate().await;
    assert!(service.ends_within(END_MAX).await, "it does not end");

    let (events, bytes) = peer.events_and_bytes();
    Seen { size, events, bytes, peak, took, is_exact: peer.is_exact(), tables: peer.tables() }
}

/// The most memory in KiB that the process `id` ever had resident (`proc_pid_status(5)`).
fn peak_of(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn last_lines(service: &Service) -> String {
    let log = service.log();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
