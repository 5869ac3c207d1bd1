//! Malicious clients against both mocks or one of them, for a given time: random bytes, gzip bombs, slow bodies, huge
//! heads, pipelined and cut requests, too many connections, queries, pages and resources that nobody would write.
//!
//! Meanwhile the health of each mock is asked for over and over, beside that of a trivial server, and their memory is watched.
//! Whatever is uploaded meets a rule that drops every row, so nothing is stored and all memory above the beginning is the attack's.
//!
//! The mocks listen on loopback only, in a process of their own. Attacks are bounded in number, time and connections, and drawn from
//! a seed.

mod miro;
mod payloads;
mod prepare;
mod report;
mod sentinel;
mod victim;
mod watch;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use report::{HealthReport, MemoryReport, Report};

use payloads::Payloads;
use victim::Victim;
use watch::Watch;

/// No attack takes longer.
const ATTACK_MAX: Duration = Duration::from_secs(5);

/// A mock that can be attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mock {
    /// mock-miro.
    Miro,
    /// mock-sentinel.
    Sentinel,
}

/// What has to hold during an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The most memory above the beginning, in MiB.
    pub rss_mib_max: u64,
    /// How often health has to answer at least, as a share of how often a trivial server does.
    pub health_share_min: f64,
}

/// An attack.
#[derive(Debug, Clone)]
pub struct Attack {
    /// The miro-lab that serves the mocks.
    pub program: PathBuf,
    /// Which of them is attacked.
    pub mocks: Vec<Mock>,
    /// How long.
    pub seconds: u64,
    /// Draws the attacks.
    pub seed: u64,
    /// Only attacks whose name holds this text.
    pub only: String,
    /// Callers at the same time.
    pub callers: u64,
    /// The longest pause of a caller between two attacks.
    pub pause_max: Duration,
    /// The most attacks in all.
    pub attacks_max: u64,
    /// What has to hold.
    pub bounds: Bounds,
}

/// No attack has the text in its name.
#[derive(Debug, thiserror::Error)]
#[error("--only {only}: no attack has that in its name; there are: {names}")]
pub struct NoSuchAttack {
    only: String,
    names: String,
}

/// One way to harm one mock.
#[derive(Debug, Clone, Copy)]
enum Strike {
    Miro(miro::Attack),
    Sentinel(sentinel::Attack),
}

impl Strike {
    fn of(mock: Mock) -> Vec<Self> {
        match mock {
            Mock::Miro => miro::Attack::ALL.map(Self::Miro).into(),
            Mock::Sentinel => sentinel::Attack::ALL.map(Self::Sentinel).into(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Miro(attack) => attack.name(),
            Self::Sentinel(attack) => attack.name(),
        }
    }
}

/// Both mocks, ready to be attacked.
struct Targets {
    miro: miro::Target,
    sentinel: sentinel::Target,
}

impl Attack {
    /// Attacks, and tells how the mocks fared.
    ///
    /// # Errors
    ///
    /// [`NoSuchAttack`] before anything is started; else the laboratory failed.
    pub async fn run(&self) -> anyhow::Result<Report> {
        let strikes = self.strikes()?;
        let mut victim = Victim::start(&self.program)?;
        let sentinel = sentinel::Target::new(victim.prepared_sentinel().await?, Payloads::new(self.seed));
        let targets = Arc::new(Targets { miro: victim.miro()?, sentinel });
        let watched = self.mocks.iter().map(|mock| Ok((mock.name(), address(&victim.url(*mock))?)));
        let watch = Watch::start(victim.process_id(), watched.collect::<anyhow::Result<_>>()?)?;
        let ends = Instant::now() + Duration::from_secs(self.seconds);
        let callers: Vec<_> = (0..self.callers)
            .map(|caller| {
                let random = ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(1_000).wrapping_add(caller));
                let share = self.attacks_max / self.callers.max(1);
                let caller = Caller {
                    targets: Arc::clone(&targets),
                    strikes: strikes.clone(),
                    random,
                    pause_max: self.pause_max,
                };
                tokio::spawn(caller.attack(ends, share))
            })
            .collect();
        let mut struck = BTreeMap::new();
        for caller in callers {
            for (attack, count) in caller.await.context("a caller failed")? {
                *struck.entry(attack.to_owned()).or_insert(0) += count;
            }
        }
        let seen = tokio::task::spawn_blocking(|| watch.stop()).await.context("the watch failed")??;
        Ok(Report::new(self.seconds, struck, &seen, &victim.end().await?, self.bounds))
    }

    fn strikes(&self) -> Result<Vec<Strike>, NoSuchAttack> {
        let all: Vec<Strike> = self.mocks.iter().flat_map(|mock| Strike::of(*mock)).collect();
        let chosen: Vec<_> = all.iter().copied().filter(|strike| strike.name().contains(&self.only)).collect();
        if chosen.is_empty() {
            let names = all.iter().map(|strike| strike.name()).collect::<Vec<_>>().join(", ");
            return Err(NoSuchAttack { only: self.only.clone(), names });
        }
        Ok(chosen)
    }
}

impl Mock {
    fn name(self) -> &'static str {
        match self {
            Self::Miro => "miro",
            Self::Sentinel => "sentinel",
        }
    }
}

/// Where a URL leads, which names an address and a port of this machine.
fn address(url: &str) -> anyhow::Result<SocketAddr> {
    let url: url::Url = url.parse().with_context(|| format!("the mocks printed no URL: {url:?}"))?;
    let mut addresses = url.socket_addrs(|| None)?.into_iter();
    addresses.find(SocketAddr::is_ipv4).with_context(|| format!("{url} leads to no address"))
}

/// One caller.
struct Caller {
    targets: Arc<Targets>,
    strikes: Vec<Strike>,
    random: ChaCha8Rng,
    pause_max: Duration,
}

impl Caller {
    /// Attacks until the time is over, and tells how often it did what.
    async fn attack(mut self, ends: Instant, attacks_max: u64) -> BTreeMap<&'static str, u64> {
        let mut struck = BTreeMap::new();
        for _ in 0..attacks_max {
            if Instant::now() >= ends {
                break;
            }
            let strike = self.strikes[self.random.random_range(0..self.strikes.len())];
            let Targets { miro, sentinel } = &*self.targets;
            let random = &mut self.random;
            let struck_once = async {
                match strike {
                    Strike::Miro(attack) => attack.strike(miro, random).await,
                    Strike::Sentinel(attack) => attack.strike(sentinel, random).await,
                }
            };
            // The mock may hang up whenever it likes, and a caller may lose patience.
            drop(tokio::time::timeout(ATTACK_MAX, struck_once).await);
            *struck.entry(strike.name()).or_insert(0) += 1;
            tokio::time::sleep(self.random.random_range(Duration::ZERO..=self.pause_max)).await;
        }
        struck
    }
}
