//! A network without sockets: HTTP/1.1 over in-memory pipes to the mocks' own routers, found by host name, past whatever
//! stands in between.
//!
//! The connector keeps its production URLs. Both ends speak real HTTP, so a connection can break at any byte, and the
//! four fault points of a call are places in its two byte streams. The server's half of each connection is a task of
//! its own: it goes on when the client is gone, as a real one would.

mod canned;
mod conversation;
mod middlebox;
mod pipe;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use axum::response::Response;
use bytes::Bytes;
use connector::transport::{Transport, TransportError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::clock::SimClock;
use super::network_conditions::{NetworkConditions, Transit, Trouble};
use super::power::Power;
use super::watch::{ObservedRequest, Watch};
use crate::scenario::Peer;
use canned::Body;
pub(crate) use conversation::{PIPE_BYTES, converse};
pub use middlebox::Middlebox;
pub(super) use middlebox::ids_in;
use middlebox::{Instead, Meeting, Request};
use pipe::BreakingPipe;

/// The network of one simulated world.
#[derive(Debug)]
pub struct Network {
    sites: BTreeMap<String, Site>,
    conditions: NetworkConditions,
    middlebox: Middlebox,
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
    /// A network of these sites under these conditions and past this middlebox, every call of which `watch` sees.
    pub fn new(
        sites: BTreeMap<String, Site>,
        conditions: NetworkConditions,
        middlebox: Middlebox,
        watch: Watch,
        power: Power,
        clock: SimClock,
    ) -> Self {
        Self { sites, conditions, middlebox, watch, power, clock, servers: Mutex::default() }
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
        let mut transit = self.conditions.transit(now, request.body().len() + HEAD_BYTES);
        let as_seen = Request::new(site.peer, request.uri().path(), request.body());
        let meeting = self.middlebox.meets(&as_seen, now);
        transit.trouble = meeting.trouble.or(transit.trouble);
        let seen = self.watch.call_begins((as_seen.call, as_seen.stream), now, &request);
        tokio::time::sleep(transit.out).await;
        let answer = self.carry(site, &host, request, (transit, &meeting), body_max, &seen).await;
        tokio::time::sleep(transit.back + meeting.delay).await;
        let is_genuine = meeting.response.as_ref().is_none_or(|instead| instead.is_genuine);
        if is_genuine && site.peer == Peer::Ingestion && is_success(&answer) && !self.power.lasts_through_upload() {
            seen.power_went();
            std::future::pending::<()>().await;
        }
        seen.ends(self.clock.now(), &answer, is_genuine);
        answer
    }

    async fn carry(
        &self,
        site: &Site,
        host: &str,
        request: http::Request<Bytes>,
        (transit, meeting): (Transit, &Meeting),
        body_max: usize,
        seen: &ObservedRequest,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if transit.trouble == Some(Trouble::Refused) {
            seen.struck(Trouble::Refused);
            return Err(TransportError::Connect { host: host.to_owned(), reason: "connection refused".to_owned() });
        }
        seen.met(&meeting.kinds);
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        self.serve(site.router.clone(), theirs, meeting.response.clone(), seen.clone());
        let pipe = BreakingPipe::new(ours, transit.trouble, meeting.bytes_per_second, seen.clone());
        converse(pipe, request, body_max).await.map_err(|broken| broken.into_transport_error(host, body_max))
    }

    /// Lets the site, or what stands before it, answer on its end of the connection, whatever becomes of ours.
    fn serve(&self, router: axum::Router, mut end: DuplexStream, instead: Option<Instead>, seen: ObservedRequest) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        while servers.try_join_next().is_some() {}
        if let Some(Instead { bytes: Body::Raw(garbage), .. }) = instead {
            servers.spawn(async move {
                // A client that is gone hears nothing; that is its own report.
                let _heard = end.write_all(&garbage).await;
                let _read = end.read_to_end(&mut Vec::new()).await;
            });
            return;
        }
        let peer = ServiceExt::<http::Request<axum::body::Body>>::map_response(router, move |response: Response| {
            seen.peer_answered(response.status());
            response
        });
        let service = tower::service_fn(move |request: http::Request<Incoming>| {
            let (peer, instead) = (peer.clone(), instead.clone());
            async move { respond(peer, request, instead.as_ref()).await }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .keep_alive(false)
            // A client that is gone does not undo its request.
            .half_close(true)
            // The real one; the mocks send their own when they have one.
            .auto_date_header(false)
            .serve_connection(TokioIo::new(end), TowerToHyperService::new(service));
        // A connection that the client cut is nothing to report: the client does.
        servers.spawn(connection.map(drop));
    }
}

/// What the peer responds, or what is responded instead.
async fn respond<S>(
    peer: S,
    request: http::Request<Incoming>,
    instead: Option<&Instead>,
) -> Result<Response, Infallible>
where
    S: tower::Service<http::Request<axum::body::Body>, Response = Response, Error = Infallible>,
{
    let request = request.map(axum::body::Body::new);
    let Some(instead) = instead else { return peer.oneshot(request).await };
    if instead.peer_acts {
        let response = peer.oneshot(request).await?;
        return Ok(instead.response().unwrap_or(response));
    }
    // Read to its end, as a proxy does before it speaks.
    let _read = request.into_body().collect().await;
    Ok(instead.response().unwrap_or_default())
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

#[cfg(test)]
mod tests;
