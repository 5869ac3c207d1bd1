//! Clocks of served mocks that differ from this machine's.

use jiff::{SignedDuration, Timestamp};
use mock_miro::ClockChange;

use super::{Live, Progress, Service};
use crate::scenario::{Action, ClockOwner, Scenario};

/// A clock that is apart from this machine's from the beginning: a served one cannot be set back later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart(pub(super) SignedDuration);

impl mock_miro::Clock for Apart {
    fn now(&self) -> Timestamp {
        let Self(by) = self;
        let now = Timestamp::now();
        now.saturating_add(*by).unwrap_or(now)
    }
}

/// How far ahead the clock is when the timeline begins; negative when it is behind.
pub(super) fn at_first(scenario: &Scenario, of: ClockOwner) -> SignedDuration {
    let steps = scenario.timeline.iter().enumerate();
    let steps = steps.filter_map(|(number, step)| match &step.action {
        Action::Clock { whose, by, .. } if *whose == of && scenario.begins_at(number)?.is_zero() => Some(*by),
        _ => None,
    });
    steps.fold(SignedDuration::ZERO, SignedDuration::saturating_add)
}

impl Live {
    /// Moves the clock of a mock forward.
    pub(super) fn clock(&self, whose: ClockOwner, by: SignedDuration) -> Result<(), String> {
        let change = ClockChange { advance: Some(by), ..ClockChange::default() };
        let mut progress = self.progress();
        let moved = match whose {
            ClockOwner::Miro => {
                let last = self.mocks.miro.journal().last().map_or(0, |entry| entry.id);
                progress.goes_ahead(Service::Miro, last, by);
                self.mocks.miro.change_clock(change)
            }
            ClockOwner::Azure => {
                let last = self.mocks.sentinel.journal().last().map_or(0, |entry| entry.id);
                progress.goes_ahead(Service::Azure, last, by);
                self.mocks.sentinel.change_clock(change)
            }
            ClockOwner::Connector => return Err("the connector's clock is its own".to_owned()),
        };
        moved.map(drop).map_err(|error| error.to_string())
    }
}

impl Progress {
    /// The clock of this mock goes ahead for the calls after this one.
    fn goes_ahead(&mut self, service: Service, after: u64, by: SignedDuration) {
        let ahead = self.ahead.entry(service).or_default();
        let before = ahead.last().map_or(SignedDuration::ZERO, |(_, ahead)| *ahead);
        ahead.push((after, before.saturating_add(by)));
    }

    /// When a call came, of which the mock's journal says that it came `at`.
    pub(super) fn true_time(&self, service: Service, call: u64, at: Timestamp) -> Timestamp {
        let ahead = self.ahead.get(&service).and_then(|ahead| ahead.iter().rev().find(|(after, _)| call > *after));
        let ahead = ahead.map_or(SignedDuration::ZERO, |(_, ahead)| *ahead);
        at.saturating_sub(ahead).unwrap_or(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::scenario::Trigger;

    #[test]
    fn a_clock_is_apart_from_the_beginning_by_the_steps_that_begin_there() {
        let mut scenario = Catalogue::shipped().find("MIRO-WINDOW-011").unwrap().scenario;
        let by = at_first(&scenario, ClockOwner::Miro);
        assert!(by.is_negative());
        assert_eq!(at_first(&scenario, ClockOwner::Azure), SignedDuration::ZERO);
        scenario.timeline[0].trigger = Trigger::At(SignedDuration::from_secs(3));
        assert_eq!(at_first(&scenario, ClockOwner::Miro), SignedDuration::ZERO);
    }

    #[test]
    fn a_call_came_when_the_clock_of_its_journal_says_so_less_what_it_was_ahead() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut progress = Progress::default();
        assert_eq!(progress.true_time(Service::Miro, 1, at(100)), at(100));
        progress.ahead.insert(Service::Miro, vec![(0, SignedDuration::from_secs(-8))]);
        progress.goes_ahead(Service::Miro, 4, SignedDuration::from_secs(8));
        assert_eq!(progress.true_time(Service::Miro, 4, at(100)), at(108));
        assert_eq!(progress.true_time(Service::Miro, 5, at(100)), at(100));
        assert_eq!(progress.true_time(Service::Azure, 1, at(100)), at(100));
    }
}
