//! Answers that are large: all of them together within one bound, until their callers have read them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Answers up to this many bytes are not counted.
const SMALL_BYTES: usize = 64 * 1024;
/// How long an answer waits for room.
const ROOM_WAIT_MAX: Duration = Duration::from_secs(30);

/// The memory that large answers may take together, in bytes.
#[derive(Debug)]
pub(crate) struct Outbox {
    left: Arc<Semaphore>,
    bytes: u32,
}

/// An answer's body, and the room it takes until it is sent or dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl Outbox {
    pub(crate) fn new(bytes: u32) -> Self {
        Self { left: Arc::new(Semaphore::new(bytes as usize)), bytes }
    }

    /// Takes room for a body; nothing when there was none for too long.
    pub(crate) async fn keep(&self, bytes: Vec<u8>) -> Option<Kept> {
        if bytes.len() <= SMALL_BYTES {
            return Some(Kept { bytes, room: None });
        }
        let share = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(self.bytes);
        let room = tokio::time::timeout(ROOM_WAIT_MAX, Arc::clone(&self.left).acquire_many_owned(share)).await;
        Some(Kept { bytes, room: Some(room.ok()?.ok()?) })
    }
}

impl Kept {
    /// A short text, which takes no room.
    pub(crate) fn text(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), room: None }
    }

    /// Adds another body with its room.
    pub(crate) fn append(&mut self, other: Self) {
        self.bytes.extend_from_slice(&other.bytes);
        match (&mut self.room, other.room) {
            (Some(own), Some(more)) => own.merge(more),
            (own @ None, more) => *own = more,
            (Some(_), None) => {}
        }
    }

    pub(crate) fn into_body(self) -> Body {
        Body::new(Sent { bytes: self.bytes.into(), _room: self.room })
    }
}

/// A body in one piece, which gives its room up when the server is done with it.
struct Sent {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// The most that is handed to the server at once, so that a caller who reads nothing holds the rest here.
const PIECE_BYTES: usize = 64 * 1024;

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let piece = PIECE_BYTES.min(self.bytes.len());
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn large_answers_wait_for_room_and_small_ones_do_not() {
        let outbox = Outbox::new(200_000);
        let first = outbox.keep(vec![b'x'; 150_000]).await.unwrap();
        assert!(outbox.keep(vec![b'x'; 150_000]).await.is_none());
        assert!(outbox.keep(vec![b'x'; 60_000]).await.is_some());
        let sent = first.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(sent.len(), 150_000);
        assert!(outbox.keep(vec![b'x'; 150_000]).await.is_some());
    }
}
