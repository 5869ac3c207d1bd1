//! The world: organisations with their plans, apps, tokens and events, as data.

mod change;
mod check;
mod file;

pub use change::{ChangeError, Toggle, TokenChange, UnknownToken, WorldChange};

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::event_log::ndjson::EventFileError;
use crate::latency::Latency;
use crate::switches::Switches;

/// Everything the mock knows at its start. [`World::default`] is one Enterprise organisation with Guard,
/// an audit token and a content token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The organisations; the first is the one that handshake and shortcuts speak of.
    pub organizations: Vec<Organization>,
    /// What the public record leaves open.
    #[serde(default)]
    pub switches: Switches,
    /// How long answers take, by operation such as `audit_logs`, or `all` for those that are not named.
    #[serde(default)]
    pub latency: BTreeMap<String, Latency>,
    /// Chooses what the mock makes up while it runs, such as the values of new tokens.
    #[serde(default)]
    pub seed: u64,
    /// How many requests the journal keeps.
    #[serde(default = "defaults::journal_max")]
    pub journal_max: usize,
}

/// A company at Miro.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its number, as a string of digits.
    pub id: String,
    /// Its name.
    #[serde(default = "defaults::organization_name")]
    pub name: String,
    /// What it pays for.
    #[serde(default)]
    pub plan: Plan,
    /// Whether it has the Enterprise Guard add-on, which content logs need.
    #[serde(default = "defaults::yes")]
    pub guard: bool,
    /// Credits a minute for each user and app.
    #[serde(default = "defaults::credits_per_minute")]
    pub credits_per_minute: u64,
    /// How long content logs are kept: 30, 90, 180 or 365 days.
    #[serde(default = "defaults::content_retention_days")]
    pub content_retention_days: u16,
    /// Its people; the first one is a Company Admin unless told otherwise.
    #[serde(default = "defaults::users")]
    pub users: Vec<User>,
    /// Its teams, the largest first: the enterprise integrations are tied to that one.
    #[serde(default = "defaults::teams")]
    pub teams: Vec<Team>,
    /// How many full licences it bought.
    #[serde(default = "defaults::licenses")]
    pub licenses: u32,
    /// Its own OAuth apps; those of the enterprise integrations need no entry.
    #[serde(default)]
    pub apps: Vec<App>,
    /// The access tokens of its apps.
    #[serde(default)]
    pub tokens: Vec<Token>,
    /// What its audit log holds from the start.
    #[serde(default)]
    pub audit: Events,
    /// What its content log holds from the start.
    #[serde(default)]
    pub content: Events,
    /// What its AI interaction log holds from the start.
    #[serde(default)]
    pub ai_interaction: Events,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// A number, as a string of digits.
    pub id: String,
    /// The name as shown.
    pub name: String,
    /// The address.
    pub email: String,
    /// What they may do in the organisation.
    #[serde(default)]
    pub role: Role,
}

/// What a user may do in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, reading the logs included.
    CompanyAdmin,
    /// No administration: tokens of apps that such a user installed do not read the logs.
    #[default]
    Member,
}

impl Role {
    /// The role as people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::CompanyAdmin => "Company Admin",
            Self::Member => "member",
        }
    }
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// A number, as a string of digits.
    pub id: String,
    /// The name as shown.
    pub name: String,
}

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Without audit logs.
    Free,
    /// Without audit logs.
    Starter,
    /// Without audit logs.
    Business,
    /// With audit logs.
    #[default]
    Enterprise,
}

/// A custom app that gets its tokens by OAuth. Its secret is written neither by `Debug` nor by `Serialize`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// The name as shown; together with the user it owns a budget of credits.
    pub name: String,
    /// A number, as a string of digits.
    pub client_id: String,
    /// The secret itself.
    #[serde(serialize_with = "hidden")]
    pub client_secret: String,
    /// Where a browser may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What its tokens may do.
    pub scopes: Vec<String>,
    /// Whether its access tokens expire after an hour and come with a refresh token.
    #[serde(default = "defaults::yes")]
    pub expiring: bool,
}

/// An access token. Its value is written neither by `Debug` nor by `Serialize`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// A short name for journals and reports, such as `audit`.
    pub name: String,
    /// The secret itself.
    #[serde(serialize_with = "hidden")]
    pub value: String,
    /// What it may do, such as `auditlogs:read`.
    pub scopes: Vec<String>,
    /// The app it belongs to; together with `user` it owns a budget of credits.
    #[serde(default = "defaults::app")]
    pub app: String,
    /// The user who installed the app.
    #[serde(default = "defaults::user")]
    pub user: String,
    /// Whether it works.
    #[serde(default)]
    pub state: TokenState,
    /// When it stops working by itself.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What renews it, while nobody has used that.
    #[serde(default, serialize_with = "hidden_if_any")]
    pub refresh_token: Option<String>,
    /// When that stops working.
    #[serde(default)]
    pub refresh_expires_at: Option<Timestamp>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, scopes, app, user, state, expires_at, .. } = self;
        f.debug_struct("Token")
            .field("name", name)
            .field("value", &"***")
            .field("scopes", scopes)
            .field("app", app)
            .field("user", user)
            .field("state", state)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, client_id, client_secret: _, redirect_uris, scopes, expiring } = self;
        f.debug_struct("App")
            .field("name", name)
            .field("client_id", client_id)
            .field("client_secret", &"***")
            .field("redirect_uris", redirect_uris)
            .field("scopes", scopes)
            .field("expiring", expiring)
            .finish()
    }
}

fn hidden<S: serde::Serializer>(_value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

#[expect(clippy::ref_option, reason = "the signature serde asks for")]
fn hidden_if_any<S: serde::Serializer>(value: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(|_| "***").serialize(serializer)
}

/// Whether a token works; everything but `active` answers 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It works.
    #[default]
    Active,
    /// It was revoked.
    Revoked,
    /// Its switch in the company settings was turned off.
    SwitchedOff,
    /// Its app was uninstalled.
    Uninstalled,
    /// A newer one took its place.
    Replaced,
}

/// What a log holds from the start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// A file with one event a line, exactly as Miro sends it.
    pub file: Option<std::path::PathBuf>,
    /// How many events the generator makes.
    pub generate: usize,
    /// The stretch of time they fall into.
    pub over: Option<SignedDuration>,
    /// Where that stretch begins; unless given it ends at the start of the mock.
    pub from: Option<Timestamp>,
    /// The seed of the generator.
    pub seed: u64,
    /// How the generated events misbehave.
    #[serde(default)]
    pub traits: Traits,
}

/// How generated events misbehave; shares from 0 to 1.
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
}

impl Default for Traits {
    fn default() -> Self {
        Self { ties: 0.05, late: 0.0, late_by: SignedDuration::from_mins(10), duplicates: 0.0 }
    }
}

/// Why a world cannot be.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Something in it contradicts something else; one line a contradiction.
    #[error("{0}")]
    Contradiction(String),
    /// The file cannot be read as a world.
    #[error("{0}")]
    File(String),
    /// A file of events was not taken.
    #[error(transparent)]
    Events(#[from] EventFileError),
}

impl Default for World {
    fn default() -> Self {
        Self::enterprise(0)
    }
}

impl World {
    /// One Enterprise organisation with Guard and the two tokens of the enterprise integrations, chosen by `seed`.
    pub fn enterprise(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let organization = Organization {
            id: (3_074_457_345_618_265_000 + random.random_range(0..1_000_000_u64)).to_string(),
            name: defaults::organization_name(),
            plan: Plan::Enterprise,
            guard: true,
            credits_per_minute: defaults::credits_per_minute(),
            content_retention_days: defaults::content_retention_days(),
            licenses: defaults::licenses(),
            apps: Vec::new(),
            users: defaults::users(),
            teams: defaults::teams(),
            tokens: vec![
                Token::of_integration("audit", "auditlogs:read", "SIEM", &mut random),
                Token::of_integration("content", "contentlogs:export", "eDiscovery", &mut random),
            ],
            audit: Events::default(),
            content: Events::default(),
            ai_interaction: Events::default(),
        };
        Self {
            organizations: vec![organization],
            switches: Switches::default(),
            latency: BTreeMap::new(),
            seed,
            journal_max: defaults::journal_max(),
        }
    }
}

impl Organization {
    /// The user with that id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }
}

impl Token {
    fn of_integration(name: &str, scope: &str, app: &str, random: &mut ChaCha8Rng) -> Self {
        Self {
            name: name.to_owned(),
            value: mint(random),
            scopes: vec![scope.to_owned()],
            app: app.to_owned(),
            user: defaults::user(),
            state: TokenState::Active,
            expires_at: None,
            refresh_token: None,
            refresh_expires_at: None,
        }
    }
}

/// A fresh token value in the documented shape: Base64 of the region, then random letters.
pub(crate) fn mint(random: &mut ChaCha8Rng) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let tail: String = (0..27).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    format!("eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_{tail}")
}

mod defaults {
    pub(super) fn yes() -> bool {
        true
    }
    pub(super) fn journal_max() -> usize {
        10_000
    }
    pub(super) fn organization_name() -> String {
        "Example Org".to_owned()
    }
    /// <https://developers.miro.com/reference/rate-limiting>, read 2026-11-22.
    pub(super) fn credits_per_minute() -> u64 {
        100_000
    }
    /// <https://help.miro.com/hc/en-us/articles/17774729839378-Content-Logs-overview>, read 2026-11-22.
    pub(super) fn content_retention_days() -> u16 {
        30
    }
    pub(super) fn licenses() -> u32 {
        250
    }
    pub(super) fn app() -> String {
        "custom".to_owned()
    }
    pub(super) fn users() -> Vec<super::User> {
        let admin = super::User {
            id: user(),
            name: "Ada Example".to_owned(),
            email: "ada@example.com".to_owned(),
            role: super::Role::CompanyAdmin,
        };
        vec![admin]
    }
    pub(super) fn teams() -> Vec<super::Team> {
        vec![super::Team { id: "3074457345618265002".to_owned(), name: "Example Team".to_owned() }]
    }
    pub(super) fn user() -> String {
        "3074457345618265001".to_owned()
    }
}
