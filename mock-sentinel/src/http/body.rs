//! Request bodies: each bounded in size and in time, and all of them together in memory.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_body::Body as _;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a body may take to arrive as a whole.
const ARRIVAL_MAX: Duration = Duration::from_mins(1);
/// How long it may pause between two pieces.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// How long a body waits for memory.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(30);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is longer than {0} bytes")]
    TooLong(u64),
    #[error("the caller disconnected in the middle of the body")]
    Broken,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("no memory left for the body: too many requests are in progress")]
    NoMemory,
}

impl BodyError {
    /// The status that fits on every plane.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::TooLong(_) | Self::Broken => 400,
            Self::Slow => 408,
            Self::NoMemory => 503,
        }
    }
}

/// The memory that bodies may take together, in bytes.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    left: Semaphore,
    bytes: u32,
}

/// A body in memory; its share of the limit is released when this is dropped.
#[derive(Debug)]
pub(crate) struct BufferedBody<'a> {
    pub(crate) bytes: Bytes,
    _permit: SemaphorePermit<'a>,
}

impl BodyMemory {
    pub(crate) fn new(bytes: u32) -> Self {
        Self { left: Semaphore::new(bytes as usize), bytes }
    }

    /// Reads a body of at most `bytes_max` bytes. Its memory is reserved before its first byte is read, so that bodies that
    /// have begun can always end.
    pub(crate) async fn read(&self, body: Body, bytes_max: u64) -> Result<BufferedBody<'_>, BodyError> {
        let length = body.size_hint().exact().unwrap_or(bytes_max);
        if length > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        let share = u32::try_from(length).unwrap_or(u32::MAX).min(self.bytes);
        let permit = tokio::time::timeout(MEMORY_WAIT_MAX, self.left.acquire_many(share)).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(BodyError::NoMemory)?;
        let read = tokio::time::timeout(ARRIVAL_MAX, collect(body, bytes_max)).await;
        Ok(BufferedBody { bytes: read.unwrap_or(Err(BodyError::Slow))?, _permit: permit })
    }
}

async fn collect(body: Body, bytes_max: u64) -> Result<Bytes, BodyError> {
    let mut stream = body.into_data_stream();
    let mut whole = BytesMut::new();
    loop {
        let piece = tokio::time::timeout(PAUSE_MAX, stream.next()).await.map_err(|_| BodyError::Slow)?;
        let Some(piece) = piece else { return Ok(whole.freeze()) };
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if (whole.len() + piece.len()) as u64 > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        if whole.is_empty() {
            whole = BytesMut::from(piece);
        } else {
            whole.extend_from_slice(&piece);
        }
    }
}

/// Reads and discards at most `bytes_max` bytes, so that a caller who is still sending receives the response.
pub(crate) async fn drain(body: Body, bytes_max: u64) -> u64 {
    let mut stream = body.into_data_stream();
    let mut seen = 0;
    let draining = async {
        while let Ok(Some(Ok(piece))) = tokio::time::timeout(PAUSE_MAX, stream.next()).await {
            seen += piece.len() as u64;
            if seen > bytes_max {
                break;
            }
        }
    };
    let finished = tokio::time::timeout(ARRIVAL_MAX, draining).await;
    if finished.is_err() {
        tracing::debug!(seen, "Stopped draining a request body: it took too long.");
    }
    seen
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn pieces(pieces: Vec<&'static str>) -> Body {
        Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)))
    }

    #[tokio::test]
    async fn a_body_is_whole_or_refused() {
        let memory = BodyMemory::new(8);
        assert_eq!(memory.read(pieces(vec!["ab", "cd"]), 4).await.unwrap().bytes, "abcd");
        assert_eq!(memory.read(pieces(vec!["ab", "cde"]), 4).await.unwrap_err(), BodyError::TooLong(4));
        assert_eq!(memory.read(Body::from("abcde"), 4).await.unwrap_err(), BodyError::TooLong(4));
        assert!(memory.read(Body::empty(), 4).await.unwrap().bytes.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_abandoned() {
        let memory = BodyMemory::new(8);
        let silent = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(memory.read(silent, 8).await.unwrap_err(), BodyError::Slow);
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_together_stay_within_the_memory_limit() {
        let memory = BodyMemory::new(8);
        let first = memory.read(Body::from("abcdef"), 8).await.unwrap();
        assert_eq!(memory.read(Body::from("ghi"), 8).await.unwrap_err(), BodyError::NoMemory);
        drop(first);
        assert_eq!(memory.read(Body::from("ghi"), 8).await.unwrap().bytes, "ghi");
    }
}
