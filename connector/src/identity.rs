//! Who we are towards Azure: bearer tokens for a scope.
//!
//! Azure's own library, `azure_identity`, asks for the token; [`AzureTokens`] keeps it. The library is used so that it
//! fits the seams: our [`Transport`](crate::Transport) under it, its retries off, and a fresh credential for each renewal, since
//! its own cache asks the system for the time and would never renew in a simulated day.

mod azure;
mod cache;
mod refusal;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::Problem;
pub use azure::AzureTokens;

/// Hands out bearer tokens and renews them before they expire.
pub trait TokenProvider: Debug + Send + Sync + 'static {
    /// A token valid now. Concurrent callers share one renewal. Cancel safe: a dropped call leaves the cache as it was.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>>;

    /// Says that the service refused the current token, so the next [`token`](Self::token) asks for another.
    fn refused(&self);
}

/// Why there is no token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// The identity service says no, and will say no again until somebody changes something.
    #[error("{0}")]
    Refused(Problem),
    /// The identity service cannot be reached or is failing; worth another try.
    #[error("could not get a token: {}", .problem.cause)]
    Unavailable {
        /// What happened, without secrets, and what to do when it lasts.
        problem: Problem,
        /// How long the service asked us to wait.
        after: Option<Duration>,
    },
}
