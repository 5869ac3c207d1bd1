//! Three https listeners on this machine in the place of Miro, the identity service and the ingestion endpoint, under a root of their own:
//! a recording forwards what they get, a replay answers it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mock_sentinel::{Tls, TlsError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::scenario::Peer;

/// Connections at the same time to one listener; further ones wait.
const CONNECTIONS_MAX: usize = 64;
/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long the head of a request may take, the pause before it included.
const HEAD_MAX: Duration = Duration::from_secs(75);

/// The body of a response; an error in it ends the connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The connection ends without a response.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends without a response")]
pub(crate) struct NoResponse;

/// What answers requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Answers one; dropped when the caller goes.
    fn handle(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
        connection: Connection,
    ) -> BoxFuture<'static, Result<Response<Body>, NoResponse>>;
}

/// The connection of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<AtomicBool>);

impl Connection {
    /// Lets the connection end with a reset, where it ends with an error.
    pub(crate) fn ends_with_reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it does.
    pub(crate) fn is_to_be_reset(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The listeners, before they answer.
#[derive(Debug)]
pub(crate) struct StandIns {
    listeners: Vec<(Peer, TcpListener, String)>,
    tls: Tls,
}

/// Why there are no listeners.
#[derive(Debug, thiserror::Error)]
pub enum StandInsError {
    /// No port.
    #[error("could not listen on this machine: {0}")]
    Io(#[from] io::Error),
    /// No certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Whom they stand in for.
pub(crate) const PEERS: [Peer; 3] = [Peer::Miro, Peer::Entra, Peer::Ingestion];

impl StandIns {
    /// Listens on a free port of 127.0.0.1 for each peer.
    pub(crate) async fn bind() -> Result<Self, StandInsError> {
        let tls = Tls::generate()?;
        let mut listeners = Vec::new();
        for peer in PEERS {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let url = format!("https://{}", listener.local_addr()?);
            listeners.push((peer, listener, url));
        }
        Ok(Self { listeners, tls })
    }

    /// The address in the place of that peer's, without a slash at its end.
    pub(crate) fn url(&self, peer: Peer) -> String {
        self.listeners.iter().find(|(one, ..)| *one == peer).map(|(.., url)| url.clone()).unwrap_or_default()
    }

    /// The root that callers must trust.
    pub(crate) fn root_pem(&self) -> &str {
        self.tls.root_pem()
    }

    /// Answers until it is stopped; connections are dropped then.
    pub(crate) async fn serve(self, handler: Arc<impl Handler>, stop: CancellationToken) {
        let acceptor = TlsAcceptor::from(self.tls.server());
        let accepting = self.listeners.into_iter().map(|(peer, listener, _)| {
            let (acceptor, handler) = (acceptor.clone(), handler.clone());
            async move { accept(peer, listener, acceptor, handler).await }
        });
        tokio::select! {
            _ = futures_util::future::join_all(accepting) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn accept(peer: Peer, listener: TcpListener, acceptor: TlsAcceptor, handler: Arc<impl Handler>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((socket, _)) => {
                connections.spawn(serve_one(peer, socket, acceptor.clone(), handler.clone()));
            }
            // Too many open files, for one: others may close some.
            Err(error) => {
                tracing::debug!(%error, "Could not accept a connection.");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_one(peer: Peer, socket: TcpStream, acceptor: TlsAcceptor, handler: Arc<impl Handler>) {
    drop(socket.set_nodelay(true));
    let Ok(Ok(socket)) = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(socket)).await else { return };
    let connection = Connection::default();
    let service = service_fn(|request| handler.clone().handle(peer, request, connection.clone()));
    let mut server = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(socket), service);
    let ended = std::future::poll_fn(|context| Pin::new(&mut server).poll(context)).await;
    let is_reset = connection.is_to_be_reset() && ended.is_err();
    let socket = server.into_parts().io.into_inner();
    if is_reset && let Err(error) = socket.get_ref().0.set_zero_linger() {
        tracing::debug!(%error, "Could not arrange for a reset.");
    }
}
