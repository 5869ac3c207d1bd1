//! The limit on the open connections of a listener.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use axum::Extension;
use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;

use super::socket::{ResetOnClose, Socket};

/// Two listeners stay well below the 1,024 open files that many systems allow a process.
const CONNECTIONS_MAX: usize = 400;

/// Limits the open connections; further ones are closed at once, so that neither memory nor file descriptors run out.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit(Arc<Semaphore>);

impl Default for ConnectionLimit {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONNECTIONS_MAX)))
    }
}

/// The connection of a request; in process there is none.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Released when the last part of its service is dropped.
    _permit: Arc<OwnedSemaphorePermit>,
    pub(crate) reset: ResetOnClose,
}

impl<S> Accept<TcpStream, S> for ConnectionLimit {
    type Stream = Socket;
    type Service = <Extension<Connection> as Layer<S>>::Service;
    type Future = Ready<io::Result<(Socket, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            tracing::warn!(CONNECTIONS_MAX, "Connection closed: too many open connections.");
            return ready(Err(io::Error::other("too many connections")));
        };
        let reset = ResetOnClose::default();
        let service = Extension(Connection { _permit: Arc::new(permit), reset: reset.clone() }).layer(service);
        // Responses are small: each is sent at once.
        ready(stream.set_nodelay(true).map(|()| (Socket::new(stream, reset), service)))
    }
}
