//! Two-step shutdown: the first signal finishes, the second leaves. The same signal within a second is the first once more.
//!
//! Signals are received on a thread of their own. Whatever hangs elsewhere, such as a disk, a pipe that nobody reads or a
//! lookup of a name, the process ends: some seconds after the grace period, or a second after the second signal.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::config::human;
use crate::{Exit, Stop};

/// After the grace period, for closing what is open.
const OVERTIME: Duration = Duration::from_secs(5);
/// The same signal this soon after the first is not a second one.
const REPEATED_WITHIN: Duration = Duration::from_secs(1);
/// After the second signal.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// The signals as they come, for the log.
pub(super) struct Told(mpsc::Receiver<&'static str>);

/// Turns signals into steps of `stop` from now on, until the process ends.
pub(super) fn watch(stop: &Stop, grace: Duration) -> std::io::Result<Told> {
    let (tell, told) = mpsc::channel(2);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _context = runtime.enter();
        Signals::new()?
    };
    let stop = stop.clone();
    // Detached on purpose: it has to outlive all that may hang, and ends with the process.
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(obey(&mut signals, &stop, grace, &tell));
        leave()
    })?;
    Ok(Told(told))
}

/// Ends when the process has had its time. Writes nothing, since standard error may be what hangs.
async fn obey(signals: &mut Signals, stop: &Stop, grace: Duration, tell: &mpsc::Sender<&'static str>) {
    let first = signals.next().await;
    stop.finish();
    // There is room for both signals, or nobody listens any more.
    tell.try_send(first).ok();
    let began = Instant::now();
    let second = async {
        loop {
            let signal = signals.next().await;
            if !is_repeated(first, signal, began.elapsed()) {
                return signal;
            }
        }
    };
    if let Ok(second) = timeout(grace + OVERTIME, second).await {
        stop.leave();
        tell.try_send(second).ok();
        sleep(LEAVE_WITHIN).await;
    }
}

/// Whether a signal `after` the first one is the same once more: `timeout` of coreutils, and what stops a process and then its group,
/// send it twice and mean one stop.
fn is_repeated(first: &str, signal: &str, after: Duration) -> bool {
    first == signal && after < REPEATED_WITHIN
}

#[expect(clippy::exit, reason = "what hangs cannot be waited for")]
fn leave() -> ! {
    std::process::exit(Exit::Interrupted.code().into())
}

impl Told {
    /// Logs the signals, until `done`.
    pub(super) async fn log(mut self, grace: Duration, done: &Stop) {
        let logging = async {
            if let Some(signal) = self.0.recv().await {
                info!(signal, grace = human(grace), "Finishing work in flight; a second signal exits immediately.");
            }
            if let Some(signal) = self.0.recv().await {
                warn!(signal, "Exiting immediately; work in flight will be read again.");
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = done.finishing() => {}
            () = logging => {}
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_signal_at_once_is_not_a_second_one() {
        let millis = Duration::from_millis;
        assert!(is_repeated("SIGTERM", "SIGTERM", millis(0)) && is_repeated("SIGTERM", "SIGTERM", millis(999)));
        assert!(!is_repeated("SIGTERM", "SIGTERM", millis(1_000)));
        assert!(!is_repeated("SIGTERM", "SIGINT", millis(0)), "somebody wants it to end now");
    }
}
