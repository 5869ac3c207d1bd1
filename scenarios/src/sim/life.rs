//! The lives of a connector: it is started, crashes, is killed or stopped as planned, and is started again from what its disk has
//! kept.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use connector::service::{Mode, Outcome, Stop};
use connector::store::StoreError;
use futures_util::FutureExt;
use futures_util::future::select_all;
use jiff::SignedDuration;

use super::check;
use super::coverage::Kind;
use super::crash::{Trigger, until_crash};
use super::violation::{Promise, Violation};
use super::world::SimWorld;
use crate::scenario::{Action, Crash, CrashPoint};

/// Polls of the connector between two looks at its status.
const POLLS_A_LOOK: u64 = 97;
/// Far more than the grace period: no fault is active when a connector is asked to stop here.
const STOPS_WITHIN: Duration = Duration::from_mins(5);
/// A connector that could not start is started again.
const STARTED_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// What happens so early happens to a checkpoint that is being made, and to a history that is read first.
const FIRST_START: Duration = Duration::from_mins(1);

/// Keeps the connector running until the end of the run; returns how often it died.
pub(super) async fn live(world: &mut SimWorld, stop: &Stop) -> u64 {
    let mut left = ends_of_lives(world);
    let mut died = 0;
    loop {
        // Those that came while no connector was running are over, but for the first start's.
        if died > 0 {
            let now = world.clock.now();
            left.retain(|step| world.timeline.begins(*step).is_none_or(|at| at > now));
        }
        let life = one_life(world, stop, &left).await;
        world.running.set(None);
        match life.end {
            Some(End::Ended(outcome)) => {
                let was_asked = stop.is_finishing() || life.by.is_some();
                if !was_asked || outcome != Outcome::Finished {
                    let detail = format!("the service ended with {outcome:?}");
                    world.watch.violated(Violation::new(Promise::Stops, detail).at(world.clock.now()));
                }
                let Some(step) = life.by.filter(|_| !stop.is_finishing() && outcome == Outcome::Finished) else {
                    return died;
                };
                left.retain(|other| *other != step);
                world.watch.restarted();
                world.watch.note(format!("{} stopped by step {}", world.clock.now(), step + 1));
                wait(down_for(&world.timeline.steps()[step].action)).await;
            }
            // What supervises it starts it again until there is room.
            Some(End::NotStarted(error)) if world.disk.is_full() && !error.to_string().contains("damaged") => {
                tokio::time::sleep(STARTED_AGAIN_AFTER).await;
            }
            Some(End::NotStarted(error)) => {
                let detail = format!("the checkpoint cannot be opened: {error}");
                world.watch.violated(Violation::new(Promise::StoreOpens, detail).at(world.clock.now()));
                return died;
            }
            None => {
                died += 1;
                let Some(step) = life.by else { return died };
                left.retain(|other| *other != step);
                leave_to_disk(world, step);
                wait(down_for(&world.timeline.steps()[step].action)).await;
            }
        }
    }
}

async fn wait(length: SignedDuration) {
    tokio::time::sleep(length.try_into().unwrap_or_default()).await;
}

/// The steps that end a life, those first that begin first.
fn ends_of_lives(world: &SimWorld) -> Vec<usize> {
    let steps = world.timeline.steps().iter().enumerate();
    let ends =
        steps.filter(|(_, step)| matches!(step.action, Action::Crash(_) | Action::Kill { .. } | Action::Stop { .. }));
    let mut ends: Vec<usize> = ends.map(|(number, _)| number).collect();
    ends.sort_by_key(|step| (world.timeline.begins(*step).unwrap_or(jiff::Timestamp::MAX), *step));
    ends
}

fn down_for(action: &Action) -> SignedDuration {
    match action {
        Action::Crash(Crash { down_for, .. }) | Action::Kill { down_for } | Action::Stop { down_for } => *down_for,
        _ => SignedDuration::ZERO,
    }
}

/// How a life ended.
struct Life {
    /// None where the power went.
    end: Option<End>,
    /// The step that ended it, if one did.
    by: Option<usize>,
}

/// How a life ends that no power cut ends.
enum End {
    NotStarted(StoreError),
    Ended(Outcome),
}

async fn one_life(world: &mut SimWorld, stop: &Stop, left: &[usize]) -> Life {
    let (power, watch, running) = (world.power.clone(), world.watch.clone(), world.running.clone());
    let (timeline, clock) = (world.timeline.clone(), world.clock);
    let by = Cell::new(None);
    let mut polls = 0;
    let look = || {
        polls += 1;
        if polls % POLLS_A_LOOK == 0
            && let Some(status) = running.status()
        {
            check::counts_add_up(&status, &watch);
        }
    };
    let is_stop = |step: &usize| matches!(timeline.steps()[*step].action, Action::Stop { .. });
    let (stops, crashes): (Vec<usize>, Vec<usize>) = left.iter().copied().partition(is_stop);
    let first_of = |steps: Vec<usize>| {
        let begun = steps.into_iter().map(|step| {
            let timeline = timeline.clone();
            async move {
                timeline.begun(step, &clock).await;
                step
            }
            .boxed_local()
        });
        let begun: Vec<_> = begun.collect();
        async move {
            if begun.is_empty() {
                return std::future::pending().await;
            }
            select_all(begun).await.0
        }
    };
    let crash = first_of(crashes);
    let trigger: Trigger<'_> = Box::pin(async {
        let step = crash.await;
        by.set(Some(step));
        match &timeline.steps()[step].action {
            Action::Crash(crash) => crash.point,
            _ => CrashPoint::Poll(0),
        }
    });
    let told = first_of(stops);
    let life = async {
        // Opening the checkpoint is part of a life: the power may go while it is made.
        let connector = match world.connector() {
            Ok(connector) => Rc::new(connector),
            Err(error) => return End::NotStarted(error),
        };
        world.running.set(Some(connector.clone()));
        let own = Stop::new();
        let mut run = std::pin::pin!(connector.run(Mode::Service, &own));
        let patience = async {
            tokio::select! {
                biased;
                () = stop.finishing() => {}
                step = told => by.set(Some(step)),
            }
            own.finish();
            tokio::time::sleep(STOPS_WITHIN).await;
        };
        tokio::select! {
            biased;
            outcome = &mut run => End::Ended(outcome),
            () = patience => {
                let detail = format!("did not stop within {STOPS_WITHIN:?} of the request to stop");
                world.watch.violated(Violation::new(Promise::Stops, detail));
                End::Ended(Outcome::Finished)
            }
        }
    };
    let end = until_crash(life, &power, Some(trigger), look).await;
    Life { end, by: by.get() }
}

/// What the end of a process leaves: its disk, as a power cut or a kill does, and what an observer has to know.
fn leave_to_disk(world: &SimWorld, step: usize) {
    if world.clock.elapsed() < FIRST_START {
        world.watch.met(Kind::CrashInFirstStart);
    }
    let aftermath = if let Action::Crash(crash) = &world.timeline.steps()[step].action {
        match crash.point {
            CrashPoint::Poll(_) => world.watch.met(Kind::CrashAtAwait),
            CrashPoint::DiskChange(_) => world.watch.met(Kind::CrashInDiskChange),
            // Noted by the network, which knows whether it was an upload of this connector's.
            CrashPoint::AfterUpload => {}
        }
        let aftermath = world.survive_power_cut(crash.disk_seed);
        if aftermath.torn > 0 {
            world.watch.met(Kind::TornWrite);
        }
        Some(aftermath)
    } else {
        world.survive_kill();
        None
    };
    world.watch.died();
    world.watch.note(format!("{} died in step {}: {aftermath:?}", world.clock.now(), step + 1));
}
