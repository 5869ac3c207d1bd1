//! The lives of a connector: it is started, dies as planned, and is started again from what its disk has kept.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use connector::service::{Mode, Outcome, Stop};
use connector::store::StoreError;

use super::check;
use super::coverage::Kind;
use super::crash::{Death, Sentence, until_death};
use super::disk::Aftermath;
use super::plan::Plan;
use super::world::SimWorld;

/// Polls of the connector between two looks at its status.
const POLLS_A_LOOK: u64 = 97;
/// Far more than the grace period: nothing is wrong on the way when a connector is told to stop here.
const STOPS_WITHIN: Duration = Duration::from_mins(5);
/// A connector that could not start is started again.
const STARTED_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// What happens so early happens to a checkpoint that is being made, and to a history that is read first.
const FIRST_START: Duration = Duration::from_mins(1);

/// Keeps the connector running until it is told to stop; returns how often it died.
pub(super) async fn live(world: &mut SimWorld, plan: &Plan, stop: &Stop) -> u64 {
    let mut deaths: VecDeque<_> = plan.deaths.iter().copied().collect();
    let mut died = 0;
    loop {
        // Those that came while no connector was running are over, but for the first start's.
        if died > 0 {
            deaths = deaths.into_iter().skip_while(|(at, _)| *at <= world.clock.now()).collect();
        }
        let death = deaths.pop_front();
        let sentence = death.map(|(at, death)| Sentence { from: world.clock.instant(at), death });
        let end = one_life(world, stop, sentence).await;
        world.alive.becomes(None);
        match end {
            Some(End::Ended(outcome)) => {
                if !stop.is_finishing() || outcome != Outcome::Finished {
                    world.watch.violated(format!("{}: the service ended with {outcome:?}", world.clock.now()));
                }
                return died;
            }
            // What supervises it starts it again until there is room.
            Some(End::NotStarted(error)) if world.disk.is_full() && !error.to_string().contains("damaged") => {
                if let Some(death) = death {
                    deaths.push_front(death);
                }
                tokio::time::sleep(STARTED_AGAIN_AFTER).await;
                continue;
            }
            Some(End::NotStarted(error)) => {
                world.watch.violated(format!("{}: the checkpoint cannot be opened: {error}", world.clock.now()));
                return died;
            }
            None => died += 1,
        }
        if world.clock.elapsed() < FIRST_START {
            world.watch.met(Kind::CrashInFirstStart);
        }
        let aftermath = world.survive_power_cut();
        bury(world, death.map(|(_, death)| death), aftermath);
        tokio::time::sleep(world.restart_delay()).await;
    }
}

/// How a life ends that no power cut ends.
enum End {
    NotStarted(StoreError),
    Ended(Outcome),
}

async fn one_life(world: &mut SimWorld, stop: &Stop, sentence: Option<Sentence>) -> Option<End> {
    let (power, watch, alive) = (world.power.clone(), world.watch.clone(), world.alive.clone());
    let mut polls = 0;
    let look = || {
        polls += 1;
        if polls % POLLS_A_LOOK == 0
            && let Some(status) = alive.status()
        {
            check::conservation(&status, &watch);
        }
    };
    let life = async {
        // Opening the checkpoint is part of a life: the power may go while it is made.
        let connector = match world.connector() {
            Ok(connector) => Rc::new(connector),
            Err(error) => return End::NotStarted(error),
        };
        world.alive.becomes(Some(connector.clone()));
        let mut run = std::pin::pin!(connector.run(Mode::Service, stop));
        let patience = async {
            stop.finishing().await;
            tokio::time::sleep(STOPS_WITHIN).await;
        };
        tokio::select! {
            biased;
            outcome = &mut run => End::Ended(outcome),
            () = patience => {
                world.watch.violated(format!("did not stop within {STOPS_WITHIN:?} of being told to"));
                End::Ended(Outcome::Finished)
            }
        }
    };
    until_death(life, &power, sentence, look).await
}

fn bury(world: &SimWorld, death: Option<Death>, aftermath: Aftermath) {
    match death {
        Some(Death::AtPoll(_)) => world.watch.met(Kind::CrashAtAwait),
        Some(Death::InDiskChange(_)) => world.watch.met(Kind::CrashInDiskChange),
        // Noted by the network, which knows whether it was an upload of this connector's.
        Some(Death::AfterUpload) | None => {}
    }
    if aftermath.torn > 0 {
        world.watch.met(Kind::TornWrite);
    }
    world.watch.died();
    world.watch.note(format!("{} died: {death:?}, {aftermath:?}", world.clock.now()));
}
