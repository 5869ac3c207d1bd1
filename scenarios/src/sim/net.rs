//! A network without sockets: HTTP/1.1 over in-memory pipes to the mocks' own routers, found by host name.
//!
//! The connector keeps its production URLs. Both ends speak real HTTP, so a connection can break at any byte, and the
//! four fault points of a call are places in its two byte streams. The server's half of each connection is a task of
//! its own: it goes on when the client is gone, as a real one would.

mod pipe;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use connector::transport::{Transport, TransportError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::DuplexStream;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::clock::SimClock;
use super::faults::{Fate, Peer, Trouble, Weather};
use super::power::Power;
use super::watch::{Seen, Watch};
use pipe::BreakingPipe;

/// Bytes that one direction of a connection holds before the writer has to wait.
const PIPE_BYTES: usize = 256 * 1024;

/// The network of one simulated world.
#[derive(Debug)]
pub struct Network {
    sites: BTreeMap<String, Site>,
    weather: Weather,
    watch: Watch,
    power: Power,
    clock: SimClock,
    servers: Mutex<JoinSet<()>>,
}

/// A host name and who answers there.
#[derive(Clone, Debug)]
pub struct Site {
    /// Who it is.
    pub peer: Peer,
    /// What it serves.
    pub router: axum::Router,
}

impl Network {
    /// A network of these sites under this weather, every call of which `watch` sees.
    pub fn new(sites: BTreeMap<String, Site>, weather: Weather, watch: Watch, power: Power, clock: SimClock) -> Self {
        Self { sites, weather, watch, power, clock, servers: Mutex::default() }
    }

    async fn call(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let Some(site) = self.sites.get(&host) else {
            return Err(TransportError::Connect { host, reason: "no such host".to_owned() });
        };
        let now = self.clock.now();
        let fate = self.weather.fate(site.peer, now, request.body().len() + HEAD_BYTES);
        let seen = self.watch.call_begins(site.peer, now, &request);
        tokio::time::sleep(fate.out).await;
        let answer = self.carry(site, &host, request, fate, body_max, &seen).await;
        tokio::time::sleep(fate.back).await;
        if site.peer == Peer::Ingestion && is_success(&answer) && !self.power.lasts_through_upload() {
            seen.power_went();
            std::future::pending::<()>().await;
        }
        seen.ends(self.clock.now(), &answer);
        answer
    }

    async fn carry(
        &self,
        site: &Site,
        host: &str,
        request: http::Request<Bytes>,
        fate: Fate,
        body_max: usize,
        seen: &Seen,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if fate.trouble == Some(Trouble::Refused) {
            seen.struck(Trouble::Refused);
            return Err(TransportError::Connect { host: host.to_owned(), reason: "connection refused".to_owned() });
        }
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        self.serve(site.router.clone(), theirs, seen.clone());
        let pipe = BreakingPipe::new(ours, fate.trouble, seen.clone());
        converse(pipe, request, body_max).await.map_err(|broken| broken.into_transport_error(host, body_max))
    }

    /// Lets the site answer on its end of the connection, whatever becomes of ours.
    fn serve(&self, router: axum::Router, end: DuplexStream, seen: Seen) {
        let service =
            ServiceExt::<http::Request<Incoming>>::map_response(router, move |answer: axum::response::Response| {
                seen.peer_answered(answer.status());
                answer
            });
        let connection = hyper::server::conn::http1::Builder::new()
            .keep_alive(false)
            // A client that is gone does not undo its request.
            .half_close(true)
            // The real one; the mocks send their own when they have one.
            .auto_date_header(false)
            .serve_connection(TokioIo::new(end), TowerToHyperService::new(service));
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        while servers.try_join_next().is_some() {}
        // A connection that the client cut is nothing to report: the client does.
        servers.spawn(connection.map(drop));
    }
}

/// About how long the head of a request is; only where a cut strikes depends on it.
const HEAD_BYTES: usize = 300;

fn is_success(answer: &Result<http::Response<Bytes>, TransportError>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status().is_success())
}

impl Transport for Network {
    fn send(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        self.call(request, body_max).boxed()
    }
}

/// Why a conversation ended without a whole answer.
enum Broken {
    Cut(hyper::Error),
    TooLarge,
}

impl Broken {
    fn into_transport_error(self, host: &str, limit: usize) -> TransportError {
        let host = host.to_owned();
        match self {
            Self::Cut(error) => TransportError::Cut { host, reason: error.to_string() },
            Self::TooLarge => TransportError::TooLarge { host, limit },
        }
    }
}

/// One request and its whole answer over one connection, which ends with it.
async fn converse(
    pipe: BreakingPipe,
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

#[cfg(test)]
mod tests;
