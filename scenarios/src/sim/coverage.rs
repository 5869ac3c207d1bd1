//! What a run has been through. A sweep in which some kind of trouble never happened has proved less than it says.

use std::collections::BTreeMap;

use serde::Serialize;

/// A kind of trouble, or of coping with it, that a sweep must meet at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Miro answered 429.
    RateLimited,
    /// Azure answered 429.
    Throttled,
    /// A peer said when to come back.
    ToldToWait,
    /// A peer answered 5xx.
    ServerError,
    /// No connection came about.
    Refused,
    /// The connection broke in the request.
    CutInRequest,
    /// The peer acted and its answer was lost.
    LostAnswer,
    /// The connection broke in the answer.
    CutInAnswer,
    /// The answer never came.
    Silence,
    /// The program died at some await.
    CrashAtAwait,
    /// The program died while the disk was changing.
    CrashInDiskChange,
    /// The program died between a delivery and its commit.
    CrashBeforeCommit,
    /// A crash left a write torn between sectors.
    TornWrite,
    /// An event became visible long after it happened.
    LateEvent,
    /// A second token was needed.
    TokenRenewed,
    /// A credential did not work for a while.
    LockedOut,
    /// An event had to be sent twice.
    SentTwice,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::RateLimited,
        Self::Throttled,
        Self::ToldToWait,
        Self::ServerError,
        Self::Refused,
        Self::CutInRequest,
        Self::LostAnswer,
        Self::CutInAnswer,
        Self::Silence,
        Self::CrashAtAwait,
        Self::CrashInDiskChange,
        Self::CrashBeforeCommit,
        Self::TornWrite,
        Self::LateEvent,
        Self::TokenRenewed,
        Self::LockedOut,
        Self::SentTwice,
    ];
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// How often each kind was met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Coverage(BTreeMap<Kind, u64>);

impl Coverage {
    /// Notes one more.
    pub fn met(&mut self, kind: Kind) {
        self.met_times(kind, 1);
    }

    /// Notes `times` more.
    pub fn met_times(&mut self, kind: Kind, times: u64) {
        *self.0.entry(kind).or_default() += times;
    }

    /// Adds what another run met.
    pub fn add(&mut self, other: &Self) {
        for (kind, times) in &other.0 {
            self.met_times(*kind, *times);
        }
    }

    /// How often `kind` was met.
    pub fn times(&self, kind: Kind) -> u64 {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// The kinds that were never met.
    pub fn missing(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.times(*kind) == 0).collect()
    }
}
