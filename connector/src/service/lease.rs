//! The lease on the checkpoint: one connector at a time works on it.

use std::time::Duration;

use jiff::SignedDuration;

use super::Connector;
use crate::Problem;
use crate::interval::after;
use crate::problem::Code;

/// The lease is taken for this long, and renewed three times as often.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

impl Connector {
    /// Waits until the lease is held by this connector or one that goes on after it. Cancel safe.
    pub(crate) async fn leased(&self) {
        // The sender is ours.
        drop(self.leased.subscribe().wait_for(|leased| *leased).await);
    }

    pub(super) async fn take_lease(&self, owner: u128) -> Result<(), Problem> {
        let now = self.parts.clock.now();
        match self.parts.store.lease(owner, now, after(now, LEASE)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Problem {
                code: Code::StoreUnusable,
                subject: "store.path".to_owned(),
                cause: "another connector holds the checkpoint".to_owned(),
                next_step: "stop the other one, or give this one its own `store.path`".to_owned(),
            }),
            Err(error) => Err(Problem::from(&error)),
        }
    }

    /// Renews the lease for ever; ends when it is lost.
    pub(super) async fn keep_lease(&self, owner: u128) -> Problem {
        loop {
            tokio::time::sleep(Duration::try_from(LEASE / 3).unwrap_or_default()).await;
            if let Err(problem) = self.take_lease(owner).await {
                return problem;
            }
        }
    }
}
