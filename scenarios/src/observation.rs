//! What was seen of a run from outside: every call at both mocks, what Miro showed and what the tables hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use connector::Stream;
use faults::{Ids, Outcome};
use jiff::{SignedDuration, Timestamp};

use crate::scenario::{Call, Peer};
use crate::subject::Stopped;

/// A run, as somebody sees it who knows nothing of the connector's inside.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When the timeline began, in true time.
    pub begun: Timestamp,
    /// The calls at both mocks, in the order in which they came.
    pub calls: Vec<ObservedCall>,
    /// Calls that the mocks' journals no longer keep.
    pub calls_forgotten: u64,
    /// Both ends of each stream.
    pub streams: BTreeMap<Stream, BothEnds>,
    /// What became of each step of the timeline, in its order.
    pub steps: Vec<ObservedStep>,
    /// Rules of Miro that its mock saw broken, in words, pauses aside.
    pub miro_rules_broken: Vec<String>,
    /// Calls before a rate limit of Miro was reset, in words.
    pub called_before_reset: Vec<String>,
    /// Where secrets or bodies of events came out, without them.
    pub leaks: Vec<String>,
    /// How long after the timeline everything had come right; nothing where it had not.
    pub recovered_after: Option<SignedDuration>,
    /// What ended without being told to, in words.
    pub ended_early: Option<String>,
    /// How the subject ended when it was told to stop: by steps, and in the end.
    pub stopped: Vec<Stopped>,
    /// When a step ended its process in any way, since the beginning.
    pub lives_ended: Vec<SignedDuration>,
    /// When it was killed, since the beginning.
    pub killed: Vec<SignedDuration>,
    /// The most memory that it had, where that can be measured.
    pub memory_peak_mib: Option<u64>,
}

/// One call at a mock.
#[derive(Clone, Debug)]
pub struct ObservedCall {
    /// When it came, in true time.
    pub at: Timestamp,
    /// The same by the clock of the peer.
    pub peer_time: Timestamp,
    /// What was called.
    pub call: Call,
    /// The log concerned, if the call tells.
    pub stream: Option<Stream>,
    /// Method, path and query, secrets replaced.
    pub request: String,
    /// Whose pauses it has to keep: a token at Miro, a path at Azure.
    pub place: String,
    /// The status of the response; 0 where there was none.
    pub status: u16,
    /// What the caller got of it.
    pub outcome: Outcome,
    /// The response's `Retry-After`.
    pub retry_after: Option<String>,
    /// How long a fault held the response back.
    pub delayed: SignedDuration,
    /// The step of the timeline whose fault it met.
    pub step: Option<usize>,
    /// The ids of the events in the page or upload.
    pub ids: Ids,
    /// Why the mock responded so, in a few words.
    pub reason: String,
}

impl ObservedCall {
    /// Who was called.
    pub fn peer(&self) -> Peer {
        self.call.peer()
    }

    /// Whether the peer acted on it, and said so.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Both ends of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BothEnds {
    /// The ids that Miro shows.
    pub at_miro: BTreeSet<String>,
    /// The ids in the table, each with the number of its rows.
    pub in_table: BTreeMap<String, u64>,
    /// The ids of events that Azure cannot take.
    pub unsendable: BTreeSet<String>,
}

impl BothEnds {
    /// Those that Miro shows, and that are in no row; what Azure cannot take is not among them.
    pub fn missing(&self) -> impl Iterator<Item = &String> {
        self.at_miro.iter().filter(|id| !self.in_table.contains_key(*id) && !self.unsendable.contains(*id))
    }

    /// Those that Miro never had.
    pub fn invented(&self) -> impl Iterator<Item = &String> {
        self.in_table.keys().filter(|id| !self.at_miro.contains(*id))
    }

    /// Those that Azure cannot take, and did not: a connector can only set them aside.
    pub fn set_aside(&self) -> u64 {
        self.unsendable.iter().filter(|id| self.at_miro.contains(*id) && !self.in_table.contains_key(*id)).count()
            as u64
    }

    /// Rows beyond the first of each event.
    pub fn duplicates(&self) -> u64 {
        self.in_table.values().map(|rows| rows - 1).sum()
    }
}

/// What became of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedStep {
    /// When it began, since the beginning; not at all where the call that it waits for was never made.
    pub began: Option<SignedDuration>,
    /// Calls that met its fault.
    pub met: u64,
    /// How the rows differed from those that a query of the step had to give.
    pub query_differs: Option<String>,
}
