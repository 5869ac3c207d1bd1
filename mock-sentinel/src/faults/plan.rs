//! Which calls meet which trouble: the faults set, what each has seen so far, and a seeded draw.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Answer, Call, Fault, Trouble};

/// The longest a fault may delay an answer.
const DELAY_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Every fault set, in order; the first that strikes a call wins.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    random: ChaCha8Rng,
    /// Matching calls seen since it was set.
    seen: u64,
    /// Calls struck.
    strikes: u64,
}

/// What one call meets.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Hit {
    pub(crate) answer: Option<Answer>,
    pub(crate) trouble: Trouble,
}

impl Faults {
    pub(crate) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let mut plan = Self { seed, armed: Vec::new() };
        for fault in faults {
            plan.add(fault);
        }
        plan
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        let random = ChaCha8Rng::seed_from_u64(fault.when.seed.unwrap_or(self.seed));
        self.armed.push(Armed { fault, random, seen: 0, strikes: 0 });
    }

    /// Forgets every fault.
    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    /// The faults set, each with the number of calls it has struck.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&Fault, u64)> {
        self.armed.iter().map(|armed| (&armed.fault, armed.strikes))
    }

    /// What this call meets. Every fault counts every call it is for, also those that another fault takes.
    pub(crate) fn meet(&mut self, call: Call, stream: Option<&str>, now: Timestamp) -> Option<Hit> {
        if call == Call::Control {
            return None;
        }
        let struck: Vec<bool> = self.armed.iter_mut().map(|armed| armed.strikes(call, stream, now)).collect();
        let first = struck.iter().position(|struck| *struck)?;
        let armed = &mut self.armed[first];
        armed.strikes += 1;
        let mut trouble = armed.fault.fault.clone().unwrap_or_default();
        trouble.delay = trouble.delay.map(|delay| delay.clamp(SignedDuration::ZERO, DELAY_MAX));
        Some(Hit { answer: armed.fault.answer.clone(), trouble })
    }
}

impl Armed {
    fn strikes(&mut self, call: Call, stream: Option<&str>, now: Timestamp) -> bool {
        let when = &self.fault.when;
        if when.call.is_some_and(|wanted| wanted != call)
            || when.stream.as_deref().is_some_and(|wanted| Some(wanted) != stream)
        {
            return false;
        }
        if when.from.is_some_and(|from| now < from) || when.until.is_some_and(|until| now >= until) {
            return false;
        }
        self.seen += 1;
        let lucky = when.share.is_none_or(|share| self.random.random::<f64>() < share);
        lucky && self.seen >= when.nth.unwrap_or(1) && self.strikes < self.times()
    }

    /// How many calls it may strike in all.
    fn times(&self) -> u64 {
        let when = &self.fault.when;
        let endless = when.share.is_some() || when.from.is_some() || when.until.is_some();
        self.fault.times.unwrap_or(if endless { u64::MAX } else { 1 })
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(answer) = &self.answer {
            parts.push(format!("answer {}", answer.status));
        }
        if self.trouble.lost_answer {
            parts.push("lost answer".to_owned());
        }
        if self.trouble.reset {
            parts.push("reset".to_owned());
        }
        if let Some(bytes) = self.trouble.cut_after_bytes {
            parts.push(format!("cut after {bytes} bytes"));
        }
        if let Some(delay) = self.trouble.delay {
            parts.push(format!("delay {delay:#}"));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(faults: &str) -> Faults {
        Faults::new(7, serde_json::from_str(faults).unwrap())
    }

    fn hits(plan: &mut Faults, calls: usize) -> Vec<bool> {
        (0..calls).map(|_| plan.meet(Call::Ingest, None, Timestamp::UNIX_EPOCH).is_some()).collect()
    }

    #[test]
    fn the_nth_call_and_its_successors_are_struck() {
        let mut plan = plan(r#"[{"when":{"call":"sentinel.ingest","nth":2},"fault":{"lost_answer":true},"times":2}]"#);
        assert!(plan.meet(Call::Query, None, Timestamp::UNIX_EPOCH).is_none());
        assert_eq!(hits(&mut plan, 4), [false, true, true, false]);
    }

    #[test]
    fn a_share_is_drawn_from_the_seed() {
        let form = r#"[{"when":{"call":"sentinel.ingest","share":0.25},"answer":{"status":429}}]"#;
        let (mut first, mut second) = (plan(form), plan(form));
        let drawn = hits(&mut first, 400);
        assert_eq!(drawn, hits(&mut second, 400));
        assert!((60..140).contains(&drawn.iter().filter(|hit| **hit).count()));
    }

    #[test]
    fn a_fault_without_a_number_strikes_once() {
        let mut plan = plan(r#"[{"when":{"call":"sentinel.ingest"},"answer":{"status":503}}]"#);
        assert_eq!(hits(&mut plan, 3), [true, false, false]);
    }

    #[test]
    fn a_fault_may_be_limited_to_a_stretch_of_time_and_a_stream() {
        let mut plan = plan(
            r#"[{"when":{"call":"sentinel.ingest","stream":"Custom-A","from":"1970-01-01T00:00:10Z","until":"1970-01-01T00:00:20Z"},
                 "answer":{"status":503}}]"#,
        );
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(9)).is_none());
        assert!(plan.meet(Call::Ingest, Some("Custom-B"), at(10)).is_none());
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(10)).is_some());
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(20)).is_none());
    }

    #[test]
    fn the_control_plane_meets_no_faults() {
        let mut plan = plan(r#"[{"when":{},"answer":{"status":503}}]"#);
        assert!(plan.meet(Call::Control, None, Timestamp::UNIX_EPOCH).is_none());
        assert!(plan.meet(Call::Unknown, None, Timestamp::UNIX_EPOCH).is_some());
    }
}
