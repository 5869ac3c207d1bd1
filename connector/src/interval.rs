//! Half-open ranges of source time, and sets of them.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::Minute;

/// A half-open range of source time, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(Timestamp, Timestamp)", into = "(Timestamp, Timestamp)")]
pub(crate) struct Interval {
    from: Timestamp,
    to: Timestamp,
}

impl Interval {
    /// `None` when there is nothing between `from` and `to`.
    pub(crate) fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    pub(crate) const fn from(self) -> Timestamp {
        self.from
    }

    pub(crate) const fn to(self) -> Timestamp {
        self.to
    }

    pub(crate) fn width(self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// This interval and `margin` on either side.
    pub(crate) fn widened(self, margin: SignedDuration) -> Self {
        Self { from: before(self.from, margin), to: after(self.to, margin) }
    }

    /// Every minute that the interval touches.
    pub(crate) fn minutes(self) -> Range<Minute> {
        let last = minute(before(self.to, SignedDuration::from_nanos(1)));
        minute(self.from)..Minute(last.0 + 1)
    }
}

impl TryFrom<(Timestamp, Timestamp)> for Interval {
    type Error = &'static str;

    fn try_from((from, to): (Timestamp, Timestamp)) -> Result<Self, Self::Error> {
        Self::new(from, to).ok_or("an interval of time ends after it begins")
    }
}

impl From<Interval> for (Timestamp, Timestamp) {
    fn from(interval: Interval) -> Self {
        (interval.from, interval.to)
    }
}

/// The minute that holds `time`.
pub(crate) fn minute(time: Timestamp) -> Minute {
    Minute(time.as_second().div_euclid(60))
}

/// `time` less `duration`, or the beginning of time.
pub(crate) fn before(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

/// `time` plus `duration`, or the end of time.
pub(crate) fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Disjoint intervals in ascending order; touching ones are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Interval>", into = "Vec<Interval>")]
pub(crate) struct IntervalSet(Vec<Interval>);

impl IntervalSet {
    pub(crate) fn add(&mut self, new: Interval) {
        let first = self.0.partition_point(|held| held.to < new.from);
        let end = self.0.partition_point(|held| held.from <= new.to);
        let joined = self.0[first..end]
            .iter()
            .fold(new, |sum, held| Interval { from: sum.from.min(held.from), to: sum.to.max(held.to) });
        self.0.splice(first..end, [joined]);
    }

    pub(crate) fn remove(&mut self, gone: Interval) {
        let left = |held: &Interval| Interval::new(held.from, held.to.min(gone.from));
        let right = |held: &Interval| Interval::new(held.from.max(gone.to), held.to);
        self.0 = self.0.iter().flat_map(|held| [left(held), right(held)]).flatten().collect();
    }

    pub(crate) fn first(&self) -> Option<Interval> {
        self.0.first().copied()
    }

    pub(crate) fn last(&self) -> Option<Interval> {
        self.0.last().copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Interval> {
        self.0.iter().copied()
    }

    /// The time that all intervals hold together.
    pub(crate) fn total(&self) -> SignedDuration {
        self.0.iter().fold(SignedDuration::ZERO, |sum, held| sum.saturating_add(held.width()))
    }
}

impl From<Vec<Interval>> for IntervalSet {
    fn from(intervals: Vec<Interval>) -> Self {
        intervals.into_iter().collect()
    }
}

impl From<IntervalSet> for Vec<Interval> {
    fn from(intervals: IntervalSet) -> Self {
        intervals.0
    }
}

impl FromIterator<Interval> for IntervalSet {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Self {
        let mut set = Self::default();
        intervals.into_iter().for_each(|interval| set.add(interval));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval(from: i64, to: i64) -> Interval {
        Interval::new(Timestamp::from_second(from).unwrap(), Timestamp::from_second(to).unwrap()).unwrap()
    }

    fn seconds(set: &IntervalSet) -> Vec<i64> {
        set.iter().flat_map(|held| held.from.as_second()..held.to.as_second()).collect()
    }

    #[test]
    fn touches_every_minute_it_holds_a_part_of() {
        assert_eq!(interval(59, 61).minutes(), Minute(0)..Minute(2));
        assert_eq!(interval(0, 60).minutes(), Minute(0)..Minute(1));
        assert_eq!(interval(-1, 1).minutes(), Minute(-1)..Minute(1));
    }

    proptest! {
        #[test]
        fn sets_behave_like_sets_of_seconds(steps in prop::collection::vec((any::<bool>(), 0_i64..60, 1_i64..20), 0..30)) {
            let mut set = IntervalSet::default();
            let mut model = std::collections::BTreeSet::new();
            for (add, from, width) in steps {
                let piece = interval(from, from + width);
                if add {
                    set.add(piece);
                    model.extend(from..from + width);
                } else {
                    set.remove(piece);
                    model.retain(|second| !(from..from + width).contains(second));
                }
                prop_assert_eq!(seconds(&set), model.iter().copied().collect::<Vec<_>>());
                prop_assert!(set.0.windows(2).all(|pair| pair[0].to < pair[1].from), "touching intervals are one");
            }
        }
    }
}
