//! One look at a log, for whoever wants to know whether it can be read: at most two tries, and what was seen in the end.

use std::time::Duration;

use super::error::{SourceAction, SourceError};
use super::{EVENT_BYTES_MAX, Page, PageRequest, Source, TokenInfo};
use crate::Problem;
use crate::interval::Interval;
use crate::ledger::WindowKind;
use crate::retry::{Failure as _, twice};

/// A log that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) problem: Problem,
    /// What Miro said of the token.
    pub(crate) token: Option<TokenInfo>,
}

impl Source {
    /// Asks for the first event of `interval`, the way the service does: what fails is named by the same words. Waits no longer
    /// than `within` in all.
    pub(crate) async fn look(&self, interval: Interval, within: Duration) -> Result<Page, Unread> {
        let ask = PageRequest { interval, cursor: None, kind: WindowKind::Tail, limit: 1, bytes_max: EVENT_BYTES_MAX };
        match tokio::time::timeout(within, twice(async || self.attempt(ask).await, |SourceAction::RestartWindow| false))
            .await
        {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(SourceError::Refused(refused))) => Err(Unread { problem: refused.problem, token: refused.token }),
            Ok(Err(error)) => Err(Unread { problem: error.lasting(), token: None }),
            Err(_elapsed) => Err(Unread { problem: self.budget_spent(within), token: None }),
        }
    }

    /// Every request has a time limit of its own: what else there is to wait for is the budget.
    fn budget_spent(&self, within: Duration) -> Problem {
        let status = self.progress.snapshot();
        let left = match (status.budget_remaining, status.budget_limit) {
            (Some(remaining), Some(limit)) => format!("{remaining} of {limit} credits are left"),
            _ => "it is not known".to_owned(),
        };
        let error = SourceError::Blocked { left: within };
        Problem {
            cause: format!("the rate budget of the token lets no request through within {within:?}: {left}"),
            ..error.lasting()
        }
    }
}
