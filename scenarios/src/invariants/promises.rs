//! Waits are respected, no secret leaks, everything recovers, and the subject stops when asked to.

use faults::Outcome;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::waits::{Place, RateLimitHeaders, Waits};
use crate::observation::Observation;
use crate::scenario::{Scenario, length_text};
use crate::verdict::Check;

/// Calls that were under way when a pause was asked for come in within this time.
const UNDER_WAY: SignedDuration = SignedDuration::from_millis(250);
/// Everything has to come right so long after the timeline, unless a scenario says how long.
pub(crate) const RECOVERS_WITHIN: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn checks(scenario: &Scenario, seen: &Observation) -> Vec<Check> {
    vec![recovers(scenario, seen), pauses(seen), secrets(seen), stops(seen)]
}

fn recovers(scenario: &Scenario, seen: &Observation) -> Check {
    let within = scenario.expect.eventually.map_or(RECOVERS_WITHIN, |eventually| eventually.within);
    let after = match seen.recovered_after {
        Some(after) => format!("after {}", length_text(to_millis(after))),
        None => "not within that time".to_owned(),
    };
    let expected = format!("everything delivered within {} after the timeline", length_text(within));
    Check::new("comes-right", seen.recovered_after.is_some(), expected, after)
}

fn pauses(seen: &Observation) -> Check {
    let mut waits = Waits::default();
    let mut early: Vec<String> = seen.called_before_reset.clone();
    let mut lives = seen.lives_ended.iter().peekable();
    for call in &seen.calls {
        // A process that is started again knows of no pause.
        while lives.next_if(|ended| call.at.duration_since(seen.begun) >= **ended).is_some() {
            waits = Waits::default();
        }
        let place = Place::new(call.peer(), &call.place);
        if let Some(pause) = waits.broken_by(place, call.at)
            && call.at.duration_since(pause.at) > UNDER_WAY
        {
            let by = length_text(to_millis(pause.until.duration_since(call.at)));
            early.push(format!("{} {by} too early", call.call.name()));
        }
        let status = StatusCode::from_u16(call.status).unwrap_or(StatusCode::OK);
        if !status.is_success() && call.outcome == Outcome::Delivered {
            let later = |at: Timestamp| at.saturating_add(call.delayed).unwrap_or(at);
            let told = RateLimitHeaders {
                status,
                retry_after: call.retry_after.as_deref(),
                reset: None,
                sent: call.peer_time,
            };
            waits.asked_for(place, later(call.at), told);
        }
    }
    let told = match early.first() {
        None => "none".to_owned(),
        Some(first) => format!("{} requests too early: {first}", early.len()),
    };
    Check::new(
        "call-before-retry-after",
        early.is_empty(),
        "no request before the end of a wait that a peer asked for",
        told,
    )
}

fn secrets(seen: &Observation) -> Check {
    let told = if seen.leaks.is_empty() { "none".to_owned() } else { seen.leaks.join("; ") };
    Check::new("secrets-kept", seen.leaks.is_empty(), "no secret and no event in the output", told)
}

fn stops(seen: &Observation) -> Check {
    let survivors: usize = seen.stopped.iter().map(|stopped| stopped.survivors).sum();
    let too_late = seen.stopped.iter().filter(|stopped| !stopped.in_time).count();
    let told = match (&seen.ended_early, too_late) {
        (Some(early), _) => early.clone(),
        (None, 0) if survivors > 0 => format!("{survivors} of its child processes were still running"),
        (None, 0) => "as expected".to_owned(),
        (None, _) => format!("it had to be killed {too_late} of {} times", seen.stopped.len()),
    };
    let holds = seen.ended_early.is_none() && too_late == 0 && survivors == 0;
    Check::new("stops", holds, "stops in time when asked to, with all its child processes, and not before", told)
}

/// Lengths in reports are read by people.
fn to_millis(length: SignedDuration) -> SignedDuration {
    SignedDuration::from_millis(length.as_millis().try_into().unwrap_or(i64::MAX))
}
