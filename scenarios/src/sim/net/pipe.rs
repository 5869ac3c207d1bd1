//! The client's end of a connection, which breaks at a given point.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::sim::network_conditions::Trouble;
use crate::sim::watch::ObservedRequest;

/// A pipe with a fault built in.
#[derive(Debug)]
pub(super) struct BreakingPipe {
    pipe: DuplexStream,
    trouble: Option<Trouble>,
    pace: Option<Pace>,
    written: usize,
    read: usize,
    seen: ObservedRequest,
}

impl BreakingPipe {
    /// With `bytes_per_second` no more than that many are received in each second.
    pub(super) fn new(
        pipe: DuplexStream,
        trouble: Option<Trouble>,
        bytes_per_second: Option<u32>,
        seen: ObservedRequest,
    ) -> Self {
        Self { pipe, trouble, pace: bytes_per_second.map(Pace::new), written: 0, read: 0, seen }
    }

    /// Reads what is available, or at the given rate.
    fn poll_pipe(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.pace {
            Some(pace) => pace.poll_read(&mut self.pipe, cx, out),
            None => Pin::new(&mut self.pipe).poll_read(cx, out),
        }
    }

    fn breaks<T>(&self, trouble: Trouble) -> Poll<io::Result<T>> {
        self.seen.struck(trouble);
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

/// So many bytes, then a second's pause.
#[derive(Debug)]
struct Pace {
    bytes: usize,
    pause: Pin<Box<Sleep>>,
}

impl Pace {
    fn new(bytes: u32) -> Self {
        Self { bytes: bytes as usize, pause: Box::pin(tokio::time::sleep(Duration::ZERO)) }
    }

    fn poll_read(
        &mut self,
        pipe: &mut DuplexStream,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.pause.as_mut().poll(cx));
        let mut portion = vec![0; self.bytes.min(out.remaining())];
        let mut portion = ReadBuf::new(&mut portion);
        ready!(Pin::new(pipe).poll_read(cx, &mut portion))?;
        out.put_slice(portion.filled());
        self.pause.as_mut().reset(Instant::now() + Duration::from_secs(1));
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for BreakingPipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        if self.poll_pipe(cx, out)?.is_pending() {
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
            // Whatever arrived, the client does not see it and is not woken for more.
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
