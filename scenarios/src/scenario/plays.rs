//! Where a scenario can be played, as far as its content tells.

use std::fmt;

use connector::Stream;
use jiff::SignedDuration;
use serde::Serialize;

use super::{Action, Call, ClockOwner, Content, Delivered, Feature, Peer, Scenario, Step, Trigger};

/// Everything is over within this time, or nobody waits for a conformance suite.
const CERTIFY_MAX: SignedDuration = SignedDuration::from_secs(30);

/// A way to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In one process, in virtual time.
    Sim,
    /// Both mocks on sockets, whoever calls.
    Serve,
    /// Both mocks on sockets, and a connector as a black box.
    Certify,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sim => "sim",
            Self::Serve => "serve",
            Self::Certify => "certify",
        })
    }
}

/// Where it plays, and what keeps it out of the other places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plays {
    /// Where it plays.
    pub places: Vec<Place>,
    /// Why not elsewhere.
    pub kept_out: Vec<(Place, String)>,
}

impl Plays {
    /// Where `scenario` can be played.
    pub fn of(scenario: &Scenario) -> Self {
        let mut plays = Self::default();
        for place in [Place::Sim, Place::Serve, Place::Certify] {
            match obstacle(scenario, place) {
                None => plays.places.push(place),
                Some(why) => plays.kept_out.push((place, why)),
            }
        }
        plays
    }

    /// Whether it can be played there.
    pub fn plays(&self, place: Place) -> bool {
        self.places.contains(&place)
    }
}

fn obstacle(scenario: &Scenario, place: Place) -> Option<String> {
    let steps = scenario.timeline.iter().enumerate();
    let step = steps.filter_map(|(number, step)| {
        let why = action_obstacle(step, place)?;
        Some(format!("step {} ({}) {why}", number + 1, step.action.name()))
    });
    let step = step.chain(trigger_obstacle(scenario, place)).next();
    step.or_else(|| match place {
        Place::Sim if scenario.expect.memory_mib.is_some() => Some("memory is measured of a process".to_owned()),
        Place::Sim if scenario.expect.exit.is_some() => Some("only a process exits with a code".to_owned()),
        Place::Certify if scenario.network.loss > 0.0 => Some("`network.loss` needs the simulated network".to_owned()),
        Place::Serve if scenario.network.loss > 0.0 => Some("`network.loss` needs the simulated network".to_owned()),
        Place::Certify if scenario.expect.check.is_some() => {
            Some("`expect.check` asks our own connector's command".to_owned())
        }
        Place::Certify => nothing_to_deliver(scenario).or_else(|| too_long(scenario)),
        Place::Sim | Place::Serve => None,
    })
}

fn action_obstacle(step: &Step, place: Place) -> Option<&'static str> {
    match (&step.action, place) {
        (Action::Reload {} | Action::Rotate { .. }, Place::Sim) => Some("needs a process"),
        (Action::DiskFull {} | Action::Crash(_), Place::Serve | Place::Certify) => {
            Some("reaches into the connector's machine")
        }
        (Action::Clock { whose: ClockOwner::Connector, .. }, Place::Serve | Place::Certify) => {
            Some("reaches into the connector's machine")
        }
        (Action::Clock { whose: ClockOwner::Miro, .. }, Place::Serve | Place::Certify) if !is_behind_at_first(step) => {
            Some("sets a served clock back, at its end or before")
        }
        (Action::Clock { drift_ppm, .. }, Place::Serve | Place::Certify) if *drift_ppm != 0 => {
            Some("lets a clock drift, which the served ones do not")
        }
        (Action::Kill { .. } | Action::Stop { .. } | Action::Reload {} | Action::Rotate { .. }, Place::Serve) => {
            Some("acts on a connector, and `serve` runs none")
        }
        (
            Action::Intercept { peer_acts: true, .. } | Action::Answer { peer_acts: true, .. },
            Place::Serve | Place::Certify,
        ) => Some("lets the peer act and replaces its response"),
        (Action::Break { points }, Place::Serve | Place::Certify) if points.len() > 1 => {
            Some("draws where connections break")
        }
        (Action::LimitUploads { .. }, Place::Serve | Place::Certify) => Some("looks at the size of uploads"),
        (Action::Event(event), Place::Serve | Place::Certify) if event.content == Content::Refused => {
            Some("needs an Azure that refuses this event alone")
        }
        _ => None,
    }
}

/// A clock that is behind when nobody has called yet. It only goes forward after that, as served ones do.
fn is_behind_at_first(step: &Step) -> bool {
    let Action::Clock { whose: ClockOwner::Miro, by, .. } = step.action else { return false };
    by.is_negative() && step.trigger == Trigger::At(SignedDuration::ZERO)
}

/// Miro's faults begin and end by its own clock.
fn is_timed_by_miro(step: &Step) -> bool {
    let meets_miro = step.calls.on.is_some_and(|call| call.peer() == Peer::Miro);
    step.action.concerns_calls() && meets_miro && !matches!(step.trigger, Trigger::When(_))
}

fn trigger_obstacle(scenario: &Scenario, place: Place) -> Option<String> {
    if place == Place::Sim {
        return None;
    }
    let of_the_world = |step: &Step| {
        let ends_the_connector = matches!(step.action, Action::Kill { .. } | Action::Stop { .. });
        !step.action.concerns_calls() && !ends_the_connector
    };
    let numbered = || scenario.timeline.iter().enumerate();
    if let Some((number, step)) = numbered().find(|(at, step)| of_the_world(step) && scenario.begins_at(*at).is_none())
    {
        return Some(format!(
            "step {} ({}) waits for a call, which only faults do when served",
            number + 1,
            step.action.name()
        ));
    }
    let lasts_from_a_call = |step: &Step| matches!(step.trigger, Trigger::When(_)) && step.lasts.is_some();
    if let Some((number, _)) = numbered().find(|(_, step)| step.action.concerns_calls() && lasts_from_a_call(step)) {
        return Some(format!(
            "step {} begins with a call and lasts; when served, `times` must say how many calls it affects",
            number + 1
        ));
    }
    let is_behind = scenario.timeline.iter().any(is_behind_at_first);
    if let Some((number, step)) = numbered().find(|(_, step)| is_behind && is_timed_by_miro(step)) {
        return Some(format!("step {} ({}) is timed by Miro's clock, which is behind", number + 1, step.action.name()));
    }
    let inner = scenario.timeline.iter().position(|step| match &step.trigger {
        Trigger::When(nth) => matches!(nth.call, Call::Entra | Call::Ingestion | Call::Miro),
        Trigger::At(_) | Trigger::After { .. } => false,
    });
    // A call to a peer as a whole is told apart by the simulated network alone.
    let number = inner.filter(|_| place == Place::Serve)?;
    Some(format!("step {} begins with any call to a peer; name one, such as `sentinel.ingest`", number + 1))
}

/// A black box is judged by what arrives: where nothing has to, one that does nothing would pass.
fn nothing_to_deliver(scenario: &Scenario) -> Option<String> {
    let needed = |feature: &Feature| match feature {
        Feature::Audit => Some(Stream::Audit),
        Feature::Content => Some(Stream::Content),
        _ => None,
    };
    let may_stay_empty = |stream: Stream| match scenario.expect.delivered.get(&stream) {
        Some(Delivered::Count(amount)) => amount.allows(0),
        Some(Delivered::All) => false,
        None => scenario.expect.blocked.contains_key(&stream),
    };
    let mut streams = scenario.requires.iter().filter_map(needed).peekable();
    let is_empty = streams.peek().is_some() && streams.all(may_stay_empty);
    is_empty.then(|| "nothing has to arrive in it, so a program that does nothing would pass".to_owned())
}

fn too_long(scenario: &Scenario) -> Option<String> {
    let length = scenario.length();
    if length > CERTIFY_MAX {
        return Some(format!(
            "its timeline takes {}, and {} are allowed",
            super::length::text(length),
            super::length::text(CERTIFY_MAX)
        ));
    }
    let within = scenario.expect.eventually.map(|eventually| eventually.within);
    within.filter(|within| *within > CERTIFY_MAX).map(|within| {
        format!(
            "`expect.eventually` may take {}, and {} are allowed",
            super::length::text(within),
            super::length::text(CERTIFY_MAX)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn behind() -> Scenario {
        Catalogue::shipped().find("MIRO-WINDOW-011").unwrap().scenario
    }

    fn why_not(scenario: &Scenario) -> Option<String> {
        obstacle(scenario, Place::Certify)
    }

    #[test]
    fn a_served_clock_of_miros_is_behind_from_the_start_or_not_at_all() {
        assert_eq!(why_not(&behind()), None);
        let mut later = behind();
        later.timeline[0].trigger = Trigger::At(SignedDuration::from_secs(1));
        assert!(why_not(&later).unwrap().contains("sets a served clock back"));
        let mut ahead = behind();
        let Action::Clock { by, .. } = &mut ahead.timeline[0].action else { panic!("the first step sets a clock") };
        *by = -*by;
        assert!(why_not(&ahead).unwrap().contains("sets a served clock back"));
    }

    #[test]
    fn a_fault_is_not_timed_by_a_clock_that_is_behind() {
        let mut scenario = behind();
        let fault = Catalogue::shipped().find("HOSTILE-012").unwrap().scenario.timeline.remove(0);
        scenario.timeline.push(fault);
        assert!(why_not(&scenario).unwrap().contains("timed by Miro's clock"));
    }
}
