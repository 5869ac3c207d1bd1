//! Who we are towards Azure: bearer tokens for a scope.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::Problem;

/// Hands out bearer tokens and renews them before they expire.
pub trait TokenProvider: Debug + Send + Sync + 'static {
    /// A token valid now. Concurrent callers share one renewal. Cancel safe: a dropped call leaves the cache as it was.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>>;

    /// Says that the service refused the current token, so the next [`token`](Self::token) asks for another.
    fn refused(&self);
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The identity service says no, and will say no again until somebody changes something.
    #[error("{0}")]
    Refused(Problem),
    /// The identity service cannot be reached or is failing; worth another try.
    #[error("could not get a token: {reason}")]
    Unavailable {
        /// What happened, without secrets.
        reason: String,
        /// How long the service asked us to wait.
        after: Option<std::time::Duration>,
    },
}
