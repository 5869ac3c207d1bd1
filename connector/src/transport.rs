//! The one door to the network: a request goes out, a bounded answer or an error comes back.

pub mod production;
mod proxy;
mod route;

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use url::{Host, Url};

pub use proxy::{ProxyError, ProxySetting, ProxyTrouble};

/// Carries one request to its host and brings the whole answer back.
///
/// Implementations do not retry, do not follow redirects and do not set timeouts: callers do, in one place,
/// on tokio's timer. Dropping the future abandons the request; the peer may still act on it.
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends `request` (absolute URI) and reads the answer's body up to `body_max` bytes.
    fn send(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

/// Why no answer came back. None of the texts holds a URL's query, a header or a body.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The connection could not be made; the peer has seen nothing.
    #[error("could not connect to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// The proxy on the way let no connection come about; the peer has seen nothing.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The peer's certificate was refused; waiting will not mend it.
    #[error("the certificate of {host} was refused: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What the verifier said.
        reason: String,
    },
    /// The connection broke after the request began; the peer may or may not have acted.
    #[error("the connection to {host} broke: {reason}")]
    Cut {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// No whole answer within the time allowed; the peer may or may not have acted.
    #[error("no response from {host} within {limit:?}")]
    TimedOut {
        /// Host and port.
        host: String,
        /// The time allowed.
        limit: Duration,
    },
    /// The answer was larger than the caller accepts.
    #[error("the response of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The bound, in bytes.
        limit: usize,
    },
    /// The request could not be built or sent as asked.
    #[error("the request to {host} is not valid: {reason}")]
    Invalid {
        /// Host and port.
        host: String,
        /// What is wrong.
        reason: String,
    },
}

/// Whether `url` leads to this machine: 127.0.0.0/8, ::1, `localhost` and names below it
/// (<https://www.rfc-editor.org/rfc/rfc6761#section-6.3>, read 2026-11-29).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// Host and port of `uri`, for error texts.
pub(crate) fn peer(uri: &http::Uri) -> String {
    match (uri.host(), uri.port_u16()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "no host".to_owned(),
    }
}
