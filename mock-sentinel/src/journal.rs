//! What happened, call by call: enough to explain any response, without secrets or bodies.

use faults::{Ids, Outcome, Record};
use jiff::Timestamp;
use serde::Serialize;

use crate::call::Call;

/// One call and the reason for its response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Counts calls from 1, in the order in which they were decided; also the value of the response's `x-mock-decision` header.
    pub id: u64,
    /// When the call arrived, by the world's clock.
    pub at: Timestamp,
    /// The kind of call.
    pub call: Call,
    /// HTTP method.
    pub method: String,
    /// Path, percent-encoded as it came, at most 512 bytes of it; never the query string.
    pub path: String,
    /// HTTP status of the response (or lost on the way); 0 when the caller did not wait for it.
    pub status: u16,
    /// What the caller got of the response.
    pub outcome: Outcome,
    /// Whether the response is still on its way, so that `outcome` may yet change.
    #[serde(skip_serializing_if = "is_false")]
    pub pending: bool,
    /// The reason: the documented rule that applied.
    pub reason: String,
    /// A description of the fault that applied, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The number of that fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_number: Option<u64>,
    /// How long a fault held the response back, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delayed_ms: Option<u64>,
    /// The response's `Retry-After`, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// The caller's `x-ms-client-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// The stream of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Bytes of the request's body on the wire, as far as they were read.
    pub bytes: u64,
    /// Rows stored by an upload, or returned by a query.
    pub rows: u64,
    /// The ids of the events in an upload that passed every check, in its order; see [`Ids`] for how many are kept.
    pub ids: Ids,
    /// How many events with an id there were.
    pub ids_count: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Record for JournalEntry {
    fn number(&self) -> u64 {
        self.id
    }

    fn set_number(&mut self, number: u64) {
        self.id = number;
    }

    fn settle(&mut self, outcome: Outcome) {
        (self.outcome, self.pending) = (outcome, false);
    }

    fn ids_mut(&mut self) -> &mut Ids {
        &mut self.ids
    }

    fn text_bytes(&self) -> usize {
        let optional = [&self.fault, &self.retry_after, &self.client_request_id, &self.stream];
        let texts = [&self.method, &self.path, &self.reason].into_iter().chain(optional.into_iter().flatten());
        texts.map(String::len).sum::<usize>() + size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use faults::Record;

    use super::*;

    #[test]
    fn every_text_of_an_entry_counts() {
        let text = |length| "x".repeat(length);
        let entry = JournalEntry {
            id: 1,
            at: Timestamp::UNIX_EPOCH,
            call: Call::Ingest,
            method: text(1),
            path: text(10),
            status: 204,
            outcome: Outcome::Delivered,
            pending: false,
            reason: text(100),
            fault: Some(text(1_000)),
            fault_number: None,
            delayed_ms: None,
            retry_after: Some(text(10_000)),
            client_request_id: Some(text(100_000)),
            stream: Some(text(1_000_000)),
            bytes: 0,
            rows: 0,
            ids: Ids::default(),
            ids_count: 0,
        };
        assert_eq!(entry.text_bytes(), 1_111_111 + size_of::<JournalEntry>());
    }
}
