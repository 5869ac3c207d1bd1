//! The client's end of a connection, which breaks where it is told.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::sim::faults::Trouble;
use crate::sim::watch::Seen;

/// A pipe with a fault built in.
#[derive(Debug)]
pub(super) struct BreakingPipe {
    pipe: DuplexStream,
    trouble: Option<Trouble>,
    written: usize,
    read: usize,
    seen: Seen,
}

impl BreakingPipe {
    pub(super) fn new(pipe: DuplexStream, trouble: Option<Trouble>, seen: Seen) -> Self {
        Self { pipe, trouble, written: 0, read: 0, seen }
    }

    fn breaks<T>(&self, trouble: Trouble) -> Poll<io::Result<T>> {
        self.seen.struck(trouble);
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncRead for BreakingPipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        if Pin::new(&mut self.pipe).poll_read(cx, out)?.is_pending() {
            return Poll::Pending;
        }
        let received = out.filled().len() - before;
        match self.trouble {
            Some(trouble @ Trouble::LostAnswer) if received > 0 => self.breaks(trouble),
            Some(trouble @ Trouble::CutInAnswer(limit)) if self.read + received > limit => {
                let rest = limit - self.read;
                if rest == 0 {
                    return self.breaks(trouble);
                }
                out.set_filled(before + rest);
                self.read = limit;
                Poll::Ready(Ok(()))
            }
            // Whatever came, nobody hears of it, and nobody is woken for more.
            Some(trouble @ Trouble::Silence) => {
                self.seen.struck(trouble);
                out.set_filled(before);
                Poll::Pending
            }
            _ => {
                self.read += received;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for BreakingPipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let mut data = data;
        if let Some(trouble @ Trouble::CutInRequest(limit)) = self.trouble {
            let left = limit - self.written;
            if left == 0 {
                return self.breaks(trouble);
            }
            data = &data[..data.len().min(left)];
        }
        let written = Pin::new(&mut self.pipe).poll_write(cx, data);
        if let Poll::Ready(Ok(bytes)) = written {
            self.written += bytes;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}
