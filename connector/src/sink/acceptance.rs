//! Whether a rule takes anything at all: what decides if refused events are to blame, or the rule.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

use crate::ledger::WindowId;

/// Counts the uploads with events that a rule accepted, and tells who waits for one.
#[derive(Debug, Default)]
pub(super) struct Acceptances {
    count: AtomicU64,
    /// Wakes in the order of waiting, which a `watch` does not: a seed has to repeat itself.
    more: Notify,
}

impl Acceptances {
    pub(super) fn note(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.more.notify_waiters();
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until more than `count` were accepted. Cancel safe.
    pub(super) async fn more_than(&self, count: u64) {
        loop {
            // Made before the look, so that what comes in between wakes it.
            let more = self.more.notified();
            if self.count() > count {
                return;
            }
            more.await;
        }
    }
}

/// So many windows may wait with their events; another one is read again later. With a rule that takes nothing, every poll would
/// add one.
pub(crate) const PROBING_MAX: usize = 2;

/// The windows whose events are refused while nothing else is accepted. They wait; the newest time is read without them, since
/// what it brings may be accepted, and shows that the rule is sound.
#[derive(Debug, Default)]
pub(crate) struct Probing(watch::Sender<BTreeSet<WindowId>>);

impl Probing {
    /// The windows that wait now.
    pub(crate) fn windows(&self) -> BTreeSet<WindowId> {
        self.0.borrow().clone()
    }

    /// To be told of windows that begin or end to wait.
    pub(crate) fn watch(&self) -> watch::Receiver<BTreeSet<WindowId>> {
        self.0.subscribe()
    }

    /// `window` waits until the guard is dropped; none where enough others wait.
    pub(super) fn enter(self: &Arc<Self>, window: WindowId) -> Option<ProbingWindow> {
        let entered = self.0.send_if_modified(|windows| windows.len() < PROBING_MAX && windows.insert(window));
        entered.then(|| ProbingWindow { probing: Arc::clone(self), window })
    }
}

/// A window that waits.
#[derive(Debug)]
pub(super) struct ProbingWindow {
    probing: Arc<Probing>,
    window: WindowId,
}

impl Drop for ProbingWindow {
    fn drop(&mut self) {
        self.probing.0.send_modify(|windows| {
            windows.remove(&self.window);
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_waits_for_an_acceptance_is_told_of_the_next() {
        let acceptances = Acceptances::default();
        assert_eq!(acceptances.count(), 0);
        acceptances.note();
        acceptances.note();
        assert_eq!(acceptances.count(), 2);
        assert!(acceptances.more_than(1).now_or_never().is_some());
        let mut waiting = Box::pin(acceptances.more_than(2));
        assert!(waiting.as_mut().now_or_never().is_none());
        acceptances.note();
        assert!(waiting.now_or_never().is_some());
    }

    #[test]
    fn a_span_waits_until_its_guard_is_dropped() {
        let probing = Arc::new(Probing::default());
        let mut watch = probing.watch();
        let guard = probing.enter(WindowId::NONE);
        assert!(watch.has_changed().unwrap());
        assert_eq!(*watch.borrow_and_update(), BTreeSet::from([WindowId::NONE]));
        assert_eq!(probing.windows(), BTreeSet::from([WindowId::NONE]));
        assert!(probing.enter(WindowId::NONE).is_none(), "a window waits once");
        drop(guard);
        assert!(watch.has_changed().unwrap());
        assert!(probing.windows().is_empty());
    }

    #[test]
    fn two_spans_wait_at_once_and_a_third_when_one_of_them_is_done() {
        let probing = Arc::new(Probing::default());
        // As a ledger writes them.
        let [one, two, three] = [1, 2, 3].map(|number| serde_json::from_value::<WindowId>(number.into()).unwrap());
        let first = probing.enter(one).unwrap();
        let _second = probing.enter(two).unwrap();
        assert!(probing.enter(three).is_none());
        assert_eq!(probing.windows(), BTreeSet::from([one, two]));
        drop(first);
        let _third = probing.enter(three).unwrap();
        assert_eq!(probing.windows(), BTreeSet::from([two, three]));
    }
}
