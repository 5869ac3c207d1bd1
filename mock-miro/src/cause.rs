//! The causes of trouble that Miro's guide to its Sentinel integration lists, each to be produced on demand.
//!
//! The list: <https://help.miro.com/hc/en-us/articles/31325908249362>, read 2026-11-22.

use serde::Serialize;
use serde_json::{Value, json};

use crate::mock::{Log, MockMiro, Tokens};
use crate::world::{ChangeError, WorldChange};

/// Something that keeps a connector from its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What to call it.
    pub name: &'static str,
    /// What has happened.
    pub says: &'static str,
    /// The log that is out of reach.
    pub log: Log,
    /// What the world goes through, as bodies for `POST /_control/world`, one after the other.
    pub changes: &'static [&'static str],
    /// What is wrong on the client's side instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mistake: Option<Mistake>,
    /// The status that a client then gets.
    pub status: u16,
    /// The `code` that comes with it; empty where the answer is no error.
    pub code: &'static str,
}

/// A setting of the client that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// A token that Miro does not know.
    UnknownToken,
    /// The token of the other log.
    SwappedTokens,
    /// The id of another organisation.
    OtherOrganization,
}

/// What a client is configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Both tokens.
    pub tokens: Tokens,
    /// The organisation of the content log.
    pub organization_id: String,
}

const fn denied(name: &'static str, log: Log, changes: &'static [&'static str], says: &'static str) -> Cause {
    Cause { name, says, log, changes, mistake: None, status: 403, code: "insufficientPermissions" }
}

const fn dead(name: &'static str, log: Log, changes: &'static [&'static str], says: &'static str) -> Cause {
    Cause { name, says, log, changes, mistake: None, status: 401, code: "tokenNotFound" }
}

static CAUSES: [Cause; 23] = [
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..dead("token-invalid", Log::Audit, &[], "the token is not one that Miro gave out")
    },
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..dead("content-token-invalid", Log::Content, &[], "the content token is not one that Miro gave out")
    },
    Cause {
        mistake: Some(Mistake::SwappedTokens),
        ..denied("tokens-swapped", Log::Audit, &[], "the token of one log is configured for the other")
    },
    denied(
        "audit-scope-missing",
        Log::Audit,
        &[r#"{"tokens": {"audit": {"scopes": ["boards:read"]}}}"#],
        "the scope auditlogs:read is not enabled in the app",
    ),
    denied(
        "content-scope-missing",
        Log::Content,
        &[r#"{"tokens": {"content": {"scopes": ["boards:read"]}}}"#],
        "the scope contentlogs:export is not enabled in the app",
    ),
    denied("no-guard", Log::Content, &[r#"{"guard": false}"#], "the plan is without Enterprise Guard"),
    Cause {
        mistake: Some(Mistake::OtherOrganization),
        ..denied("wrong-organization", Log::Content, &[], "the organization id is not the token's")
    },
    denied(
        "content-plan-too-small",
        Log::Content,
        &[r#"{"plan": "business"}"#],
        "the plan is without content logs; Guard is an add-on to Enterprise",
    ),
    denied("plan-too-small", Log::Audit, &[r#"{"plan": "business"}"#], "the plan is without audit logs"),
    denied(
        "audit-not-company-admin",
        Log::Audit,
        &[r#"{"tokens": {"audit": {"role": "member"}}}"#],
        "whoever set up the audit token is not a Company Admin",
    ),
    denied(
        "content-not-company-admin",
        Log::Content,
        &[r#"{"tokens": {"content": {"role": "member"}}}"#],
        "whoever set up the content token is not a Company Admin",
    ),
    dead("siem-off", Log::Audit, &[r#"{"toggles": {"siem": false}}"#], "an admin switched SIEM off"),
    dead(
        "ediscovery-off",
        Log::Content,
        &[r#"{"toggles": {"ediscovery": false}}"#],
        "an admin switched eDiscovery off",
    ),
    dead(
        "siem-on-again",
        Log::Audit,
        &[r#"{"toggles": {"siem": false}}"#, r#"{"toggles": {"siem": true}}"#],
        "SIEM was switched off and on: there is a new token, and the configured one is dead",
    ),
    dead(
        "ediscovery-on-again",
        Log::Content,
        &[r#"{"toggles": {"ediscovery": false}}"#, r#"{"toggles": {"ediscovery": true}}"#],
        "eDiscovery was switched off and on: there is a new token, and the configured one is dead",
    ),
    dead("token-revoked", Log::Audit, &[r#"{"tokens": {"audit": {"state": "revoked"}}}"#], "the token was revoked"),
    dead(
        "content-token-revoked",
        Log::Content,
        &[r#"{"tokens": {"content": {"state": "revoked"}}}"#],
        "the content token was revoked",
    ),
    dead(
        "token-regenerated",
        Log::Audit,
        &[r#"{"tokens": {"audit": {"state": "replaced"}}}"#],
        "the token was regenerated and not updated in the connector",
    ),
    dead(
        "content-app-uninstalled",
        Log::Content,
        &[r#"{"uninstall": ["eDiscovery"]}"#],
        "the app of the content log was uninstalled",
    ),
    dead("app-uninstalled", Log::Audit, &[r#"{"uninstall": ["SIEM"]}"#], "the app was uninstalled"),
    dead(
        "token-expired",
        Log::Audit,
        &[r#"{"tokens": {"audit": {"expires_at": "2020-01-01T00:00:00Z"}}}"#],
        "the app gives out expiring tokens, and this one has expired",
    ),
    Cause {
        name: "collection-not-enabled",
        says: "no admin has turned the collection of content logs on: there is nothing to see",
        log: Log::Content,
        changes: &[r#"{"content_logs_since": "9999-01-01T00:00:00Z"}"#],
        mistake: None,
        status: 200,
        code: "",
    },
    Cause {
        name: "just-connected",
        says: "less than ten minutes have passed since connecting: nothing is visible yet",
        log: Log::Audit,
        changes: &[r#"{"switches": {"ingestion_delay": "10m"}}"#],
        mistake: None,
        status: 200,
        code: "",
    },
];

impl Cause {
    /// Every cause.
    pub fn all() -> &'static [Self] {
        &CAUSES
    }

    /// The cause of that name, or the nearest name there is.
    pub fn named(name: &str) -> Result<&'static Self, &'static str> {
        let distance = |cause: &&Self| strsim::damerau_levenshtein(cause.name, name);
        let nearest = CAUSES.iter().min_by_key(distance).unwrap_or(&CAUSES[0]);
        if nearest.name == name { Ok(nearest) } else { Err(nearest.name) }
    }
}

impl Settings {
    /// The line by which a program that starts a mock tells where it is and how to call it.
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
    /// What a client of the first organisation has to be configured with.
    pub fn settings(&self) -> Settings {
        Settings { tokens: self.tokens(), organization_id: self.organization_id() }
    }

    /// Lets a cause happen, and returns what the client it happens to is configured with.
    pub fn produce(&self, cause: &Cause) -> Result<Settings, ChangeError> {
        let mut settings = self.settings();
        for change in cause.changes {
            self.change_world(world_change(change))?;
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
    fn names_are_told_once_and_the_nearest_is_found() {
        let mut names: Vec<&str> = CAUSES.iter().map(|cause| cause.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CAUSES.len());
        assert_eq!(Cause::named("no-gaurd"), Err("no-guard"));
    }
}
