//! The router on sockets: plain http, and https when a certificate is handed in.

use std::io;
use std::time::Duration;

use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::identity::entra::Scheme;
use crate::tls::Tls;

/// How long calls in progress may take to end after the stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

pub(super) async fn serve(
    router: &Router,
    http: TcpListener,
    https: Option<(TcpListener, Tls)>,
    stop: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let plain = router.clone().layer(Extension(Scheme::Http)).into_make_service();
    let plain = axum_server::from_tcp(http.into_std()?)?.handle(handle.clone()).serve(plain);
    let secure = async {
        let Some((listener, tls)) = https else { return Ok(()) };
        let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls.server())).handshake_timeout(HANDSHAKE_MAX);
        let service = router.clone().layer(Extension(Scheme::Https)).into_make_service();
        axum_server::from_tcp(listener.into_std()?)?.acceptor(acceptor).handle(handle.clone()).serve(service).await
    };
    let stopping = async {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(GRACE));
        Ok(())
    };
    tokio::try_join!(plain, secure, stopping).map(|_| ())
}
