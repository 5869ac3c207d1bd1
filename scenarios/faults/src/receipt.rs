//! Detects whether a response was delivered: a caller may time out and close the connection.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::Outcome;

/// Reports the outcome of a response: delivered when all of it was handed to the connection, otherwise lost or cut. It is held
/// during the delay of the response, and then by its body.
pub struct Receipt {
    report: Option<Box<dyn FnOnce(Outcome) + Send>>,
    begun: bool,
}

/// A body with a receipt.
#[derive(Debug)]
pub struct Tracked<B: Body> {
    body: B,
    receipt: Receipt,
}

impl Receipt {
    /// A receipt that calls `report` exactly once.
    pub fn new(report: impl FnOnce(Outcome) + Send + 'static) -> Self {
        Self { report: Some(Box::new(report)), begun: false }
    }

    /// Attaches the receipt to the body.
    pub fn attach<B: Body>(self, body: B) -> Tracked<B> {
        Tracked { body, receipt: self }
    }

    fn report(&mut self, outcome: Outcome) {
        if let Some(report) = self.report.take() {
            report(outcome);
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.report(if self.begun { Outcome::Cut } else { Outcome::ResponseLost });
    }
}

impl<B: Body> Drop for Tracked<B> {
    fn drop(&mut self) {
        // A server may stop asking once it knows that nothing comes.
        if self.body.is_end_stream() {
            self.receipt.report(Outcome::Delivered);
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Tracked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.receipt.report(Outcome::Delivered),
            Poll::Ready(Some(Ok(_))) => self.receipt.begun = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http_body_util::{BodyExt, Full};

    use super::*;

    fn receipt() -> (Receipt, Arc<Mutex<Option<Outcome>>>) {
        let reported = Arc::new(Mutex::new(None));
        let into = Arc::clone(&reported);
        (Receipt::new(move |outcome| *into.lock().unwrap() = Some(outcome)), reported)
    }

    #[tokio::test]
    async fn what_becomes_of_a_response_is_reported_once() {
        let (waiting, reported) = receipt();
        drop(waiting);
        assert_eq!(*reported.lock().unwrap(), Some(Outcome::ResponseLost));

        let (unread, reported) = receipt();
        drop(unread.attach(Full::new(Bytes::from("a"))));
        assert_eq!(*reported.lock().unwrap(), Some(Outcome::ResponseLost));

        let (part, reported) = receipt();
        let frames = ["a", "b"].map(|text| Ok::<_, std::io::Error>(Frame::data(Bytes::from(text))));
        let mut body = part.attach(http_body_util::StreamBody::new(futures_util::stream::iter(frames)));
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert_eq!(*reported.lock().unwrap(), Some(Outcome::Cut));

        for whole in ["", "a"] {
            let (receipt, reported) = receipt();
            receipt.attach(Full::new(Bytes::from(whole))).collect().await.unwrap();
            assert_eq!(*reported.lock().unwrap(), Some(Outcome::Delivered));
        }
        let (empty, reported) = receipt();
        drop(empty.attach(Full::new(Bytes::new())));
        assert_eq!(*reported.lock().unwrap(), Some(Outcome::Delivered));
    }
}
