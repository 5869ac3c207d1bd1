//! Commits of which the store says that they failed: some were written, some were not.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::flows::{ONCE, serve};
use super::world::{World, config};
use crate::event::STRAYS;
use crate::store::{ByMinute, Change, DeadLetter, DeadLetterTotals, Minute, RedbStore, Store, StoreError, Version};
use crate::{Outcome, Stop, Stream};

/// A store that fails at one commit, before or after it is written.
#[derive(Debug)]
struct Failing {
    inner: RedbStore,
    commits: AtomicU32,
    fails_at: u32,
    is_written: bool,
}

impl Store for Failing {
    fn load(&self, stream: Stream) -> BoxFuture<'_, Result<Option<(Version, Bytes)>, StoreError>> {
        self.inner.load(stream)
    }

    fn commit(&self, stream: Stream, from: Version, change: Change) -> BoxFuture<'_, Result<Version, StoreError>> {
        Box::pin(async move {
            let fails = self.commits.fetch_add(1, Ordering::Relaxed) == self.fails_at;
            if !fails || self.is_written {
                let written = self.inner.commit(stream, from, change).await;
                if !fails {
                    return written;
                }
            }
            Err(StoreError::Io { action: "write", reason: "no answer".into() })
        })
    }

    fn prove_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.prove_writable()
    }

    fn remembered(&self, stream: Stream, range: Range<Minute>) -> BoxFuture<'_, Result<ByMinute, StoreError>> {
        self.inner.remembered(stream, range)
    }

    fn dead_letters(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<(u64, DeadLetter)>, StoreError>> {
        self.inner.dead_letters(after, limit)
    }

    fn dead_letter_totals(&self) -> BoxFuture<'_, Result<DeadLetterTotals, StoreError>> {
        self.inner.dead_letter_totals()
    }

    fn drop_dead_letters(&self, numbers: Vec<u64>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.drop_dead_letters(numbers)
    }

    fn lease(&self, owner: u128, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.inner.lease(owner, now, until)
    }

    fn wipe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.wipe()
    }

    fn release(&self, owner: u128) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.release(owner)
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_failed_is_made_again_unless_it_was_written() {
    // The first commit is the beginning of the ledger.
    for fails_at in 1..4 {
        for is_written in [false, true] {
            let what = format!("commit {fails_at}, written: {is_written}");
            let world = World::new(70);
            world.happen(70, 900, -300, 0, 0);
            let store = Failing { inner: world.store(0), commits: AtomicU32::new(0), fails_at, is_written };
            let connector = world.connector_on(Arc::new(store), 70, config(Duration::from_mins(5)));
            if is_written {
                assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done, "{what}");
            } else {
                serve(&connector, 120).await;
            }
            drop(connector);
            assert_eq!((world.missing(), world.duplicates()), (0, 0), "{what}");
            let remembered = world.store(0).remembered(Stream::Audit, Minute(0)..STRAYS).await.unwrap();
            assert_eq!(remembered.iter().map(|(_, ids)| ids.len()).sum::<usize>(), 900, "{what}");
        }
    }
}
