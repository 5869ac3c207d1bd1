//! A scenario as data: a world, what happens in it, and what has to come of it.
//!
//! A file is read by [`read`], a seed draws one ([`draw`]), and everything else plays one. Nothing in here plays anything.

mod action;
mod call;
pub mod check;
pub mod draw;
mod event;
mod expect;
pub mod finding;
pub(crate) mod length;
mod node;
mod plays;
mod query;
pub mod read;
pub mod schema;
mod step;
mod stream_name;
pub mod world;
pub mod write;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::{
    Action, AzureChange, ClockOwner, Crash, CrashPoint, Credential, CredentialState, GeneratedEvents, Interception,
    NamedWait, OTHER_JSON, Point, Refuser,
};
pub use call::{Call, Peer};
pub use event::{Content, EventSpec, MiroEvent};
pub use expect::{Amount, Blocked, Bounds, Delivered, Eventually, Expect, Requests, Rule};
pub use plays::{Place, Plays};
pub use query::{Query, Rows};
pub use step::{Calls, Nth, Step, Trigger};

/// A scenario: one case of a file, with its matrix values filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name for reports and skips, such as `MIRO-PAGE-004`; never changed.
    pub id: String,
    /// What has to hold, in one line.
    pub title: String,
    /// The room of the catalogue that it belongs to.
    pub family: Family,
    /// How much it binds.
    #[serde(default)]
    pub level: Level,
    /// What it is part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
    /// What a connector must be able to do for this to make sense.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Feature>,
    /// Where it is written down what has to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spec: Vec<Source>,
    /// Why it matters: what goes wrong for whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Files of `scenarios/worlds` that this one begins with, by name.
    #[serde(default, rename = "use", skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// Values for `${NAME}` in the rest of the file: one case for each combination, 200 at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matrix: BTreeMap<String, Vec<serde_json::Value>>,
    /// Decides whatever the file does not.
    #[serde(default)]
    pub seed: u64,
    /// Miro, Azure and the time at which it begins.
    #[serde(default)]
    pub world: WorldSpec,
    /// Keys of the connector's configuration with other values than their defaults, such as `streams.audit.poll_every: 1s`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connector: BTreeMap<String, serde_json::Value>,
    /// How the network is all the time.
    #[serde(default, skip_serializing_if = "Conditions::is_perfect")]
    pub network: Conditions,
    /// How long it lasts before everything has to come right; without it, until its last step is over, 10 s at least.
    #[serde(default, with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub lasts: Option<SignedDuration>,
    /// What happens.
    #[serde(default, skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Step>,
    /// What has to come of it, beside the promises that always hold.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
}

/// The world that a scenario begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorldSpec {
    /// When it begins, in true time.
    #[schemars(with = "String")]
    pub clock: Timestamp,
    /// What the connector is told to deliver from, counted from `clock`; negative is before.
    #[serde(with = "length")]
    #[schemars(with = "String")]
    pub start: SignedDuration,
    /// Keys of mock-miro's world that differ from an Enterprise organization with Guard. The keys of an organization, such as
    /// `audit`, `guard` or `plan`, may stand here directly: they are the first one's.
    pub miro: serde_json::Map<String, serde_json::Value>,
    /// Keys of mock-sentinel's world that differ from its default.
    pub azure: serde_json::Map<String, serde_json::Value>,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self {
            clock: Timestamp::constant(1_772_323_200, 0),
            start: SignedDuration::from_hours(-1),
            miro: serde_json::Map::new(),
            azure: serde_json::Map::new(),
        }
    }
}

/// How the network is, apart from what the timeline does to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// The share of all calls that break at any point, 0 to 1, until the timeline is over.
    pub loss: f64,
    /// The longest time that a request or its response is under way.
    #[serde(with = "length", skip_serializing_if = "SignedDuration::is_zero")]
    #[schemars(with = "String")]
    pub latency_max: SignedDuration,
}

impl Conditions {
    fn is_perfect(&self) -> bool {
        *self == Self::default()
    }
}

/// Where something is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A public address.
    pub url: String,
    /// The day on which it was read.
    #[schemars(with = "String")]
    pub seen: Date,
}

/// How much a scenario binds, as in RFC 2119.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A connector that fails here loses or repeats events, or breaks the peers' rules.
    #[default]
    Must,
    /// A good connector does it.
    Should,
    /// Some do.
    May,
}

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in files and reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

closed_list! {
    /// What a scenario is part of.
    Profile {
        /// The audit log.
        Audit = "audit",
        /// The content log.
        Content = "content",
        /// That everything arrives, whatever happens on the way.
        Delivery = "delivery",
        /// That a cause is named, with its next step.
        Diagnosis = "diagnosis",
        /// Peers that misbehave.
        Hostile = "hostile",
    }
}

closed_list! {
    /// What a connector can do, beside delivering.
    Feature {
        /// Delivers the audit log.
        Audit = "audit",
        /// Delivers the content log.
        Content = "content",
        /// Delivers the AI interaction log.
        Ai = "ai",
        /// Finds events that show up late.
        LateEvents = "late-events",
        /// Keeps what cannot be delivered.
        DeadLetters = "dead-letters",
        /// Reads secrets from files.
        SecretFiles = "secret-files",
        /// Takes up changed secrets without a restart.
        Reload = "reload",
        /// Renews Miro tokens by OAuth.
        OauthRefresh = "oauth-refresh",
        /// Signs in as a managed identity.
        ManagedIdentity = "managed-identity",
        /// Reads several organizations.
        SeveralOrganizations = "several-organizations",
    }
}

closed_list! {
    /// The rooms of the catalogue.
    Family {
        /// Pages and cursors.
        Paging = "paging",
        /// Windows of time and how times are written.
        Windows = "windows",
        /// Events that show up late, and ties.
        Lateness = "lateness",
        /// Events and pages that come again.
        Duplicates = "duplicates",
        /// Rate limits and waits.
        RateLimits = "rate-limits",
        /// Miro's tokens and toggles.
        Tokens = "tokens",
        /// Scopes, plan, Guard and organization.
        Access = "access",
        /// Errors of the identity service.
        Entra = "entra",
        /// Roles and how long they take.
        Roles = "roles",
        /// Limits and errors of ingestion.
        Ingestion = "ingestion",
        /// Responses that are not the service's.
        Foreign = "foreign-responses",
        /// What becomes of values on their way into columns.
        Columns = "columns",
        /// Outages, and connections that break.
        Outages = "outages",
        /// Crashes.
        Crashes = "crashes",
        /// The disk.
        Disk = "disk",
        /// Clocks.
        Clocks = "clocks",
        /// Stopping.
        Shutdown = "shutdown",
        /// Hostile peers.
        Hostile = "hostile",
        /// What keeps a connector from working, and that it says so.
        Diagnosis = "diagnosis",
        /// Drawn from a seed.
        Drawn = "drawn",
        /// What once failed.
        Regressions = "regressions",
    }
}

impl Level {
    /// The name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

impl Scenario {
    /// How long it lasts before everything has to come right.
    pub fn length(&self) -> SignedDuration {
        self.lasts.unwrap_or_else(|| {
            let ends = (0..self.timeline.len()).map(|step| self.latest_end(step));
            ends.max().unwrap_or_default().max(LENGTH_MIN)
        })
    }

    /// When a step is over at the latest that can be told beforehand: one that waits for a call counts from the beginning.
    fn latest_end(&self, step: usize) -> SignedDuration {
        let begins = self.begins_at(step).unwrap_or_default();
        self.timeline.get(step).map_or(begins, |step| begins.saturating_add(step.lasts.unwrap_or_default()))
    }

    /// When a step begins, if no call decides that, counted from the clock of the world.
    pub fn begins_at(&self, step: usize) -> Option<SignedDuration> {
        begins_at(&self.timeline, step)
    }

    /// Where the step of this name stands.
    pub fn position_of(&self, name: &str) -> Option<usize> {
        position_of(&self.timeline, name)
    }

    /// A true time, from one that is counted from the beginning.
    pub fn time(&self, since: SignedDuration) -> Timestamp {
        self.world.clock.saturating_add(since).unwrap_or(Timestamp::MAX)
    }
}

/// When a step of this timeline begins, if no call decides that, counted from the beginning.
pub fn begins_at(timeline: &[Step], step: usize) -> Option<SignedDuration> {
    let mut after = SignedDuration::ZERO;
    let mut step = step;
    // No longer than the timeline, so that steps that follow each other in a circle end it.
    for _ in 0..=timeline.len() {
        match &timeline.get(step)?.trigger {
            Trigger::At(at) => return Some(after.saturating_add(*at)),
            Trigger::When(_) => return None,
            Trigger::After { step: name, by } => {
                after = after.saturating_add(*by);
                step = position_of(timeline, name)?;
            }
        }
    }
    None
}

fn position_of(timeline: &[Step], name: &str) -> Option<usize> {
    timeline.iter().position(|step| step.name.as_deref() == Some(name))
}

/// A length of time as files have it.
pub fn length_text(length: SignedDuration) -> String {
    length::text(length)
}

/// A scenario without steps lasts so long.
const LENGTH_MIN: SignedDuration = SignedDuration::from_secs(10);
