//! `miro-lab attack`: callers who mean no good, against the mocks.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Exit;
use crate::attack::{Attack, Bounds, Mock, NoSuchAttack};

/// Attacks the mocks with malicious input and reports memory, health and panics.
///
/// The mocks are started for the attack, on loopback. Exits with 1 if a bound is exceeded.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab attack --seconds 60\n  miro-lab attack miro --only fault --seconds 10 --json")]
pub(super) struct AttackCommand {
    /// Which mock is attacked.
    #[arg(value_enum, default_value_t = Target::Both)]
    target: Target,
    /// How long to attack, at most a day.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Print one line of JSON instead of text.
    #[arg(long)]
    json: bool,
    /// The seed that the attacks are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only attacks whose name contains this text.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// Concurrent clients.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    callers: u64,
    /// The longest pause of a client between two attacks, in milliseconds.
    #[arg(long, default_value_t = 20)]
    pause_ms_max: u64,
    /// The maximum number of attacks.
    #[arg(long, default_value_t = 2_000_000)]
    attacks_max: u64,
    /// The maximum memory growth, in MiB.
    #[arg(long, default_value_t = 256)]
    rss_mib_max: u64,
    /// The minimum rate of health responses, as a share of those of a trivial server.
    #[arg(long, default_value_t = 0.2)]
    health_share_min: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    Miro,
    Sentinel,
    Both,
}

impl AttackCommand {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let attack = Attack {
            program: std::env::current_exe()?,
            mocks: match self.target {
                Target::Miro => vec![Mock::Miro],
                Target::Sentinel => vec![Mock::Sentinel],
                Target::Both => vec![Mock::Miro, Mock::Sentinel],
            },
            seconds: self.seconds,
            seed: self.seed,
            only: self.only,
            callers: self.callers,
            pause_max: Duration::from_millis(self.pause_ms_max),
            attacks_max: self.attacks_max,
            bounds: Bounds { rss_mib_max: self.rss_mib_max, health_share_min: self.health_share_min },
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let report = runtime.block_on(attack.run()).map_err(|error| match error.downcast::<NoSuchAttack>() {
            Ok(no_such) => super::Usage(no_such.to_string()).into(),
            Err(error) => error,
        })?;
        if self.json {
            anstream::println!("{}", serde_json::to_string(&report)?);
        } else {
            anstream::print!("{}", report.text());
        }
        Ok(if report.broken.is_empty() { Exit::Held } else { Exit::Broken })
    }
}
