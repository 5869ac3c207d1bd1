//! What stands on the way between the connector and its peers, and what the peers do out of turn: which of the day's events a
//! call meets, and what is responded then.
//!
//! It shares nothing with the mocks, whose own responses pass through unless something here says otherwise.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::canned::{self, Sender};
use crate::scenario::{Action, ClockOwner, Content, Event, Interception, NamedWait, Refuser, Share};
use crate::sim::clock::{SimClock, SkewedClock};
use crate::sim::coverage::Kind;
use crate::sim::faults::Peer;

/// The events of a day that calls can meet.
#[derive(Debug)]
pub struct Middlebox {
    events: Vec<Armed>,
    /// The events that Azure refuses, and from when on there are any.
    refused: BTreeSet<String>,
    refused_from: Option<Timestamp>,
    miro: SkewedClock,
    azure: SkewedClock,
}

#[derive(Debug)]
struct Armed {
    event: Event,
    /// Chooses the calls; none where all are met.
    choice: Option<(f64, Mutex<ChaCha8Rng>)>,
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
    /// What to count once the call has met it.
    pub(super) kinds: Vec<Kind>,
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

/// What goes over the wire.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Http(Arc<canned::Canned>),
    /// Not HTTP.
    Raw(Bytes),
}

impl Middlebox {
    /// The events of `timeline` that concern calls.
    pub fn new(timeline: &[Event], clock: SimClock) -> Self {
        let events = timeline.iter().filter(|event| concerns_calls(&event.action)).cloned().map(Armed::new).collect();
        let refused = || {
            timeline.iter().filter_map(|event| match &event.action {
                Action::Happen { event: miro, .. } if miro.content == Content::Refused => Some((event.at, &miro.id)),
                _ => None,
            })
        };
        Self {
            events,
            refused: refused().map(|(_, id)| id.clone()).collect(),
            refused_from: refused().map(|(at, _)| at).min(),
            miro: SkewedClock::of(ClockOwner::Miro, timeline, clock),
            azure: SkewedClock::of(ClockOwner::Azure, timeline, clock),
        }
    }

    /// What a call to `peer` at `now`, with this body, meets. Every event that is on decides about every call, so that one does not
    /// change the choice of another.
    pub(super) fn meets(&self, peer: Peer, now: Timestamp, body: &[u8]) -> Meeting {
        let mut meeting = Meeting::default();
        for armed in self.events.iter().filter(|armed| armed.event.is_on(now)) {
            if armed.strikes() {
                self.apply(&armed.event, peer, now, body, &mut meeting);
            }
        }
        if peer == Peer::Ingestion && meeting.response.is_none() && self.is_refused(now, body) {
            meeting.responds(canned::bad_request(&self.sender(peer)), Kind::RefusedEvent);
        }
        meeting
    }

    fn apply(&self, event: &Event, peer: Peer, now: Timestamp, body: &[u8], meeting: &mut Meeting) {
        match &event.action {
            Action::Trickle { peer: of, bytes_per_second } if *of == peer => {
                meeting.bytes_per_second = Some((*bytes_per_second).max(1));
                meeting.kinds.push(Kind::Trickle);
            }
            Action::Slow { peer: of, up_to } if *of == peer => {
                meeting.delay += grown(event, now, *up_to);
                meeting.kinds.push(Kind::SlowResponse);
            }
            _ if meeting.response.is_some() => {}
            Action::Intercept { peer: of, response, peer_acts, .. } if *of == peer => {
                let kind = if *peer_acts { Kind::ReplacedResponse } else { kind_of(*response) };
                meeting.intercepts(peer, *response, *peer_acts, kind);
            }
            Action::Refuse { peer: of, status, wait, .. } if *of == peer => {
                meeting.responds(canned::refusal(&self.sender(peer), *status, wait.as_ref()), Kind::PeerRefused);
                meeting.kinds.extend(wait.iter().flat_map(kinds_of_wait));
            }
            Action::LimitUploads { bytes, by } if peer == Peer::Ingestion && body.len() as u64 > *bytes => match by {
                Refuser::Azure => {
                    meeting.responds(canned::refusal(&self.sender(peer), 413, None), Kind::UploadLimited);
                }
                Refuser::Proxy => {
                    let page = Interception::Html { status: 413 };
                    meeting.intercepts(peer, page, false, Kind::UploadLimitedByProxy);
                }
            },
            _ => {}
        }
    }

    fn is_refused(&self, now: Timestamp, body: &[u8]) -> bool {
        self.refused_from.is_some_and(|from| from <= now) && ids_in(body).iter().any(|id| self.refused.contains(id))
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

impl Armed {
    fn new(event: Event) -> Self {
        let choice = match &event.action {
            Action::Intercept { calls, .. } | Action::Refuse { calls, .. } => {
                let Share { share, seed } = *calls;
                Some((share.clamp(0.0, 1.0), Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
            }
            _ => None,
        };
        Self { event, choice }
    }

    fn strikes(&self) -> bool {
        self.choice
            .as_ref()
            .is_none_or(|(share, random)| random.lock().unwrap_or_else(PoisonError::into_inner).random_bool(*share))
    }
}

const fn concerns_calls(action: &Action) -> bool {
    match action {
        Action::Intercept { .. }
        | Action::Refuse { .. }
        | Action::Trickle { .. }
        | Action::Slow { .. }
        | Action::LimitUploads { .. } => true,
        Action::SkewClock { .. } | Action::FillDisk | Action::Happen { .. } => false,
    }
}

/// The delay at `now`, which grows evenly from nothing to `up_to`.
fn grown(event: &Event, now: Timestamp, up_to: jiff::SignedDuration) -> Duration {
    let passed = now.duration_since(event.at).as_secs_f64() / event.lasts.as_secs_f64().max(1.0);
    Duration::try_from(up_to).unwrap_or_default().mul_f64(passed.clamp(0.0, 1.0))
}

const fn kind_of(response: Interception) -> Kind {
    match response {
        Interception::Html { .. } => Kind::HtmlPage,
        Interception::Redirect => Kind::Redirect,
        Interception::OtherJson { .. } => Kind::OtherJson,
        Interception::ErrorIn200 => Kind::ErrorIn200,
        Interception::Empty { .. } => Kind::EmptySuccess,
        Interception::Garbage => Kind::Garbage,
        Interception::Huge => Kind::HugeBody,
    }
}

const HOUR: Duration = Duration::from_hours(1);
const YEAR: Duration = Duration::from_hours(365 * 24);

fn kinds_of_wait(wait: &NamedWait) -> Vec<Kind> {
    let form = match wait {
        NamedWait::Seconds(_) => Kind::WaitInSeconds,
        NamedWait::Fraction(_) => Kind::WaitInFractions,
        NamedWait::Date(_) => Kind::WaitAsDate,
        NamedWait::Text(_) => Kind::WaitUnreadable,
        NamedWait::Reset(_) => Kind::WaitByReset,
    };
    let length = wait.length().unwrap_or_default();
    let far = (length > HOUR).then_some(Kind::WaitOverAnHour).into_iter();
    std::iter::once(form).chain(far).chain((length > YEAR).then_some(Kind::WaitOverAYear)).collect()
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
