//! Two-step shutdown: the first signal finishes, the second leaves.

use std::time::Duration;

use tracing::{info, warn};

use crate::Stop;
use crate::config::human;

/// Turns signals into steps of `stop`, until `done`.
pub(super) async fn obey(stop: &Stop, grace: Duration, done: &Stop) -> std::io::Result<()> {
    let mut signals = Signals::new()?;
    tokio::select! {
        biased;
        () = done.finishing() => return Ok(()),
        name = signals.next() => {
            info!(signal = name, grace = human(grace), "Finishing what is in flight; a second signal leaves now.");
            stop.finish();
        }
    }
    tokio::select! {
        biased;
        () = done.finishing() => {}
        name = signals.next() => {
            warn!(signal = name, "Leaving now; what is in flight will be read again.");
            stop.leave();
        }
    }
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
