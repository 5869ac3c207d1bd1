//! Keeps one token: renewed early, by one caller at a time, judged by the clock that was handed in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::debug;

use super::{TokenError, refusal};
use crate::Random;
use crate::clock::SteadyClock;
use crate::retry::Pause;

/// How long before its end a token is renewed, at least; Azure's libraries take the same five minutes
/// (<https://learn.microsoft.com/python/api/overview/azure/identity-readme>, read 2026-11-22).
const EARLY: Duration = Duration::from_mins(5);
/// Spread on top, so that many connectors do not renew at once.
const EARLY_SPREAD: Duration = Duration::from_mins(1);
/// After a renewal failed while the old token is still good, this long passes before the next try.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A token as it was issued.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) token: SecretString,
    /// How long it is good, counted from its receipt.
    pub(super) lives: Duration,
}

type Renewal = BoxFuture<'static, Result<Issued, TokenError>>;

#[derive(Debug)]
pub(super) struct Cache {
    steady: SteadyClock,
    random: Random,
    /// The service asked not to be called before.
    pause: Arc<Pause>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// The renewal under way, for as long as somebody waits for it. Each asks its own number, so that
    /// whoever comes last does not undo what a later renewal brought.
    renewal: Option<(u64, WeakShared<Renewal>)>,
    renewals: u64,
}

#[derive(Debug)]
struct Held {
    token: SecretString,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

impl Cache {
    pub(super) fn new(origin: Timestamp, random: Random, pause: Arc<Pause>) -> Self {
        Self { steady: SteadyClock::starting_at(origin), random, pause, state: Mutex::default() }
    }

    /// The wait that the service asked for, to be kept with other credentials too.
    pub(super) fn pause(&self) -> Arc<Pause> {
        Arc::clone(&self.pause)
    }

    /// The token held if it is good for long enough; else the one that `renew` brings, unless the service asked to
    /// wait: that holds for every caller.
    pub(super) async fn token(&self, renew: impl FnOnce() -> Renewal) -> Result<SecretString, TokenError> {
        let (number, renewal) = {
            let mut state = self.lock();
            let now = self.steady.now();
            if let Some(held) = state.held.as_ref().filter(|held| now < held.renew_at) {
                return Ok(held.token.clone());
            }
            if let Some(until) = self.pause.until() {
                let after = Some(until - Instant::now());
                let error = TokenError::Unavailable { problem: refusal::asked_to_wait(), after };
                return state.keep_or(error, false, now, now);
            }
            state.join(renew)
        };
        let brought = renewal.await;
        self.settle(number, brought)
    }

    /// Forgets the token held.
    pub(super) fn forget(&self) {
        self.lock().held = None;
    }

    /// Keeps what a renewal brought, once for all who waited for it.
    fn settle(&self, number: u64, brought: Result<Issued, TokenError>) -> Result<SecretString, TokenError> {
        let now = self.steady.now();
        let mut state = self.lock();
        let first = state.renewal.take_if(|(of, _)| *of == number).is_some();
        match brought {
            Ok(issued) => {
                if first {
                    state.held = Some(self.held(&issued, now));
                    self.pause.succeeded();
                }
                Ok(issued.token)
            }
            Err(mut error) => {
                // Whoever waited for the same renewal waits as long as the first, and not as long as the service named.
                if let TokenError::Unavailable { after: Some(wait), .. } = &mut error {
                    let kept = || self.pause.until().map_or(Duration::ZERO, |until| until - Instant::now());
                    *wait = if first { self.pause.named(*wait) } else { kept() };
                }
                let retry_at = self.pause.until().map_or(now, |until| self.steady.at(until));
                state.keep_or(error, first, now, retry_at)
            }
        }
    }

    fn held(&self, issued: &Issued, now: Timestamp) -> Held {
        let early = (EARLY + self.random.up_to(EARLY_SPREAD)).min(issued.lives / 4);
        Held {
            token: issued.token.clone(),
            renew_at: after(now, issued.lives.saturating_sub(early)),
            expires_at: after(now, issued.lives),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The old token while it is good, else `error`.
    fn keep_or(
        &mut self,
        error: TokenError,
        first: bool,
        now: Timestamp,
        retry_at: Timestamp,
    ) -> Result<SecretString, TokenError> {
        let Some(held) = self.held.as_mut().filter(|held| now < held.expires_at) else { return Err(error) };
        if first {
            debug!(%error, "Could not renew the Azure token; the old one is still valid.");
            // Never after its end: it would be sent once more, and refused.
            held.renew_at = after(now, RETRY_AFTER).max(retry_at).min(held.expires_at);
        }
        Ok(held.token.clone())
    }

    /// The renewal under way, or a new one.
    fn join(&mut self, renew: impl FnOnce() -> Renewal) -> (u64, Shared<Renewal>) {
        if let Some((number, renewal)) = &self.renewal
            && let Some(renewal) = renewal.upgrade()
        {
            return (*number, renewal);
        }
        let renewal = renew().shared();
        self.renewals += 1;
        self.renewal = renewal.downgrade().map(|weak| (self.renewals, weak));
        (self.renewals, renewal)
    }
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}
