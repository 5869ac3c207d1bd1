//! What was set aside, in the hands of the connector that runs: it holds the store, so commands ask it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::info;

use super::Connector;
use crate::dead_letters::{Resender, Resent, Unsent, Way, letter};
use crate::progress::Progress;
use crate::stop::Stop;
use crate::store::{Store, StoreError};

impl Connector {
    /// What survives a crash.
    pub(crate) fn store(&self) -> &dyn Store {
        self.parts.store.as_ref()
    }

    /// Sends the events with these numbers through this connector's uploads: its tokens, its waits, its limit of uploads at one
    /// time. Ends early when `stop` is asked for.
    pub(crate) async fn resend(&self, numbers: Vec<u64>, stop: &Stop) -> Result<Resent, Unsent> {
        let way = |stream| {
            let attempts = Arc::new(Progress::new(stream));
            let sink = self.sink(stream, &self.uploads, Arc::clone(&attempts));
            Way { sink, attempts, held: Some(self.progress_of(stream)) }
        };
        let ways: BTreeMap<_, _> = self.config.streams().map(|(stream, _)| (stream, way(stream))).collect();
        let (store, random) = (self.store(), self.parts.random.clone());
        let resent = Resender { store, ways, random, stop: stop.clone() }.resend(numbers).await?;
        info!(accepted = resent.accepted, refused = resent.refused, "Dead letters resent.");
        Ok(resent)
    }

    /// Removes the events with these numbers for good, and returns the numbers of those that there were. Their text is in the file until it is
    /// [wiped](Store::wipe).
    pub(crate) async fn drop_dead_letters(&self, numbers: Vec<u64>) -> Result<Vec<u64>, StoreError> {
        let mut dropped = Vec::new();
        for number in numbers {
            let Some(letter) = letter(self.store(), number).await? else { continue };
            self.store().drop_dead_letters(vec![number]).await?;
            self.progress.get(&letter.stream).iter().for_each(|progress| progress.removed_dead_letters(1));
            dropped.push(number);
        }
        info!(dropped = dropped.len(), "Dead letters dropped.");
        Ok(dropped)
    }
}
