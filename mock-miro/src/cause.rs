//! The causes of failure that Miro's guide to its Sentinel integration lists, each reproducible on demand.
//!
//! The list: <https://help.miro.com/hc/en-us/articles/31325908249362>, read 2026-11-22.

mod list;

use serde::Serialize;
use serde_json::{Value, json};

use crate::log::Log;
use crate::mock::{MockMiro, Tokens};
use crate::world::{ChangeError, MintedToken, WorldChange};

/// A cause of failure: something that keeps a connector from its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Its name.
    pub name: &'static str,
    /// What happened.
    pub says: &'static str,
    /// The first of the affected logs.
    pub log: Log,
    /// The affected logs; the others keep working.
    pub logs: &'static [Log],
    /// Which of the guide's two options the tokens come from.
    pub setup: Setup,
    /// The changes to the world, as bodies for `POST /_control/world`, in order.
    pub changes: &'static [&'static str],
    /// A misconfiguration of the client instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mistake: Option<Mistake>,
    /// The status of the response.
    pub status: u16,
    /// The `code` in its body; empty if the response is not an error.
    pub code: &'static str,
}

/// Where the client's tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setup {
    /// Option 1 of the guide: the toggles SIEM and eDiscovery, with a token each.
    EnterpriseIntegrations,
    /// Option 2: one custom app with both scopes, whose one token is configured for both logs. The first of the changes
    /// installs it.
    CustomApp,
}

/// A misconfiguration of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// An unknown token.
    UnknownToken,
    /// The token of the other log.
    SwappedTokens,
    /// The id of another organization.
    OtherOrganization,
}

/// The settings of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Both tokens.
    pub tokens: Tokens,
    /// The organization of the content log.
    pub organization_id: String,
}

impl Cause {
    /// Every cause.
    pub fn all() -> &'static [Self] {
        &list::CAUSES
    }

    /// The cause of that name.
    ///
    /// # Errors
    ///
    /// There is none; the error is the nearest name.
    pub fn named(name: &str) -> Result<&'static Self, &'static str> {
        let distance = |cause: &&Self| strsim::damerau_levenshtein(cause.name, name);
        let nearest = Self::all().iter().min_by_key(distance).unwrap_or(&list::CAUSES[0]);
        if nearest.name == name { Ok(nearest) } else { Err(nearest.name) }
    }
}

impl Settings {
    /// The JSON line that announces a mock: its addresses and its credentials.
    pub fn handshake(&self, base_url: &str) -> Value {
        json!({
            "base_url": base_url,
            "control_url": format!("{base_url}/_control"),
            "organization_id": self.organization_id,
            "tokens": {"audit": self.tokens.audit, "content": self.tokens.content},
        })
    }
}

impl MockMiro {
    /// The settings of a client of the first organization.
    pub fn settings(&self) -> Settings {
        Settings { tokens: self.tokens(), organization_id: self.organization_id() }
    }

    /// Reproduces a cause; returns the settings of the affected client.
    ///
    /// # Errors
    ///
    /// The world lacks an app, token or organization that the cause changes.
    pub fn produce(&self, cause: &Cause) -> Result<Settings, ChangeError> {
        let mut settings = self.settings();
        let mut minted = Vec::new();
        for change in cause.changes {
            minted.extend(self.change_world(world_change(change))?);
        }
        if let (Setup::CustomApp, Some(MintedToken { access_token, .. })) = (cause.setup, minted.into_iter().next()) {
            settings.tokens = Tokens { audit: access_token.clone(), content: access_token };
        }
        match cause.mistake {
            None => {}
            Some(Mistake::UnknownToken) if cause.log == Log::Content => settings.tokens.content.push('x'),
            Some(Mistake::UnknownToken) => settings.tokens.audit.push('x'),
            Some(Mistake::SwappedTokens) => {
                std::mem::swap(&mut settings.tokens.audit, &mut settings.tokens.content);
            }
            Some(Mistake::OtherOrganization) => settings.organization_id.push('0'),
        }
        Ok(settings)
    }
}

fn world_change(text: &str) -> WorldChange {
    serde_json::from_str(text).expect("a test reads every change in the table of causes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_nearest_is_suggested() {
        let mut names: Vec<&str> = Cause::all().iter().map(|cause| cause.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Cause::all().len());
        assert_eq!(Cause::named("no-gaurd"), Err("no-guard"));
    }
}
