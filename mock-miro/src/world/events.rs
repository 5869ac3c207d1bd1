//! The initial events of a log.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The initial events of a log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// A file with one event per line, exactly as Miro sends it.
    pub file: Option<PathBuf>,
    /// How many events to generate.
    pub generate: usize,
    /// The length of the interval that generated events fall into; 24 hours by default.
    pub over: Option<SignedDuration>,
    /// The start of that interval; by default it ends when the mock starts.
    pub from: Option<Timestamp>,
    /// The seed of the generator.
    pub seed: u64,
    /// Anomalies of the generated events.
    pub traits: Traits,
    /// Incidents to plant in an audit log, listed at `GET /_control/incidents`.
    pub incidents: Vec<Incident>,
}

/// What can be planted in an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incident {
    /// One person exports sixty boards within ten minutes.
    MassExport,
    /// One person signs in from two continents within twenty minutes.
    ImpossibleTraveller,
    /// An admin switches the SIEM integration off in the middle of the night.
    SiemDisabled,
    /// Two hundred sign-ins of one person fail from one address, then one succeeds.
    SignInStorm,
}

impl Incident {
    /// Every kind.
    pub fn all() -> [Self; 4] {
        [Self::MassExport, Self::ImpossibleTraveller, Self::SiemDisabled, Self::SignInStorm]
    }
}

/// Anomalies of generated events; shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traits {
    /// How many share their millisecond with the one before.
    pub ties: f64,
    /// How many become visible only later.
    pub late: f64,
    /// The longest such delay.
    pub late_by: SignedDuration,
    /// How many are in the log twice, with the same id.
    pub duplicates: f64,
    /// How many have a text of 64 KB to 1 MB.
    pub long_texts: f64,
    /// How many audit events belong to a sign-in storm: hundreds of people within a few minutes, failing at first. At
    /// least one storm a day, as long as 30 events are left for each.
    pub sign_in_storms: f64,
    /// How many have a `type` that the specification does not list: of `createdBy` in audit events, of `actor` and
    /// `relationships` in content events.
    pub unknown_types: f64,
    /// How many audit events have their `details` as a text that holds JSON, as the specification's example does.
    pub string_details: f64,
    /// How many have a text with half a surrogate pair, escaped: JSON by its grammar, and no Unicode text.
    pub lone_surrogates: f64,
    /// Whether members such as `createdBy`, `actor`, `state` and a team are sometimes null. Miro's specification allows no null; the
    /// published solution for Sentinel handles it.
    pub nulls: bool,
    /// How many content events are AI-assisted: an object `ai`, some of a data table or with a prompt in `state`. Observed in third-party
    /// code and not confirmed by Miro.
    pub ai_assisted: f64,
    /// The shape of AI interaction events.
    pub ai_shape: AiShape,
}

/// The shape of AI interaction events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AiShape {
    /// As in Miro's specification of April 2026.
    #[default]
    Legacy,
    /// As third-party code describes the current shape (not confirmed by Miro): sessions of turns, with events of models and tools
    /// that repeat the conversation so far.
    Current,
    /// Either shape, at random.
    Mixed,
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            ties: 0.05,
            late: 0.0,
            late_by: SignedDuration::from_mins(10),
            duplicates: 0.0,
            long_texts: 0.0,
            sign_in_storms: 0.02,
            unknown_types: 0.0,
            string_details: 0.0,
            lone_surrogates: 0.0,
            nulls: true,
            ai_assisted: 0.0,
            ai_shape: AiShape::Legacy,
        }
    }
}
