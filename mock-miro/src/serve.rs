//! The HTTP server: one owned task per connection, with graceful shutdown.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::http::ResetOnClose;
use crate::mock::MockMiro;

/// How long connections may take to finish after `stop`.
const GRACE: Duration = Duration::from_secs(5);
/// The most open connections; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 4_096;
/// The pause after a failed accept, such as when file descriptors run out.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

impl MockMiro {
    /// Serves until `stop`, then waits up to five seconds for requests in flight. All connections are owned by this future: dropping
    /// it closes them.
    ///
    /// Not cancel-safe: requests in flight are cut.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        self::serve(self.router(), listener, stop).await;
    }
}

/// Accepts connections until `stop`, then drains them.
async fn serve(router: Router, listener: TcpListener, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => accepted,
            Some(_ended) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(serve_connection(stream, router.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "Could not accept a connection.");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!(open = connections.len(), "Connections were still open after the grace period.");
    }
}

async fn serve_connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "Could not set TCP_NODELAY.");
    }
    let reset = ResetOnClose::default();
    let socket = TokioIo::new(Socket { stream, reset: reset.clone() });
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(reset.clone());
        router.clone().oneshot(request)
    });
    // Responses carry the mock's own time in `Date`. What hyper rejects by itself gets no date rather than the machine's.
    let mut connection =
        pin!(http1::Builder::new().auto_date_header(false).timer(TokioTimer::new()).serve_connection(socket, service));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "Connection closed early.");
    }
}

/// A socket that closes normally, or with a reset when a fault requires it.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    reset: ResetOnClose,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.asked()
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::debug!(%error, "Could not set SO_LINGER for a connection reset.");
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
