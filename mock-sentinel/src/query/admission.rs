//! Limits on the queries that run at once, that wait, and that one principal sends.
//!
//! Limits: the query limits page, read 2026-11-22.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::errors::QueryError;
use crate::world::Query;

/// The time over which a principal's queries are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(30);

/// Limits the queries that run at once and those that wait.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl ConcurrencyLimit {
    pub(crate) fn new(limits: &Query) -> Self {
        Self { running: Arc::new(Semaphore::new(limits.concurrent_max.max(1))), waiting: AtomicUsize::new(0) }
    }

    /// Waits for a permit, which is released when it is dropped. Dropping the future releases the slot in the queue.
    pub(super) async fn acquire(&self, limits: &Query) -> Result<OwnedSemaphorePermit, QueryError> {
        if let Ok(permit) = Arc::clone(&self.running).try_acquire_owned() {
            return Ok(permit);
        }
        let _slot = QueueSlot::take(&self.waiting, limits.queue_max)?;
        let waited =
            tokio::time::timeout(limits.queue_wait.unsigned_abs(), Arc::clone(&self.running).acquire_owned()).await;
        waited.ok().and_then(Result::ok).ok_or(QueryError::Throttled { seconds: WINDOW.as_secs() })
    }
}

/// A slot in the queue, released when dropped.
struct QueueSlot<'a>(&'a AtomicUsize);

impl<'a> QueueSlot<'a> {
    fn take(waiting: &'a AtomicUsize, queue_max: usize) -> Result<Self, QueryError> {
        let slot = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < queue_max {
            Ok(slot)
        } else {
            Err(QueryError::Throttled { seconds: WINDOW.as_secs() })
        }
    }
}

impl Drop for QueueSlot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Queries by principal: since when they are counted, and how many.
#[derive(Debug, Default)]
pub(crate) struct Rates(BTreeMap<String, (Timestamp, u64)>);

impl Rates {
    /// Counts a query, if the principal may send one more now.
    pub(super) fn take(&mut self, principal: &str, count_max: u64, now: Timestamp) -> Result<(), QueryError> {
        let (since, count) = self.0.entry(principal.to_owned()).or_insert((now, 0));
        let elapsed = now.duration_since(*since);
        if elapsed >= WINDOW || elapsed < SignedDuration::ZERO {
            (*since, *count) = (now, 0);
        } else if *count >= count_max {
            let left = WINDOW.saturating_sub(elapsed);
            return Err(QueryError::Throttled { seconds: left.as_secs() + i64::from(left.subsec_nanos() > 0) });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_of_a_principal_are_limited_within_thirty_seconds() {
        let mut rates = Rates::default();
        let mut take = |principal, second| rates.take(principal, 2, Timestamp::from_second(second).unwrap()).is_ok();
        assert!(take("a", 100) && take("a", 110));
        assert!(!take("a", 129) && take("b", 129));
        assert!(take("a", 130));
    }

    #[tokio::test(start_paused = true)]
    async fn a_query_that_waits_too_long_or_finds_the_queue_full_is_refused() {
        let limits = Query { concurrent_max: 1, queue_max: 1, ..Query::default() };
        let limit = ConcurrencyLimit::new(&limits);
        let permit = limit.acquire(&limits).await.unwrap();
        let (first, second) = tokio::join!(limit.acquire(&limits), limit.acquire(&limits));
        assert!(first.is_err() && second.is_err());
        drop(permit);
        assert!(limit.acquire(&limits).await.is_ok());
    }
}
