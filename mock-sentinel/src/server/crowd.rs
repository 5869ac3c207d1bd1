//! How many connections a listener keeps open at once.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use axum::Extension;
use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;

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

/// A connection's place, given up when the last part of its service is dropped.
type Place = Arc<OwnedSemaphorePermit>;

impl<S> Accept<TcpStream, S> for Crowd {
    type Stream = TcpStream;
    type Service = <Extension<Place> as Layer<S>>::Service;
    type Future = Ready<io::Result<(TcpStream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            tracing::warn!(CONNECTIONS_MAX, "Closed a connection: too many are open.");
            return ready(Err(io::Error::other("too many connections")));
        };
        // Answers are small: each goes out at once.
        ready(stream.set_nodelay(true).map(|()| (stream, Extension(Arc::new(place)).layer(service))))
    }
}
