//! Which calls meet which trouble: the faults set, what each has seen so far, and a seeded draw.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Call, CannedAnswer, Fault, Misbehaviour};

/// The longest a fault may delay an answer.
const DELAY_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Every fault set, in order; the first that applies to a call wins.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    random: ChaCha8Rng,
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    /// Calls of its kind seen since it was set.
    seen: u64,
    /// Calls hit.
    hits: u64,
}

/// What one call meets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Hit {
    pub(crate) answer: Option<CannedAnswer>,
    pub(crate) misbehaviour: Misbehaviour,
}

impl Faults {
    pub(crate) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let mut plan = Self { seed, random: ChaCha8Rng::seed_from_u64(seed), armed: Vec::new() };
        faults.into_iter().for_each(|fault| plan.add(fault));
        plan
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.armed.push(Armed { fault, seen: 0, hits: 0 });
    }

    /// Forgets every fault and draws anew from the seed.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.seed, Vec::new());
    }

    /// The faults set, each with the number of calls it has hit.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&Fault, u64)> {
        self.armed.iter().map(|armed| (&armed.fault, armed.hits))
    }

    /// What this call meets. Every fault counts every call of its kind, also those that another fault takes.
    pub(crate) fn meet(&mut self, call: Call, stream: Option<&str>, now: Timestamp) -> Option<Hit> {
        let random = &mut self.random;
        let struck: Vec<bool> = self.armed.iter_mut().map(|armed| armed.strikes(call, stream, now, random)).collect();
        let first = struck.iter().position(|struck| *struck)?;
        let armed = &mut self.armed[first];
        armed.hits += 1;
        let mut misbehaviour = armed.fault.fault.clone().unwrap_or_default();
        misbehaviour.delay = misbehaviour.delay.map(|delay| delay.clamp(SignedDuration::ZERO, DELAY_MAX));
        Some(Hit { answer: armed.fault.answer.clone(), misbehaviour })
    }
}

impl Armed {
    fn strikes(&mut self, call: Call, stream: Option<&str>, now: Timestamp, random: &mut ChaCha8Rng) -> bool {
        let when = &self.fault.when;
        if when.call != call || when.stream.as_deref().is_some_and(|wanted| Some(wanted) != stream) {
            return false;
        }
        self.seen += 1;
        // Drawn for every call of the kind, so that one fault's luck does not shift another's.
        let lucky = when.share.as_ref().is_none_or(|share| random.random::<f64>() < share.0);
        let in_time = when.between.is_none_or(|(from, until)| from <= now && now < until);
        let in_turn = match when.nth {
            Some(nth) => self.seen >= nth && self.seen < nth.saturating_add(self.fault.times.unwrap_or(1)),
            None => self.fault.times.is_none_or(|times| self.hits < times),
        };
        lucky && in_time && in_turn
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
    fn the_nth_call_and_its_successors_are_hit() {
        let mut plan = plan(r#"[{"when":{"call":"sentinel.ingest","nth":2},"fault":{"lost_answer":true},"times":2}]"#);
        assert!(plan.meet(Call::Query, None, Timestamp::UNIX_EPOCH).is_none());
        assert_eq!(hits(&mut plan, 4), [false, true, true, false]);
    }

    #[test]
    fn a_share_is_drawn_from_the_seed() {
        let form = r#"[{"when":{"call":"sentinel.ingest","share":"25%"},"answer":{"status":429}}]"#;
        let (mut first, mut second) = (plan(form), plan(form));
        let drawn = hits(&mut first, 400);
        assert_eq!(drawn, hits(&mut second, 400));
        assert!((60..140).contains(&drawn.iter().filter(|hit| **hit).count()));
    }

    #[test]
    fn without_nth_the_first_so_many_calls_are_hit() {
        let mut plan = plan(r#"[{"when":{"call":"sentinel.ingest"},"answer":{"status":503},"times":2}]"#);
        assert_eq!(hits(&mut plan, 3), [true, true, false]);
    }

    #[test]
    fn a_fault_may_be_limited_to_a_stretch_of_time_and_a_stream() {
        let mut plan = plan(
            r#"[{"when":{"call":"sentinel.ingest","stream":"Custom-A","between":["1970-01-01T00:00:10Z","1970-01-01T00:00:20Z"]},
                 "answer":{"status":503}}]"#,
        );
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(9)).is_none());
        assert!(plan.meet(Call::Ingest, Some("Custom-B"), at(10)).is_none());
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(10)).is_some());
        assert!(plan.meet(Call::Ingest, Some("Custom-A"), at(20)).is_none());
    }
}
