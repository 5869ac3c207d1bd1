//! Tokens minted by a change of the world.

use std::fmt;

use serde::Serialize;

/// A newly minted token. Its value is returned only by the call that minted it, as Miro shows a token once.
/// `Debug` writes no secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MintedToken {
    /// The id of the organization.
    pub organization: String,
    /// The short name that it has from now on.
    pub token: String,
    /// The app it belongs to.
    pub app: String,
    /// The secret.
    pub access_token: String,
    /// Its refresh token, if the app's tokens expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, token, app, .. } = self;
        f.debug_struct("MintedToken")
            .field("organization", organization)
            .field("token", token)
            .field("app", app)
            .finish_non_exhaustive()
    }
}
