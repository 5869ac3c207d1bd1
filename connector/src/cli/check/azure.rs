//! Azure's side: the token, then role, rule and stream at once.

use std::convert::Infallible;
use std::sync::Arc;

use super::clocks::Peer;
use super::host::Host;
use super::place::Place;
use super::reach::reach;
use super::seen::Seen;
use super::{Check, Surroundings};
use crate::cli::parts;
use crate::config::{Config, Identity};
use crate::identity::{TokenError, TokenProvider};
use crate::progress::Progress;
use crate::retry::{Failure, Next, twice};
use crate::{Problem, Stream};

/// Asks for a token, then sends each rule an empty batch the way the service sends full ones. Azure responds after looking at role,
/// rule and stream, and stores nothing.
pub(super) async fn check(check: &Check<'_>, around: &Surroundings) {
    let config = check.config;
    let (authority, endpoint) =
        tokio::join!(reach(check, Host::authority(config, around)), reach(check, Host::endpoint(config, around)));
    if !authority {
        return;
    }
    let Some(tokens) = token(check).await else { return };
    if endpoint {
        futures_util::future::join_all(config.streams().map(|(stream, _)| rule(check, &tokens, stream))).await;
    }
}

async fn token(check: &Check<'_>) -> Option<Arc<dyn TokenProvider>> {
    let config = with_limit(check, 2);
    let tokens: Arc<dyn TokenProvider> = Arc::new(parts::tokens(&config, &check.network(Place::Identity)));
    match twice(async || tokens.token().await.map_err(NoToken), |never| match never {}).await {
        Ok(token) => {
            check.report.seen(Place::Identity, Seen::bearer(&token));
            let Identity::ClientSecret { authority, .. } = &config.sentinel.identity;
            check.clocks.is_of(Peer::EntraId, authority);
            Some(tokens)
        }
        Err(error) => {
            check.report.wrong(Place::Identity, error.lasting());
            None
        }
    }
}

async fn rule(check: &Check<'_>, tokens: &Arc<dyn TokenProvider>, stream: Stream) {
    let config = with_limit(check, 2);
    let sink = parts::sink(&config, &check.network(Place::Rule(stream)), tokens, &Arc::new(Progress::new(stream)));
    match sink.look().await {
        Ok(acknowledged) => {
            check.report.seen(Place::Rule(stream), Seen::acknowledged(stream, &acknowledged));
            check.clocks.is_of(Peer::Azure, &config.sentinel.endpoint);
        }
        Err(problem) => check.report.wrong(Place::Rule(stream), problem),
    }
}

/// The configuration with the time that a request of this step may take.
fn with_limit(check: &Check<'_>, requests: u32) -> Config {
    let mut config = check.config.clone();
    config.http.timeout = check.pace.limit(requests);
    config
}

/// No token, as a failed attempt.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct NoToken(TokenError);

impl Failure for NoToken {
    type Action = Infallible;

    fn next(&self) -> Next<Infallible> {
        match &self.0 {
            TokenError::Refused(problem) => Next::Block(problem.clone()),
            TokenError::Unavailable { after, .. } => Next::Retry { after: *after },
        }
    }

    fn lasting(&self) -> Problem {
        match &self.0 {
            TokenError::Refused(problem) | TokenError::Unavailable { problem, .. } => problem.clone(),
        }
    }
}
