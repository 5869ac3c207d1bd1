//! The lines of a run in which nothing happens but deliveries.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::Mode;
use crate::progress::Progress;
use crate::{Clock, Stream};

/// A line is written this often for each stream.
const EVERY: Duration = Duration::from_mins(5);
/// A run that ends has somebody waiting for it: it writes the first after this, and then after twice as long each time.
const FIRST: Duration = Duration::from_secs(5);

/// Writes until it is dropped. Cancel safe.
pub(super) async fn write(streams: &BTreeMap<Stream, Arc<Progress>>, clock: &dyn Clock, mode: Mode) -> Infallible {
    let mut wait = if mode == Mode::Service { EVERY } else { FIRST };
    loop {
        tokio::time::sleep(wait).await;
        let now = clock.now();
        for progress in streams.values() {
            progress.log(now);
        }
        wait = wait.saturating_mul(2).min(EVERY);
    }
}
