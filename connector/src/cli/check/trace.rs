//! What a check asks, step by step, for whoever wants to see it; and what it waits for, where that takes long.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, Uri};
use tokio::time::Instant;

use super::place::Place;
use crate::Transport;
use crate::response::Foreign;
use crate::transport::{TransportError, peer};

/// Lines beside the report: standard error.
pub(super) type Aside = dyn Fn(&str) + Send + Sync;

/// What is said beside the report.
#[derive(Clone)]
pub(super) struct Trace {
    pub(super) aside: Arc<Aside>,
    /// Each request and its response.
    pub(super) is_verbose: bool,
    /// A request that takes longer is named while it lasts.
    pub(super) patience: Option<Duration>,
}

impl Trace {
    /// `network` for the requests of one step.
    pub(super) fn of(&self, place: Place, network: &Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Traced { trace: self.clone(), place, network: Arc::clone(network), tries: Mutex::default() })
    }
}

/// The network of one step.
struct Traced {
    trace: Trace,
    place: Place,
    network: Arc<dyn Transport>,
    /// How often each thing was asked for.
    tries: Mutex<BTreeMap<String, u32>>,
}

impl fmt::Debug for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Traced {
    /// Which attempt this is.
    fn counted(&self, what: &str) -> u32 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = tries.entry(what.to_owned()).or_default();
        *tried += 1;
        *tried
    }

    async fn exchange(&self, request: Request<Bytes>, body_max: usize) -> Result<Response<Bytes>, TransportError> {
        let (what, host) = (shown(request.method(), request.uri()), peer(request.uri()));
        let (tried, began) = (self.counted(&what), Instant::now());
        let mut asked = self.network.send(request, body_max);
        let outcome = match self.trace.patience {
            None => asked.await,
            Some(patience) => match tokio::time::timeout(patience, &mut asked).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => {
                    (self.trace.aside)(&format!("wait  {}: {host} has not responded yet", self.place.subject()));
                    asked.await
                }
            },
        };
        if self.trace.is_verbose {
            let came = match &outcome {
                // Only the status and the media type: what else there is may be a secret.
                Ok(response) => Foreign::of(response).to_string(),
                Err(error) => error.to_string(),
            };
            let took = began.elapsed().as_millis();
            (self.trace.aside)(&format!("try   {}: {what}, try {tried}: {came}, {took} ms", self.place.subject()));
        }
        outcome
    }
}

impl Transport for Traced {
    fn send(&self, request: Request<Bytes>, body_max: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.exchange(request, body_max).boxed()
    }
}

/// Method and URL, without user, password and query.
fn shown(method: &Method, uri: &Uri) -> String {
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{method} {}://{host}{}", uri.scheme_str().unwrap_or("http"), uri.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_and_query() {
        for (uri, expected) in [
            ("https://user:pass@api.miro.com/v2/audit/logs?cursor=secret", "GET https://api.miro.com/v2/audit/logs"),
            ("http://api.miro.com:8080", "GET http://api.miro.com:8080/"),
            ("/relative?x", "GET http:///relative"),
        ] {
            assert_eq!(shown(&Method::GET, &uri.parse().unwrap()), expected);
        }
    }
}
