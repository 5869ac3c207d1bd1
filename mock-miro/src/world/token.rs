//! Apps and their access tokens. Secrets are written neither by `Debug` nor by `Serialize`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::user::first_admin;
use super::{Region, Toggle};

/// The most invalid tokens that an organization remembers.
pub(crate) const INVALID_MAX: usize = 100;

/// What `expires_in` says of an access token that expires, and how long its refresh token is valid
/// (<https://developers.miro.com/reference/get-new-access-token-using-refresh-token>, read 2026-11-22).
pub(crate) const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_secs(3_599);
const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(60 * 24);

/// A custom app that gets its tokens by OAuth. Its secret is written neither by `Debug` nor by `Serialize`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// The display name; app and user together share a rate limit.
    pub name: String,
    /// A number, as a string of digits.
    pub client_id: String,
    /// The secret.
    #[serde(serialize_with = "hidden")]
    pub client_secret: String,
    /// The allowed redirect URIs.
    pub redirect_uris: Vec<String>,
    /// The scopes of its tokens.
    pub scopes: Vec<String>,
    /// Whether its access tokens expire after an hour and come with a refresh token.
    #[serde(default = "expiring")]
    pub expiring: bool,
}

/// An access token. Its value is written neither by `Debug` nor by `Serialize`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The short name in journals and reports, such as `audit`.
    pub name: String,
    /// The secret; generated from the world's seed by default.
    #[serde(default, serialize_with = "hidden")]
    pub value: String,
    /// Its scopes, such as `auditlogs:read`.
    pub scopes: Vec<String>,
    /// The app it belongs to; app and `user` together share a rate limit.
    #[serde(default = "custom_app")]
    pub app: String,
    /// The user who installed the app.
    #[serde(default = "first_admin")]
    pub user: String,
    /// The id of the team the app was installed in; the largest one unless given. It makes no difference to the logs.
    #[serde(default)]
    pub team: Option<String>,
    /// Whether it is valid.
    #[serde(default)]
    pub state: TokenState,
    /// When it expires.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Its refresh token, until that is used.
    #[serde(default, serialize_with = "hidden_if_any")]
    pub refresh_token: Option<String>,
    /// When the refresh token expires.
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

/// The state of a token; requests with any but an `active` one get 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Valid.
    #[default]
    Active,
    /// Revoked.
    Revoked,
    /// Its toggle in the company settings was turned off.
    SwitchedOff,
    /// Its app was uninstalled.
    Uninstalled,
    /// Replaced by a newer one.
    Replaced,
}

impl App {
    /// The scopes that Option 2 of the guide enables.
    pub(crate) fn scopes_of_both_logs() -> Vec<String> {
        [Toggle::Siem, Toggle::Ediscovery].map(|toggle| toggle.scope().to_owned()).into()
    }

    /// An app that is created when it is installed; it has no secret yet.
    pub(crate) fn of_rehearsal(name: &str, client_id: String) -> Self {
        Self {
            name: name.to_owned(),
            client_id,
            client_secret: String::new(),
            redirect_uris: vec!["http://localhost/".to_owned()],
            scopes: Vec::new(),
            expiring: false,
        }
    }
}

impl Token {
    /// A token of a custom app; user and short name are still empty.
    pub(crate) fn of_app(app: &App, value: String, refresh_token: Option<String>, now: Timestamp) -> Self {
        let later = |lifetime| now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        Self {
            name: String::new(),
            value,
            scopes: app.scopes.clone(),
            app: app.name.clone(),
            user: String::new(),
            team: None,
            state: TokenState::Active,
            expires_at: app.expiring.then(|| later(ACCESS_LIFETIME)),
            refresh_expires_at: app.expiring.then(|| later(REFRESH_LIFETIME)),
            refresh_token,
        }
    }

    /// The token of an enterprise integration; its value is still empty.
    pub(crate) fn of_integration(toggle: Toggle) -> Self {
        let (name, scope, app) = (toggle.token_name(), toggle.scope(), toggle.app());
        Self {
            name: name.to_owned(),
            value: String::new(),
            scopes: vec![scope.to_owned()],
            app: app.to_owned(),
            user: first_admin(),
            team: None,
            state: TokenState::Active,
            expires_at: None,
            refresh_token: None,
            refresh_expires_at: None,
        }
    }
}

/// A fresh token value in the documented shape: Base64 of the region, then random letters.
pub(crate) fn mint(region: Region, random: &mut ChaCha8Rng) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let tail: String = (0..27).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    let origin = match region {
        Region::Eu => "eu01",
        Region::Us => "us01",
        Region::Au => "au01",
    };
    let origin = URL_SAFE_NO_PAD.encode(format!(r#"{{"miro.origin":"{origin}"}}"#));
    format!("{origin}_{tail}")
}

fn custom_app() -> String {
    "custom".to_owned()
}

fn expiring() -> bool {
    true
}
