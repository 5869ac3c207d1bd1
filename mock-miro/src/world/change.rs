//! Changes to a world while it is served.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Organization, Plan, Role, Toggle, Token, TokenState, User};
use crate::switches::Switches;

/// Changes to one organization, applied atomically.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldChange {
    /// The id of the organization; the first one unless given.
    pub organization: Option<String>,
    /// Another plan.
    pub plan: Option<Plan>,
    /// Enterprise Guard bought or cancelled.
    pub guard: Option<bool>,
    /// Another ceiling of credits.
    pub credits_per_minute: Option<u64>,
    /// Another retention of content logs, in days.
    pub content_retention_days: Option<u16>,
    /// When collection of content logs starts; an instant in the future means not yet.
    pub content_logs_since: Option<Timestamp>,
    /// Tokens by their short name.
    pub tokens: BTreeMap<String, TokenChange>,
    /// Custom apps by name.
    pub apps: BTreeMap<String, AppChange>,
    /// Apps to uninstall, by name, which invalidates their tokens.
    pub uninstall: Vec<String>,
    /// Custom apps to install, by name. Each installation mints a token and replaces the app's earlier ones.
    pub install: BTreeMap<String, InstallChange>,
    /// How long from now all logs stay empty, as right after connecting.
    pub silent_for: Option<SignedDuration>,
    /// Enterprise integrations turned on or off.
    pub toggles: BTreeMap<Toggle, bool>,
    /// Some of the switches, by their names.
    pub switches: Map<String, Value>,
}

/// A change to one token.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenChange {
    /// Its state.
    pub state: Option<TokenState>,
    /// Its scopes.
    pub scopes: Option<Vec<String>>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When its refresh token expires.
    pub refresh_expires_at: Option<Timestamp>,
    /// The role of the user who set it up. Users who set up other tokens keep theirs.
    pub role: Option<Role>,
}

/// A change to a custom app. Tokens that it has keep their scopes until it is installed again.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppChange {
    /// The scopes of its future tokens.
    pub scopes: Option<Vec<String>>,
}

/// How a custom app is installed by a Company Admin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstallChange {
    /// The scopes of the app; by default those that it had, or both logs for a new app.
    pub scopes: Option<Vec<String>>,
    /// Whether its tokens expire. Fixed when the app is created; `false` by default.
    pub expiring: Option<bool>,
}

/// Why a change was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// No organization has that id.
    #[error("unknown organization {id:?}; known: {known}")]
    UnknownOrganization {
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// No token has that short name.
    #[error(transparent)]
    UnknownToken(#[from] UnknownToken),
    /// No app has that name.
    #[error("unknown app {name:?}; known: {known}")]
    UnknownApp {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Whether tokens expire is chosen once.
    #[error("install: `expiring` of app {name:?} is fixed when the app is created; install an app with another name")]
    ExpiryIsFixed {
        /// The app.
        name: String,
    },
    /// The world as changed contradicts itself; one line a contradiction.
    #[error("{0}")]
    Contradiction(String),
    /// A switch does not exist or does not take the value.
    #[error("switches: {0}")]
    Switch(String),
}

/// A short name that no token has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown token {name:?}; known: {known}")]
pub struct UnknownToken {
    /// The name asked for.
    pub name: String,
    /// The names there are.
    pub known: String,
}

impl Organization {
    pub(crate) fn token_mut(&mut self, name: &str) -> Result<&mut Token, UnknownToken> {
        let known = self.tokens.iter().map(|token| token.name.as_str()).collect::<Vec<_>>().join(", ");
        let token = self.tokens.iter_mut().find(|token| token.name == name);
        token.ok_or_else(|| UnknownToken { name: name.to_owned(), known })
    }

    /// Uninstalls an app, which invalidates its tokens.
    pub(crate) fn uninstall(&mut self, app: &str) -> Result<(), ChangeError> {
        let mut known: BTreeSet<&str> = self.tokens.iter().map(|token| token.app.as_str()).collect();
        known.extend(self.apps.iter().map(|app| app.name.as_str()));
        if !known.contains(app) {
            return Err(unknown_app(app, known));
        }
        for token in self.tokens.iter_mut().filter(|token| token.app == app) {
            token.state = TokenState::Uninstalled;
        }
        Ok(())
    }

    pub(crate) fn change_app(&mut self, name: &str, change: AppChange) -> Result<(), ChangeError> {
        let Some(app) = self.apps.iter_mut().find(|app| app.name == name) else {
            return Err(unknown_app(name, self.apps.iter().map(|app| app.name.as_str())));
        };
        app.scopes = change.scopes.unwrap_or_else(|| app.scopes.clone());
        Ok(())
    }

    /// Changes the role of the user who set up this token. If that user set up other tokens too, they keep the old role: this token is
    /// moved to a new user.
    pub(crate) fn set_role(&mut self, token: &str, role: Role) -> Result<(), UnknownToken> {
        let user_id = self.token_mut(token)?.user.clone();
        let is_shared = self.tokens.iter().any(|other| other.user == user_id && other.name != token);
        let Some(place) = self.users.iter().position(|user| user.id == user_id) else { return Ok(()) };
        if !is_shared {
            self.users[place].role = role;
            return Ok(());
        }
        if self.users[place].role == role {
            return Ok(());
        }
        let apart = User {
            id: self.unused_user_id(&user_id),
            name: format!("{} ({token})", self.users[place].name),
            email: format!("{token}.{}", self.users[place].email),
            role,
        };
        self.token_mut(token)?.user.clone_from(&apart.id);
        self.users.push(apart);
        Ok(())
    }

    /// The next number after this one that no user has.
    fn unused_user_id(&self, after: &str) -> String {
        let mut next = after.parse::<u64>().unwrap_or(0).wrapping_add(1);
        while self.user(&next.to_string()).is_some() {
            next = next.wrapping_add(1);
        }
        next.to_string()
    }

    pub(crate) fn change_token(&mut self, name: &str, change: TokenChange) -> Result<(), UnknownToken> {
        if let Some(role) = change.role {
            self.set_role(name, role)?;
        }
        let token = self.token_mut(name)?;
        token.state = change.state.unwrap_or(token.state);
        token.expires_at = change.expires_at.or(token.expires_at);
        token.refresh_expires_at = change.refresh_expires_at.or(token.refresh_expires_at);
        if let Some(scopes) = change.scopes {
            token.scopes = scopes;
        }
        Ok(())
    }
}

fn unknown_app<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> ChangeError {
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    ChangeError::UnknownApp { name: name.to_owned(), known }
}

impl Switches {
    /// A copy of the switches with these changes.
    pub(crate) fn with(&self, changes: &Map<String, Value>) -> Result<Self, ChangeError> {
        let mut all = serde_json::to_value(self).map_err(|error| ChangeError::Switch(error.to_string()))?;
        if let Value::Object(all) = &mut all {
            all.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        serde_json::from_value(all).map_err(|error| ChangeError::Switch(error.to_string()))
    }
}
