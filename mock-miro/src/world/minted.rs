//! Tokens that a change of the world makes.

use std::fmt;

use serde::Serialize;

/// A token that a change made. The call that made it is told its value, as Miro shows a token once; nobody is told it again.
/// `Debug` writes no secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MintedToken {
    /// The id of the organization.
    pub organization: String,
    /// The short name that it has from now on.
    pub token: String,
    /// The app it belongs to.
    pub app: String,
    /// The secret itself.
    pub access_token: String,
    /// What renews it, where its app gives out tokens that expire.
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
