//! What happens in a day, as data: every number is drawn or written before the day begins.

use std::time::Duration;

use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sim::faults::Peer;

mod event;

pub use event::{Content, MiroEvent};

/// Something that begins, and may last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it begins, in true time: no clock of the day has a say in it.
    pub at: Timestamp,
    /// How long it lasts. Without a meaning for what happens once.
    #[serde(rename = "for", default)]
    pub lasts: SignedDuration,
    /// What it is.
    pub action: Action,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Somebody between the connector and a peer responds: a filter, a gateway, a sign-in page.
    Intercept {
        /// On the way to whom.
        peer: Peer,
        /// Which calls.
        calls: Share,
        /// With what.
        response: Interception,
        /// Whether the peer gets the request and acts on it, and only its response is replaced.
        peer_acts: bool,
    },
    /// The peer itself refuses calls, and may say how long to wait.
    Refuse {
        /// Who.
        peer: Peer,
        /// Which calls.
        calls: Share,
        /// An error status.
        status: u16,
        /// How long to wait, and how that is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait: Option<NamedWait>,
    },
    /// Responses come slowly.
    Trickle {
        /// Whose.
        peer: Peer,
        /// At this rate; at least 1.
        bytes_per_second: u32,
    },
    /// Responses take longer and longer while it lasts.
    Slow {
        /// Whose.
        peer: Peer,
        /// The delay at the end; it grows from nothing.
        up_to: SignedDuration,
    },
    /// Uploads over a size are refused with 413.
    LimitUploads {
        /// The largest that passes, in bytes on the wire.
        bytes: u64,
        /// By Azure itself, or by somebody in between.
        by: Refuser,
    },
    /// A clock is wrong, and right again at the end. Several errors of one clock add up.
    SkewClock {
        /// Whose.
        whose: ClockOwner,
        /// By how much; positive is ahead.
        by: SignedDuration,
        /// How much more it gains each second while it lasts, in parts of a million; negative loses.
        drift_ppm: i32,
    },
    /// The disk takes no writes.
    FillDisk,
    /// An event happens at Miro.
    Happen {
        /// In which log.
        stream: Stream,
        /// What.
        event: MiroEvent,
    },
}

/// Which of the calls that match.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// How many of them, 0 to 1.
    pub share: f64,
    /// Chooses them.
    pub seed: u64,
}

/// What somebody in between responds with. None of it carries a header of the service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Interception {
    /// An HTML page.
    Html {
        /// Its status.
        status: u16,
    },
    /// A redirection to a sign-in page.
    Redirect,
    /// JSON that is not what was asked for, with 200; several forms, by number.
    OtherJson {
        /// Which of [`OTHER_JSON`], counted round.
        form: u8,
    },
    /// The service's own error object, with 200.
    ErrorIn200,
    /// A success without a body.
    Empty {
        /// 200 or 202: 204 is what Azure itself sends.
        status: u16,
    },
    /// Bytes that are not HTTP.
    Garbage,
    /// A body far larger than any that is accepted.
    Huge,
}

/// The forms of [`Interception::OtherJson`].
pub const OTHER_JSON: [&str; 7] = [
    "{}",
    "[]",
    "null",
    r#"{"status":"ok"}"#,
    r#"{"type":"cursor-list","limit":100,"size":0,"data":null}"#,
    r#"{"type":"cursor-list","limit":100,"size":100,"data":[]}"#,
    r#"{"type":"list","limit":100,"size":0,"data":[]}"#,
];

/// A wait, and how it is written (RFC 9110, section 10.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NamedWait {
    /// `Retry-After` in whole seconds.
    Seconds(u64),
    /// `Retry-After` in seconds with a fraction, which nobody may send and some do; in milliseconds here.
    Fraction(u32),
    /// `Retry-After` as a date: the peer's clock and so much.
    Date(SignedDuration),
    /// `Retry-After` as this text, which says nothing.
    Text(String),
    /// `X-RateLimit-Remaining: 0` and `X-RateLimit-Reset` so much after the peer's clock.
    Reset(SignedDuration),
}

impl NamedWait {
    /// How long, where it can be understood.
    pub fn length(&self) -> Option<Duration> {
        match self {
            Self::Seconds(seconds) => Some(Duration::from_secs(*seconds)),
            Self::Fraction(millis) => Some(Duration::from_millis((*millis).into())),
            Self::Date(wait) | Self::Reset(wait) => Some(Duration::try_from(*wait).unwrap_or_default()),
            Self::Text(_) => None,
        }
    }
}

/// Who refuses what is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refuser {
    /// Azure, in its own shape.
    Azure,
    /// Somebody in between, with an HTML page.
    Proxy,
}

/// Who reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockOwner {
    /// The connector.
    Connector,
    /// Miro.
    Miro,
    /// Azure: identity and ingestion.
    Azure,
}

impl Event {
    /// When it is over.
    pub fn until(&self) -> Timestamp {
        self.at.saturating_add(self.lasts).unwrap_or(Timestamp::MAX)
    }

    /// Whether it is under way at `now`.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.at <= now && now < self.until()
    }
}
