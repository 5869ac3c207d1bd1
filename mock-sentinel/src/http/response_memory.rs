//! Large responses: all of them together within one memory limit, until their callers have read them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Responses up to this many bytes do not count.
const SMALL_BYTES: usize = 64 * 1024;
/// How long a response waits for memory.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(30);

/// The memory that large responses may take together, in bytes.
#[derive(Debug)]
pub(crate) struct ResponseMemory {
    left: Arc<Semaphore>,
    bytes: u32,
}

/// A response's body; its share of the limit is released when it is sent or dropped.
#[derive(Debug)]
pub(crate) struct BufferedResponse {
    pub(crate) bytes: Vec<u8>,
    permit: Option<OwnedSemaphorePermit>,
}

impl ResponseMemory {
    pub(crate) fn new(bytes: u32) -> Self {
        Self { left: Arc::new(Semaphore::new(bytes as usize)), bytes }
    }

    /// Reserves memory for a body; `None` when there was none for too long.
    pub(crate) async fn reserve(&self, bytes: Vec<u8>) -> Option<BufferedResponse> {
        if bytes.len() <= SMALL_BYTES {
            return Some(BufferedResponse { bytes, permit: None });
        }
        let share = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(self.bytes);
        let permit = tokio::time::timeout(MEMORY_WAIT_MAX, Arc::clone(&self.left).acquire_many_owned(share)).await;
        Some(BufferedResponse { bytes, permit: Some(permit.ok()?.ok()?) })
    }
}

impl BufferedResponse {
    /// A short text, which needs no permit.
    pub(crate) fn text(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), permit: None }
    }

    /// Adds another body with its permit.
    pub(crate) fn append(&mut self, other: Self) {
        self.bytes.extend_from_slice(&other.bytes);
        match (&mut self.permit, other.permit) {
            (Some(own), Some(more)) => own.merge(more),
            (own @ None, more) => *own = more,
            (Some(_), None) => {}
        }
    }

    pub(crate) fn into_body(self) -> Body {
        Body::new(Sent { bytes: self.bytes.into(), _permit: self.permit })
    }
}

/// A body in one piece, which releases its permit when the server is done with it.
struct Sent {
    bytes: Bytes,
    _permit: Option<OwnedSemaphorePermit>,
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
    async fn large_responses_wait_for_memory_and_small_ones_do_not() {
        let memory = ResponseMemory::new(200_000);
        let first = memory.reserve(vec![b'x'; 150_000]).await.unwrap();
        assert!(memory.reserve(vec![b'x'; 150_000]).await.is_none());
        assert!(memory.reserve(vec![b'x'; 60_000]).await.is_some());
        let sent = first.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(sent.len(), 150_000);
        assert!(memory.reserve(vec![b'x'; 150_000]).await.is_some());
    }
}
