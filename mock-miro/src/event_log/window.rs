//! Pages of a log: the events of an interval, after a position, in either direction.

use faults::{Ids, IdsBuilder};

use super::{Entry, EventLog, Position};

/// Which events a page may hold.
#[derive(Clone)]
pub(crate) struct PageQuery<'a> {
    /// The first millisecond, included.
    pub(crate) first: i64,
    /// The last millisecond, included.
    pub(crate) last: i64,
    /// Only what is visible at this millisecond.
    pub(crate) now: i64,
    /// How much later than stored an event shows, in milliseconds.
    pub(crate) delay: i64,
    /// The event after which to go on.
    pub(crate) after: Option<Position>,
    /// How many events before that to repeat.
    pub(crate) overlap: usize,
    /// Oldest first, or newest first.
    pub(crate) direction: Direction,
    /// The most events of the page.
    pub(crate) limit: usize,
    /// What else must hold of an event, judged by its bytes.
    pub(crate) filter: Option<Filter<'a>>,
}

/// Judges an event by its bytes.
pub(crate) type Filter<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Which way time runs in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// The events of a page, by their place in the index.
#[derive(Debug)]
pub(crate) struct Page {
    places: Vec<u32>,
    bytes: usize,
    /// The last event, if there is one.
    pub(crate) last: Option<Position>,
    /// Whether more follow.
    pub(crate) more: bool,
}

impl Page {
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The size of all events together with a comma each.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl EventLog {
    /// Chooses the events of a page.
    pub(crate) fn page(&self, query: &PageQuery<'_>) -> Page {
        let mut page = Page { places: Vec::with_capacity(query.limit.min(1_000)), bytes: 0, last: None, more: false };
        let span = self.span(query);
        match query.direction {
            Direction::Ascending => self.fill(&mut page, query, span),
            Direction::Descending => self.fill(&mut page, query, span.rev()),
        }
        page
    }

    /// Appends the page's events to `out`, with commas between them.
    pub(crate) fn write(&self, page: &Page, out: &mut Vec<u8>) {
        for (nth, &place) in page.places.iter().enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            out.extend_from_slice(self.json(&self.index[place as usize]));
        }
    }

    /// The ids of the page's events.
    pub(crate) fn ids_of(&self, page: &Page) -> Ids {
        let entries = || page.places.iter().map(|&place| &self.index[place as usize]);
        let bytes = entries().map(|entry| entry.id_len as usize).sum();
        let mut ids = IdsBuilder::with_capacity(page.len(), bytes);
        entries().for_each(|entry| ids.push(&self.id(entry)));
        ids.finish()
    }

    fn fill(&self, page: &mut Page, query: &PageQuery<'_>, places: impl Iterator<Item = usize>) {
        for place in places {
            let entry = &self.index[place];
            if !query.shows(entry) || !query.filter.is_none_or(|holds| holds(self.json(entry))) {
                continue;
            }
            if page.len() == query.limit {
                page.more = true;
                return;
            }
            page.places.push(place as u32);
            page.bytes += entry.len as usize + 1;
            page.last = Some(Position { time: entry.time, seq: entry.seq });
        }
    }

    /// The part of the index that time and cursor leave.
    fn span(&self, query: &PageQuery<'_>) -> std::ops::Range<usize> {
        let start = self.index.partition_point(|entry| entry.time < query.first);
        let end = self.index.partition_point(|entry| entry.time <= query.last).max(start);
        let Some(after) = query.after else { return start..end };
        // A page that repeats as much as it may hold would never come to an end.
        let overlap = query.overlap.min(query.limit.saturating_sub(1));
        let after = self.ties.position(after);
        match query.direction {
            Direction::Ascending => {
                let next = self.index.partition_point(|entry| self.ties.key(entry) <= after);
                next.saturating_sub(overlap).clamp(start, end)..end
            }
            Direction::Descending => {
                let next = self.index.partition_point(|entry| self.ties.key(entry) < after);
                start..(next + overlap).clamp(start, end)
            }
        }
    }
}

impl PageQuery<'_> {
    fn shows(&self, entry: &Entry) -> bool {
        entry.visible.saturating_add(self.delay) <= self.now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Facts;
    use super::*;

    fn log(times: &[i64]) -> EventLog {
        let mut log = EventLog::default();
        for (nth, &time) in times.iter().enumerate() {
            let json = format!("{{\"id\":\"{nth}\"}}");
            log.push(json.as_bytes(), &Facts { time, id: 7..json.len() - 2 }, None);
        }
        log.sort();
        log
    }

    fn query(direction: Direction, limit: usize) -> PageQuery<'static> {
        PageQuery {
            first: 0,
            last: 1_000,
            now: 1_000,
            delay: 0,
            after: None,
            overlap: 0,
            direction,
            limit,
            filter: None,
        }
    }

    fn walk(log: &EventLog, mut query: PageQuery<'_>) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let page = log.page(&query);
            let mut bytes = b"[".to_vec();
            log.write(&page, &mut bytes);
            bytes.push(b']');
            let events: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
            seen.extend(events.iter().map(|event| event["id"].as_str().unwrap().to_owned()));
            if !page.more {
                return seen;
            }
            query.after = page.last;
        }
    }

    #[test]
    fn what_shows_late_is_not_there_before() {
        let mut log = EventLog::default();
        log.push(b"{\"id\":\"x\"}", &Facts { time: 5, id: 7..8 }, Some(jiff::Timestamp::from_millisecond(50).unwrap()));
        let mut at = query(Direction::Ascending, 10);
        at.now = 49;
        assert_eq!(log.page(&at).len(), 0);
        at.now = 50;
        assert_eq!(log.page(&at).len(), 1);
    }

    #[test]
    fn a_repeated_edge_still_comes_to_an_end() {
        let log = log(&[1, 2, 3, 4]);
        let mut overlapping = query(Direction::Ascending, 2);
        overlapping.overlap = 5;
        assert_eq!(walk(&log, overlapping), ["0", "1", "1", "2", "2", "3"]);
    }

    proptest! {
        #[test]
        fn pages_hold_every_event_once_in_both_directions(
            times in proptest::collection::vec(0_i64..20, 0..60),
            limit in 1_usize..8,
        ) {
            let log = log(&times);
            let ascending = walk(&log, query(Direction::Ascending, limit));
            let mut descending = walk(&log, query(Direction::Descending, limit));
            descending.reverse();
            prop_assert_eq!(&ascending, &descending);
            prop_assert_eq!(ascending, log.ids(1_000));
        }
    }
}
