//! DNS, connection, proxy and certificate of a host.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::Check;
use super::host::Host;
use super::seen::{Seen, shown};
use crate::retry::{Failure, Next, twice};
use crate::transport::TransportError;
use crate::{Problem, Transport};

/// The longest response to a bare request that is read; a longer one proves as much.
const RESPONSE_MAX: usize = 64 * 1024;

/// Asks the host for anything at all, without credentials: whatever the response, name, connection and certificate are seen. True
/// when there was one.
pub(super) async fn reach(check: &Check<'_>, host: Host<'_>) -> bool {
    let limit = check.pace.limit(2);
    let network = check.network(host.place);
    match twice(async || ask(network.as_ref(), &host, limit).await, |never| match never {}).await {
        Ok(response) if shown(&response).is_proxy_login() => {
            check.report.wrong(host.place, shown(&response).proxy_login(host.failing));
            false
        }
        Ok(response) => {
            check.report.seen(host.place, Seen::responds(&host, &response));
            true
        }
        Err(unreached) => {
            check.report.wrong(host.place, unreached.lasting());
            false
        }
    }
}

async fn ask<'a>(
    network: &dyn Transport,
    host: &'a Host<'_>,
    limit: Duration,
) -> Result<Response<Bytes>, Unreached<'a>> {
    let unreached = |error| Unreached { host, error };
    let invalid = |reason: String| TransportError::Invalid { host: host.name().to_owned(), reason };
    let request = http::Request::get(host.url.as_str()).body(Bytes::new());
    let request = request.map_err(|error| unreached(invalid(error.to_string())))?;
    match tokio::time::timeout(limit, network.send(request, RESPONSE_MAX)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(unreached(error)),
        Err(_elapsed) => Err(unreached(TransportError::TimedOut { host: host.name().to_owned(), limit })),
    }
}

/// A host that did not respond.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Unreached<'a> {
    host: &'a Host<'a>,
    error: TransportError,
}

impl Failure for Unreached<'_> {
    type Action = Infallible;

    fn next(&self) -> Next<Infallible> {
        match self.error {
            TransportError::Tls { .. } => Next::Block(self.lasting()),
            _ => Next::Retry { after: None },
        }
    }

    fn lasting(&self) -> Problem {
        let Host { key, failing, certificate, .. } = self.host;
        let (code, next_step) = match &self.error {
            TransportError::Proxy(error) => return error.problem(*failing),
            TransportError::Tls { .. } => (
                *certificate,
                "if a proxy or a private authority signs it, name its root certificate in `http.ca_file`".to_owned(),
            ),
            TransportError::Connect { .. }
            | TransportError::Cut { .. }
            | TransportError::TimedOut { .. }
            | TransportError::TooLarge { .. }
            | TransportError::Invalid { .. } => {
                (*failing, format!("check `{key}`, DNS, `http.proxy` and the firewall"))
            }
        };
        let cause = match self.error {
            TransportError::TimedOut { .. } => format!("{}{}", self.error, self.host.way()),
            _ => self.error.to_string(),
        };
        Problem { code, subject: (*key).to_owned(), cause, next_step }
    }
}
