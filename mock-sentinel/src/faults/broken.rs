//! Connections that break. A body that yields an error makes the HTTP server close the connection: with nothing sent
//! when it is the first thing the body yields, in the middle otherwise. It does so on sockets and in process alike.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;

use super::Trouble;

/// What a broken body yields last.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection was broken by a fault")]
struct Broken;

/// Lets the trouble happen to an answer that is otherwise ready.
pub(crate) async fn apply(response: Response, trouble: &Trouble) -> Response {
    if let Some(delay) = trouble.delay {
        tokio::time::sleep(delay.unsigned_abs()).await;
    }
    if trouble.lost_answer || trouble.reset {
        return Response::new(Body::new(Torn { left: None, state: Progress::Break, length: 1 }));
    }
    match trouble.cut_after_bytes {
        Some(bytes) => cut(response, bytes).await,
        None => response,
    }
}

/// The answer up to `bytes` of its body, although its length promises one more at least.
async fn cut(response: Response, bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let length = whole.len().max(bytes.saturating_add(1)) as u64;
    parts.headers.remove(CONTENT_LENGTH);
    let left = whole.slice(..bytes.min(whole.len()));
    Response::from_parts(parts, Body::new(Torn { left: Some(left), state: Progress::Send, length }))
}

/// A body that breaks before it has kept what its length promised.
#[derive(Debug)]
struct Torn {
    left: Option<Bytes>,
    state: Progress,
    length: u64,
}

#[derive(Debug, Clone, Copy)]
enum Progress {
    Send,
    Flush,
    Break,
}

impl HttpBody for Torn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        match this.state {
            Progress::Send => {
                this.state = Progress::Flush;
                match this.left.take().filter(|bytes| !bytes.is_empty()) {
                    Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                    None => Pin::new(this).poll_frame(context),
                }
            }
            // One idle turn, in which the server writes what it has so far.
            Progress::Flush => {
                this.state = Progress::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Progress::Break => Poll::Ready(Some(Err(axum::Error::new(Broken)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
