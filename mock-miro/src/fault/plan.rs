//! Which call a fault strikes: counted, timed, or chosen by seed.

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Answer, Fault, Trouble};

/// The faults in place, each with its own count.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    planned: Vec<Planned>,
    next_number: u64,
}

#[derive(Debug)]
struct Planned {
    number: u64,
    fault: Fault,
    random: ChaCha8Rng,
    seen: u64,
    struck: u64,
}

/// A fault that strikes a call.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    /// Which fault it was.
    pub(crate) number: u64,
    pub(crate) answer: Option<Answer>,
    pub(crate) trouble: Trouble,
}

/// How far a fault has come, for the control plane.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Progress {
    number: u64,
    fault: Fault,
    seen: u64,
    struck: u64,
    left: Option<u64>,
}

impl Plan {
    /// Puts a fault behind those already in place; returns its number, from 1.
    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        self.next_number += 1;
        let random = ChaCha8Rng::seed_from_u64(fault.when.seed.unwrap_or(0));
        self.planned.push(Planned { number: self.next_number, fault, random, seen: 0, struck: 0 });
        self.next_number
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    pub(crate) fn progress(&self) -> Vec<Progress> {
        self.planned.iter().map(Planned::progress).collect()
    }

    /// The first fault that strikes this call. Every matching fault counts the call, struck or not.
    pub(crate) fn strike(&mut self, call: &str, token: &str, now: Timestamp) -> Option<Strike> {
        let mut strike = None;
        for planned in &mut self.planned {
            if planned.counts(call, token, now) && strike.is_none() {
                strike = planned.strike();
            }
        }
        strike
    }
}

impl Planned {
    /// Whether the call is one of those the fault looks at; if so it is counted.
    fn counts(&mut self, call: &str, token: &str, now: Timestamp) -> bool {
        let when = &self.fault.when;
        let named = when.call.as_deref().map(|name| name.strip_prefix("miro.").unwrap_or(name));
        let matches = named.is_none_or(|name| name == call)
            && when.token.as_deref().is_none_or(|name| name == token)
            && when.from.is_none_or(|from| from <= now)
            && when.until.is_none_or(|until| now < until);
        self.seen += u64::from(matches);
        matches
    }

    fn strike(&mut self) -> Option<Strike> {
        // Drawn for every counted call, so that the choice does not hang on what other faults did.
        let drawn = self.fault.when.share.is_none_or(|share| self.random.random::<f64>() < share);
        let reached = self.fault.when.nth.is_none_or(|nth| self.seen >= nth);
        if !drawn || !reached || self.left() == Some(0) {
            return None;
        }
        self.struck += 1;
        Some(Strike {
            number: self.number,
            answer: self.fault.answer.clone(),
            trouble: self.fault.fault.clone().unwrap_or_default(),
        })
    }

    /// How many more calls it strikes; `None` is without end.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn plan(faults: &[Value]) -> Plan {
        let mut plan = Plan::default();
        for fault in faults {
            plan.add(serde_json::from_value(fault.clone()).unwrap());
        }
        plan
    }

    /// The calls, numbered from 1, that are struck among so many audit calls a second apart.
    fn struck(plan: &mut Plan, calls: i64) -> Vec<i64> {
        let struck = |n: &i64| plan.strike("audit_logs", "audit", Timestamp::from_second(*n).unwrap()).is_some();
        (1..=calls).filter(struck).collect()
    }

    #[test]
    fn strikes_the_nth_call_so_many_times() {
        let fault = json!({"when": {"call": "miro.audit_logs", "nth": 3}, "fault": {"reset": true}, "times": 2});
        assert_eq!(struck(&mut plan(&[fault]), 6), [3, 4]);
    }

    #[test]
    fn strikes_once_unless_told_otherwise() {
        assert_eq!(struck(&mut plan(&[json!({"answer": {"status": 500}})]), 3), [1]);
    }

    #[test]
    fn strikes_for_a_stretch_of_time() {
        let when = json!({"from": "1970-01-01T00:00:02Z", "until": "1970-01-01T00:00:05Z"});
        assert_eq!(struck(&mut plan(&[json!({"when": when, "answer": {"status": 503}})]), 9), [2, 3, 4]);
    }

    #[test]
    fn leaves_other_calls_and_tokens_alone() {
        let other_call = json!({"when": {"call": "content_logs"}, "fault": {"reset": true}});
        let other_token = json!({"when": {"token": "content"}, "fault": {"reset": true}});
        assert!(struck(&mut plan(&[other_call, other_token]), 3).is_empty());
    }

    #[test]
    fn a_share_is_chosen_by_seed_alone() {
        let shared = |seed: u64| json!({"when": {"share": 0.25, "seed": seed}, "fault": {"garbage": true}});
        let first = struck(&mut plan(&[shared(1)]), 400);
        assert_eq!(first, struck(&mut plan(&[shared(1)]), 400));
        assert_ne!(first, struck(&mut plan(&[shared(2)]), 400));
        assert!((70..130).contains(&first.len()), "{} of 400 struck", first.len());
    }
}
