//! Bodies on their way out: whole, cut, in drips, or none at all.
//!
//! A body that fails makes hyper close the connection, on a socket and in memory alike. Failing at the first poll, before
//! anything was flushed, loses the answer altogether.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{Dribble, Trouble};

/// How long a body that breaks off waits, so that what came before has left. Under a paused timer this is until
/// everybody else waits too.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);

/// A body in pieces with pauses, which may fail at its end.
#[derive(Debug)]
pub(crate) struct Delivery {
    rest: Bytes,
    /// What the head promised, which may be more than is sent.
    promised: u64,
    piece: usize,
    pause: Option<Duration>,
    ending: Ending,
    sleeping: Option<Pin<Box<Sleep>>>,
    /// Whether the pause before the next step is over.
    rested: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    /// The connection breaks after the bytes that were sent.
    Broken,
    /// The connection breaks before anything is sent.
    Lost,
}

impl Delivery {
    /// A body that ends the connection before anything of the answer is sent.
    pub(crate) fn lost() -> Self {
        Self {
            rest: Bytes::new(),
            promised: 1,
            piece: 1,
            pause: None,
            ending: Ending::Lost,
            sleeping: None,
            rested: true,
        }
    }

    /// The body with its trouble.
    pub(crate) fn troubled(body: &Bytes, trouble: &Trouble) -> Self {
        let promised = body.len() as u64;
        let cut = trouble.cut_after_bytes.filter(|&n| n < body.len());
        let rest = body.slice(..cut.unwrap_or(body.len()));
        let Dribble { bytes, every } =
            trouble.dribble.unwrap_or(Dribble { bytes: usize::MAX, every: jiff::SignedDuration::ZERO });
        Self {
            rest,
            promised,
            piece: bytes.max(1),
            pause: Duration::try_from(every).ok().filter(|pause| !pause.is_zero()),
            ending: if cut.is_some() { Ending::Broken } else { Ending::Whole },
            sleeping: None,
            rested: false,
        }
    }

    /// Waits once before each step.
    fn poll_rest(&mut self, cx: &mut Context<'_>, pause: Option<Duration>) -> Poll<()> {
        if !self.rested
            && let Some(pause) = pause
        {
            let sleeping = self.sleeping.get_or_insert_with(|| Box::pin(sleep(pause)));
            ready!(sleeping.as_mut().poll(cx));
            self.sleeping = None;
            self.rested = true;
        }
        Poll::Ready(())
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.rest.is_empty() {
            let pause = self.pause;
            ready!(self.poll_rest(cx, pause));
            self.rested = false;
            let piece = self.piece.min(self.rest.len());
            return Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))));
        }
        match self.ending {
            Ending::Whole => Poll::Ready(None),
            Ending::Broken => {
                ready!(self.poll_rest(cx, Some(FLUSHED_AFTER)));
                Poll::Ready(Some(Err(io::Error::other("the answer was cut as planned by a fault"))))
            }
            Ending::Lost => Poll::Ready(Some(Err(io::Error::other("the answer was lost as planned by a fault")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.ending == Ending::Whole
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
