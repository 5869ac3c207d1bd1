//! What the connector says of itself: the snapshot behind `/status`, `/readyz`, `/metrics` and the `status` command.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Problem;
pub use crate::durations::RequestDurations;
use crate::peer_text::PeerText;

/// A consistent snapshot of one connector.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// True once every stream has reached both its ends lately and no problem is open.
    pub ready: bool,
    /// The absolute path of the checkpoint that the process holds: which service this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Per stream, by name.
    pub streams: BTreeMap<String, StreamStatus>,
}

/// One stream's counts since the start of the process, and where it stands.
///
/// `fetched = delivered + duplicate + set_aside + in_flight` holds in every snapshot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StreamStatus {
    /// Events read from Miro.
    pub fetched: u64,
    /// Events whose upload Azure acknowledged, committed.
    pub delivered: u64,
    /// Events read again and known to be delivered already.
    pub duplicate: u64,
    /// Events set aside in the dead-letter store.
    pub set_aside: u64,
    /// Events read and not yet settled.
    pub in_flight: u64,
    /// Calls to Miro for a page.
    pub pages: u64,
    /// Calls answered 429 by Miro.
    pub rate_limited: u64,
    /// Uploads that Azure acknowledged.
    pub batches: u64,
    /// Attempts that failed, at either end.
    pub retries: u64,
    /// Bytes sent to Azure and acknowledged, compressed.
    pub bytes_sent: u64,
    /// Events with a field over 64 KB, which Azure cuts
    /// (<https://learn.microsoft.com/en-us/azure/azure-monitor/service-limits>, read 2026-11-22).
    #[serde(default)]
    pub long_fields: u64,
    /// Spans that were read again from their beginning because Miro's cursor was of no use.
    #[serde(default)]
    pub restarts: u64,
    /// Events that may be in their table once more than once: the outcome of an upload that held them is unknown, and they
    /// were sent again. Counted for each such upload.
    #[serde(default)]
    pub possible_duplicates: u64,
    /// Pages that differ from what Miro documents and were read all the same: without `type` or `size`, with more events than
    /// `size` says, or with an event that is not valid JSON.
    #[serde(default)]
    pub odd_pages: u64,
    /// Late sweeps that had to wait because the rate budget was short.
    #[serde(default)]
    pub sweeps_delayed: u64,
    /// The time between two polls of the newest events, in seconds: as configured, or longer where the rate budget is too
    /// small for that and the late sweeps.
    #[serde(default)]
    pub poll_seconds: u64,
    /// Everything up to here has been read once.
    pub covered_to: Option<Timestamp>,
    /// The newest instant that was read and delivered, whatever older time is still to be read. Until something was, when the
    /// process took up its work.
    #[serde(default)]
    pub tail_to: Option<Timestamp>,
    /// Everything up to here has been read for the last time.
    pub settled_to: Option<Timestamp>,
    /// Spans being read, or cut and waiting.
    pub open_spans: u64,
    /// How much source time was never read, in seconds.
    pub to_do_seconds: u64,
    /// When Azure last acknowledged an upload.
    pub last_delivery: Option<Timestamp>,
    /// When Miro last answered a page.
    pub last_page: Option<Timestamp>,
    /// The rate budget as Miro last told it: remaining credits.
    pub budget_remaining: Option<u64>,
    /// The rate budget as Miro last told it: the ceiling.
    pub budget_limit: Option<u64>,
    /// Events in the dead-letter store.
    pub dead_letters: u64,
    /// What somebody has to mend, if anything: code, cause and next step.
    pub problem: Option<StatusProblem>,
    /// Why attempts fail at present, if they do. They are made again; what goes on for a minute is a problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrying: Option<String>,
    /// How long requests took. For `/metrics` alone.
    #[serde(skip)]
    pub request_durations: RequestDurations,
}

/// A stream without a page for longer is silent, whatever its poll interval.
const SILENCE_MAX: SignedDuration = SignedDuration::from_mins(2);

impl StreamStatus {
    /// Whether Miro gave a page lately: within three polls, or two minutes if that is longer.
    pub(crate) fn is_heard(&self, now: Timestamp) -> bool {
        let poll =
            SignedDuration::from_secs(i64::try_from(self.poll_seconds).unwrap_or(i64::MAX / 3).min(i64::MAX / 3));
        let silence = (poll * 3).max(SILENCE_MAX);
        self.last_page.is_some_and(|last| now.duration_since(last) <= silence)
    }

    /// Since when Miro gave no page, in words.
    pub(crate) fn silence(&self) -> String {
        match self.last_page {
            Some(last) => format!("no page from Miro since {}", last.strftime("%Y-%m-%dT%H:%M:%SZ")),
            None => "no page from Miro yet".to_owned(),
        }
    }
}

/// A problem as reported in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusProblem {
    /// The stable code.
    pub code: String,
    /// The thing concerned.
    pub subject: String,
    /// What is wrong.
    pub cause: String,
    /// What to do.
    pub next_step: String,
}

impl StatusProblem {
    /// The problem as it can be shown when another process told it: every text one line, of bounded length.
    pub(crate) fn printable(&self) -> Self {
        let [code, subject, cause, next_step] =
            [&self.code, &self.subject, &self.cause, &self.next_step].map(|text| PeerText::long(text).into());
        Self { code, subject, cause, next_step }
    }
}

impl Status {
    /// The snapshot as it can be shown when another process told it.
    pub(crate) fn printable(self) -> Self {
        let streams = self.streams.into_iter().map(|(name, stream)| {
            let problem = stream.problem.as_ref().map(StatusProblem::printable);
            let retrying = stream.retrying.as_deref().map(|told| PeerText::long(told).into());
            (PeerText::new(&name).into(), StreamStatus { problem, retrying, ..stream })
        });
        let store = self.store.as_deref().map(|store| PeerText::long(store).into());
        Self { ready: self.ready, store, streams: streams.collect() }
    }
}

impl From<&Problem> for StatusProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.name().to_owned(),
            subject: problem.subject.clone(),
            cause: problem.cause.clone(),
            next_step: problem.next_step.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_process_tells_is_shown_as_short_lines() {
        let told = r#"{"ready":false,"streams":{"au\u001b[2Jdit":{"fetched":0,"delivered":0,"duplicate":0,"set_aside":0,
            "in_flight":0,"pages":0,"rate_limited":0,"batches":0,"retries":0,"bytes_sent":0,"open_spans":0,"to_do_seconds":0,
            "dead_letters":0,"retrying":"r\u001b[2J\u202e","problem":{"code":"x\u0007","subject":"s\u202e","cause":"c\u001b]0;t\u0007d","next_step":"one\ntwo"}}}}"#;
        let status = serde_json::from_str::<Status>(told).expect("a snapshot").printable();
        let (name, stream) = status.streams.first_key_value().expect("a stream");
        assert_eq!((name.as_str(), stream.retrying.as_deref()), ("audit", Some("r")));
        let problem = stream.problem.as_ref().expect("a problem");
        let [code, subject, cause, next_step] =
            [&problem.code, &problem.subject, &problem.cause, &problem.next_step].map(String::as_str);
        assert_eq!([code, subject, cause, next_step], ["x", "s", "cd", "one two"]);
    }
}
