//! Plays one scenario: its timeline, then the recovery phase until everything is delivered.

use std::any::Any;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use connector::service::Stop;

use super::check;
use super::life;
use super::plan::Plan;
use super::player::TimelinePlayer;
use super::report::Report;
use super::violation::{Promise, Violation};
use super::world::{SimError, SimWorld};
use crate::scenario::Scenario;
use crate::scenario::draw::draw;
use crate::secrets::Secrets;

/// How to run seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Virtual hours of the fault phase, at least 1.
    pub hours: u32,
    /// Keeps the journal's lines, to be read when two runs differ.
    pub keep_journal: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { hours: 24, keep_journal: false }
    }
}

/// Plays the scenario that `seed` draws. Blocks until it is over; nothing outside of it is touched.
pub fn run_seed(seed: u64, options: &Options) -> Report {
    run(&draw(seed, options.hours), options)
}

/// Plays a scenario. Blocks until it is over; nothing outside of it is touched.
pub fn run(scenario: &Scenario, options: &Options) -> Report {
    let secrets = Secrets::default();
    let played = tracing::subscriber::with_default(secrets.subscriber(), || {
        std::panic::catch_unwind(AssertUnwindSafe(|| {
            let plan = Plan::of(scenario.clone())?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
            runtime.block_on(play(&plan, &secrets, options.keep_journal))
        }))
    });
    let mut report = match played {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => broken(Promise::Playable, format!("the scenario cannot be played: {error}")),
        Err(panic) => broken(Promise::NoPanic, panicked(&secrets, panic.as_ref())),
    };
    report.seed = scenario.seed;
    report.violations.extend(secrets.leaks().into_iter().map(|leak| Violation::new(Promise::SecretsKept, leak)));
    report
}

fn broken(promise: Promise, detail: String) -> Report {
    Report { violations: vec![Violation::new(promise, detail)], ..Report::default() }
}

fn panicked(secrets: &Secrets, panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("without a message");
    secrets.search("a panic", text);
    format!("panicked: {text}")
}

async fn play(plan: &Plan, secrets: &Secrets, keep_journal: bool) -> Result<Report, SimError> {
    let mut world = SimWorld::new(plan, secrets, keep_journal)?;
    if !plan.scenario.expect.requests.is_empty() {
        world.watch.count_calls();
    }
    let player = TimelinePlayer::of(&world);
    let stop = Stop::new();
    let recovered_after = Cell::new(None);
    let direct = async {
        player.play(plan).await;
        recovered_after.set(player.recovers(plan).await);
        stop.finish();
    };
    // In this order at every turn, so that every run takes the same turns.
    let (deaths, ()) = futures_util::future::join(life::live(&mut world, &stop), direct).await;
    let report = Report { deaths, recovered_after: recovered_after.get(), ..Report::default() };
    Ok(check::complete(report, &world, plan).await)
}
