//! Rules that a well-behaved client keeps, judged by the responses that it received.
//!
//! The mock of Miro judges as well, but it cannot know which of its responses were lost.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use crate::invariants::waits::Place;

/// How often a token may be refused in a minute: one may look now and then whether it was mended.
const REFUSALS_A_MINUTE: usize = 6;
/// Calls that were under way together are refused together, and are one try.
const UNDER_WAY: Duration = Duration::from_secs(4);
/// How often the same page may be read in a row: a lost cursor and a crash read again, a loop goes on.
const SAME_PAGE_IN_A_ROW: u32 = 20;
/// A page that is read again after this was not read in a row: Miro is asked for the time while our clock is behind.
const IN_A_ROW: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub(super) struct RequestRules {
    refusals: BTreeMap<Place, VecDeque<Timestamp>>,
    pages: BTreeMap<Place, Page>,
}

/// The page that was read last.
#[derive(Debug)]
struct Page {
    request: u64,
    at: Timestamp,
    times: u32,
}

impl RequestRules {
    /// Takes note of an answer to `request`, a hash; says which bad broken it completes.
    pub(super) fn heard(&mut self, place: Place, request: u64, now: Timestamp, status: StatusCode) -> Option<String> {
        match status {
            StatusCode::UNAUTHORIZED => self.refused(place, now),
            status if status.is_success() => self.served(place, request, now),
            _ => None,
        }
    }

    fn refused(&mut self, place: Place, now: Timestamp) -> Option<String> {
        let refusals = self.refusals.entry(place).or_default();
        if refusals.back().is_none_or(|last| *last + UNDER_WAY < now) {
            refusals.push_back(now);
        }
        while refusals.front().is_some_and(|first| *first + Duration::from_mins(1) < now) {
            refusals.pop_front();
        }
        (refusals.len() > REFUSALS_A_MINUTE)
            .then(|| format!("a refused token was used {} times within a minute", refusals.len()))
    }

    fn served(&mut self, place: Place, request: u64, now: Timestamp) -> Option<String> {
        let last = self.pages.entry(place).or_insert(Page { request, at: now, times: 0 });
        let again = last.request == request && now < last.at + IN_A_ROW;
        *last = Page { request, at: now, times: if again { last.times + 1 } else { 1 } };
        (last.times == SAME_PAGE_IN_A_ROW).then(|| format!("the same page was read {} times in a row", last.times))
    }
}
