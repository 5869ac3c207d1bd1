//! Callers who mean no good, against a mock-sentinel of their own, for as long as told: random bytes, gzip bombs, slow
//! bodies, huge headers, pipelined and cut requests, too many connections, queries and resources nobody would write.
//!
//! Meanwhile the health of the mock is asked for over and over and its memory is watched. Whatever is uploaded meets a
//! rule that drops every row, so nothing is stored and all memory above the beginning is the attack's. Exits 1 when a
//! bound is broken: memory, time of a health answer, a panic.
//!
//! The mock listens on loopback only. Attacks are bounded in number, time and connections, and drawn from `--seed`.

mod attacks;
mod mock;
mod payloads;
mod report;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::attacks::{Attack, Target};
use crate::mock::Mock;
use crate::payloads::Payloads;
use crate::report::Report;
use crate::watch::Watch;

/// No attack takes longer.
const ATTACK_MAX: Duration = Duration::from_secs(5);

/// Attacks a mock-sentinel and tells how it fared.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// How long to attack.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// The program to attack; the one beside this program unless given.
    #[arg(long, value_name = "PROGRAM")]
    mock: Option<PathBuf>,
    /// Draws the attacks.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only attacks whose name holds this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Callers at the same time.
    #[arg(long, default_value_t = 16)]
    callers: u64,
    /// The longest pause of a caller between two attacks, in milliseconds.
    #[arg(long, default_value_t = 20)]
    pause_ms_max: u64,
    /// The most attacks in all.
    #[arg(long, default_value_t = 2_000_000)]
    attacks_max: u64,
    /// The most memory above the beginning.
    #[arg(long, default_value_t = 256)]
    rss_mib_max: u64,
    /// The longest that health may take to answer, in milliseconds.
    #[arg(long, default_value_t = 100)]
    health_ms_max: u64,
}

impl Cli {
    fn attacks(&self) -> anyhow::Result<Vec<Attack>> {
        let only = self.only.as_deref().unwrap_or_default();
        let chosen: Vec<_> = Attack::ALL.into_iter().filter(|attack| attack.name().contains(only)).collect();
        let names = Attack::ALL.map(Attack::name).join(", ");
        anyhow::ensure!(!chosen.is_empty(), "--only {only}: no attack has that in its name; there are: {names}");
        Ok(chosen)
    }

    fn program(&self) -> anyhow::Result<PathBuf> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("mock-sentinel"));
        let program = self.mock.clone().map_or_else(beside, anyhow::Ok)?;
        anyhow::ensure!(program.exists(), "{} does not exist: name the mock with --mock", program.display());
        Ok(program)
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let attacks = cli.attacks()?;
    let mut mock = Mock::start(&cli.program()?)?;
    let target = Arc::new(Target::new(mock.prepare().await?, Payloads::new(cli.seed)));
    let watch = Watch::start(mock.process_id(), mock.http())?;
    let ends = Instant::now() + Duration::from_secs(cli.seconds);
    let callers: Vec<_> = (0..cli.callers)
        .map(|caller| {
            let random = ChaCha8Rng::seed_from_u64(cli.seed.wrapping_mul(1_000).wrapping_add(caller));
            let share = cli.attacks_max / cli.callers.max(1);
            let caller =
                Caller { target: target.clone(), attacks: attacks.clone(), random, pause_ms_max: cli.pause_ms_max };
            tokio::spawn(caller.attack(ends, share))
        })
        .collect();
    let mut struck = BTreeMap::new();
    for caller in callers {
        for (attack, count) in caller.await.context("a caller failed")? {
            *struck.entry(attack).or_insert(0) += count;
        }
    }
    let seen = watch.stop();
    let report = Report { struck, seen, end: mock.end().await? };
    report.print()?;
    let broken = report.broken(cli.rss_mib_max, cli.health_ms_max);
    for complaint in &broken {
        report::line(&format!("BROKEN: {complaint}"))?;
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One caller.
struct Caller {
    target: Arc<Target>,
    attacks: Vec<Attack>,
    random: ChaCha8Rng,
    pause_ms_max: u64,
}

impl Caller {
    /// Attacks until the time is over, and tells how often it did what.
    async fn attack(mut self, ends: Instant, attacks_max: u64) -> BTreeMap<&'static str, u64> {
        let mut struck = BTreeMap::new();
        for _ in 0..attacks_max {
            if Instant::now() >= ends {
                break;
            }
            let attack = self.attacks[self.random.random_range(0..self.attacks.len())];
            // The mock may hang up whenever it likes, and a caller may lose patience.
            drop(tokio::time::timeout(ATTACK_MAX, attack.strike(&self.target, &mut self.random)).await);
            *struck.entry(attack.name()).or_insert(0) += 1;
            tokio::time::sleep(Duration::from_millis(self.random.random_range(0..=self.pause_ms_max))).await;
        }
        struck
    }
}
