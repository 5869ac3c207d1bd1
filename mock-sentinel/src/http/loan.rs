//! A request's body lent to a handler: one that was not read comes back, so that it can be drained. A caller
//! who is still sending when the connection ends gets a connection error in place of the response.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The body of a request while its handler has it.
struct Loan {
    body: Option<Body>,
    is_read: bool,
    back: Returned,
}

/// Where a body that was not read comes back to.
#[derive(Clone, Default)]
pub(crate) struct Returned(Arc<Mutex<Option<Body>>>);

/// Lends a body.
pub(crate) fn lend(body: Body) -> (Body, Returned) {
    let back = Returned::default();
    (Body::new(Loan { body: Some(body), is_read: false, back: back.clone() }), back)
}

impl Returned {
    /// The body, if it was given back with anything in it.
    pub(crate) fn take(&self) -> Option<Body> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (!http_body::Body::is_end_stream(&body)).then_some(body)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !self.is_read {
            *self.back.0.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}

impl http_body::Body for Loan {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_read = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn only_a_body_that_nobody_read_comes_back() {
        let (lent, back) = lend(Body::from("abc"));
        assert_eq!(http_body::Body::size_hint(&lent).exact(), Some(3));
        drop(lent);
        assert!(back.take().is_some() && back.take().is_none());
        let (mut lent, back) = lend(Body::from("abc"));
        assert!(lent.frame().await.is_some());
        drop(lent);
        assert!(back.take().is_none());
        let (lent, back) = lend(Body::empty());
        drop(lent);
        assert!(back.take().is_none());
    }
}
