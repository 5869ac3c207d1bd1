//! A door for `crate::fuzzing`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use jiff::Timestamp;

use super::budget::{Budget, Priority, Told};
use crate::Stream;
use crate::progress::Progress;

/// Responses of Miro as far as they decide when the next call is made.
pub(crate) struct RateHeaders {
    budget: Budget,
    progress: Progress,
}

impl Default for RateHeaders {
    fn default() -> Self {
        let budget = Budget::new(0.8, Timestamp::UNIX_EPOCH, Arc::default(), Some(Duration::ZERO));
        Self { budget, progress: Progress::new(Stream::Audit) }
    }
}

impl RateHeaders {
    /// Makes a call that `response` answers, if one may be made now. Returns the wait that is kept.
    pub(crate) fn hear(&mut self, response: &Response<Bytes>) -> Option<Duration> {
        let told = Told::read(response, Timestamp::UNIX_EPOCH);
        assert!(told.reset.is_some() == told.resets_in().is_some());
        // Outside a runtime a call that has to wait has no timer to wait on.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
        runtime.block_on(async {
            let reserved = self.budget.reserve(100, Priority::Tail, &self.progress).now_or_never()?;
            let mut reserved = reserved.ok()?;
            reserved.call();
            reserved.answered(&told)
        })
    }
}
