//! What a program under test prints: searched for secrets as it comes, and its last lines kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;

use crate::secrets::Secrets;

/// Lines that are kept.
const LINES_MAX: usize = 200;
/// Bytes of a line that are kept; a longer one is cut into several.
const LINE_MAX: usize = 4_096;

/// Bytes before a cut that are looked at together with what follows it: longer than any secret.
const OVERLAP: usize = 1_024;

/// The last lines that a program printed, on both of its outputs. Clones share them.
#[derive(Clone, Debug)]
pub struct Output(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    secrets: Secrets,
    lines: Mutex<VecDeque<String>>,
    awaited: Option<String>,
    found: Notify,
}

impl Output {
    /// Nothing yet. `awaited` is a text that somebody waits for.
    pub(crate) fn new(secrets: Secrets, awaited: Option<String>) -> Self {
        Self(Arc::new(Inner { secrets, lines: Mutex::default(), awaited, found: Notify::new() }))
    }

    /// The last lines, oldest first, secrets masked; at most so many.
    pub fn last(&self, count: usize) -> Vec<String> {
        let lines = self.lines();
        lines.iter().skip(lines.len().saturating_sub(count)).map(|line| self.0.secrets.masked(line)).collect()
    }

    /// Waits until the awaited text was printed; for ever without one.
    pub(crate) async fn awaited(&self) {
        match self.0.awaited {
            Some(_) => self.0.found.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Reads until the program closes its output.
    pub(crate) async fn read(self, mut from: impl AsyncRead + Unpin) {
        let (mut line, mut before) = (Vec::new(), Vec::new());
        let mut buffer = [0; 8_192];
        loop {
            // An output that cannot be read any more has ended.
            let read = from.read(&mut buffer).await.unwrap_or(0);
            for byte in &buffer[..read] {
                if *byte != b'\n' {
                    line.push(*byte);
                }
                if *byte == b'\n' || line.len() >= LINE_MAX {
                    self.take(&line, &before);
                    before.clear();
                    // What stands on both sides of a cut is seen as well.
                    if *byte != b'\n' {
                        before.extend_from_slice(&line[line.len() - OVERLAP..]);
                    }
                    line.clear();
                }
            }
            if read == 0 {
                break;
            }
        }
        if !line.is_empty() {
            self.take(&line, &before);
        }
    }

    fn take(&self, line: &[u8], before: &[u8]) {
        let line = String::from_utf8_lossy(line).into_owned();
        self.0.secrets.search("the output", &(String::from_utf8_lossy(before) + line.as_str()));
        if self.0.awaited.as_ref().is_some_and(|awaited| line.contains(awaited.as_str())) {
            self.0.found.notify_one();
        }
        let mut lines = self.lines();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        // Lines are whole at any time.
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_without_secrets() {
        let secrets = Secrets::default();
        secrets.keep("hunter2-hunter2");
        let output = Output::new(secrets.clone(), Some("started".to_owned()));
        let text = (0..300).fold(String::new(), |text, n| text + &format!("line {n}\n"));
        output.clone().read(text.as_bytes()).await;
        output.clone().read(&b"it started with hunter2-hunter2"[..]).await;
        output.awaited().await;
        assert_eq!(output.last(2), ["line 299", "it started with ***"]);
        assert_eq!(output.last(1_000).len(), LINES_MAX);
        assert_eq!(secrets.leaks(), ["a secret in the output"]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let output = Output::new(Secrets::default(), None);
        output.clone().read(&vec![b'x'; 2 * LINE_MAX + 1][..]).await;
        let secrets = Secrets::default();
        secrets.keep("hunter2-hunter2");
        let cut = Output::new(secrets.clone(), None);
        cut.read(format!("{}hunter2-hunter2", "x".repeat(LINE_MAX - 7)).as_bytes()).await;
        assert_eq!(secrets.leaks(), ["a secret in the output"]);
        assert_eq!(output.last(9).iter().map(String::len).collect::<Vec<_>>(), [LINE_MAX, LINE_MAX, 1]);
    }
}
