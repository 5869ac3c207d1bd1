//! Which failures a run has met. A sweep in which some kind of failure never happened has tested less than it claims.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::scenario::{Interception, NamedWait};

/// A kind of failure, or of recovery, that a sweep must meet at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Miro responded with 429.
    RateLimited,
    /// Azure responded with 429.
    Throttled,
    /// A peer named a wait.
    ToldToWait,
    /// A peer responded with 5xx.
    ServerError,
    /// The connection was refused.
    Refused,
    /// The connection broke in the request.
    CutInRequest,
    /// The peer acted and its response was lost.
    LostAnswer,
    /// The connection broke in the response.
    CutInAnswer,
    /// The response never came.
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
    /// A peer refused a call out of turn.
    PeerRefused,
    /// A proxy sent an HTML page.
    HtmlPage,
    /// A proxy redirected a call.
    Redirect,
    /// A proxy sent JSON that was not asked for.
    OtherJson,
    /// An error object came with a status of success.
    #[serde(rename = "error-in-200")]
    ErrorIn200,
    /// A proxy sent a success without a body.
    EmptySuccess,
    /// What came was not HTTP.
    Garbage,
    /// A response was far too large.
    HugeBody,
    /// The peer acted, and a proxy replaced its response.
    ReplacedResponse,
    /// A wait was named in seconds.
    WaitInSeconds,
    /// A wait was named in fractions of a second.
    WaitInFractions,
    /// A wait was named as a date.
    WaitAsDate,
    /// A wait was named in a text that says nothing.
    WaitUnreadable,
    /// A wait was named as the reset of a rate limit.
    WaitByReset,
    /// A wait of over an hour was named.
    WaitOverAnHour,
    /// A wait of over a year was named.
    WaitOverAYear,
    /// A response came slowly.
    Trickle,
    /// Responses took longer and longer.
    SlowResponse,
    /// Azure refused an upload as too large.
    UploadLimited,
    /// A proxy refused an upload as too large.
    UploadLimitedByProxy,
    /// The connector's clock was wrong.
    ConnectorClockWrong,
    /// Miro's clock was wrong.
    MiroClockWrong,
    /// Azure's clock was wrong.
    AzureClockWrong,
    /// A clock was wrong when the connector was started first.
    ClockAtStartWrong,
    /// A clock ran fast or slow.
    ClockDrift,
    /// A clock was set back.
    ClockSetBack,
    /// An event was smaller than 300 bytes.
    TinyEvent,
    /// An event was larger than 250 KB.
    LargeEvent,
    /// An event was larger than an upload may be.
    OversizeEvent,
    /// An event's bytes were not valid.
    BrokenEvent,
    /// Azure refused an upload for an event in it.
    RefusedEvent,
    /// Ten events and more in a row were refused.
    RowOfRefusedEvents,
    /// A page held more than a batch may.
    PageOfSeveralBatches,
    /// There were events older than the last late sweep when the connector was started first.
    OldHistory,
    /// The disk took no write.
    DiskFull,
    /// The program died in its first minute.
    CrashInFirstStart,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 53] = [
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
        Self::PeerRefused,
        Self::HtmlPage,
        Self::Redirect,
        Self::OtherJson,
        Self::ErrorIn200,
        Self::EmptySuccess,
        Self::Garbage,
        Self::HugeBody,
        Self::ReplacedResponse,
        Self::WaitInSeconds,
        Self::WaitInFractions,
        Self::WaitAsDate,
        Self::WaitUnreadable,
        Self::WaitByReset,
        Self::WaitOverAnHour,
        Self::WaitOverAYear,
        Self::Trickle,
        Self::SlowResponse,
        Self::UploadLimited,
        Self::UploadLimitedByProxy,
        Self::ConnectorClockWrong,
        Self::MiroClockWrong,
        Self::AzureClockWrong,
        Self::ClockAtStartWrong,
        Self::ClockDrift,
        Self::ClockSetBack,
        Self::TinyEvent,
        Self::LargeEvent,
        Self::OversizeEvent,
        Self::BrokenEvent,
        Self::RefusedEvent,
        Self::RowOfRefusedEvents,
        Self::PageOfSeveralBatches,
        Self::OldHistory,
        Self::DiskFull,
        Self::CrashInFirstStart,
    ];
}

impl Kind {
    /// What a proxy responds with.
    pub(crate) const fn of_interception(response: Interception) -> Self {
        match response {
            Interception::Html { .. } => Self::HtmlPage,
            Interception::Redirect => Self::Redirect,
            Interception::OtherJson { .. } => Self::OtherJson,
            Interception::ErrorIn200 => Self::ErrorIn200,
            Interception::Empty { .. } => Self::EmptySuccess,
            Interception::Garbage => Self::Garbage,
            Interception::Huge => Self::HugeBody,
        }
    }

    /// How a wait is written, and whether it is a long one.
    pub(crate) fn of_wait(wait: &NamedWait) -> Vec<Self> {
        let form = match wait {
            NamedWait::Seconds(_) => Self::WaitInSeconds,
            NamedWait::Fraction(_) => Self::WaitInFractions,
            NamedWait::Date(_) => Self::WaitAsDate,
            NamedWait::Text(_) => Self::WaitUnreadable,
            NamedWait::Reset(_) => Self::WaitByReset,
        };
        let length = wait.length().unwrap_or_default();
        let far = (length > HOUR).then_some(Self::WaitOverAnHour).into_iter();
        std::iter::once(form).chain(far).chain((length > YEAR).then_some(Self::WaitOverAYear)).collect()
    }
}

const HOUR: Duration = Duration::from_hours(1);
const YEAR: Duration = Duration::from_hours(365 * 24);

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

    /// Whether the kind of this name was met.
    pub fn has_met(&self, name: &str) -> bool {
        self.0.iter().any(|(kind, times)| *times > 0 && kind.to_string() == name)
    }

    /// The kinds that were never met.
    pub fn missing(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.times(*kind) == 0).collect()
    }
}
