//! The real network: reqwest over rustls with ring, one connection pool, one attempt a call.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::route::{Proxy, Route};
use super::{ProxyError, ProxyTrouble, Transport, TransportError, peer};
use crate::bounded_file;
use crate::config::Http;
use crate::peer_text::PeerText;

/// Idle connections kept per host. Pages and uploads under way at once stay below it.
const IDLE_CONNECTIONS_MAX: usize = 16;
/// Shorter than the idle time after which load balancers on the way forget a connection (Azure's: four minutes,
/// <https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout>, read 2026-11-22).
const IDLE_FOR: Duration = Duration::from_secs(90);

/// Sends requests over the network. HTTP/1.1 with kept-alive connections, no redirects, no decompression,
/// no retries, no timeouts: those belong to the caller. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Production {
    direct: reqwest::Client,
    /// Where proxies are used at all.
    proxied: Option<(Arc<Route>, reqwest::Client)>,
}

/// Why there is no network client.
#[derive(Debug, thiserror::Error)]
pub enum ProductionError {
    /// The file of root certificates cannot be used.
    #[error("http.ca_file = {path:?} could not be used: {reason}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system's trust store or the proxy cannot be used.
    #[error("could not set up the network client: {0}")]
    Client(String),
}

impl Production {
    /// A client that trusts the system's roots and `http.ca_file`, and uses `http.proxy` or the environment's proxies. What
    /// leads to this machine (127.0.0.0/8, ::1, `localhost` and names below it) never goes through a proxy.
    ///
    /// # Errors
    ///
    /// When `http.ca_file` cannot be read or holds no certificate, or the proxy or the system's roots cannot be used.
    pub fn new(http: &Http) -> Result<Self, ProductionError> {
        let mut proxied = builder(http.ca_file.as_deref())?;
        if let Some(proxy) = &http.proxy {
            let proxy = reqwest::Proxy::all(proxy.clone()).map_err(|error| unbuilt(&error))?;
            proxied = proxied.proxy(proxy);
        }
        let proxied = proxied.build().map_err(|error| unbuilt(&error))?;
        let direct = builder(http.ca_file.as_deref())?.no_proxy().build().map_err(|error| unbuilt(&error))?;
        Ok(Self { direct, proxied: Some((Arc::new(Route::new(http)), proxied)) })
    }

    /// A client that uses no proxy, whatever the address: for this machine's own processes.
    pub(crate) fn direct() -> Result<Self, ProductionError> {
        let direct = builder(None)?.no_proxy().build().map_err(|error| unbuilt(&error))?;
        Ok(Self { direct, proxied: None })
    }

    /// The proxy on the way to `url`, host and port, if there is one.
    pub(crate) fn proxy_to(&self, url: &url::Url) -> Option<String> {
        let (route, _) = self.proxied.as_ref()?;
        route.proxy(url).map(|proxy| proxy.address)
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let host = peer(request.uri());
        let request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::Invalid { host: host.clone(), reason: deepest(&error) })?;
        let proxied = self.proxied.as_ref().and_then(|(route, client)| Some((route.proxy(request.url())?, client)));
        let answer = match &proxied {
            Some((proxy, client)) => {
                client.execute(request).await.map_err(|error| unsent_through(proxy, host.clone(), &error))?
            }
            None => self.direct.execute(request).await.map_err(|error| unsent(host.clone(), &error))?,
        };
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = read(answer, host, body_max).await?;
        Ok(response)
    }
}

impl Transport for Production {
    fn send(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        self.exchange(request, body_max).boxed()
    }
}

fn builder(ca_file: Option<&Path>) -> Result<reqwest::ClientBuilder, ProductionError> {
    install_crypto();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("miro-sentinel/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .pool_idle_timeout(IDLE_FOR);
    Ok(match ca_file {
        Some(path) => builder.tls_certs_merge(roots(path)?),
        None => builder,
    })
}

fn unbuilt(error: &reqwest::Error) -> ProductionError {
    ProductionError::Client(deepest(error))
}

/// Reads the whole body, or stops at the bound.
async fn read(mut answer: reqwest::Response, host: String, body_max: usize) -> Result<Bytes, TransportError> {
    let announced = answer.content_length().unwrap_or(0);
    if announced > body_max as u64 {
        return Err(TransportError::TooLarge { host, limit: body_max });
    }
    let mut body = BytesMut::with_capacity(announced as usize);
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(chunk)) if body.len() + chunk.len() > body_max => {
                return Err(TransportError::TooLarge { host, limit: body_max });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(TransportError::Cut { host, reason: deepest(&error) }),
        }
    }
}

/// Names what kept a request from being answered.
fn unsent(host: String, error: &reqwest::Error) -> TransportError {
    let reason = deepest(error);
    if refuses_certificate(error) {
        TransportError::Tls { host, reason }
    } else if error.is_connect() {
        TransportError::Connect { host, reason }
    } else if error.is_builder() {
        TransportError::Invalid { host, reason }
    } else {
        TransportError::Cut { host, reason }
    }
}

/// Names what kept a request from being answered on its way through `proxy`, and which of the two it was.
fn unsent_through(proxy: &Proxy, host: String, error: &reqwest::Error) -> TransportError {
    let blame = |host: String, trouble: ProxyTrouble| {
        ProxyError { proxy: proxy.address.clone(), setting: proxy.setting, host, trouble }.into()
    };
    if let Some(trouble) = Proxy::refusal(causes(error)) {
        return blame(host, trouble);
    }
    let Proxy { address, is_secure, .. } = proxy;
    match unsent(host, error) {
        TransportError::Connect { host, reason } if is_unreached(error) => {
            blame(host, ProxyTrouble::Unreachable(reason))
        }
        TransportError::Connect { host, reason } => {
            TransportError::Connect { host, reason: format!("{reason} (through the proxy {address})") }
        }
        TransportError::Tls { host, reason } if *is_secure => {
            TransportError::Tls { host: format!("{host} or of the proxy {address}"), reason }
        }
        other => other,
    }
}

/// Whether not even a connection to the proxy came about: the tunnel's own connection failed, or there was no tunnel.
fn is_unreached(error: &reqwest::Error) -> bool {
    let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
    is_plain || causes(error).any(|cause| cause.to_string().starts_with("tunnel error: "))
}

/// Whether rustls refused the peer's certificate. It may stand inside an I/O error, which hides it from `source`.
fn refuses_certificate(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
}

/// The innermost cause. The outer ones repeat the URL, whose query may hold what a log must not. It may quote the peer, such
/// as the names in its certificate.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(String::new, |cause| PeerText::new(&cause.to_string()).into())
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause| next_cause(*cause))
}

fn next_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The largest file of root certificates, in bytes; those of a whole system take a quarter of a million.
const CA_FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

fn roots(path: &Path) -> Result<Vec<reqwest::Certificate>, ProductionError> {
    let unusable = |reason: String| ProductionError::CaFile { path: path.display().to_string(), reason };
    let pem = bounded_file::read(path, CA_FILE_BYTES_MAX).map_err(unusable)?;
    let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(deepest(&error)))?;
    if roots.is_empty() { Err(unusable("it holds no certificate in PEM form".into())) } else { Ok(roots) }
}

/// Makes ring the process's cryptography, unless somebody chose before us.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race against another thread leaves a provider installed all the same.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn client() -> Production {
        Production::new(&Http { ca_file: None, proxy: None, timeout: Duration::from_secs(5) }).expect("a client")
    }

    fn get(port: u16) -> http::Request<Bytes> {
        http::Request::get(format!("http://127.0.0.1:{port}/path?cursor=hidden")).body(Bytes::new()).expect("a request")
    }

    /// Answers one connection with `answer`, whatever is asked.
    async fn answering(answer: &'static str) -> (u16, impl Future<Output = ()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let serve = async move {
            let (mut peer, _) = listener.accept().await.expect("a connection");
            let mut seen = [0; 1024];
            let read = peer.read(&mut seen).await.expect("a request");
            assert!(read > 0);
            peer.write_all(answer.as_bytes()).await.expect("written");
        };
        (port, serve)
    }

    #[tokio::test]
    async fn an_answer_comes_back_as_it_is() {
        let (port, serve) = answering("HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 5\r\n\r\nhello").await;
        let client = client();
        let (answer, ()) = tokio::join!(client.send(get(port), 5), serve);
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), http::StatusCode::FOUND);
        assert_eq!(answer.headers()["location"], "/else");
        assert_eq!(answer.body(), "hello");
    }

    #[tokio::test]
    async fn a_body_over_the_bound_is_refused_announced_or_not() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ] {
            let (port, serve) = answering(answer).await;
            let client = client();
            let (answer, ()) = tokio::join!(client.send(get(port), 4), serve);
            assert!(matches!(answer, Err(TransportError::TooLarge { limit: 4, .. })), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_broken_answer_is_a_cut_connection() {
        for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", "HTTP/1.1 20"] {
            let (port, serve) = answering(answer).await;
            let client = client();
            let (answer, ()) = tokio::join!(client.send(get(port), 100), serve);
            let error = answer.expect_err("a broken answer");
            assert!(matches!(error, TransportError::Cut { .. }), "{error:?}");
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let error = client().send(get(port), 100).await.expect_err("nobody listens");
        assert!(matches!(error, TransportError::Connect { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("could not connect to 127.0.0.1:{port}: Connection refused (os error 111)")
        );
    }

    fn through(proxy: &str) -> Production {
        let http = Http { ca_file: None, proxy: proxy.parse().ok(), timeout: Duration::from_secs(5) };
        Production::new(&http).expect("a client")
    }

    /// A port where nobody listens.
    async fn closed() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("bound").port()
    }

    #[tokio::test]
    async fn a_proxy_that_would_refuse_is_not_asked_for_this_machine() {
        let proxy = format!("http://127.0.0.1:{}", closed().await);
        for host in ["127.0.0.1", "127.1", "localhost"] {
            let (port, serve) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
            let request = http::Request::get(format!("http://{host}:{port}/")).body(Bytes::new()).expect("a request");
            let client = through(&proxy);
            let (answer, ()) = tokio::join!(client.send(request, 5), serve);
            assert_eq!(answer.map(|answer| answer.status()).ok(), Some(http::StatusCode::NO_CONTENT), "{host}");
        }
    }

    #[tokio::test]
    async fn a_proxy_that_fails_is_named_as_the_proxy() {
        let far = || http::Request::get("https://api.example.com/").body(Bytes::new()).expect("a request");
        let port = closed().await;
        let error = through(&format!("http://user:hidden@127.0.0.1:{port}")).send(far(), 5).await.expect_err("refused");
        assert_eq!(
            error.to_string(),
            format!(
                "could not connect to the proxy 127.0.0.1:{port}: Connection refused (os error 111); it is the way to api.example.com"
            )
        );
        for (answer, said) in [
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants another user name and password (HTTP 407)"),
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "refuses to connect"),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "refuses to connect"),
            ("", "closed the connection"),
        ] {
            let (port, serve) = answering(answer).await;
            let client = through(&format!("http://user:hidden@127.0.0.1:{port}"));
            let (error, ()) = tokio::join!(client.send(far(), 5), serve);
            let error = error.expect_err("no tunnel");
            assert!(matches!(error, TransportError::Proxy(_)), "{error:?}");
            let expected = format!("could not connect to api.example.com: the proxy 127.0.0.1:{port} {said}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let http = Http { ca_file: Some(file.path().to_owned()), proxy: None, timeout: Duration::from_secs(5) };
        let error = Production::new(&http).expect_err("no certificate in it").to_string();
        assert!(error.starts_with("http.ca_file = ") && error.ends_with("no certificate in PEM form"), "{error}");
    }
}
