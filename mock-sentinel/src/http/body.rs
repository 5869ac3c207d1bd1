//! Request bodies: never more of them than allowed, never longer than patience lasts, and all of them together within
//! one bound.

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
/// How long a body waits for room.
const ROOM_WAIT_MAX: Duration = Duration::from_secs(30);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is longer than {0} bytes")]
    TooLong(u64),
    #[error("the caller went away in the middle of the body")]
    Broken,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("there is no room for the body: too many are in progress")]
    NoRoom,
}

impl BodyError {
    /// The status that fits on every plane.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::TooLong(_) | Self::Broken => 400,
            Self::Slow => 408,
            Self::NoRoom => 503,
        }
    }
}

/// The memory that bodies may take together, in bytes.
#[derive(Debug)]
pub(crate) struct Room {
    left: Semaphore,
    bytes: u32,
}

/// A body, and the room it takes until this is dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) bytes: Bytes,
    _room: SemaphorePermit<'a>,
}

impl Room {
    pub(crate) fn new(bytes: u32) -> Self {
        Self { left: Semaphore::new(bytes as usize), bytes }
    }

    /// Reads a body of at most `bytes_max` bytes. Its room is taken before its first byte is read, so that bodies that
    /// have begun can always end.
    pub(crate) async fn read(&self, body: Body, bytes_max: u64) -> Result<Held<'_>, BodyError> {
        let length = body.size_hint().exact().unwrap_or(bytes_max);
        if length > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        let share = u32::try_from(length).unwrap_or(u32::MAX).min(self.bytes);
        let room = tokio::time::timeout(ROOM_WAIT_MAX, self.left.acquire_many(share)).await;
        let room = room.ok().and_then(Result::ok).ok_or(BodyError::NoRoom)?;
        let read = tokio::time::timeout(ARRIVAL_MAX, collect(body, bytes_max)).await;
        Ok(Held { bytes: read.unwrap_or(Err(BodyError::Slow))?, _room: room })
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

/// Reads and forgets at most `bytes_max` bytes, so that a caller who is still sending gets to read the answer.
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
        tracing::debug!(seen, "Gave up draining a body.");
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
        let room = Room::new(8);
        assert_eq!(room.read(pieces(vec!["ab", "cd"]), 4).await.unwrap().bytes, "abcd");
        assert_eq!(room.read(pieces(vec!["ab", "cde"]), 4).await.unwrap_err(), BodyError::TooLong(4));
        assert_eq!(room.read(Body::from("abcde"), 4).await.unwrap_err(), BodyError::TooLong(4));
        assert!(room.read(Body::empty(), 4).await.unwrap().bytes.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_is_given_up() {
        let room = Room::new(8);
        let silent = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(room.read(silent, 8).await.unwrap_err(), BodyError::Slow);
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_together_take_no_more_than_the_room() {
        let room = Room::new(8);
        let first = room.read(Body::from("abcdef"), 8).await.unwrap();
        assert_eq!(room.read(Body::from("ghi"), 8).await.unwrap_err(), BodyError::NoRoom);
        drop(first);
        assert_eq!(room.read(Body::from("ghi"), 8).await.unwrap().bytes, "ghi");
    }
}
