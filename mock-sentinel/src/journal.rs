//! What happened, call by call: enough to explain any answer, without secrets or bodies.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use crate::faults::Call;

/// One call and why it was answered as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Counts calls from 1; also the value of the answer's `x-mock-decision` header.
    pub id: u64,
    /// When the call arrived, by the world's clock.
    pub at: Timestamp,
    /// The kind of call.
    pub call: Call,
    /// HTTP method.
    pub method: String,
    /// Path, percent-encoded as it came, at most 512 bytes of it; never the query string.
    pub path: String,
    /// HTTP status answered (or lost on the way).
    pub status: u16,
    /// Why: the rule of the reference that decided, in words.
    pub reason: String,
    /// The fault met, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The caller's `x-ms-client-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// The stream of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Bytes of the request's body on the wire, as far as they were read.
    pub bytes: u64,
    /// Rows stored by an upload, or answered by a query.
    pub rows: u64,
}

/// The last so many calls.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    entries_max: usize,
    next_id: u64,
}

impl Journal {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { entries: VecDeque::new(), entries_max: entries_max.max(1), next_id: 1 }
    }

    /// The id of the call that arrives now.
    pub(crate) fn open(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Writes a call down, forgetting the oldest when full.
    pub(crate) fn close(&mut self, entry: JournalEntry) {
        if self.entries.len() == self.entries_max {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &JournalEntry> + ExactSizeIterator {
        self.entries.iter()
    }
}
