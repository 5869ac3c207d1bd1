//! What a step of a timeline does.

use std::collections::BTreeMap;
use std::time::Duration;

use connector::Stream;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::EventSpec;
use super::length;
use super::query::Query;

/// What can happen. The first seven concern calls: which ones, the step says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Somebody between the connector and a peer responds: a filter, a gateway, a sign-in page.
    Intercept {
        /// With what.
        response: Interception,
        /// Whether the peer gets the request and acts on it, and only its response is replaced.
        #[serde(default, skip_serializing_if = "is_false")]
        peer_acts: bool,
    },
    /// The peer itself refuses calls, and may say how long to wait.
    Refuse {
        /// An error status.
        status: u16,
        /// The error's code in the peer's own form; the usual one of the status unless given. At the identity service one that
        /// begins with `AADSTS` is the number of its message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// How long to wait, and how that is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait: Option<NamedWait>,
    },
    /// A response given word for word.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// Its body.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        /// Whether the peer gets the request and acts on it, and only its response is replaced.
        #[serde(default, skip_serializing_if = "is_false")]
        peer_acts: bool,
    },
    /// Connections break.
    Break {
        /// Where; at any of these.
        points: Vec<Point>,
    },
    /// Responses come slowly.
    Trickle {
        /// At this rate; at least 1.
        bytes_per_second: u32,
    },
    /// Responses take longer and longer while it lasts.
    Slow {
        /// The delay at the end; it grows from nothing. Of a single call, its delay.
        #[serde(with = "length")]
        #[schemars(with = "String")]
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
    Clock {
        /// Whose.
        whose: ClockOwner,
        /// By how much; positive is ahead.
        #[serde(with = "length")]
        #[schemars(with = "String")]
        by: SignedDuration,
        /// How much more it gains each second while it lasts, in parts of a million; negative loses.
        #[serde(default, skip_serializing_if = "is_zero")]
        drift_ppm: i32,
    },
    /// The disk takes no writes.
    DiskFull {},
    /// A credential stops working, and works again at the end.
    Credential {
        /// Which.
        which: Credential,
        /// How it stops working.
        #[serde(default)]
        state: CredentialState,
    },
    /// Something changes at Miro: `plan`, `guard`, `tokens`, `toggles`, `switches`, … as `POST /_control/world` takes it.
    Miro(serde_json::Map<String, serde_json::Value>),
    /// Something changes at Azure.
    Azure(AzureChange),
    /// An event happens at Miro.
    Event(EventSpec),
    /// Many events happen at Miro, as its generator makes them.
    Events(GeneratedEvents),
    /// The connector's machine loses power, and comes back.
    Crash(Crash),
    /// The connector's process is killed, and started again.
    Kill {
        /// How long until it is started again.
        #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
        #[schemars(with = "String")]
        down_for: SignedDuration,
    },
    /// The connector is told to stop, has to end within its grace period, and is started again.
    Stop {
        /// How long until it is started again.
        #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
        #[schemars(with = "String")]
        down_for: SignedDuration,
    },
    /// The connector is told to take up its configuration again.
    Reload {},
    /// A file with a secret gets another one, which the peer takes; the old one is dead.
    Rotate {
        /// Which.
        which: Credential,
    },
    /// A query in the workspace has to give this, then.
    Query(Query),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_zero(value: &i32) -> bool {
    *value == 0
}

/// Where a connection can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Before the request: nobody listens.
    ConnectionRefused,
    /// In the request.
    CutInRequest,
    /// After the peer acted, before its response.
    ResponseLost,
    /// In the response.
    CutInResponse,
    /// Instead of the response, for ever.
    Silence,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ConnectionRefused, Self::CutInRequest, Self::ResponseLost, Self::CutInResponse, Self::Silence];
}

/// What somebody in between responds with. None of it carries a header of the service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    #[serde(rename = "error_in_200")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NamedWait {
    /// `Retry-After` in whole seconds.
    Seconds(u64),
    /// `Retry-After` in seconds with a fraction, which nobody may send and some do; in milliseconds here.
    Fraction(u32),
    /// `Retry-After` as a date: the peer's clock and so much.
    Date(
        #[serde(with = "length")]
        #[schemars(with = "String")]
        SignedDuration,
    ),
    /// `Retry-After` as this text, which says nothing.
    Text(String),
    /// `X-RateLimit-Remaining: 0` and `X-RateLimit-Reset` so much after the peer's clock.
    Reset(
        #[serde(with = "length")]
        #[schemars(with = "String")]
        SignedDuration,
    ),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refuser {
    /// Azure, in its own shape.
    Azure,
    /// Somebody in between, with an HTML page.
    Proxy,
}

/// Who reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockOwner {
    /// The connector.
    Connector,
    /// Miro.
    Miro,
    /// Azure: identity and ingestion.
    Azure,
}

/// A credential of the connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// The Miro token of the audit log.
    AuditToken,
    /// The Miro token of the content log.
    ContentToken,
    /// The right to send to the audit rule.
    AuditRole,
    /// The right to send to the content rule.
    ContentRole,
    /// The secret of the Entra application.
    ClientSecret,
}

/// How a Miro token stops working; of a role and of a secret it makes no difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// The toggle of its integration is off.
    #[default]
    SwitchedOff,
    /// It was revoked.
    Revoked,
    /// Its app was uninstalled.
    Uninstalled,
}

/// A change at Azure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AzureChange {
    /// The right to send to this log's rule is given.
    AssignRole(#[schemars(with = "super::stream_name::StreamName")] Stream),
    /// The right to send to this log's rule is taken.
    UnassignRole(#[schemars(with = "super::stream_name::StreamName")] Stream),
    /// The rule of this log is deleted.
    RemoveRule(#[schemars(with = "super::stream_name::StreamName")] Stream),
    /// The rule of this log is put back, with the same id.
    RestoreRule(#[schemars(with = "super::stream_name::StreamName")] Stream),
}

/// Events that Miro's generator makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratedEvents {
    /// In which log.
    #[schemars(with = "super::stream_name::StreamName")]
    pub stream: Stream,
    /// How many.
    pub generate: usize,
    /// The time into which they fall, up to the step's own.
    #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
    #[schemars(with = "String")]
    pub over: SignedDuration,
    /// Another seed gives other events; the same gives the same ones.
    #[serde(default)]
    pub seed: u64,
    /// How many share their millisecond with the one before, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<f64>,
    /// How many are in the log twice, with the same id, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<f64>,
}

/// A loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// At which point of the work that follows.
    #[serde(default)]
    pub point: CrashPoint,
    /// How long until the connector is started again.
    #[serde(default, with = "length", skip_serializing_if = "SignedDuration::is_zero")]
    #[schemars(with = "String")]
    pub down_for: SignedDuration,
    /// Decides what the disk keeps of the writes that were under way.
    #[serde(default)]
    pub disk_seed: u64,
}

/// Where in its work the connector is when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CrashPoint {
    /// At the first await after so many polls.
    Poll(u32),
    /// In the middle of a change to the disk, after so many others.
    DiskChange(u64),
    /// When Azure has accepted an upload, before the connector hears of it.
    AfterUpload,
}

impl Default for CrashPoint {
    fn default() -> Self {
        Self::Poll(0)
    }
}

impl Action {
    /// The key in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Intercept { .. } => "intercept",
            Self::Refuse { .. } => "refuse",
            Self::Answer { .. } => "answer",
            Self::Break { .. } => "break",
            Self::Trickle { .. } => "trickle",
            Self::Slow { .. } => "slow",
            Self::LimitUploads { .. } => "limit_uploads",
            Self::Clock { .. } => "clock",
            Self::DiskFull {} => "disk_full",
            Self::Credential { .. } => "credential",
            Self::Miro(_) => "miro",
            Self::Azure(_) => "azure",
            Self::Event(_) => "event",
            Self::Events(_) => "events",
            Self::Crash(_) => "crash",
            Self::Kill { .. } => "kill",
            Self::Stop { .. } => "stop",
            Self::Reload {} => "reload",
            Self::Rotate { .. } => "rotate",
            Self::Query(_) => "query",
        }
    }

    /// The keys of all actions.
    pub const NAMES: [&str; 20] = [
        "intercept",
        "refuse",
        "answer",
        "break",
        "trickle",
        "slow",
        "limit_uploads",
        "clock",
        "disk_full",
        "credential",
        "miro",
        "azure",
        "event",
        "events",
        "crash",
        "kill",
        "stop",
        "reload",
        "rotate",
        "query",
    ];

    /// What it does, as a file has it on one line, such as `refuse: {"status":429}`; a long one is cut.
    pub fn told(&self) -> String {
        const LENGTH_MAX: usize = 160;
        let written = serde_json::to_value(self).unwrap_or_default();
        let value = written.get(self.name()).map(serde_json::Value::to_string).unwrap_or_default();
        let mut told = format!("{}: {value}", self.name());
        if told.len() > LENGTH_MAX {
            told = told.chars().take(LENGTH_MAX).chain(std::iter::once('…')).collect();
        }
        told
    }

    /// Whether it meets calls, rather than doing something of its own.
    pub const fn concerns_calls(&self) -> bool {
        matches!(
            self,
            Self::Intercept { .. }
                | Self::Refuse { .. }
                | Self::Answer { .. }
                | Self::Break { .. }
                | Self::Trickle { .. }
                | Self::Slow { .. }
                | Self::LimitUploads { .. }
        )
    }

    /// Whether it acts on the connector itself, rather than on the world around it.
    pub const fn is_of_the_connector(&self) -> bool {
        matches!(self, Self::Crash(_) | Self::Kill { .. } | Self::Stop { .. } | Self::Reload {} | Self::Rotate { .. })
    }

    /// Whether it is over at the end of its step, so that a length makes sense.
    pub const fn lasts(&self) -> bool {
        self.concerns_calls() || matches!(self, Self::Clock { .. } | Self::DiskFull {} | Self::Credential { .. })
    }
}
