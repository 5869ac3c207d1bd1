//! The bar on a terminal.

use std::convert::Infallible;
use std::time::Duration;

use connector::status::Status;
use indicatif::{ProgressBar, ProgressStyle};

const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// A progress bar on stderr; invisible where that is not a terminal.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(events: u64) -> Self {
        let style =
            ProgressStyle::with_template("delivering {bar:40} {human_pos}/{human_len} events, {per_sec}, {msg}");
        Self(ProgressBar::new(events).with_style(style.expect("the template is valid")))
    }

    /// Redraws until it is dropped. Cancel safe.
    pub(super) async fn follow(&self, status: impl Fn() -> Status) -> Infallible {
        loop {
            let status = status();
            let sum =
                |count: fn(&connector::status::StreamStatus) -> u64| status.streams.values().map(count).sum::<u64>();
            self.0.set_message(format!("{} waits after 429, {} retries", sum(|s| s.rate_limited), sum(|s| s.retries)));
            self.0.set_position(sum(|s| s.delivered + s.set_aside));
            tokio::time::sleep(REDRAW_EVERY).await;
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
