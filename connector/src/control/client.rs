//! The asking end.

use std::path::{Path, PathBuf};
use std::pin::pin;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::Address;
use crate::Transport;
use crate::peer_text::PeerText;
use crate::transport::TransportError;

/// Sends each request over a connection of its own to a control socket. Whoever calls bounds the time.
#[derive(Debug)]
pub(crate) struct Client {
    path: PathBuf,
}

impl Client {
    /// Asks at `address`; nobody is connected to before the first request.
    pub(crate) fn new(address: &Address) -> Self {
        Self { path: address.path().to_owned() }
    }

    /// Where it asks.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self) -> String {
        format!("`{}`", self.path.display())
    }

    async fn exchange(&self, request: Request<Bytes>, body_max: usize) -> Result<Response<Bytes>, TransportError> {
        let cut = |error: &dyn std::error::Error| TransportError::Cut {
            host: self.name(),
            reason: PeerText::new(&error.to_string()).into(),
        };
        let stream = UnixStream::connect(&self.path)
            .await
            .map_err(|error| TransportError::Connect { host: self.name(), reason: error.to_string() })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| cut(&error))?;
        let exchange = async {
            let response = sender.send_request(local(request)).await.map_err(|error| cut(&error))?;
            let (head, body) = response.into_parts();
            let body = to_bytes(Body::new(body), body_max)
                .await
                .map_err(|_| TransportError::TooLarge { host: self.name(), limit: body_max })?;
            Ok(Response::from_parts(head, body))
        };
        let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
        tokio::select! {
            biased;
            exchanged = &mut exchange => exchanged,
            // How it ended is told by the exchange.
            _ = &mut connection => exchange.await,
        }
    }
}

/// The request as it is sent over a connection that leads to one place.
fn local(request: Request<Bytes>) -> Request<Body> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    head.headers.insert(HOST, HeaderValue::from_static("localhost"));
    Request::from_parts(head, Body::from(body))
}

impl Transport for Client {
    fn send(&self, request: Request<Bytes>, body_max: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.exchange(request, body_max).boxed()
    }
}
