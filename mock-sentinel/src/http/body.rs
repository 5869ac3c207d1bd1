//! Request bodies, never more of them than allowed and never longer than patience lasts.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

/// How long a body may take to arrive as a whole.
const ARRIVAL_MAX: Duration = Duration::from_mins(1);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// More bytes came than allowed; the rest was not kept.
    TooLong,
    /// The caller went away in the middle.
    Broken,
    /// The body did not arrive in time.
    Slow,
}

/// Reads a body of at most `bytes_max` bytes.
pub(crate) async fn read(body: Body, bytes_max: u64) -> Result<Bytes, BodyError> {
    tokio::time::timeout(ARRIVAL_MAX, collect(body, bytes_max)).await.unwrap_or(Err(BodyError::Slow))
}

async fn collect(body: Body, bytes_max: u64) -> Result<Bytes, BodyError> {
    let mut stream = body.into_data_stream();
    let Some(first) = stream.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| BodyError::Broken)?;
    let mut whole = BytesMut::from(first);
    while let Some(piece) = stream.next().await {
        whole.extend_from_slice(&piece.map_err(|_| BodyError::Broken)?);
        if whole.len() as u64 > bytes_max {
            return Err(BodyError::TooLong);
        }
    }
    if whole.len() as u64 > bytes_max { Err(BodyError::TooLong) } else { Ok(whole.freeze()) }
}

/// Reads and forgets at most `bytes_max` bytes, so that a caller who is still sending gets to read the answer.
pub(crate) async fn drain(body: Body, bytes_max: u64) -> u64 {
    let mut stream = body.into_data_stream();
    let mut seen = 0;
    let draining = async {
        while let Some(Ok(piece)) = stream.next().await {
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
