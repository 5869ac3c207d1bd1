//! What the endpoints are made from.

use std::sync::Arc;

use crate::status::Status;
use crate::store::Store;
use crate::{Clock, Stop};

/// What the endpoints speak of. Clones share it.
#[derive(Clone)]
pub struct Surface {
    pub(super) status: Arc<dyn Fn() -> Status + Send + Sync>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: Stop,
}

impl std::fmt::Debug for Surface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surface").finish_non_exhaustive()
    }
}

impl Surface {
    /// Endpoints that ask `status` for a snapshot each time, and `store` for what was set aside. Readiness ends when `stop` is
    /// asked for.
    pub fn new(
        status: impl Fn() -> Status + Send + Sync + 'static,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        stop: Stop,
    ) -> Self {
        Self { status: Arc::new(status), store, clock, stop }
    }
}
