//! Stopping in two steps: no new work, then leave.

use tokio_util::sync::CancellationToken;

/// Tells a running connector to stop. Clones share the state; a stop that was asked for is never taken back.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    finish: CancellationToken,
    leave: CancellationToken,
}

impl Stop {
    /// Nothing asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stop that also stops when this one does; it can be asked for without asking for this one.
    pub(crate) fn child(&self) -> Self {
        Self { finish: self.finish.child_token(), leave: self.leave.child_token() }
    }

    /// First step: no new page is fetched; what was fetched is delivered and committed within the grace period.
    pub fn finish(&self) {
        self.finish.cancel();
    }

    /// Second step: leave now. What is in flight is abandoned and read again by the next run.
    pub fn leave(&self) {
        self.finish.cancel();
        self.leave.cancel();
    }

    /// True once the first step was asked for.
    pub fn is_finishing(&self) -> bool {
        self.finish.is_cancelled()
    }

    /// Waits for the first step. Cancel safe.
    pub async fn finishing(&self) {
        self.finish.cancelled().await;
    }

    /// Waits for the second step. Cancel safe.
    pub async fn leaving(&self) {
        self.leave.cancelled().await;
    }
}
