//! Passing requests on to the peers and their responses back.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faults::input::{self, BY_HAND_BYTES_MAX};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;
use url::Url;

use super::Record;
use super::exchange::{Asked, BODY_BYTES_MAX, Exchange};
use super::rewritten::Rewritten;
use super::tape::Tape;
use crate::har::Outcome;
use crate::scenario::{Call, Peer};
use crate::stand_ins::{Body, Connection, Handler, NoResponse, PEERS, StandIns};

/// How long what came of a broken response has to leave before the connection breaks.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);

/// The real peers.
#[derive(Clone, Debug)]
pub(super) struct Upstreams {
    client: reqwest::Client,
    bases: [(Peer, String); 3],
    rewritten: Rewritten,
}

/// Why the peers cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The file of roots cannot be used.
    #[error("--upstream-ca {}: {reason}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An address that is none.
    #[error("{option} {url}: give an http or https address without parameters")]
    Address {
        /// Which.
        option: &'static str,
        /// What was given.
        url: String,
    },
    /// The client cannot be set up.
    #[error("could not set up the client for the peers: {0}")]
    Client(String),
}

impl Upstreams {
    pub(super) fn new(what: &Record, stand_ins: &StandIns) -> Result<Self, UpstreamError> {
        let bases = [
            (Peer::Miro, base("--miro", &what.miro)?),
            (Peer::Entra, base("--entra", &what.entra)?),
            (Peer::Ingestion, base("--ingest", &what.ingestion)?),
        ];
        // The longest first; two peers at one address cannot be told apart in a response, and the first is taken.
        let mut pairs: Vec<(String, String)> =
            bases.iter().map(|(peer, base)| (base.clone(), stand_ins.url(*peer))).collect();
        pairs.sort_by_key(|(base, _)| std::cmp::Reverse(base.len()));
        Ok(Self { client: client(what.upstream_ca.as_ref())?, bases, rewritten: Rewritten(pairs) })
    }

    fn base(&self, peer: Peer) -> &str {
        self.bases.iter().find(|(one, _)| *one == peer).map_or("", |(_, base)| base)
    }

    /// The addresses in a peer's own responses lead to its own stand-in first, where two peers share an address.
    fn rewritten_for(&self, peer: Peer, stand_in: &str) -> Rewritten {
        let mut pairs = self.rewritten.0.clone();
        pairs.insert(0, (self.base(peer).to_owned(), stand_in.to_owned()));
        Rewritten(pairs)
    }
}

fn base(option: &'static str, url: &Url) -> Result<String, UpstreamError> {
    let is_plain =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none();
    if is_plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(UpstreamError::Address { option, url: url.to_string() })
    }
}

fn client(ca: Option<&PathBuf>) -> Result<reqwest::Client, UpstreamError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race against another thread leaves a provider installed all the same.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        // A connection for each request: what breaks belongs to the request that it broke.
        .pool_max_idle_per_host(0);
    if let Some(path) = ca {
        let unusable = |reason: String| UpstreamError::Ca { path: path.clone(), reason };
        let pem = input::read_bytes(path, BY_HAND_BYTES_MAX).map_err(|error| unusable(error.to_string()))?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
        if roots.is_empty() {
            return Err(unusable("it holds no certificate in PEM form".to_owned()));
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(|error| UpstreamError::Client(error.to_string()))
}

/// Answers requests with what the peers say.
pub(super) struct Forward {
    upstreams: Upstreams,
    own: Vec<(Peer, String)>,
    tape: Arc<Tape>,
}

impl Forward {
    pub(super) fn new(upstreams: Upstreams, tape: Arc<Tape>) -> Self {
        let own = PEERS.iter().filter_map(|peer| {
            let base = upstreams.base(*peer);
            let stand_in = upstreams.rewritten.0.iter().find(|(one, _)| one == base)?;
            Some((*peer, stand_in.1.clone()))
        });
        Self { own: own.collect(), upstreams, tape }
    }

    async fn forward(
        &self,
        peer: Peer,
        request: Request<Incoming>,
        connection: Connection,
    ) -> Result<Response<Body>, NoResponse> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            // The caller went in the middle of it, or sends more than anybody takes.
            return Err(NoResponse);
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let asked = Asked {
            peer,
            method: parts.method,
            url: format!("{}{target}", self.upstreams.base(peer)),
            headers: parts.headers,
            body: body.to_bytes(),
        };
        let mut exchange = Exchange::new(self.tape.clone(), asked);
        let sent = match self.sent(exchange.asked()) {
            Ok(request) => self.upstreams.client.execute(request).await,
            Err(error) => Err(error),
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                let is_reset = error.is_connect() || is_reset(&error);
                if is_reset {
                    connection.ends_with_reset();
                }
                if error.is_connect() {
                    anstream::eprintln!("{} could not be reached: {}", self.upstreams.base(peer), deepest(&error));
                }
                exchange.end(if is_reset { Outcome::Reset } else { Outcome::ResponseLost });
                return Err(NoResponse);
            }
        };
        exchange.responded(response.status(), response.headers().clone());
        Ok(self.passed_on(exchange, response, connection).await)
    }

    fn sent(&self, asked: &Asked) -> reqwest::Result<reqwest::Request> {
        let mut headers = asked.headers.clone();
        remove_hop_by_hop(&mut headers);
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        self.upstreams
            .client
            .request(asked.method.clone(), &asked.url)
            .headers(headers)
            .body(asked.body.clone())
            .build()
    }

    async fn passed_on(
        &self,
        exchange: Exchange,
        response: reqwest::Response,
        connection: Connection,
    ) -> Response<Body> {
        let mut head = Response::new(());
        *head.status_mut() = response.status();
        *head.headers_mut() = response.headers().clone();
        remove_hop_by_hop(head.headers_mut());
        let asked = exchange.asked();
        let own = self.own.iter().find(|(peer, _)| *peer == asked.peer).map_or("", |(_, url)| url);
        let rewritten = self.upstreams.rewritten_for(asked.peer, own);
        rewritten.headers(head.headers_mut());
        let path = crate::har::path_of(&asked.url);
        // The one document whose purpose is to say where to call.
        let body = if Call::of(asked.peer, path) == Call::Discovery {
            whole(exchange, response, &rewritten, head.headers_mut()).await
        } else {
            streamed(exchange, response, connection)
        };
        head.map(|()| body)
    }
}

impl Handler for Forward {
    fn handle(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
        connection: Connection,
    ) -> BoxFuture<'static, Result<Response<Body>, NoResponse>> {
        Box::pin(async move { self.forward(peer, request, connection).await })
    }
}

/// The body as it comes, and broken off where it breaks.
fn streamed(exchange: Exchange, response: reqwest::Response, connection: Connection) -> Body {
    let state = Some((exchange, response, connection));
    let stream = futures_util::stream::unfold(state, |state| async move {
        let (mut exchange, mut response, connection) = state?;
        match response.chunk().await {
            Ok(Some(part)) => {
                exchange.came(&part);
                Some((Ok(part), Some((exchange, response, connection))))
            }
            Ok(None) => {
                exchange.end(Outcome::Delivered);
                None
            }
            Err(error) => {
                if is_reset(&error) {
                    connection.ends_with_reset();
                }
                exchange.end(Outcome::Cut);
                tokio::time::sleep(FLUSHED_AFTER).await;
                Some((Err(io::Error::other("the peer's response ended early")), None))
            }
        }
    });
    BodyExt::boxed_unsync(StreamBody::new(stream.map(|part: io::Result<Bytes>| part.map(Frame::data))))
}

/// A body that is read before it is passed on, with the peers' addresses replaced.
async fn whole(
    mut exchange: Exchange,
    mut response: reqwest::Response,
    rewritten: &Rewritten,
    headers: &mut HeaderMap,
) -> Body {
    let mut bytes = Vec::new();
    while let Ok(Some(part)) = response.chunk().await {
        exchange.came(&part);
        bytes.extend_from_slice(&part);
        if bytes.len() > BODY_BYTES_MAX {
            break;
        }
    }
    exchange.end(Outcome::Delivered);
    if let Some(text) = std::str::from_utf8(&bytes).ok().and_then(|text| rewritten.text(text)) {
        bytes = text.into_bytes();
    }
    headers.remove(CONTENT_LENGTH);
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync()
}

/// Headers that are for one connection alone (RFC 9110, section 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&[CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]) {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}

fn is_reset(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
    })
}

/// The innermost cause: the outer ones repeat the address, whose parameters may hold what nobody should see.
fn deepest(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| (*cause).source())
}
