//! One bound on the bytes of all pages in memory together: of every stream and window, from before a page is asked for until
//! its last event is delivered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::budget::Priority;

/// The bytes that all pages may hold.
const TOTAL: usize = 24 * 1024 * 1024;
/// What a page is counted as that may be larger than all of this together: see [`PageMemory::oversize`].
const OVERSIZE_BYTES: usize = 8 * 1024 * 1024;
/// What sweeps and history leave free: a page for the tail of each stream, so that nothing older keeps the newest waiting.
const LEFT_TO_TAILS: usize = 8 * 1024 * 1024;

/// The memory for pages, shared by all streams of a process.
#[derive(Debug)]
pub(crate) struct PageMemory {
    free: Mutex<usize>,
    freed: Notify,
    oversize: Arc<Semaphore>,
}

impl Default for PageMemory {
    fn default() -> Self {
        Self { free: Mutex::new(TOTAL), freed: Notify::new(), oversize: Arc::new(Semaphore::new(1)) }
    }
}

impl PageMemory {
    /// Waits for the right to ask for a page that may be larger than the bound. One at a time has it, until its page is gone. All
    /// of the memory cannot be waited for: what holds some of it may be waiting for what that page brings.
    pub(super) async fn oversize(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.oversize).acquire_owned().await.ok()
    }

    /// Takes `bytes`, or [`OVERSIZE_BYTES`] where `bytes` is more; `None` while that is not free.
    pub(super) fn try_take(self: &Arc<Self>, bytes: usize, priority: Priority) -> Option<MemoryPermit> {
        let left = if priority == Priority::Tail { 0 } else { LEFT_TO_TAILS };
        let bytes = bytes.min(OVERSIZE_BYTES);
        let mut free = self.lock();
        (*free >= bytes + left).then(|| {
            *free -= bytes;
            MemoryPermit { memory: Arc::clone(self), bytes, oversize: None }
        })
    }

    /// Waits until something was given back. Cancel safe.
    pub(super) async fn take(self: &Arc<Self>, bytes: usize, priority: Priority) -> MemoryPermit {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(permit) = self.try_take(bytes, priority) {
                return permit;
            }
            freed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // One number: whole at any time.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that is in use; given back when dropped.
#[derive(Debug)]
pub(super) struct MemoryPermit {
    memory: Arc<PageMemory>,
    bytes: usize,
    /// Held, not read.
    oversize: Option<OwnedSemaphorePermit>,
}

impl MemoryPermit {
    /// Keeps the right to a page larger than the bound as long as the page.
    pub(super) fn with_oversize(mut self, oversize: Option<OwnedSemaphorePermit>) -> Self {
        self.oversize = oversize;
        self
    }

    /// Gives `body` its memory and what is left over back. It is in use until the last slice of the body is dropped.
    pub(super) fn hold(mut self, body: Bytes) -> Bytes {
        let surplus = self.bytes.saturating_sub(body.len());
        self.bytes -= surplus;
        self.memory.give_back(surplus);
        Bytes::from_owner(Held { body, _permit: self })
    }
}

impl PageMemory {
    fn give_back(&self, bytes: usize) {
        *self.lock() += bytes;
        self.freed.notify_waiters();
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

struct Held {
    body: Bytes,
    _permit: MemoryPermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4 * 1024 * 1024;

    #[test]
    fn the_bound_is_on_the_sum_and_the_tails_have_room_of_their_own() {
        let memory = Arc::new(PageMemory::default());
        let history: Vec<MemoryPermit> = std::iter::from_fn(|| memory.try_take(PAGE, Priority::History)).collect();
        assert_eq!(history.len(), 4);
        let tails: Vec<MemoryPermit> = std::iter::from_fn(|| memory.try_take(PAGE, Priority::Tail)).collect();
        assert_eq!(tails.len(), 2);
        drop((history, tails));
        assert_eq!(*memory.lock(), TOTAL);
    }

    #[test]
    fn a_page_holds_what_it_is_large_until_its_last_event_is_gone() {
        let memory = Arc::new(PageMemory::default());
        let body = memory.try_take(PAGE, Priority::Tail).unwrap().hold(Bytes::from(vec![b'x'; 1_000]));
        assert_eq!(*memory.lock(), TOTAL - 1_000);
        let event = body.slice(10..20);
        drop(body);
        assert_eq!(*memory.lock(), TOTAL - 1_000);
        drop(event);
        assert_eq!(*memory.lock(), TOTAL);
    }

    #[tokio::test]
    async fn a_page_larger_than_the_bound_is_read_alone_and_waits_for_nobody_else() {
        let memory = Arc::new(PageMemory::default());
        let others: Vec<MemoryPermit> = (0..4).map(|_| memory.try_take(PAGE, Priority::Tail).unwrap()).collect();
        let oversize = memory.oversize().await;
        let body = memory
            .try_take(usize::MAX, Priority::Tail)
            .unwrap()
            .with_oversize(oversize)
            .hold(Bytes::from(vec![b'x'; 10]));
        let second = memory.oversize();
        tokio::pin!(second);
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        drop(body);
        assert!(second.await.is_some());
        drop(others);
        assert_eq!(*memory.lock(), TOTAL);
    }
}
