//! Detects cursors that lead nowhere.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::event::Event;
use crate::ledger::Cursor;

/// Empty pages in a row that are still followed: a full last page may be followed by an empty one, not by a hundred.
const EMPTY_MAX: u32 = 100;
/// Pages seen before, in a row, that are still followed.
const REPEATED_MAX: u32 = 3;
/// Pages of one window; its cursors are remembered in 8 bytes each.
const PAGES_MAX: usize = 200_000;

/// Watches the pages of one reading of one window.
#[derive(Debug, Default)]
pub(crate) struct CursorLoopDetector {
    cursors: HashSet<u64>,
    pages: HashSet<u64>,
    empty: u32,
    repeated: u32,
}

/// Why a cursor is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorLoop {
    #[error("Miro's cursor came back to where it had been")]
    Repeats,
    #[error("Miro's cursor leads through pages without anything new")]
    NothingNew,
    #[error("Miro's cursor leads on without end")]
    Endless,
}

impl CursorLoopDetector {
    /// A reading that begins at `cursor`.
    pub(crate) fn from(cursor: Option<&Cursor>) -> Self {
        let mut detector = Self::default();
        detector.cursors.extend(cursor.map(fingerprint));
        detector
    }

    /// Notes a page of `events` that leads on to `next`.
    pub(crate) fn step(&mut self, events: &[Event], next: &Cursor) -> Result<(), CursorLoop> {
        if !self.cursors.insert(fingerprint(next)) {
            return Err(CursorLoop::Repeats);
        }
        if self.cursors.len() > PAGES_MAX {
            return Err(CursorLoop::Endless);
        }
        self.empty = if events.is_empty() { self.empty + 1 } else { 0 };
        let ids = events.iter().fold(0, |sum: u128, event| sum.wrapping_mul(31).wrapping_add(event.id));
        let seen = !events.is_empty() && !self.pages.insert(fingerprint(&ids));
        self.repeated = if seen { self.repeated + 1 } else { 0 };
        if self.empty > EMPTY_MAX || self.repeated > REPEATED_MAX {
            return Err(CursorLoop::NothingNew);
        }
        Ok(())
    }
}

fn fingerprint(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::store::Minute;

    fn cursor(name: usize) -> Cursor {
        Cursor(name.to_string())
    }

    fn page(id: u128) -> [Event; 1] {
        [Event { json: Bytes::new(), minute: Minute(0), id, defect: None }]
    }

    #[test]
    fn a_cursor_that_comes_back_is_caught() {
        let mut detector = CursorLoopDetector::from(Some(&cursor(0)));
        assert_eq!(detector.step(&page(1), &cursor(1)), Ok(()));
        assert_eq!(detector.step(&page(2), &cursor(0)), Err(CursorLoop::Repeats));
    }

    #[test]
    fn pages_without_anything_new_are_caught() {
        let mut detector = CursorLoopDetector::from(None);
        let caught = (0..10).map(|name| detector.step(&page(7), &cursor(name))).position(|step| step.is_err());
        assert_eq!(caught, Some(4));
        let mut detector = CursorLoopDetector::from(None);
        let caught = (0..200).map(|name| detector.step(&[], &cursor(name))).position(|step| step.is_err());
        assert_eq!(caught, Some(100));
    }

    #[test]
    fn an_honest_reading_is_left_alone() {
        let mut detector = CursorLoopDetector::from(None);
        assert!((0..5_000).all(|name| detector.step(&page(name as u128), &cursor(name)).is_ok()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_circle_the_cursors_run_it_is_left_within_a_round(before in 0_usize..50, round in 1_usize..50) {
            let mut detector = CursorLoopDetector::from(None);
            let name = |step: usize| if step < before { step } else { before + (step - before) % round };
            let caught = (0..before + 2 * round).position(|step| detector.step(&page(step as u128), &cursor(name(step))).is_err());
            prop_assert_eq!(caught, Some(before + round));
        }

        #[test]
        fn cursors_that_never_come_back_are_followed_while_pages_bring_something(
            sizes in proptest::collection::vec(0_usize..3, 1..400)
        ) {
            let mut detector = CursorLoopDetector::from(None);
            let mut empty = 0;
            for (step, size) in sizes.into_iter().enumerate() {
                let events: Vec<Event> = (0..size).flat_map(|nth| page((step * 10 + nth) as u128)).collect();
                empty = if events.is_empty() { empty + 1 } else { 0 };
                prop_assert_eq!(detector.step(&events, &cursor(step)).is_ok(), empty <= EMPTY_MAX);
            }
        }
    }
}
