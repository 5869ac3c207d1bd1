//! Which requests a fault hits: by count, by time, or by a seeded random choice.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::{Answer, Calls, Fault, FaultError, Trouble};

/// The active faults, each with its own counters; the first that hits a request wins.
#[derive(Debug)]
pub struct Schedule {
    calls: &'static Calls,
    seed: u64,
    active: Vec<ActiveFault>,
    last_number: u64,
}

#[derive(Debug)]
struct ActiveFault {
    number: u64,
    fault: Fault,
    /// The length of the fault as JSON.
    bytes: usize,
    /// For the share.
    choice: ChaCha8Rng,
    /// For the latency; separate, so that neither depends on the other.
    latency: ChaCha8Rng,
    seen: u64,
    struck: u64,
}

/// The properties of a request that faults can match.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The name of the call, without prefix.
    pub call: &'a str,
    /// The short name of its token.
    pub token: Option<&'a str>,
    /// The stream it is for.
    pub stream: Option<&'a str>,
    /// When it came, by the mock's clock.
    pub at: Timestamp,
}

/// A fault that hits a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The number of the fault.
    pub number: u64,
    /// The response in place of the peer's.
    pub answer: Option<Answer>,
    /// What goes wrong with the connection or the body.
    pub trouble: Trouble,
    /// How long the response is delayed.
    pub delay: Duration,
}

/// The progress of a fault, as the control plane reports it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// The number that the fault got when it was added.
    pub number: u64,
    /// The fault.
    pub fault: Fault,
    /// Matching requests so far, hit or not.
    pub seen: u64,
    /// Requests hit so far.
    pub struck: u64,
    /// How many more it hits; absent when there is no limit.
    pub left: Option<u64>,
}

impl Schedule {
    /// The most faults of a schedule, exhausted ones included.
    pub const MAX: usize = 1_000;
    /// The most bytes of JSON of all faults together: bodies are held as long as the fault.
    pub const BYTES_MAX: usize = 16 << 20;

    /// A schedule without faults. `seed` is used for faults that have none of their own.
    pub fn new(calls: &'static Calls, seed: u64) -> Self {
        Self { calls, seed, active: Vec::new(), last_number: 0 }
    }

    /// Adds a fault after the active ones; returns its number, from 1. Validate it first with [`Fault::check`].
    pub fn add(&mut self, fault: Fault) -> u64 {
        self.last_number += 1;
        let choice = ChaCha8Rng::seed_from_u64(fault.when.seed.unwrap_or(self.seed));
        let mut latency = choice.clone();
        latency.set_stream(1);
        let bytes = size(&fault);
        self.active.push(ActiveFault { number: self.last_number, fault, bytes, choice, latency, seen: 0, struck: 0 });
        self.last_number
    }

    /// Adds all faults or none.
    ///
    /// # Errors
    ///
    /// The first invalid fault, or that [`Schedule::MAX`] or [`Schedule::BYTES_MAX`] would be exceeded.
    pub fn add_all(&mut self, faults: Vec<Fault>) -> Result<Vec<u64>, FaultError> {
        faults.iter().try_for_each(|fault| fault.check(self.calls))?;
        let in_place = self.active.len();
        if in_place + faults.len() > Self::MAX {
            return Err(FaultError::TooMany { in_place, max: Self::MAX });
        }
        let bytes = self.active.iter().map(|active| active.bytes).chain(faults.iter().map(size)).sum();
        if bytes > Self::BYTES_MAX {
            return Err(FaultError::TooLarge { bytes, max: Self::BYTES_MAX });
        }
        Ok(faults.into_iter().map(|fault| self.add(fault)).collect())
    }

    /// Removes the fault of this number; `false` if there is none.
    pub fn remove(&mut self, number: u64) -> bool {
        let before = self.active.len();
        self.active.retain(|active| active.number != number);
        self.active.len() < before
    }

    /// Removes all faults. Numbers are not reused.
    pub fn clear(&mut self) {
        self.active.clear();
    }

    /// The active faults, in order.
    pub fn progress(&self) -> Vec<Progress> {
        self.active.iter().map(ActiveFault::progress).collect()
    }

    /// The first fault that hits this request. Every fault counts every request that matches it, also those that another
    /// fault takes.
    pub fn hit(&mut self, request: &Request<'_>) -> Option<Hit> {
        let calls = self.calls;
        let mut first = None;
        for active in &mut self.active {
            if active.wants(request, calls) && first.is_none() {
                first = Some(active.hit());
            }
        }
        first
    }
}

/// The length of a fault as JSON.
fn size(fault: &Fault) -> usize {
    serde_json::to_vec(fault).map_or(0, |text| text.len())
}

impl ActiveFault {
    /// Counts the request if it matches; whether it is to be hit.
    fn wants(&mut self, request: &Request<'_>, calls: &Calls) -> bool {
        let when = &self.fault.when;
        let matches = when.call.as_deref().is_none_or(|name| calls.short(name) == request.call)
            && when.token.as_deref().is_none_or(|name| Some(name) == request.token)
            && when.stream.as_deref().is_none_or(|name| Some(name) == request.stream)
            && when.from.is_none_or(|from| from <= request.at)
            && when.until.is_none_or(|until| request.at < until);
        if !matches {
            return false;
        }
        self.seen += 1;
        // Drawn for every matching request, so that the choice does not depend on other faults.
        let drawn = when.share.is_none_or(|share| self.choice.random::<f64>() < share);
        drawn && when.nth.is_none_or(|nth| self.seen >= nth) && self.left() != Some(0)
    }

    fn hit(&mut self) -> Hit {
        self.struck += 1;
        let trouble = self.fault.fault.clone().unwrap_or_default();
        let drawn = trouble.latency.map(|latency| latency.draw(&mut self.latency)).unwrap_or_default();
        let delay = trouble.fixed_delay().saturating_add(drawn);
        Hit { number: self.number, answer: self.fault.answer.clone(), trouble, delay }
    }

    /// How many more requests it hits; `None` is without limit.
    fn left(&self) -> Option<u64> {
        let when = &self.fault.when;
        let chosen_otherwise = when.share.is_some() || when.from.is_some() || when.until.is_some();
        let times = self.fault.times.or((!chosen_otherwise).then_some(1))?;
        Some(times.saturating_sub(self.struck))
    }

    fn progress(&self) -> Progress {
        Progress {
            number: self.number,
            fault: self.fault.clone(),
            seen: self.seen,
            struck: self.struck,
            left: self.left(),
        }
    }
}

impl fmt::Display for Hit {
    /// What happens, in a few words: `answer 429, delay 1s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.answer.as_ref().map(|answer| format!("answer {}", answer.status));
        f.write_str(&answer.into_iter().chain(self.trouble.parts()).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Selector;

    static CALLS: Calls = Calls {
        prefix: "miro",
        names: &["audit_logs", "content_logs"],
        selectors: &[Selector::Token, Selector::Stream],
    };

    fn schedule(faults: &[Value]) -> Schedule {
        let mut schedule = Schedule::new(&CALLS, 7);
        for fault in faults {
            schedule.add(serde_json::from_value(fault.clone()).unwrap());
        }
        schedule
    }

    fn request(second: i64) -> Request<'static> {
        let at = Timestamp::from_second(second).unwrap();
        Request { call: "audit_logs", token: Some("audit"), stream: Some("Custom-A"), at }
    }

    /// The numbers, from 1, of the requests that are hit among `requests` audit requests a second apart.
    fn hits(schedule: &mut Schedule, requests: i64) -> Vec<i64> {
        (1..=requests).filter(|second| schedule.hit(&request(*second)).is_some()).collect()
    }

    #[test]
    fn hits_the_nth_request_and_its_successors() {
        let fault = json!({"when": {"call": "miro.audit_logs", "nth": 3}, "fault": {"reset": true}, "times": 2});
        assert_eq!(hits(&mut schedule(&[fault]), 6), [3, 4]);
    }

    #[test]
    fn hits_once_by_default() {
        assert_eq!(hits(&mut schedule(&[json!({"answer": {"status": 500}})]), 3), [1]);
    }

    #[test]
    fn hits_for_an_interval_of_time() {
        let when = json!({"from": "1970-01-01T00:00:02Z", "until": "1970-01-01T00:00:05Z"});
        assert_eq!(hits(&mut schedule(&[json!({"when": when, "answer": {"status": 503}})]), 9), [2, 3, 4]);
    }

    #[test]
    fn leaves_other_calls_tokens_and_streams_alone() {
        let others = [json!({"call": "content_logs"}), json!({"token": "content"}), json!({"stream": "Custom-B"})];
        let faults = others.map(|when| json!({"when": when, "fault": {"reset": true}}));
        assert!(hits(&mut schedule(&faults), 3).is_empty());
    }

    #[test]
    fn a_share_is_chosen_by_seed_alone() {
        let shared = |seed: Option<u64>| json!({"when": {"share": 0.25, "seed": seed}, "fault": {"garbage": true}});
        let first = hits(&mut schedule(&[shared(Some(1))]), 400);
        assert_eq!(first, hits(&mut schedule(&[shared(Some(1))]), 400));
        assert_ne!(first, hits(&mut schedule(&[shared(Some(2))]), 400));
        assert_eq!(hits(&mut schedule(&[shared(None)]), 400), hits(&mut schedule(&[shared(Some(7))]), 400));
        assert!((70..130).contains(&first.len()), "{} of 400 hit", first.len());
    }

    #[test]
    fn a_share_does_not_depend_on_the_faults_before_it() {
        let share = json!({"when": {"share": 0.5}, "fault": {"garbage": true}});
        let alone = hits(&mut schedule(std::slice::from_ref(&share)), 50);
        let mut behind = schedule(&[json!({"fault": {"reset": true}, "times": 10}), share]);
        assert_eq!(hits(&mut behind, 10).len(), 10);
        let rest: Vec<i64> = (11..=50).filter(|second| behind.hit(&request(*second)).is_some()).collect();
        assert_eq!(rest, alone.into_iter().filter(|n| *n > 10).collect::<Vec<_>>());
    }

    #[test]
    fn a_fault_is_removed_by_its_number_and_no_number_comes_twice() {
        let fault = json!({"answer": {"status": 500}});
        let mut schedule = schedule(&[fault.clone(), json!({"answer": {"status": 501}})]);
        assert!(schedule.remove(1) && !schedule.remove(1));
        assert_eq!(schedule.hit(&request(1)).unwrap().to_string(), "answer 501");
        schedule.clear();
        assert_eq!(schedule.add_all(vec![serde_json::from_value(fault).unwrap()]), Ok(vec![3]));
    }

    #[test]
    fn all_are_added_or_none() {
        let faults = |json: Value| serde_json::from_value::<Vec<Fault>>(json).unwrap();
        let mut schedule = schedule(&[]);
        let one_wrong = faults(json!([{"fault": {"reset": true}}, {"when": {"call": "x"}, "fault": {"reset": true}}]));
        assert!(schedule.add_all(one_wrong).is_err());
        assert!(schedule.progress().is_empty());
        let many = vec![faults(json!([{"fault": {"reset": true}}])).remove(0); Schedule::MAX];
        assert_eq!(schedule.add_all(many.clone()).unwrap().len(), Schedule::MAX);
        assert!(schedule.add_all(many[..1].to_vec()).is_err());
    }

    #[test]
    fn the_bodies_of_all_faults_together_are_bounded() {
        let long = json!({"answer": {"status": 500, "body": "x".repeat(Schedule::BYTES_MAX / 4)}});
        let fault: Fault = serde_json::from_value(long).unwrap();
        let mut schedule = schedule(&[]);
        assert_eq!(schedule.add_all(vec![fault.clone(); 3]), Ok(vec![1, 2, 3]));
        let refused = schedule.add_all(vec![fault.clone()]).unwrap_err();
        assert!(matches!(refused, FaultError::TooLarge { .. }), "{refused}");
        assert!(schedule.remove(2));
        assert_eq!(schedule.add_all(vec![fault]), Ok(vec![4]));
    }
}
