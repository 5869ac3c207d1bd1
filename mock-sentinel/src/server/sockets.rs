//! The router on sockets: plain http, and https when a certificate is handed in.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::{Extension, Router};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connection_limit::ConnectionLimit;
use crate::identity::entra::Scheme;
use crate::tls::Tls;

/// How long calls in progress may take to end after the stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long the head of a request may take, the pause before it included.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// How long a head may be, and how much of a body is read ahead.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// A server that neither waits nor remembers without end.
fn bounded(mut server: Server<SocketAddr>) -> Server<SocketAddr> {
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .pipeline_flush(true);
    server.http1_only()
}

pub(super) async fn serve(
    router: &Router,
    http: TcpListener,
    https: Option<(TcpListener, Tls)>,
    stop: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let plain = router.clone().layer(Extension(Scheme::Http)).into_make_service();
    let server = bounded(axum_server::from_tcp(http.into_std()?)?).acceptor(ConnectionLimit::default());
    let plain = server.handle(handle.clone()).serve(plain);
    let secure = async {
        let Some((listener, tls)) = https else { return Ok(()) };
        let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls.server())).handshake_timeout(HANDSHAKE_MAX);
        let acceptor = acceptor.acceptor(ConnectionLimit::default());
        let service = router.clone().layer(Extension(Scheme::Https)).into_make_service();
        let server = bounded(axum_server::from_tcp(listener.into_std()?)?).acceptor(acceptor);
        server.handle(handle.clone()).serve(service).await
    };
    let stopping = async {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(GRACE));
        Ok(())
    };
    tokio::try_join!(plain, secure, stopping).map(|_| ())
}
