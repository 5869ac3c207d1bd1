//! What was seen of a run on sockets.

use std::collections::{BTreeMap, BTreeSet};

use connector::Stream;
use jiff::{SignedDuration, Timestamp};

use super::{Live, Progress, Service};
use crate::deployment::{log_of, table_of};
use crate::observation::{BothEnds, ObservedCall, ObservedStep};
use crate::scenario::{Action, Call, Nth, Peer, Trigger};

/// The largest upload that Azure takes, in bytes
/// (<https://learn.microsoft.com/en-us/azure/azure-monitor/service-limits>, read 2026-11-22).
const UPLOAD_MAX: usize = 1_000_000;

impl Live {
    /// All calls that the mocks' journals keep, in the order in which they came.
    pub fn calls(&self) -> Vec<ObservedCall> {
        let progress = self.progress();
        let mut calls: Vec<ObservedCall> =
            self.mocks.miro.journal().into_iter().map(|entry| at_miro(entry, &progress)).collect();
        calls.extend(self.mocks.sentinel.journal().into_iter().filter_map(|entry| at_azure(entry, &progress)));
        calls.sort_by_key(|call| call.at);
        calls
    }

    /// What was called after these numbers of both journals, and their last numbers now.
    pub(crate) fn calls_after(&self, miro: u64, azure: u64) -> (Vec<(Call, Option<Stream>)>, u64, u64) {
        let progress = self.progress();
        let (at_miro_after, at_azure_after) =
            (self.mocks.miro.journal_after(miro), self.mocks.sentinel.journal_after(azure));
        let miro = at_miro_after.last().map_or(miro, |entry| entry.id);
        let azure = at_azure_after.last().map_or(azure, |entry| entry.id);
        let calls = at_miro_after.into_iter().map(|entry| at_miro(entry, &progress));
        let calls = calls.chain(at_azure_after.into_iter().filter_map(|entry| at_azure(entry, &progress)));
        (calls.map(|call| (call.call, call.stream)).collect(), miro, azure)
    }

    /// Calls that the journals forgot.
    pub fn calls_forgotten(&self) -> u64 {
        self.mocks.miro.journal_dropped()
    }

    /// Both ends of a stream, as they are now.
    pub fn both_ends(&self, stream: Stream) -> BothEnds {
        let mut in_table = BTreeMap::new();
        for id in self.mocks.sentinel.ids(table_of(stream)) {
            *in_table.entry(id).or_default() += 1;
        }
        let at_miro: BTreeSet<String> =
            self.mocks.miro.ids(log_of(stream), self.mocks.miro.now()).into_iter().collect();
        BothEnds { unsendable: self.unsendable(stream), at_miro, in_table }
    }

    /// The ids of the timeline's events that Azure cannot take: broken, or larger than an upload may be.
    fn unsendable(&self, stream: Stream) -> BTreeSet<String> {
        let steps = self.scenario.timeline.iter().enumerate();
        let ids = steps.filter_map(|(number, step)| match &step.action {
            Action::Event(event) if event.stream == stream => {
                let too_large = event.bytes + "[]".len() > UPLOAD_MAX;
                (too_large || !event.content.is_sendable()).then(|| event.id_at(number))
            }
            _ => None,
        });
        ids.collect()
    }

    /// What became of each step, as these calls tell.
    pub fn steps(&self, calls: &[ObservedCall]) -> Vec<ObservedStep> {
        let begun = self.begun();
        let mut seen = self.progress().steps.clone();
        for (number, (step, seen)) in self.scenario.timeline.iter().zip(&mut seen).enumerate() {
            seen.met = calls.iter().filter(|call| call.step == Some(number)).count() as u64;
            if step.action.concerns_calls() {
                seen.began = match &step.trigger {
                    Trigger::When(nth) => nth_call(nth, calls).map(|at| at.duration_since(begun)),
                    Trigger::At(_) | Trigger::After { .. } => self.scenario.begins_at(number),
                };
            }
        }
        seen
    }
}

/// When the call came that begins a step.
fn nth_call(nth: &Nth, calls: &[ObservedCall]) -> Option<Timestamp> {
    let counted = calls.iter().filter(|call| nth.counts(call.call, call.stream));
    counted.map(|call| call.at).nth(usize::try_from(nth.nth.saturating_sub(1)).ok()?)
}

fn at_miro(entry: mock_miro::JournalEntry, progress: &Progress) -> ObservedCall {
    let call = Call::of(Peer::Miro, &entry.path);
    let stream = match call {
        Call::AuditLogs => Some(Stream::Audit),
        Call::ContentLogs => Some(Stream::Content),
        _ => None,
    };
    let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
    ObservedCall {
        at: progress.true_time(Service::Miro, entry.id, entry.at),
        peer_time: entry.at,
        call,
        stream,
        request: format!("{} {}{query}", entry.method, entry.path),
        place: entry.token,
        status: entry.status,
        outcome: entry.outcome,
        retry_after: entry.retry_after,
        delayed: millis(entry.delayed_ms),
        step: entry.fault.and_then(|number| progress.faults.get(&(Service::Miro, number)).copied()),
        ids: entry.ids,
        reason: entry.decision,
    }
}

/// A call to identity or ingestion; queries and the management plane are not the subject's business.
fn at_azure(entry: mock_sentinel::JournalEntry, progress: &Progress) -> Option<ObservedCall> {
    let call = match entry.call {
        mock_sentinel::Call::Ingest => Call::Ingest,
        mock_sentinel::Call::Token => Call::Token,
        mock_sentinel::Call::Discovery => Call::Discovery,
        _ => return None,
    };
    let stream = entry.stream.as_deref().and_then(|name| Stream::ALL.into_iter().find(|of| of.rule_stream() == name));
    Some(ObservedCall {
        at: progress.true_time(Service::Azure, entry.id, entry.at),
        peer_time: entry.at,
        call,
        stream,
        request: format!("{} {}", entry.method, entry.path),
        place: entry.path,
        status: entry.status,
        outcome: entry.outcome,
        retry_after: entry.retry_after,
        delayed: millis(entry.delayed_ms),
        step: entry.fault_number.and_then(|number| progress.faults.get(&(Service::Azure, number)).copied()),
        ids: entry.ids,
        reason: entry.reason,
    })
}

fn millis(delay: Option<u64>) -> SignedDuration {
    SignedDuration::from_millis(delay.unwrap_or(0).try_into().unwrap_or(i64::MAX))
}
