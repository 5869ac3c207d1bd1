//! What stands on the way between the connector and its peers, and what the peers do out of turn: which of the day's events a
//! call meets, and what is responded then.
//!
//! It shares nothing with the mocks, whose own responses pass through unless something here says otherwise.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::canned::{self, Body, Sender};
use crate::scenario::{Action, Call, ClockOwner, Content, Interception, Peer, Refuser, Step};
use crate::sim::clock::{SimClock, SkewedClock};
use crate::sim::coverage::Kind;
use crate::sim::network_conditions::Trouble;
use crate::sim::plan::Plan;
use crate::sim::timeline::Timeline;

/// What the timeline does to calls.
#[derive(Debug)]
pub struct Middlebox {
    timeline: Timeline,
    /// The events that Azure refuses.
    refused: BTreeSet<String>,
    /// The steps that bring them.
    refused_by: Vec<usize>,
    miro: SkewedClock,
    azure: SkewedClock,
}

/// What a call meets.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    /// What is responded in the peer's place.
    pub(super) response: Option<Instead>,
    /// The response is under way so much longer.
    pub(super) delay: Duration,
    /// The rate at which it comes, in bytes per second.
    pub(super) bytes_per_second: Option<u32>,
    /// Where the connection breaks.
    pub(super) trouble: Option<Trouble>,
    /// What to count once the call has met it.
    pub(super) kinds: Vec<Kind>,
}

/// A call as the timeline sees it.
pub(super) struct Request<'a> {
    pub(super) call: Call,
    pub(super) stream: Option<Stream>,
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(super) fn new(peer: Peer, path: &str, body: &'a [u8]) -> Self {
        let call = Call::of(peer, path);
        let stream = match call {
            Call::AuditLogs => Some(Stream::Audit),
            Call::ContentLogs => Some(Stream::Content),
            Call::Ingest => Stream::ALL.into_iter().find(|stream| path.ends_with(stream.rule_stream())),
            _ => None,
        };
        Self { call, stream, body }
    }
}

/// A response in the peer's place.
#[derive(Clone, Debug)]
pub(super) struct Instead {
    pub(super) bytes: Body,
    /// Whether the peer acts on the request first.
    pub(super) peer_acts: bool,
    /// Whether it is the peer's own word.
    pub(super) is_genuine: bool,
}

impl Middlebox {
    /// What the timeline of `plan`, played by `timeline`, does to calls.
    pub fn new(plan: &Plan, timeline: Timeline, clock: SimClock) -> Self {
        let refused = plan.events.iter().filter(|(_, _, event)| event.content == Content::Refused);
        let (refused_by, refused) = refused.map(|(step, _, event)| (*step, event.id.clone())).unzip();
        let clock_of = |owner| SkewedClock::of(owner, timeline.steps(), clock);
        Self { refused, refused_by, miro: clock_of(ClockOwner::Miro), azure: clock_of(ClockOwner::Azure), timeline }
    }

    /// What a call at `now` meets.
    pub(super) fn meets(&self, request: &Request<'_>, now: Timestamp) -> Meeting {
        let mut meeting = Meeting::default();
        for (number, drawn) in self.timeline.called(request.call, request.stream, now) {
            if self.apply(number, drawn, request, now, &mut meeting) {
                self.timeline.took(number);
            }
        }
        let peer = request.call.peer();
        if peer == Peer::Ingestion && meeting.response.is_none() && self.is_refused(now, request.body) {
            meeting.responds(canned::bad_request(&self.sender(peer)), Kind::RefusedEvent);
        }
        meeting
    }

    /// Does a step to a call; false where another one came first, or the call is not concerned after all.
    fn apply(&self, number: usize, drawn: u64, request: &Request<'_>, now: Timestamp, meeting: &mut Meeting) -> bool {
        let step = &self.timeline.steps()[number];
        let peer = request.call.peer();
        match &step.action {
            Action::Trickle { bytes_per_second } => {
                meeting.bytes_per_second = Some((*bytes_per_second).max(1));
                meeting.kinds.push(Kind::Trickle);
            }
            Action::Slow { up_to } => {
                meeting.delay += self.grown(number, step, now, *up_to);
                meeting.kinds.push(Kind::SlowResponse);
            }
            Action::Break { points } => {
                let mut random = ChaCha8Rng::seed_from_u64(drawn);
                let point = points[random.random_range(0..points.len())];
                meeting.trouble = Some(Trouble::at(point, request.body.len() + super::HEAD_BYTES, &mut random));
            }
            _ if meeting.response.is_some() => return false,
            Action::Intercept { response, peer_acts } => {
                let kind = if *peer_acts { Kind::ReplacedResponse } else { Kind::of_interception(*response) };
                meeting.intercepts(peer, *response, *peer_acts, kind);
            }
            Action::Refuse { status, code, wait } => {
                let canned = canned::refusal(&self.sender(peer), *status, code.as_deref(), wait.as_ref());
                meeting.responds(canned, Kind::PeerRefused);
                meeting.kinds.extend(wait.iter().flat_map(Kind::of_wait));
            }
            Action::Answer { status, headers, body, peer_acts } => {
                let bytes = Body::Http(Arc::new(canned::given(*status, headers, body)));
                // What the peer did not act on is no acknowledgment, whatever it says.
                let is_genuine = !peer_acts && *status >= 400;
                meeting.response = Some(Instead { bytes, peer_acts: *peer_acts, is_genuine });
                meeting.kinds.push(if *peer_acts { Kind::ReplacedResponse } else { Kind::PeerRefused });
            }
            Action::LimitUploads { bytes, .. } if request.body.len() as u64 <= *bytes => return false,
            Action::LimitUploads { by: Refuser::Azure, .. } => {
                meeting.responds(canned::refusal(&self.sender(peer), 413, None, None), Kind::UploadLimited);
            }
            Action::LimitUploads { by: Refuser::Proxy, .. } => {
                meeting.intercepts(peer, Interception::Html { status: 413 }, false, Kind::UploadLimitedByProxy);
            }
            _ => return false,
        }
        true
    }

    /// The delay at `now`, which grows evenly from nothing to `up_to`; of a step without a length, all of it.
    fn grown(&self, number: usize, step: &Step, now: Timestamp, up_to: SignedDuration) -> Duration {
        let most = Duration::try_from(up_to).unwrap_or_default();
        let (Some(lasts), Some(began)) = (step.lasts, self.timeline.begins(number)) else { return most };
        let passed = now.duration_since(began).as_secs_f64() / lasts.as_secs_f64().max(1.0);
        most.mul_f64(passed.clamp(0.0, 1.0))
    }

    fn is_refused(&self, now: Timestamp, body: &[u8]) -> bool {
        self.refused_by.iter().any(|step| self.timeline.begins(*step).is_some_and(|from| from <= now))
            && ids_in(body).iter().any(|id| self.refused.contains(id))
    }

    fn sender(&self, peer: Peer) -> Sender {
        let clock = if peer == Peer::Miro { &self.miro } else { &self.azure };
        Sender { peer, now: clock.now() }
    }
}

impl Meeting {
    fn responds(&mut self, canned: canned::Canned, kind: Kind) {
        self.response = Some(Instead { bytes: Body::Http(Arc::new(canned)), peer_acts: false, is_genuine: true });
        self.kinds.push(kind);
    }

    fn intercepts(&mut self, peer: Peer, response: Interception, peer_acts: bool, kind: Kind) {
        self.response = Some(Instead { bytes: canned::intercepted(peer, response), peer_acts, is_genuine: false });
        self.kinds.push(kind);
    }
}

impl Instead {
    /// As the peer's server would send it; nothing where it is not HTTP.
    pub(super) fn response(&self) -> Option<Response> {
        match &self.bytes {
            Body::Http(canned) => Some(canned.response()),
            Body::Raw(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Sent {
    id: String,
}

/// The events that an upload carries; none if it is not what the destination accepts.
pub(in crate::sim) fn ids_in(body: &[u8]) -> Vec<String> {
    let mut plain = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(body).read_to_end(&mut plain);
    let json = if unpacked.is_ok() { &plain } else { body };
    serde_json::from_slice::<Vec<Sent>>(json).unwrap_or_default().into_iter().map(|event| event.id).collect()
}
