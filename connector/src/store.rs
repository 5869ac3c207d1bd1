//! What survives a crash: the ledger, the memory of delivered ids, and what was set aside.

use std::fmt::Debug;
use std::ops::Range;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::problem::Code;
use crate::{Problem, Stream};

pub use redb::RedbStore;

mod redb;

/// Counts the writes of one stream's ledger; a commit names the version it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u64);

/// A 16-byte hash of an event id: enough that two ids of one organisation never collide by accident.
pub type IdHash = [u8; 16];

/// One minute of source time (minutes since 1970) under which ids are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub i64);

/// Ids by the minute under which they are remembered.
pub type ByMinute = Vec<(Minute, Vec<IdHash>)>;

/// Everything that changes with one delivery. A store applies all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The ledger after the change, serialised by its owner.
    pub ledger: Bytes,
    /// Ids now delivered or set aside.
    pub remember: ByMinute,
    /// Minutes that will never be read again: half-open ranges.
    pub forget: Vec<Range<Minute>>,
    /// Events set aside with this change.
    pub set_aside: Vec<DeadLetter>,
}

/// An event that Azure will never take, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its stream.
    pub stream: Stream,
    /// Miro's id of the event.
    pub id: String,
    /// When it was set aside.
    pub at: Timestamp,
    /// Why: a constant phrase or Azure's error code, never the event itself.
    pub reason: String,
    /// The event as Miro sent it.
    pub event: Bytes,
}

/// Durable state of one connector. Clones of the handle share it.
///
/// The contract fits a local file as well as a blob behind ETags: one writer at a time holds the lease, every
/// commit names the version it was made from, and a commit is atomic and durable when it returns.
pub trait Store: Debug + Send + Sync + 'static {
    /// The ledger of `stream` and its version; `None` before the first commit.
    fn load(&self, stream: Stream) -> BoxFuture<'_, Result<Option<(Version, Bytes)>, StoreError>>;

    /// Applies `change` if `stream` still stands at `from`, and returns the new version.
    ///
    /// Not cancel safe in the sense that a dropped call may or may not have been applied; load again to know.
    fn commit(&self, stream: Stream, from: Version, change: Change) -> BoxFuture<'_, Result<Version, StoreError>>;

    /// Writes about as much as the record of a delivery needs and takes it away again. When this succeeds, the next delivery can
    /// be recorded; a batch that is sent while it cannot would be sent once more after each crash.
    fn prove_writable(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The ids remembered under the minutes of `range`, ascending; minutes without any are left out.
    fn remembered(&self, stream: Stream, range: Range<Minute>) -> BoxFuture<'_, Result<ByMinute, StoreError>>;

    /// Set-aside events in the order they came, at most `limit`, after `after`.
    fn dead_letters(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<(u64, DeadLetter)>, StoreError>>;

    /// How many events are set aside per stream, and the bytes of all together.
    fn dead_letter_totals(&self) -> BoxFuture<'_, Result<DeadLetterTotals, StoreError>>;

    /// Removes set-aside events by number; unknown numbers are ignored.
    fn drop_dead_letters(&self, numbers: Vec<u64>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes what was dropped out of where it lies: until then a store may keep it in freed space. Everybody goes on with the
    /// store afterwards; nobody is served meanwhile.
    fn wipe(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes the lease for `owner` until `until`, or renews it; false when another owner holds it past `now`.
    fn lease(&self, owner: u128, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Gives the lease back if `owner` holds it.
    fn release(&self, owner: u128) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// How much is set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterTotals {
    /// Audit events.
    pub audit: u64,
    /// Content events.
    pub content: u64,
    /// Bytes of all together.
    pub bytes: u64,
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else committed in between, or the version is not the latest.
    #[error("the checkpoint of {stream} stands at version {found}, not {expected}: another connector is writing to it")]
    Conflict {
        /// The stream.
        stream: Stream,
        /// The version the commit was made from.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// The dead-letter store would grow past its bound.
    #[error("the dead-letter store {}", told_full(*held, *needed, *limit))]
    DeadLettersFull {
        /// Bytes held now.
        held: u64,
        /// Bytes that would be set aside with the change.
        needed: u64,
        /// The bound.
        limit: u64,
    },
    /// The file is damaged, of another version, held by another process or not ours.
    #[error("{cause}; {next_step}")]
    Unusable {
        /// What is wrong, the file named.
        cause: String,
        /// The one thing to do.
        next_step: String,
    },
    /// Reading or writing failed.
    #[error("could not {action} the checkpoint: {reason}")]
    Io {
        /// `read`, `write` and the like.
        action: &'static str,
        /// What the system said.
        reason: String,
    },
}

fn told_full(held: u64, needed: u64, limit: u64) -> String {
    if needed > limit {
        format!(
            "takes at most {limit} bytes: what is to be set aside at once needs {needed} by itself, beside the {held} that it holds"
        )
    } else {
        format!("is full: it holds {held} of at most {limit} bytes, and what is to be set aside needs {needed}")
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let (code, subject, cause, next_step) = match error {
            StoreError::Unusable { cause, next_step } => {
                (Code::StoreUnusable, "store.path", cause.clone(), next_step.as_str())
            }
            StoreError::Conflict { .. } => (
                Code::StoreUnusable,
                "store.path",
                error.to_string(),
                "let one connector at a time use this checkpoint, then start again",
            ),
            StoreError::Io { .. } => (
                Code::StoreUnusable,
                "store.path",
                error.to_string(),
                "check that the disk of `store.path` has free space and is writable; nothing is sent until it is, and delivery then \
                 resumes",
            ),
            StoreError::DeadLettersFull { held, needed, limit } if needed > limit => {
                return Self {
                    code: Code::DeadLettersFull,
                    subject: "store.dead_letters".to_owned(),
                    cause: error.to_string(),
                    next_step: format!(
                        "raise `store.dead_letters_bytes_max` to {} or more, and start again; dropping others makes too little room",
                        held.saturating_add(*needed)
                    ),
                };
            }
            StoreError::DeadLettersFull { .. } => (
                Code::DeadLettersFull,
                "store.dead_letters",
                error.to_string(),
                "look at them with `miro-sentinel dead-letters list`; to make room, keep a copy with `… export --all` and remove \
                 them with `… drop`, or send them again with `… resend` (all of it works while the service runs), or raise \
                 `store.dead_letters_bytes_max` and start again",
            ),
        };
        Self { code, subject: subject.to_owned(), cause, next_step: next_step.to_owned() }
    }
}
