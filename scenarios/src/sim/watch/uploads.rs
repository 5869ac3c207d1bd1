//! Uploads whose events may come a second time without anybody being to blame.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::sim::net::ids_in;

#[derive(Debug)]
pub(super) struct Uploads {
    /// Those that the program has no answer to from the destination itself; whether they were acted on.
    unanswered: BTreeMap<u64, Unanswered>,
    /// The last ones answered with a success: a crash now may find them uncommitted.
    settled_last: VecDeque<Bytes>,
    in_flight_max: usize,
    /// Whether the program can write nothing down now.
    is_disk_full: bool,
    /// Those answered while it could not: each may be written down at any time later.
    stalled: Vec<Bytes>,
    /// Those delivered shortly before a crash.
    uncommitted: Vec<Bytes>,
}

#[derive(Debug)]
struct Unanswered {
    body: Bytes,
    acted_on: bool,
}

impl Uploads {
    pub(super) fn new(in_flight_max: usize) -> Self {
        Self {
            unanswered: BTreeMap::new(),
            settled_last: VecDeque::new(),
            in_flight_max,
            is_disk_full: false,
            stalled: Vec::new(),
            uncommitted: Vec::new(),
        }
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
        if upload.acted_on && self.is_disk_full {
            self.stalled.push(upload.body);
        } else if upload.acted_on {
            self.settled_last.push_back(upload.body);
        }
        if self.settled_last.len() > self.in_flight_max {
            self.settled_last.pop_front();
        }
    }

    pub(super) fn program_died(&mut self) {
        self.uncommitted.extend(self.settled_last.drain(..).chain(self.stalled.drain(..)));
    }

    pub(super) fn disk_is_full(&mut self, full: bool) {
        self.is_disk_full = full;
        if full {
            self.stalled.extend(self.settled_last.drain(..));
        }
    }

    /// How often each event may come again: once for each such upload that it was in.
    pub(super) fn repeatable(&self) -> BTreeMap<String, u64> {
        let unknown = self.unanswered.values().filter(|upload| upload.acted_on).map(|upload| &upload.body);
        let mut times = BTreeMap::new();
        for id in self.uncommitted.iter().chain(unknown).flat_map(|body| ids_in(body)) {
            *times.entry(id).or_default() += 1;
        }
        times
    }
}
