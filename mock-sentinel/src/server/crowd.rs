//! How many connections a listener keeps open at once.

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

/// Lets so many connections in; more are closed at once, so that neither memory nor open files run out.
#[derive(Debug, Clone)]
pub(super) struct Crowd(Arc<Semaphore>);

impl Default for Crowd {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONNECTIONS_MAX)))
    }
}

/// What each request knows of its connection; in process it has none.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Its place, given up when the last part of its service is dropped.
    _place: Arc<OwnedSemaphorePermit>,
    pub(crate) reset: ResetOnClose,
}

impl<S> Accept<TcpStream, S> for Crowd {
    type Stream = Socket;
    type Service = <Extension<Connection> as Layer<S>>::Service;
    type Future = Ready<io::Result<(Socket, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            tracing::warn!(CONNECTIONS_MAX, "Closed a connection: too many are open.");
            return ready(Err(io::Error::other("too many connections")));
        };
        let reset = ResetOnClose::default();
        let service = Extension(Connection { _place: Arc::new(place), reset: reset.clone() }).layer(service);
        // Answers are small: each goes out at once.
        ready(stream.set_nodelay(true).map(|()| (Socket::new(stream, reset), service)))
    }
}
