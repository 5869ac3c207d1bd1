//! When rows came in, for all rows of a table together.

use std::sync::Arc;

use jiff::Timestamp;

/// The time of receipt of every row, in the order of the rows. A clone is a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Receipts(Arc<Vec<Run>>);

/// Consecutive rows that were received at the same time.
#[derive(Debug, Clone, Copy)]
struct Run {
    rows: u64,
    at: Timestamp,
}

impl Receipts {
    /// Adds rows behind the others.
    pub(super) fn add(&mut self, rows: u64, at: Timestamp) {
        let runs = Arc::make_mut(&mut self.0);
        match runs.last_mut().filter(|last| last.at == at) {
            Some(last) => last.rows += rows,
            None => runs.push(Run { rows, at }),
        }
    }

    /// One time for each row.
    pub(super) fn times(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().flat_map(|run| (0..run.rows).map(|_| run.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_for_each_row_and_a_clone_sees_no_later_ones() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut receipts = Receipts::default();
        receipts.add(2, at(1));
        receipts.add(1, at(1));
        let before = receipts.clone();
        receipts.add(1, at(5));
        assert_eq!(receipts.0.len(), 2);
        assert_eq!(receipts.times().collect::<Vec<_>>(), [at(1), at(1), at(1), at(5)]);
        assert_eq!(before.times().count(), 3);
    }
}
