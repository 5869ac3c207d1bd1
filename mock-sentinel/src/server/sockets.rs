//! The router on sockets: plain http, and https when a certificate is handed in.

use std::io;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::tls::Tls;

/// How long calls in progress may take to end after the stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

pub(super) async fn serve(
    router: Router,
    http: TcpListener,
    https: Option<(TcpListener, Tls)>,
    stop: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let plain =
        axum_server::from_tcp(http.into_std()?)?.handle(handle.clone()).serve(router.clone().into_make_service());
    let secure = async {
        let Some((listener, tls)) = https else { return Ok(()) };
        let config = RustlsConfig::from_config(tls.server());
        let acceptor = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE_MAX);
        let server = axum_server::from_tcp(listener.into_std()?)?.acceptor(acceptor).handle(handle.clone());
        server.serve(router.into_make_service()).await
    };
    let stopping = async {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(GRACE));
        Ok(())
    };
    tokio::try_join!(plain, secure, stopping).map(|_| ())
}
