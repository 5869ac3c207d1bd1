//! Which failures of a scenario were met, as far as that is visible from outside.

use std::collections::BTreeSet;

use faults::Outcome;
use jiff::SignedDuration;

use crate::observation::{Observation, ObservedCall};
use crate::scenario::{Action, ClockOwner, Content, Peer, Scenario, Step};
use crate::sim::coverage::Kind;

/// Whether troubles of this name can be seen from outside at all. Of the others the simulation has to prove that they happen.
pub(super) fn can_be_seen(name: &str) -> bool {
    let hidden = [
        Kind::PageOfSeveralBatches,
        Kind::OldHistory,
        Kind::CrashAtAwait,
        Kind::CrashInDiskChange,
        Kind::CrashBeforeCommit,
        Kind::TornWrite,
        Kind::DiskFull,
        Kind::RowOfRefusedEvents,
        Kind::LateEvent,
        Kind::ReplacedResponse,
    ];
    !hidden.iter().any(|kind| kind.to_string() == name)
}

/// The names of the troubles that were met.
pub(super) fn met(scenario: &Scenario, seen: &Observation) -> BTreeSet<String> {
    let of_calls = seen.calls.iter().flat_map(of_call);
    let steps = scenario.timeline.iter().zip(&seen.steps);
    let of_steps = steps.filter(|(step, seen)| seen.began.is_some() && (seen.met > 0 || !step.action.concerns_calls()));
    let of_steps = of_steps.flat_map(|(step, seen)| of_step(step, seen.began));
    let tokens =
        seen.calls.iter().filter(|call| call.call == crate::scenario::Call::Token && call.is_success()).count();
    let duplicates: u64 = seen.streams.values().map(crate::observation::BothEnds::duplicates).sum();
    let of_all = [(Kind::TokenRenewed, tokens > 1), (Kind::SentTwice, duplicates > 0)];
    let of_all = of_all.into_iter().filter_map(|(kind, is_met)| is_met.then_some(kind));
    of_calls.chain(of_steps).chain(of_all).map(|kind| kind.to_string()).collect()
}

fn of_call(call: &ObservedCall) -> Vec<Kind> {
    let mut kinds = Vec::new();
    if call.status == 429 {
        kinds.push(if call.peer() == Peer::Miro { Kind::RateLimited } else { Kind::Throttled });
    }
    if call.status >= 500 {
        kinds.push(Kind::ServerError);
    }
    if call.retry_after.is_some() {
        kinds.push(Kind::ToldToWait);
    }
    match call.outcome {
        Outcome::Delivered => {}
        Outcome::ResponseLost => kinds.push(Kind::LostAnswer),
        Outcome::Cut => kinds.push(Kind::CutInAnswer),
        // Nothing of the request was acted on: from outside the two cannot be told apart.
        Outcome::Reset => kinds.extend([Kind::Refused, Kind::CutInRequest]),
    }
    kinds
}

fn of_step(step: &Step, began: Option<SignedDuration>) -> Vec<Kind> {
    match &step.action {
        Action::Refuse { wait, .. } => {
            let told = wait.iter().filter(|wait| wait.length().is_some()).map(|_| Kind::ToldToWait);
            let kinds = std::iter::once(Kind::PeerRefused).chain(told);
            kinds.chain(wait.iter().flat_map(Kind::of_wait)).collect()
        }
        Action::Answer { .. } => vec![Kind::PeerRefused],
        Action::Intercept { response, .. } => vec![Kind::of_interception(*response)],
        Action::Break { .. } => vec![Kind::Silence],
        Action::Slow { .. } => vec![Kind::SlowResponse],
        Action::Trickle { .. } => vec![Kind::Trickle],
        Action::Credential { .. } => vec![Kind::LockedOut],
        Action::Clock { whose, .. } => vec![match whose {
            ClockOwner::Connector => Kind::ConnectorClockWrong,
            ClockOwner::Miro => Kind::MiroClockWrong,
            ClockOwner::Azure => Kind::AzureClockWrong,
        }],
        Action::Kill { .. } | Action::Stop { .. } if began.is_some_and(|at| at < FIRST_START) => {
            vec![Kind::CrashInFirstStart]
        }
        Action::Event(event) => of_event(event.content, event.bytes),
        _ => Vec::new(),
    }
}

/// What ends a process so early ends it in its first start.
const FIRST_START: SignedDuration = SignedDuration::from_mins(1);

fn of_event(content: Content, bytes: usize) -> Vec<Kind> {
    const TINY: usize = 300;
    const LARGE: usize = 250_000;
    let mut kinds = Vec::new();
    match content {
        Content::Documented if bytes > 1_000_000 => kinds.push(Kind::OversizeEvent),
        Content::Documented => {}
        Content::Refused => kinds.push(Kind::RefusedEvent),
        _ => kinds.push(Kind::BrokenEvent),
    }
    kinds.extend(
        [(bytes < TINY).then_some(Kind::TinyEvent), (bytes > LARGE).then_some(Kind::LargeEvent)].into_iter().flatten(),
    );
    kinds
}
