//! What was asked and what was decided: a bounded list, without secrets and without event bodies.

use faults::{Ids, Outcome, Record};
use jiff::Timestamp;
use serde::Serialize;

/// One request and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JournalEntry {
    /// Counts up from 1; the response carries it in `x-mock-decision`.
    pub id: u64,
    /// When the request came, by the mock's clock.
    pub at: Timestamp,
    /// The operation, such as `audit_logs`; `unknown` where no operation fits.
    pub call: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query with secrets replaced by short names.
    pub query: String,
    /// The short name of the token, `none` or `unknown`.
    pub token: String,
    /// The status that was sent; 0 if no response was.
    pub status: u16,
    /// How much of the response the client received.
    pub outcome: Outcome,
    /// Whether the response is still on its way, so that `outcome` may yet change.
    #[serde(skip_serializing_if = "is_false")]
    pub pending: bool,
    /// The `code` of an error body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason for the response, in a few words.
    pub decision: String,
    /// How many events the page held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<usize>,
    /// The ids of the events that the response held, in its order; see [`Ids`] for how many are kept.
    pub ids: Ids,
    /// How many events the response held.
    pub ids_count: u64,
    /// The credits that were left after the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits_remaining: Option<u64>,
    /// The response's `Retry-After`, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// How long the response was delayed, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delayed_ms: Option<u64>,
    /// The number of the fault that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<u64>,
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
        let texts = [&self.method, &self.path, &self.query, &self.token, &self.decision];
        texts.into_iter().chain(self.retry_after.as_ref()).map(String::len).sum::<usize>() + size_of::<Self>()
    }
}

/// Text of a client, cut to what the journal keeps.
pub(crate) fn shortened(text: String) -> String {
    const KEPT_MAX: usize = 4_096;
    if text.len() <= KEPT_MAX {
        return text;
    }
    let kept = text.floor_char_boundary(KEPT_MAX);
    format!("{}… ({} bytes)", &text[..kept], text.len())
}

/// A rule that a client broke.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// The journal entry of the offending request.
    pub journal_id: u64,
    /// When it came.
    pub at: Timestamp,
    /// Which rule.
    pub rule: Rule,
    /// The short name of the token.
    pub token: String,
    /// What was done, and what was expected.
    pub detail: String,
}

/// The rules of the API that the mock checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A call before the pause of `Retry-After` was over.
    CallBeforeRetryAfter,
    /// A call after a 429 without `Retry-After`, before `X-RateLimit-Reset`.
    CallBeforeReset,
    /// A rejected token is used again and again.
    DeadTokenReused,
    /// The same page is requested again and again.
    CursorLoop,
}
