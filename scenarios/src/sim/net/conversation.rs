//! The client's half of a call: one request and its whole response over a connection in memory.

use bytes::Bytes;
use connector::transport::TransportError;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes that one direction of a connection holds before the writer has to wait.
pub(crate) const PIPE_BYTES: usize = 256 * 1024;

/// Why a conversation ended without a whole answer.
pub(crate) enum Broken {
    /// The connection ended.
    Cut(hyper::Error),
    /// The response has more bytes than the caller takes.
    TooLarge,
}

impl Broken {
    /// As the connector hears of it.
    pub(crate) fn into_transport_error(self, host: &str, limit: usize) -> TransportError {
        let host = host.to_owned();
        match self {
            Self::Cut(error) => TransportError::Cut { host, reason: error.to_string() },
            Self::TooLarge => TransportError::TooLarge { host, limit },
        }
    }
}

/// One request and its whole answer over one connection, which ends with it.
pub(crate) async fn converse(
    pipe: impl AsyncRead + AsyncWrite + Unpin,
    request: http::Request<Bytes>,
    body_max: usize,
) -> Result<http::Response<Bytes>, Broken> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(pipe)).await.map_err(Broken::Cut)?;
    let exchange = async {
        let answer = sender.send_request(in_origin_form(request)).await.map_err(Broken::Cut)?;
        let (head, body) = answer.into_parts();
        let body =
            Limited::new(body, body_max).collect().await.map_err(|error| match error.downcast::<hyper::Error>() {
                Ok(cut) => Broken::Cut(*cut),
                Err(other) => {
                    debug_assert!(other.is::<LengthLimitError>(), "{other}");
                    Broken::TooLarge
                }
            })?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    };
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        // The exchange learns of the end of its connection by itself, with the reason.
        _ = connection => exchange.await,
    }
}

/// `https://host/path?query` becomes `/path?query` with a `Host` header, as a client sends it to a server.
fn in_origin_form(request: http::Request<Bytes>) -> http::Request<Full<Bytes>> {
    let (mut head, body) = request.into_parts();
    if let Some(host) = head.uri.authority().and_then(|authority| authority.as_str().parse().ok()) {
        head.headers.insert(http::header::HOST, host);
    }
    let path = head.uri.path_and_query().cloned().unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    head.uri = http::Uri::from(path);
    http::Request::from_parts(head, Full::new(body))
}
