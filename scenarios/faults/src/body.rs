//! Response bodies: whole, cut, in pieces, or lost.
//!
//! A body that fails makes an HTTP server close the connection, on a socket and in memory alike. Failing at the first poll,
//! before anything was flushed, loses the response altogether.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{Dribble, Trouble};

/// How a body waits: the timer of the runtime that the mock runs on.
pub type Sleep = fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The pause before a body fails, so that earlier bytes are flushed. Under a paused timer it lasts until all other tasks are
/// idle.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);

/// A body that is neither JSON nor text.
const GARBAGE: &[u8] = b"\x00\xff\xfe{\"data\":[{]\x80 not what was asked for";

/// A body in pieces with pauses, which may fail at its end.
pub struct FaultyBody {
    rest: Bytes,
    /// What the head promised, which may be more than is sent.
    promised: u64,
    piece: usize,
    pause: Option<Duration>,
    ending: Ending,
    sleep: Sleep,
    sleeping: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
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

impl FaultyBody {
    /// A body that ends the connection before anything of the response is sent.
    pub fn lost(sleep: Sleep) -> Self {
        Self {
            rest: Bytes::new(),
            promised: 1,
            piece: 1,
            pause: None,
            ending: Ending::Lost,
            sleep,
            sleeping: None,
            rested: true,
        }
    }

    /// The body as the trouble changes it. A cut always breaks the connection: where there is not as much to send, the head
    /// promises a byte more than there is.
    pub fn troubled(whole: Bytes, trouble: &Trouble, sleep: Sleep) -> Self {
        let mut rest = if trouble.garbage { Bytes::from_static(GARBAGE) } else { whole };
        let mut promised = rest.len();
        if let Some(cut) = trouble.cut_after_bytes {
            promised = promised.max(cut.saturating_add(1));
            rest.truncate(cut);
        }
        let Dribble { bytes, every } =
            trouble.dribble.unwrap_or(Dribble { bytes: usize::MAX, every: jiff::SignedDuration::ZERO });
        Self {
            rest,
            promised: promised as u64,
            piece: bytes.max(1),
            pause: Duration::try_from(every).ok().filter(|pause| !pause.is_zero()),
            ending: if trouble.cut_after_bytes.is_some() { Ending::Broken } else { Ending::Whole },
            sleep,
            sleeping: None,
            rested: false,
        }
    }

    /// Waits once before each step.
    fn poll_rest(&mut self, cx: &mut Context<'_>, pause: Option<Duration>) -> Poll<()> {
        if !self.rested
            && let Some(pause) = pause
        {
            let sleep = self.sleep;
            let sleeping = self.sleeping.get_or_insert_with(|| sleep(pause));
            ready!(sleeping.as_mut().poll(cx));
            self.sleeping = None;
            self.rested = true;
        }
        Poll::Ready(())
    }
}

impl std::fmt::Debug for FaultyBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultyBody")
            .field("rest", &self.rest.len())
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

impl Body for FaultyBody {
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
                Poll::Ready(Some(Err(io::Error::other("the response was cut as planned by a fault"))))
            }
            Ending::Lost => Poll::Ready(Some(Err(io::Error::other("the response was lost as planned by a fault")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.ending == Ending::Whole
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use jiff::SignedDuration;

    use super::*;

    fn sleep(pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(pause))
    }

    /// The pieces of a body, whether it ended well, and what its head promised.
    async fn read(trouble: Trouble, whole: &'static [u8]) -> (Vec<Bytes>, bool, u64) {
        let mut body = FaultyBody::troubled(Bytes::from_static(whole), &trouble, sleep);
        let promised = body.size_hint().exact().unwrap();
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => pieces.push(frame.into_data().unwrap()),
                Err(_) => return (pieces, false, promised),
            }
        }
        (pieces, true, promised)
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_body_breaks_wherever_it_ends() {
        let cut = |bytes| Trouble { cut_after_bytes: Some(bytes), ..Trouble::default() };
        assert_eq!(read(cut(2), b"abcd").await, (vec![Bytes::from("ab")], false, 4));
        assert_eq!(read(cut(0), b"abcd").await, (vec![], false, 4));
        assert_eq!(read(cut(9), b"abcd").await, (vec![Bytes::from("abcd")], false, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_in_pieces_takes_its_time_and_arrives_whole() {
        let begun = tokio::time::Instant::now();
        let dribble = Some(Dribble { bytes: 3, every: SignedDuration::from_secs(2) });
        let pieces = ["abc", "d"].map(Bytes::from).to_vec();
        assert_eq!(read(Trouble { dribble, ..Trouble::default() }, b"abcd").await, (pieces, true, 4));
        assert_eq!(begun.elapsed(), Duration::from_secs(4));
    }

    #[tokio::test]
    async fn garbage_is_not_json_and_a_lost_body_has_nothing() {
        let (pieces, whole, _) = read(Trouble { garbage: true, ..Trouble::default() }, b"{}").await;
        assert!(whole && serde_json::from_slice::<serde_json::Value>(&pieces[0]).is_err());
        assert!(FaultyBody::lost(sleep).frame().await.unwrap().is_err());
    }
}
