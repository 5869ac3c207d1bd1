//! The outcome of every request, in a bounded list.

use std::collections::VecDeque;

use serde::Serialize;

use crate::Ids;

/// How much of the response the caller received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it was handed to the connection.
    #[default]
    Delivered,
    /// Nothing of it, although the request took effect.
    ResponseLost,
    /// A part of it, although the request took effect.
    Cut,
    /// Nothing, and the request had no effect.
    Reset,
}

/// An entry of a journal.
pub trait Record {
    /// Its number.
    fn number(&self) -> u64;
    /// Stores the number assigned by [`Journal::push`].
    fn set_number(&mut self, number: u64);
    /// Stores the final outcome.
    fn settle(&mut self, outcome: Outcome);
    /// The ids it holds.
    fn ids_mut(&mut self) -> &mut Ids;
    /// The approximate memory of its texts, ids excluded, in bytes. Entries whose texts a caller cannot make long may return 0.
    fn text_bytes(&self) -> usize {
        0
    }
}

/// The newest items, up to a bound.
#[derive(Debug)]
pub struct Bounded<T> {
    kept: VecDeque<T>,
    max: usize,
    dropped: u64,
}

impl<T> Bounded<T> {
    /// A list that retains at most `max` items, at least one.
    pub fn new(max: usize) -> Self {
        Self { kept: VecDeque::new(), max: max.max(1), dropped: 0 }
    }

    /// Adds an item; returns the oldest if it had to be evicted.
    pub fn push(&mut self, item: T) -> Option<T> {
        let oldest = if self.kept.len() < self.max { None } else { self.kept.pop_front() };
        self.dropped += u64::from(oldest.is_some());
        self.kept.push_back(item);
        oldest
    }

    /// Removes the oldest, unless it is the only one.
    fn drop_oldest(&mut self) -> Option<T> {
        let oldest = if self.kept.len() > 1 { self.kept.pop_front() } else { None };
        self.dropped += u64::from(oldest.is_some());
        oldest
    }

    /// How many were evicted.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The retained items, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.kept.iter()
    }
}

/// The newest entries, numbered from 1 in the order in which they were written.
///
/// Numbers are assigned when an entry is written, not when its request arrives: a reader that asks for the entries after a number
/// never misses a slow one.
#[derive(Debug)]
pub struct Journal<T> {
    lines: Bounded<T>,
    last_number: u64,
    /// The memory that ids take together.
    ids_bytes: usize,
    /// The memory that texts take together.
    text_bytes: usize,
    /// The oldest line that may have ids, counted over all lines ever written.
    with_ids_from: u64,
}

impl<T: Record> Journal<T> {
    /// The most memory of the ids of all entries, in bytes; the oldest entries drop theirs first.
    const IDS_BYTES_MAX: usize = 32 * 1024 * 1024;
    /// The most memory of the texts of all entries, in bytes; the oldest entries are evicted.
    const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;

    /// A journal that retains at most `max` entries.
    pub fn new(max: usize) -> Self {
        Self { lines: Bounded::new(max), last_number: 0, ids_bytes: 0, text_bytes: 0, with_ids_from: 0 }
    }

    /// A number for a response without an entry.
    pub fn skip(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Writes an entry; returns its number.
    pub fn push(&mut self, mut line: T) -> u64 {
        let number = self.skip();
        line.set_number(number);
        self.ids_bytes += line.ids_mut().bytes();
        self.text_bytes += line.text_bytes();
        let oldest = self.lines.push(line);
        self.discount(oldest);
        while self.text_bytes > Self::TEXT_BYTES_MAX
            && let Some(oldest) = self.lines.drop_oldest()
        {
            self.discount(Some(oldest));
        }
        self.forget_ids();
        number
    }

    fn discount(&mut self, line: Option<T>) {
        let Some(mut line) = line else { return };
        self.ids_bytes -= line.ids_mut().bytes();
        self.text_bytes -= line.text_bytes();
    }

    /// Records the final outcome of the request.
    pub fn settle(&mut self, number: u64, outcome: Outcome) {
        let lines = &mut self.lines.kept;
        // Nearly always it is the newest.
        if let Some(line) = lines.back_mut().filter(|line| line.number() == number) {
            line.settle(outcome);
        } else if let Ok(place) = lines.binary_search_by_key(&number, Record::number) {
            lines[place].settle(outcome);
        }
    }

    /// The retained entries written after the one of this number, oldest first.
    pub fn after(&self, number: u64) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.lines.kept.range(self.lines.kept.partition_point(|line| line.number() <= number)..)
    }

    /// How many entries were evicted.
    pub fn dropped(&self) -> u64 {
        self.lines.dropped()
    }

    /// The retained entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.lines.iter()
    }

    fn forget_ids(&mut self) {
        while self.ids_bytes > Self::IDS_BYTES_MAX {
            let first = self.lines.dropped();
            self.with_ids_from = self.with_ids_from.max(first);
            let place = usize::try_from(self.with_ids_from - first).unwrap_or(usize::MAX);
            let Some(line) = self.lines.kept.get_mut(place) else { return };
            self.ids_bytes -= line.ids_mut().bytes();
            line.ids_mut().forget();
            self.with_ids_from += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Line {
        number: u64,
        outcome: Outcome,
        ids: Ids,
        text: String,
    }

    impl Record for Line {
        fn number(&self) -> u64 {
            self.number
        }

        fn set_number(&mut self, number: u64) {
            self.number = number;
        }

        fn settle(&mut self, outcome: Outcome) {
            self.outcome = outcome;
        }

        fn ids_mut(&mut self) -> &mut Ids {
            &mut self.ids
        }

        fn text_bytes(&self) -> usize {
            self.text.len()
        }
    }

    #[test]
    fn texts_are_bounded_over_all_lines() {
        let mut journal = Journal::<Line>::new(1_000_000);
        let text = "x".repeat(300_000);
        for _ in 0..500 {
            journal.push(Line { text: text.clone(), ..Line::default() });
            assert!(journal.text_bytes <= Journal::<Line>::TEXT_BYTES_MAX);
        }
        assert_eq!(journal.text_bytes, journal.iter().map(|line| line.text.len()).sum::<usize>());
        assert_eq!(
            (journal.iter().len() as u64 + journal.dropped(), journal.iter().last().map(|l| l.number)),
            (500, Some(500))
        );
        let larger = "x".repeat(Journal::<Line>::TEXT_BYTES_MAX + 1);
        journal.push(Line { text: larger, ..Line::default() });
        assert_eq!(journal.iter().len(), 1, "the newest is kept, whatever it takes");
    }

    #[test]
    fn the_newest_are_kept_and_numbers_go_on() {
        let mut journal = Journal::new(2);
        let numbers: Vec<u64> = (0..3).map(|_| journal.push(Line::default())).collect();
        assert_eq!((numbers, journal.skip(), journal.push(Line::default())), (vec![1, 2, 3], 4, 5));
        assert_eq!(journal.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(journal.after(3).map(|line| line.number).collect::<Vec<_>>(), [5]);
        assert_eq!((journal.after(0).len(), journal.after(9).len()), (2, 0));
        assert_eq!(journal.dropped(), 2);
    }

    #[test]
    fn an_outcome_is_noted_as_long_as_its_line_is_kept() {
        let mut journal = Journal::new(2);
        for _ in 0..3 {
            journal.push(Line::default());
        }
        journal.settle(2, Outcome::ResponseLost);
        journal.settle(1, Outcome::Cut);
        let outcomes: Vec<Outcome> = journal.iter().map(|line| line.outcome).collect();
        assert_eq!(outcomes, [Outcome::ResponseLost, Outcome::Delivered]);
    }

    #[test]
    fn ids_are_bounded_over_all_lines() {
        let mut journal = Journal::<Line>::new(900);
        let id = "x".repeat(Ids::BYTES_MAX);
        for _ in 0..2_000 {
            journal.push(Line { ids: std::iter::once(&id).collect(), ..Line::default() });
            assert!(journal.ids_bytes <= Journal::<Line>::IDS_BYTES_MAX);
        }
        let kept: Vec<usize> = journal.iter().map(|line| line.ids.iter().count()).collect();
        assert!(kept.is_sorted() && kept[0] == 0 && kept[899] == 1, "the oldest forget first");
        assert!(journal.iter().all(|line| line.ids.count() == 1));
        assert_eq!(journal.ids_bytes, journal.iter().map(|line| line.ids.bytes()).sum::<usize>());
    }
}
