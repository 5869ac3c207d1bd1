//! Our clock against those of Miro and Azure, which their responses show.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use url::Url;

use crate::retry::date;
use crate::transport::{TransportError, peer};
use crate::{Clock, Problem, Transport, skew};

/// A network that notes what the date of each response says of our clock. It counts only once the response has turned out to be the
/// service's: the clock of a proxy is nobody's concern.
#[derive(Debug)]
pub(super) struct Clocks {
    network: Arc<dyn Transport>,
    ours: Arc<dyn Clock>,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    /// How far ours is ahead, by the last response of each host.
    hosts: BTreeMap<String, SignedDuration>,
    /// The same of those who are known.
    peers: BTreeMap<Peer, SignedDuration>,
}

/// Whose clock ours is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    Miro,
    EntraId,
    Azure,
}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Miro => "Miro",
            Self::EntraId => "Entra ID",
            Self::Azure => "Azure",
        }
    }
}

/// The peers whose clocks agree with ours.
#[derive(Debug)]
pub(super) struct Agreeing(Vec<Peer>);

impl fmt::Display for Agreeing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|peer| format!("{}'s", peer.name())).collect();
        f.write_str(&names.join(" and "))
    }
}

impl Clocks {
    pub(super) fn over(network: Arc<dyn Transport>, ours: Arc<dyn Clock>) -> Self {
        Self { network, ours, noted: Mutex::default() }
    }

    /// The last response from the host of `url` was that of `peer`.
    pub(super) fn is_of(&self, peer: Peer, url: &Url) {
        let mut noted = self.lock();
        if let Some(skew) = noted.hosts.get(url.authority()).copied() {
            noted.peers.insert(peer, skew);
        }
    }

    /// How our clock stands to those that were seen: which agree, or the problem where one does not; nothing where none was seen.
    /// A peer that is alone in its time says nothing of ours.
    pub(super) fn compare(&self) -> Option<Result<Agreeing, Problem>> {
        let peers = std::mem::take(&mut self.lock().peers);
        let (apart, agreeing): (Vec<_>, Vec<_>) = peers.into_iter().partition(|(_, skew)| skew::is_too_far(*skew));
        let apart: Vec<_> = apart.into_iter().map(|(peer, skew)| (peer.name(), skew)).collect();
        let agreeing = Agreeing(agreeing.into_iter().map(|(peer, _)| peer).collect());
        match (apart.is_empty(), agreeing.0.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Ok(agreeing)),
            (false, true) => Some(Err(skew::differs(&apart))),
            (false, false) => Some(Err(skew::differ_from_us(&apart, &agreeing.to_string()))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        // Plain values: whole at any time.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Clocks {
    fn send(
        &self,
        request: http::Request<Bytes>,
        body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        async move {
            let (host, asked) = (peer(request.uri()), self.ours.now());
            let response = self.network.send(request, body_max).await?;
            let skew = date(response.headers()).map(|date| skew::between(asked, date, self.ours.now()));
            let mut noted = self.lock();
            match skew {
                Some(skew) => noted.hosts.insert(host, skew),
                None => noted.hosts.remove(&host),
            };
            drop(noted);
            Ok(response)
        }
        .boxed()
    }
}
