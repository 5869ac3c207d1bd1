//! Both mocks, and what a step of a timeline does to their worlds, in virtual time and on sockets alike.

use std::time::Duration;

use connector::Stream;
use jiff::Timestamp;
use mock_miro::{MockMiro, Toggle, TokenState, Traits};
use mock_sentinel::MockSentinel;

use crate::deployment::log_of;
use crate::scenario::{AzureChange, Credential, CredentialState, GeneratedEvents, MiroEvent, world};

/// Both mocks.
#[derive(Clone, Debug)]
pub struct Mocks {
    /// Miro.
    pub miro: MockMiro,
    /// Azure.
    pub sentinel: MockSentinel,
    /// The secret of the application that works.
    client_secret: String,
}

/// A secret that the application does not have.
const OTHER_SECRET: &str = "another-secret-of-the-same-app";
/// The secret that it has once its first one was rotated.
const ROTATED_SECRET: &str = "rotated-secret-of-the-same-app";

impl Mocks {
    /// Both, as they are in the beginning.
    pub fn new(miro: MockMiro, sentinel: MockSentinel) -> Self {
        let client_secret = sentinel.credentials().client_secret;
        Self { miro, sentinel, client_secret }
    }

    /// Makes a credential stop working, or work again. The error names a token that the world does not have.
    ///
    /// # Errors
    ///
    /// If the mock refuses the change.
    pub fn set_credential(&self, which: Credential, state: Option<CredentialState>) -> Result<(), String> {
        let token_state = match state {
            None => TokenState::Active,
            Some(CredentialState::SwitchedOff) => TokenState::SwitchedOff,
            Some(CredentialState::Revoked) => TokenState::Revoked,
            Some(CredentialState::Uninstalled) => TokenState::Uninstalled,
        };
        let token = |name| self.miro.set_token_state(name, token_state).map_err(|error| error.to_string());
        match which {
            Credential::AuditToken => return token("audit"),
            Credential::ContentToken => return token("content"),
            Credential::AuditRole => self.set_role(Stream::Audit, state.is_none()),
            Credential::ContentRole => self.set_role(Stream::Content, state.is_none()),
            Credential::ClientSecret => {
                let secret = if state.is_none() { self.client_secret.as_str() } else { OTHER_SECRET };
                self.sentinel.set_client_secret(secret);
            }
        }
        Ok(())
    }

    /// Gives a credential another value, which the peer takes from now on instead of the old one; returns it.
    ///
    /// # Errors
    ///
    /// If the mock refuses the change.
    pub fn rotate(&self, which: Credential) -> Result<String, String> {
        let toggle = match which {
            Credential::AuditToken => Toggle::Siem,
            Credential::ContentToken => Toggle::Ediscovery,
            Credential::ClientSecret => {
                self.sentinel.set_client_secret(ROTATED_SECRET);
                return Ok(ROTATED_SECRET.to_owned());
            }
            Credential::AuditRole | Credential::ContentRole => {
                return Err(
                    "a role has no value that could be rotated; `azure: {unassign_role: …}` takes one".to_owned()
                );
            }
        };
        // Off and on again gives another token under the same name.
        self.miro.set_toggle(toggle, false);
        self.miro.set_toggle(toggle, true).ok_or_else(|| "Miro gave no token".to_owned())
    }

    fn set_role(&self, stream: Stream, assigned: bool) {
        self.change_azure(&if assigned { AzureChange::AssignRole(stream) } else { AzureChange::UnassignRole(stream) });
    }

    /// Changes something at Azure.
    pub fn change_azure(&self, change: &AzureChange) {
        // False means that it was so already.
        let _changed = match change {
            AzureChange::AssignRole(stream) => self.sentinel.assign_role(stream.rule_stream()),
            AzureChange::UnassignRole(stream) => self.sentinel.unassign_role(stream.rule_stream()),
            AzureChange::RemoveRule(stream) => self.sentinel.remove_rule(stream.rule_stream()),
            AzureChange::RestoreRule(stream) => self.sentinel.restore_rule(stream.rule_stream()),
        };
    }

    /// Changes something at Miro. The error says what of it cannot be.
    ///
    /// # Errors
    ///
    /// If the change is unknown or the mock refuses it.
    pub fn change_miro(&self, change: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        // What the change minted is asked for where somebody needs it: `tokens`.
        self.miro.change_world(world::change(change)?).map(drop).map_err(|error| error.to_string())
    }

    /// Lets an event happen; returns how many bytes it has.
    pub fn add_event(&self, stream: Stream, event: &MiroEvent) -> usize {
        let (bytes, id) = event.bytes(stream);
        self.miro.add_raw_event(log_of(stream), &bytes, id, event.time);
        bytes.len()
    }

    /// Lets Miro's generator make events, the last of which happens now.
    pub fn generate(&self, events: &GeneratedEvents) {
        let over = Duration::try_from(events.over).unwrap_or_default();
        let from = self.miro.now().saturating_sub(over).unwrap_or(Timestamp::MIN);
        let usual = Traits::default();
        let traits = Traits {
            ties: events.ties.unwrap_or(usual.ties),
            duplicates: events.duplicates.unwrap_or(usual.duplicates),
            ..usual
        };
        self.miro.generate_with(log_of(events.stream), events.generate, from, over, events.seed, traits);
    }
}
