//! A log: events as the bytes to be sent, in one arena, with an index sorted by time.

pub(crate) mod ndjson;
pub(crate) mod window;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use crate::switches::TieOrder;

/// Events sorted by time. A clone shares index and bytes until either side adds events.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventLog {
    chunks: Vec<Arc<Vec<u8>>>,
    index: Arc<Vec<Entry>>,
    next_seq: u32,
    ties: Ties,
}

/// Location and time of an event.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Milliseconds since 1970.
    time: i64,
    /// When it becomes visible, in milliseconds since 1970.
    visible: i64,
    seq: u32,
    chunk: u32,
    start: u32,
    len: u32,
    id_start: u32,
    id_len: u32,
}

/// A position that stays valid when events are added: that of the event last returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// The event's number in the order of arrival.
    pub(crate) seq: u32,
}

/// What the index needs to know of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// The range of the id in the event's bytes, without quotes.
    pub(crate) id: Range<usize>,
}

/// Turns an arrival number into the order within a millisecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ties(u32);

impl EventLog {
    const CHUNK_BYTES: usize = 4 << 20;

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// The bytes of all events together.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// The number that the next event gets.
    pub(crate) fn next_seq(&self) -> u32 {
        self.next_seq
    }

    /// Appends an event; [`sort`](Self::sort) must follow before the next read.
    pub(crate) fn push(&mut self, json: &[u8], facts: &Facts, visible_at: Option<Timestamp>) {
        let (chunk, start) = self.store(json);
        let visible = visible_at.map_or(facts.time, |at| at.as_millisecond().max(facts.time));
        Arc::make_mut(&mut self.index).push(Entry {
            time: facts.time,
            visible,
            seq: self.next_seq,
            chunk,
            start,
            len: json.len() as u32,
            id_start: facts.id.start as u32,
            id_len: facts.id.len() as u32,
        });
        self.next_seq += 1;
    }

    fn store(&mut self, json: &[u8]) -> (u32, u32) {
        let fits = self.chunks.last().is_some_and(|chunk| chunk.len() + json.len() <= Self::CHUNK_BYTES);
        if !fits {
            self.chunks.push(Arc::new(Vec::with_capacity(Self::CHUNK_BYTES.max(json.len()))));
        }
        let number = self.chunks.len() - 1;
        let chunk = Arc::make_mut(&mut self.chunks[number]);
        let start = chunk.len();
        chunk.extend_from_slice(json);
        (number as u32, start as u32)
    }

    /// Puts the index into the order of time.
    pub(crate) fn sort(&mut self) {
        let ties = self.ties;
        Arc::make_mut(&mut self.index).sort_by_key(|entry| ties.key(entry));
    }

    /// Chooses the order within a millisecond.
    pub(crate) fn order_ties(&mut self, order: TieOrder) {
        let ties = Ties::from(order);
        if self.ties != ties {
            self.ties = ties;
            self.sort();
        }
    }

    /// The ids of what is visible at that millisecond, in the order of time.
    pub(crate) fn ids(&self, visible_until: i64) -> Vec<String> {
        let visible = self.index.iter().filter(|entry| entry.visible <= visible_until);
        visible.map(|entry| self.id(entry).into_owned()).collect()
    }

    /// How many are visible at that millisecond.
    pub(crate) fn count_visible(&self, at: i64) -> usize {
        self.index.iter().filter(|entry| entry.visible <= at).count()
    }

    fn id(&self, entry: &Entry) -> Cow<'_, str> {
        let raw = &self.json(entry)[entry.id_start as usize..][..entry.id_len as usize];
        // Looked through as a whole first, which is several times faster than what finds the faults in it.
        let text = std::str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
        // Escapes are rare: only an id from a file can hold one.
        if !raw.contains(&b'\\') {
            return text;
        }
        serde_json::from_str(&format!("\"{text}\"")).map_or(text, Cow::Owned)
    }

    fn json(&self, entry: &Entry) -> &[u8] {
        &self.chunks[entry.chunk as usize][entry.start as usize..][..entry.len as usize]
    }
}

impl Ties {
    fn key(self, entry: &Entry) -> (i64, u32) {
        (entry.time, entry.seq ^ self.0)
    }

    fn position(self, position: Position) -> (i64, u32) {
        (position.time, position.seq ^ self.0)
    }
}

impl From<TieOrder> for Ties {
    fn from(order: TieOrder) -> Self {
        match order {
            TieOrder::Arrival => Self(0),
            TieOrder::Reversed => Self(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(log: &mut EventLog, time: i64, id: &str) {
        let json = format!("{{\"id\":\"{id}\"}}");
        log.push(json.as_bytes(), &Facts { time, id: 7..7 + id.len() }, None);
    }

    #[test]
    fn serves_in_the_order_of_time_whatever_the_order_of_arrival() {
        let mut log = EventLog::default();
        for (time, id) in [(3, "c"), (1, "a"), (2, "b")] {
            push(&mut log, time, id);
        }
        log.sort();
        assert_eq!(log.ids(10), ["a", "b", "c"]);
        assert_eq!(log.ids(2), ["a", "b"]);
    }

    #[test]
    fn ties_keep_the_order_of_arrival_or_turn_it_round() {
        let mut log = EventLog::default();
        for id in ["a", "b", "c"] {
            push(&mut log, 1, id);
        }
        push(&mut log, 2, "d");
        assert_eq!(log.ids(10), ["a", "b", "c", "d"]);
        log.order_ties(TieOrder::Reversed);
        assert_eq!(log.ids(10), ["c", "b", "a", "d"]);
    }

    #[test]
    fn a_copy_shares_the_bytes_until_one_side_adds() {
        let mut log = EventLog::default();
        push(&mut log, 1, "a");
        let before = log.clone();
        push(&mut log, 2, "b");
        assert_eq!(before.ids(10), ["a"]);
        assert_eq!(log.ids(10), ["a", "b"]);
    }
}
