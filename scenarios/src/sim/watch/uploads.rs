//! Uploads whose events may come a second time without anybody being to blame.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;

use bytes::Bytes;
use serde::de::IgnoredAny;

#[derive(Debug)]
pub(super) struct Uploads {
    /// Those that the program has no answer to; whether they were acted on.
    unanswered: BTreeMap<u64, Unanswered>,
    /// The last ones answered with a success: a crash now may find them uncommitted.
    settled_last: VecDeque<Bytes>,
    in_flight_max: usize,
    /// Events delivered shortly before a crash.
    uncommitted: u64,
}

#[derive(Debug)]
struct Unanswered {
    body: Bytes,
    acted_on: bool,
}

impl Uploads {
    pub(super) fn new(in_flight_max: usize) -> Self {
        Self { unanswered: BTreeMap::new(), settled_last: VecDeque::new(), in_flight_max, uncommitted: 0 }
    }

    pub(super) fn begins(&mut self, call: u64, body: Bytes) {
        self.unanswered.insert(call, Unanswered { body, acted_on: false });
    }

    pub(super) fn acted_on(&mut self, call: u64) {
        if let Some(upload) = self.unanswered.get_mut(&call) {
            upload.acted_on = true;
        }
    }

    pub(super) fn answered(&mut self, call: u64) {
        let Some(upload) = self.unanswered.remove(&call) else { return };
        if upload.acted_on {
            self.settled_last.push_back(upload.body);
        }
        if self.settled_last.len() > self.in_flight_max {
            self.settled_last.pop_front();
        }
    }

    pub(super) fn program_died(&mut self) {
        self.uncommitted += self.settled_last.drain(..).map(|body| events_in(&body)).sum::<u64>();
    }

    pub(super) fn repeatable(&self) -> u64 {
        let unknown = self.unanswered.values().filter(|upload| upload.acted_on);
        self.uncommitted + unknown.map(|upload| events_in(&upload.body)).sum::<u64>()
    }
}

/// How many events an upload carries; none if it is not what the destination accepts.
fn events_in(body: &[u8]) -> u64 {
    let mut plain = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(body).read_to_end(&mut plain);
    let json = if unpacked.is_ok() { &plain } else { body };
    serde_json::from_slice::<Vec<IgnoredAny>>(json).map_or(0, |events| events.len() as u64)
}
