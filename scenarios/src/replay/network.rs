//! The peers of a recording over connections in memory, so that breaks are real and time is the recording's.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use connector::transport::{Transport, TransportError};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use super::answer::Answers;
use crate::scenario::Peer;
use crate::sim::net::{PIPE_BYTES, converse};
use crate::sim::world::HOSTS;
use crate::stand_ins::{Connection, Handler as _};

/// A network in which the recording answers for all three peers.
pub(super) struct RecordedNetwork {
    answers: Arc<Answers>,
    servers: Mutex<JoinSet<()>>,
}

impl RecordedNetwork {
    pub(super) fn new(answers: Arc<Answers>) -> Self {
        Self { answers, servers: Mutex::default() }
    }

    async fn call(&self, request: Request<Bytes>, body_max: usize) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let Some((peer, _)) = HOSTS.into_iter().find(|(_, known)| *known == host) else {
            return Err(TransportError::Connect { host, reason: "no such host in the recording".to_owned() });
        };
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let connection = Connection::default();
        self.serve(peer, theirs, connection.clone());
        converse(ours, request, body_max).await.map_err(|broken| {
            if connection.is_to_be_reset() {
                return TransportError::Cut { host, reason: "connection reset by peer".to_owned() };
            }
            broken.into_transport_error(&host, body_max)
        })
    }

    fn serve(&self, peer: Peer, end: tokio::io::DuplexStream, connection: Connection) {
        let answers = Arc::clone(&self.answers);
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        while servers.try_join_next().is_some() {}
        servers.spawn(async move {
            let service = service_fn(|request| Arc::clone(&answers).handle(peer, request, connection.clone()));
            let mut server = http1::Builder::new()
                .keep_alive(false)
                .auto_date_header(false)
                .serve_connection(TokioIo::new(end), service);
            // How it ends is heard by the caller.
            drop(std::future::poll_fn(|context| Pin::new(&mut server).poll(context)).await);
        });
    }
}

impl Transport for RecordedNetwork {
    fn send(&self, request: Request<Bytes>, body_max: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.call(request, body_max).boxed()
    }
}

impl fmt::Debug for RecordedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordedNetwork")
    }
}
