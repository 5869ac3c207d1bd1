//! What Miro says of an access token.

use serde::Deserialize;

use crate::Stream;
use crate::peer_text::Received;

/// What Miro said of a token (<https://developers.miro.com/reference/get-access-token-context>, read 2026-11-22). Absent is not
/// empty: where no scopes are told, none is known to be missing.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenInfo {
    #[serde(default)]
    scopes: Option<Vec<Received>>,
    #[serde(default)]
    organization: Option<Organization>,
    #[serde(default)]
    user: Option<serde_json::Value>,
    #[serde(default)]
    team: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Organization {
    #[serde(default)]
    id: Option<serde_json::Value>,
}

impl TokenInfo {
    /// None where `body` is something else, such as a JSON object that says nothing of a token.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let info: Self = serde_json::from_slice(body).ok()?;
        let says = info.scopes.is_some() || info.organization.is_some() || info.user.is_some() || info.team.is_some();
        says.then_some(info)
    }

    /// Whether the token has the scope of `stream`; None where Miro did not say.
    pub(crate) fn has_scope_of(&self, stream: Stream) -> Option<bool> {
        Some(self.scopes.as_ref()?.iter().any(|granted| granted.is(stream.scope())))
    }

    /// The organization that the token belongs to, if Miro said so.
    pub(crate) fn organization(&self) -> Option<Received> {
        match self.organization.as_ref()?.id.as_ref()? {
            serde_json::Value::String(id) => Some(Received::new(id.as_str())),
            serde_json::Value::Number(id) => Some(Received::new(id.to_string())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_speaks_of_a_token_is_token_information() {
        for body in ["{}", "[]", "null", r#"{"status":"ok"}"#, r#"{"scopes":null}"#, "<html>", ""] {
            assert!(TokenInfo::read(body.as_bytes()).is_none(), "{body}");
        }
        let info = TokenInfo::read(br#"{"scopes":["auditlogs:read"]}"#).expect("scopes are told");
        let has = Stream::ALL.map(|stream| info.has_scope_of(stream));
        assert_eq!((has, info.organization()), ([Some(true), Some(false)], None));
        let info = TokenInfo::read(br#"{"user":{},"organization":{"id":30}}"#).expect("a user is told");
        assert_eq!((info.has_scope_of(Stream::Audit), info.organization()), (None, Some(Received::new("30"))));
    }
}
