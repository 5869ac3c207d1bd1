//! What arrived: a bit for each event of a log, so that a million of them is no burden.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::read::GzDecoder;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::log::Log;
use crate::peers::azure::PLAIN_MAX;

/// The rows of one log.
#[derive(Debug)]
pub(super) struct Table {
    log: Arc<Log>,
    rows: Mutex<Rows>,
    /// Different events that did not arrive yet.
    missing: watch::Sender<usize>,
}

#[derive(Debug)]
struct Rows {
    seen: Vec<u64>,
    /// Rows of an event that was there already.
    repeated: u64,
    /// Rows that are no event of the log, byte for byte.
    strange: u64,
}

impl Table {
    pub(super) fn new(log: &Arc<Log>) -> Self {
        let rows = Rows { seen: vec![0; log.count().div_ceil(64)], repeated: 0, strange: 0 };
        Self { log: Arc::clone(log), rows: Mutex::new(rows), missing: watch::Sender::new(log.count()) }
    }

    /// Takes in the rows of an upload; `None` when it is no compressed JSON array.
    pub(super) fn take(&self, body: &[u8]) -> Option<()> {
        let mut plain = Vec::new();
        GzDecoder::new(body).take(PLAIN_MAX).read_to_end(&mut plain).ok()?;
        let events: Vec<&RawValue> = serde_json::from_slice(&plain).ok()?;
        let mut scratch = Vec::new();
        for event in events {
            self.note(self.recognized(event.get(), &mut scratch));
        }
        Some(())
    }

    /// The number of the event, if it is one of the log, byte for byte.
    fn recognized(&self, event: &str, scratch: &mut Vec<u8>) -> Option<usize> {
        let fields: Map<String, Value> = serde_json::from_str(event).ok()?;
        let number = self.log.number_of(fields.get("id")?.as_str()?)?;
        scratch.clear();
        self.log.append(number, scratch);
        (scratch == event.as_bytes()).then_some(number)
    }

    fn note(&self, number: Option<usize>) {
        let mut rows = self.lock();
        let Some(number) = number else {
            rows.strange += 1;
            return;
        };
        let bit = 1 << (number % 64);
        if rows.seen[number / 64] & bit != 0 {
            rows.repeated += 1;
            return;
        }
        rows.seen[number / 64] |= bit;
        self.missing.send_modify(|missing| *missing -= 1);
    }

    /// Waits until every event of the log has arrived.
    pub(super) async fn is_complete(&self) {
        self.missing.subscribe().wait_for(|missing| *missing == 0).await.expect("we have the sender");
    }

    /// True when every event is there once and nothing else.
    pub(super) fn is_exact(&self) -> bool {
        let rows = self.lock();
        (*self.missing.borrow(), rows.repeated, rows.strange) == (0, 0, 0)
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rows { repeated, strange, .. } = &*self.lock();
        write!(f, "{} events are missing, {repeated} repeated, {strange} not as sent", *self.missing.borrow())
    }
}
