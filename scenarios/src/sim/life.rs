//! The lives of a connector: it is started, dies as planned, and is started again from what its disk has kept.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use connector::Connector;
use connector::service::{Mode, Outcome, Stop};

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

/// Keeps the connector running until it is told to stop; returns how often it died.
pub(super) async fn live(world: &mut SimWorld, plan: &Plan, stop: &Stop) -> u64 {
    let mut deaths: VecDeque<_> = plan.deaths.iter().copied().collect();
    let mut died = 0;
    loop {
        let connector = match world.connector() {
            Ok(connector) => Rc::new(connector),
            Err(error) => {
                world.watch.violated(format!("{}: the checkpoint cannot be opened: {error}", world.clock.now()));
                return died;
            }
        };
        world.alive.becomes(Some(connector.clone()));
        deaths = deaths.into_iter().skip_while(|(at, _)| *at <= world.clock.now()).collect();
        let death = deaths.pop_front();
        let sentence = death.map(|(at, death)| Sentence { from: world.clock.instant(at), death });
        match one_life(world, &connector, stop, sentence).await {
            Some(outcome) => {
                if !stop.is_finishing() || outcome != Outcome::Finished {
                    world.watch.violated(format!("{}: the service ended with {outcome:?}", world.clock.now()));
                }
                return died;
            }
            None => died += 1,
        }
        world.alive.becomes(None);
        drop(connector);
        let aftermath = world.survive_power_cut();
        bury(world, death.map(|(_, death)| death), aftermath);
        tokio::time::sleep(world.restart_delay()).await;
    }
}

async fn one_life(world: &SimWorld, connector: &Connector, stop: &Stop, sentence: Option<Sentence>) -> Option<Outcome> {
    let mut polls = 0;
    let alive = || {
        polls += 1;
        if polls % POLLS_A_LOOK == 0 {
            check::conservation(&connector.status(), &world.watch);
        }
    };
    let run = async {
        let mut run = std::pin::pin!(connector.run(Mode::Service, stop));
        let patience = async {
            stop.finishing().await;
            tokio::time::sleep(STOPS_WITHIN).await;
        };
        tokio::select! {
            biased;
            outcome = &mut run => outcome,
            () = patience => {
                world.watch.violated(format!("did not stop within {STOPS_WITHIN:?} of being told to"));
                Outcome::Finished
            }
        }
    };
    until_death(run, &world.power, sentence, alive).await
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
