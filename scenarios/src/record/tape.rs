//! What has been recorded so far: redacted, in memory, and bounded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::har::Entry;
use crate::redact::Redactor;

/// The text of all bodies together; entries that come after it has been reached are counted and left out.
const BYTES_MAX: usize = 256_000_000;
/// Bytes of responses that are under way and kept, all together.
const HELD_MAX: usize = 256_000_000;

/// The entries of a recording.
pub(super) struct Tape {
    inner: Mutex<Inner>,
    held: AtomicUsize,
}

struct Inner {
    redactor: Redactor,
    entries: Vec<Entry>,
    bytes: usize,
    dropped: u64,
}

impl Tape {
    pub(super) fn new(redactor: Redactor) -> Self {
        let inner = Mutex::new(Inner { redactor, entries: Vec::new(), bytes: 0, dropped: 0 });
        Self { inner, held: AtomicUsize::new(0) }
    }

    /// Whether so many more bytes of a response under way may be kept.
    pub(super) fn hold(&self, bytes: usize) -> bool {
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= HELD_MAX);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// So many bytes are not under way any more.
    pub(super) fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Adds an entry, redacted by `make`; one that cannot be is left out.
    pub(super) fn add(&self, make: impl FnOnce(&mut Redactor) -> Option<Entry>) {
        let mut inner = self.inner();
        if inner.bytes >= BYTES_MAX {
            if inner.dropped == 0 {
                anstream::eprintln!(
                    "the recording has reached {} MB; what comes now is left out",
                    BYTES_MAX / 1_000_000
                );
            }
            inner.dropped += 1;
            return;
        }
        let Some(entry) = make(&mut inner.redactor) else {
            inner.dropped += 1;
            return;
        };
        inner.bytes += entry.request.post_data.as_ref().map_or(0, |body| body.text.len());
        inner.bytes += entry.response.content.text.as_ref().map_or(0, String::len);
        inner.entries.push(entry);
    }

    /// All entries by their beginning, how many were left out, and how many values were replaced.
    pub(super) fn take(&self) -> (Vec<Entry>, u64, BTreeMap<&'static str, u64>) {
        let mut inner = self.inner();
        let mut entries = std::mem::take(&mut inner.entries);
        entries.sort_by_key(|entry| entry.started_date_time);
        (entries, inner.dropped, inner.redactor.replaced().clone())
    }

    /// Whether a field that keeps its value was anywhere.
    pub(super) fn has_met(&self, field: &str) -> bool {
        self.inner().redactor.has_met(field)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
