//! How many events are asked for in one page: fewer after trouble or where events are large, more again after successes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The bytes aimed at in one page: large enough that a page costs little more than its events, small enough that several
/// are held at once.
const PAGE_BYTES_AIM: usize = 2 * 1024 * 1024;
/// So many pages in a row that came easily earn a larger one.
const EASY_PAGES: u32 = 2;
/// A page came easily when it took less than this part of the time allowed: twice the size still fits.
const EASY_PART: u32 = 4;

/// The page size of one stream. Clones are not needed: all windows of the stream share it.
#[derive(Debug)]
pub(crate) struct PageSize(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    now: usize,
    /// The most that Miro takes, as far as it is known.
    most: usize,
    easy: u32,
}

impl PageSize {
    /// Begins with `first` events, which is also the most.
    pub(crate) const fn new(first: usize) -> Self {
        Self(Mutex::new(State { now: first, most: first, easy: 0 }))
    }

    /// Events to ask for now; at least 1.
    pub(super) fn get(&self) -> usize {
        self.lock().now
    }

    /// Miro refuses pages this large, whatever is in them: never more than `most` again.
    pub(super) fn refused(&self, most: usize) {
        let mut state = self.lock();
        state.most = state.most.min(most.max(1));
        state.now = state.now.min(state.most);
    }

    /// A page of `asked` events did not arrive in time, or not whole. Returns what is asked for next.
    pub(super) fn failed(&self, asked: usize) -> usize {
        self.lower(asked / 2)
    }

    /// A page of `asked` events was more than is held at once. Returns what is asked for next.
    pub(super) fn too_large(&self, asked: usize) -> usize {
        self.lower(asked / 4)
    }

    fn lower(&self, to: usize) -> usize {
        let mut state = self.lock();
        state.now = state.now.min(to.max(1));
        state.easy = 0;
        state.now
    }

    /// A page of `asked` events at most came with so many `events` in so many `bytes`; it took so much `of` the time allowed.
    /// Only a full page says that a larger one would have come too.
    pub(super) fn read(&self, asked: usize, events: usize, bytes: usize, took: Duration, of: Duration) {
        let mut state = self.lock();
        let fits = bytes.checked_div(events).map_or(state.most, |event| PAGE_BYTES_AIM / event.max(1));
        if events >= asked {
            state.easy = if took <= of / EASY_PART { state.easy + 1 } else { 0 };
        }
        if state.easy >= EASY_PAGES {
            state.easy = 0;
            state.now = state.now.saturating_mul(2);
        }
        state.now = state.now.min(state.most).min(fits.max(1));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Plain numbers: whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: Duration = Duration::from_secs(8);
    const QUICK: Duration = Duration::from_secs(1);

    #[test]
    fn trouble_makes_pages_smaller_down_to_one_event_and_success_larger_again() {
        let size = PageSize::new(500);
        let sizes: Vec<usize> = (0..10).map(|_| size.failed(size.get())).collect();
        assert_eq!(sizes, [250, 125, 62, 31, 15, 7, 3, 1, 1, 1]);
        let mut sizes = Vec::new();
        for _ in 0..20 {
            size.read(size.get(), size.get(), size.get() * 600, QUICK, ALLOWED);
            sizes.push(size.get());
        }
        assert_eq!(sizes[..6], [1, 2, 2, 4, 4, 8]);
        assert_eq!(sizes.last(), Some(&500));
    }

    #[test]
    fn a_page_that_barely_came_in_time_is_not_asked_for_twice_as_large() {
        let size = PageSize::new(500);
        size.failed(500);
        for _ in 0..20 {
            size.read(250, 250, 150_000, ALLOWED / 2, ALLOWED);
            size.read(250, 3, 1_800, QUICK / 10, ALLOWED);
        }
        assert_eq!(size.get(), 250);
    }

    #[test]
    fn what_miro_refuses_is_not_asked_for_again() {
        let size = PageSize::new(500);
        size.refused(100);
        for _ in 0..20 {
            size.read(100, 100, 60_000, QUICK, ALLOWED);
        }
        assert_eq!(size.get(), 100);
    }

    #[test]
    fn large_events_come_in_small_pages_and_small_ones_in_large_pages() {
        let size = PageSize::new(1_000);
        assert_eq!(size.too_large(1_000), 250);
        for (event, expected) in [(58_000, 36), (900_000, 2), (3_000_000, 1), (600, 1_000)] {
            for _ in 0..30 {
                size.read(size.get(), size.get(), size.get() * event, QUICK, ALLOWED);
            }
            assert_eq!(size.get(), expected, "{event}");
        }
        size.read(1_000, 0, 60, QUICK, ALLOWED);
        assert_eq!(size.get(), 1_000, "an empty page says nothing of events");
    }
}
