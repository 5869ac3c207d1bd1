//! Organizations: plan, people, teams, retention.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::user::first_admin;
use super::{App, Events, INVALID_MAX, Region, Role, Toggle, Token, TokenState, User};

/// A company at Miro.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its number, as a string of digits; by default that of the default world's organization.
    #[serde(default = "defaults::organization_id")]
    pub id: String,
    /// Its name.
    #[serde(default = "defaults::organization_name")]
    pub name: String,
    /// The plan.
    #[serde(default)]
    pub plan: Plan,
    /// Whether it has the Enterprise Guard add-on, which content logs need.
    #[serde(default = "defaults::yes")]
    pub guard: bool,
    /// Credits per minute for each user and app.
    #[serde(default = "defaults::credits_per_minute")]
    pub credits_per_minute: u64,
    /// The data region, which its tokens encode.
    #[serde(default)]
    pub region: Region,
    /// How long audit logs are kept: 30, 90, 180 or 365 days; the API reaches back 90 days at most.
    #[serde(default = "defaults::audit_retention_days")]
    pub audit_retention_days: u16,
    /// How long content logs are kept: 30, 90, 180 or 365 days.
    #[serde(default = "defaults::content_retention_days")]
    pub content_retention_days: u16,
    /// When an admin enabled content logs; there are no earlier events.
    #[serde(default)]
    pub content_logs_since: Option<Timestamp>,
    /// Until when all logs are empty, as right after connecting.
    #[serde(default)]
    pub silent_until: Option<Timestamp>,
    /// The users; by default one Company Admin.
    #[serde(default = "defaults::users")]
    pub users: Vec<User>,
    /// How many people the generator uses, each with a unique name and address; machine accounts are added.
    #[serde(default = "defaults::people")]
    pub people: u32,
    /// The teams, largest first: the enterprise integrations are tied to that one.
    #[serde(default = "defaults::teams")]
    pub teams: Vec<Team>,
    /// The number of full licenses.
    #[serde(default = "defaults::licenses")]
    pub licenses: u32,
    /// Custom OAuth apps; the enterprise integrations need no entry.
    #[serde(default)]
    pub apps: Vec<App>,
    /// The access tokens; by default those of the SIEM and eDiscovery toggles, which are both on.
    #[serde(default = "defaults::tokens")]
    pub tokens: Vec<Token>,
    /// The initial events of the audit log.
    #[serde(default)]
    pub audit: Events,
    /// The initial events of the content log.
    #[serde(default)]
    pub content: Events,
    /// The initial events of the AI interaction log.
    #[serde(default)]
    pub ai_interaction: Events,
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

impl Organization {
    /// An Enterprise organization with Guard, one Company Admin and both enterprise integrations.
    pub(super) fn enterprise(id: String) -> Self {
        Self {
            id,
            name: defaults::organization_name(),
            plan: Plan::Enterprise,
            guard: true,
            credits_per_minute: defaults::credits_per_minute(),
            region: Region::Eu,
            audit_retention_days: defaults::audit_retention_days(),
            content_retention_days: defaults::content_retention_days(),
            content_logs_since: None,
            silent_until: None,
            users: defaults::users(),
            people: defaults::people(),
            teams: defaults::teams(),
            licenses: defaults::licenses(),
            apps: Vec::new(),
            tokens: defaults::tokens(),
            audit: Events::default(),
            content: Events::default(),
            ai_interaction: Events::default(),
        }
    }

    /// The organizations of a world that names none.
    pub(super) fn default_ones() -> Vec<Self> {
        vec![Self::enterprise(defaults::organization_id())]
    }

    /// The id of the first Company Admin, or of the first user there is.
    pub(crate) fn first_admin(&self) -> String {
        let admin = self.users.iter().find(|user| user.role == Role::CompanyAdmin).or(self.users.first());
        admin.map(|user| user.id.clone()).unwrap_or_default()
    }

    /// An unused short name for a token: the app's name with a number.
    pub(crate) fn unused_token_name(&self, app: &str) -> String {
        let number_of = |name: &str| name.strip_prefix(app)?.strip_prefix('-')?.parse::<u64>().ok();
        let last = self.tokens.iter().filter_map(|token| number_of(&token.name)).max();
        format!("{app}-{}", last.unwrap_or(0).saturating_add(1))
    }

    /// Drops the oldest invalid tokens; they become unknown.
    pub(crate) fn drop_oldest_invalid(&mut self) {
        let is_dead = |token: &Token| token.state != TokenState::Active;
        while self.tokens.iter().filter(|token| is_dead(token)).count() > INVALID_MAX
            && let Some(oldest) = self.tokens.iter().position(is_dead)
        {
            self.tokens.remove(oldest);
        }
    }

    /// The user with that id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }
}

mod defaults {
    pub(super) fn yes() -> bool {
        true
    }
    /// What [`World::default`](super::super::World::default) draws.
    pub(super) fn organization_id() -> String {
        "3074457345618974075".to_owned()
    }
    pub(super) fn organization_name() -> String {
        "Example Org".to_owned()
    }
    /// <https://developers.miro.com/reference/rate-limiting>, read 2026-11-22.
    pub(super) fn credits_per_minute() -> u64 {
        100_000
    }
    /// <https://help.miro.com/hc/en-us/articles/360017571434-Audit-logs>, read 2026-11-22.
    pub(super) fn audit_retention_days() -> u16 {
        180
    }
    /// <https://help.miro.com/hc/en-us/articles/17774729839378-Content-Logs-overview>, read 2026-11-22.
    pub(super) fn content_retention_days() -> u16 {
        30
    }
    pub(super) fn licenses() -> u32 {
        250
    }
    pub(super) fn people() -> u32 {
        240
    }
    pub(super) fn users() -> Vec<super::User> {
        let admin = super::User {
            id: super::first_admin(),
            name: "Ada Example".to_owned(),
            email: "ada@example.com".to_owned(),
            role: super::Role::CompanyAdmin,
        };
        vec![admin]
    }
    pub(super) fn tokens() -> Vec<super::Token> {
        [super::Toggle::Siem, super::Toggle::Ediscovery].map(super::Token::of_integration).into()
    }
    pub(super) fn teams() -> Vec<super::Team> {
        vec![super::Team { id: "3074457345618265002".to_owned(), name: "Example Team".to_owned() }]
    }
}
