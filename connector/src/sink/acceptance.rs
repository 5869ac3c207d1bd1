//! Whether a rule takes anything at all: what decides if refused events are to blame, or the rule.

use std::collections::BTreeSet;

use tokio::sync::watch;

use crate::ledger::SpanId;

/// Counts the uploads with events that a rule accepted, and tells who waits for one.
#[derive(Debug)]
pub(super) struct Acceptances(watch::Sender<u64>);

impl Default for Acceptances {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Acceptances {
    pub(super) fn note(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(super) fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until more than `count` were accepted. Cancel safe.
    pub(super) async fn more_than(&self, count: u64) {
        // The sender is ours: waiting ends only as wanted.
        drop(self.0.subscribe().wait_for(|accepted| *accepted > count).await);
    }
}

/// The spans whose events are refused while nothing else is accepted. They wait; the newest time is read without them, since
/// what it brings may be accepted, and shows that the rule is sound.
#[derive(Debug, Default)]
pub(crate) struct Probing(watch::Sender<BTreeSet<SpanId>>);

impl Probing {
    /// The spans that wait now.
    pub(crate) fn spans(&self) -> BTreeSet<SpanId> {
        self.0.borrow().clone()
    }

    /// To be told of spans that begin or end to wait.
    pub(crate) fn watch(&self) -> watch::Receiver<BTreeSet<SpanId>> {
        self.0.subscribe()
    }

    /// `span` waits until the guard is dropped.
    pub(super) fn enter(&self, span: SpanId) -> ProbingSpan<'_> {
        self.0.send_modify(|spans| {
            spans.insert(span);
        });
        ProbingSpan { probing: self, span }
    }
}

/// A span that waits.
#[derive(Debug)]
pub(super) struct ProbingSpan<'a> {
    probing: &'a Probing,
    span: SpanId,
}

impl Drop for ProbingSpan<'_> {
    fn drop(&mut self) {
        self.probing.0.send_modify(|spans| {
            spans.remove(&self.span);
        });
    }
}
