//! What happens in the course of a day besides crashes, lockouts and the network's own troubles.

use std::time::Duration;

use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Day, log_uniform, minutes, one_of};
use crate::scenario::{Action, ClockOwner, Content, Event, Interception, MiroEvent, NamedWait, Refuser, Share};
use crate::sim::clock::shown_at;
use crate::sim::faults::Peer;

/// Uploads are where most can go wrong.
const PEERS: [Peer; 4] = [Peer::Miro, Peer::Entra, Peer::Ingestion, Peer::Ingestion];

/// Everything that happens, in order of time. Events show up at most `late_by` after they happened. What chance seldom brings
/// comes in turn, by the number of the day, so that a sweep of some twenty meets it.
pub(super) fn draw(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration, sweeps: &[Duration], number: u64) -> Vec<Event> {
    let mut timeline = Vec::new();
    for (draw, most) in
        [(interception as Draw, 7), (refusal, 7), (trickle, 2), (slow, 2), (upload_limit, 2), (full_disk, 2)]
    {
        timeline.extend((0..rng.random_range(0..=most)).map(|_| draw(rng, day)));
    }
    timeline.push(rare_event(rng, day, number));
    let last_sweep = sweeps.iter().max().copied().unwrap_or_default();
    timeline.extend((0..rng.random_range(0..=4)).map(|_| clock_error(rng, day, last_sweep)));
    let events = miro_events(rng, day, late_by.mul_f64(LATE_PART), &timeline);
    timeline.extend(events);
    timeline.sort_by_key(|event| event.at);
    timeline
}

type Draw = fn(&mut ChaCha8Rng, &Day) -> Event;

fn lasting(rng: &mut ChaCha8Rng, day: &Day, longest: Duration, action: Action) -> Event {
    let (from, until) = day.stretch(rng, longest);
    Event { at: from, lasts: until.duration_since(from), action }
}

fn share(rng: &mut ChaCha8Rng) -> Share {
    Share { share: one_of(rng, &[0.1, 0.5, 1.0]), seed: rng.random() }
}

fn interception(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    let response = match rng.random_range(0..9) {
        0..3 => Interception::Html { status: one_of(rng, &[200, 401, 403, 404, 407, 429, 500, 502, 503, 504, 511]) },
        3 => Interception::Redirect,
        4 => Interception::OtherJson { form: rng.random_range(0..7) },
        5 => Interception::ErrorIn200,
        6 => Interception::Empty { status: one_of(rng, &[200, 202]) },
        7 => Interception::Garbage,
        _ => Interception::Huge,
    };
    let action =
        Action::Intercept { peer: one_of(rng, &PEERS), calls: share(rng), response, peer_acts: rng.random_bool(0.25) };
    lasting(rng, day, minutes(40), action)
}

fn refusal(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    let peer = one_of(rng, &PEERS);
    let status = match peer {
        Peer::Miro => one_of(rng, &[429, 429, 500, 502, 503]),
        Peer::Entra | Peer::Ingestion => one_of(rng, &[429, 429, 500, 502, 503, 408]),
    };
    let wait = rng.random_bool(0.7).then(|| named_wait(rng, peer == Peer::Miro && status == 429));
    let action = Action::Refuse { peer, calls: share(rng), status, wait };
    lasting(rng, day, minutes(60), action)
}

fn named_wait(rng: &mut ChaCha8Rng, has_reset: bool) -> NamedWait {
    const YEAR: f64 = 365.0 * 86_400.0;
    let seconds = match rng.random_range(0..10) {
        0 => 0.0,
        1..7 => log_uniform(rng, 1.0, 120.0),
        7 => log_uniform(rng, 120.0, 3_600.0),
        8 => log_uniform(rng, 3_601.0, 90_000.0),
        _ => log_uniform(rng, YEAR + 1.0, 100.0 * YEAR),
    } as u64;
    let wait = SignedDuration::from_secs(seconds as i64);
    match rng.random_range(0..6) {
        0 | 1 if has_reset => NamedWait::Reset(wait),
        0 | 1 => NamedWait::Seconds(seconds),
        2 => NamedWait::Fraction(rng.random_range(0..5_000)),
        3 | 4 => NamedWait::Date(wait),
        _ => NamedWait::Text(
            one_of(rng, &["soon", "-5", "1 minute", "\"30\"", "0x10", "99999999999999999999"]).to_owned(),
        ),
    }
}

fn rare_event(rng: &mut ChaCha8Rng, day: &Day, number: u64) -> Event {
    let refuse = |peer, calls, wait| Action::Refuse { peer, calls, status: 429, wait: Some(wait) };
    let years = SignedDuration::from_hours(3 * 365 * 24);
    let action = match number % 4 {
        0 => refuse(Peer::Miro, share(rng), NamedWait::Reset(SignedDuration::from_secs(rng.random_range(1..=90)))),
        1 => refuse(Peer::Ingestion, share(rng), NamedWait::Date(years)),
        2 => Action::LimitUploads { bytes: 20_000, by: Refuser::Azure },
        _ => Action::LimitUploads { bytes: 2_000, by: Refuser::Proxy },
    };
    lasting(rng, day, minutes(45), action)
}

fn trickle(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    let bytes_per_second = log_uniform(rng, 50.0, 50_000.0) as u32;
    let action = Action::Trickle { peer: one_of(rng, &PEERS), bytes_per_second };
    lasting(rng, day, minutes(30), action)
}

fn slow(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    let up_to = SignedDuration::from_secs(one_of(rng, &[5, 40, 240]));
    let action = Action::Slow { peer: one_of(rng, &PEERS), up_to };
    lasting(rng, day, minutes(60), action)
}

fn upload_limit(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    let by = one_of(rng, &[Refuser::Azure, Refuser::Proxy]);
    let least = match by {
        // Far more than an event of the generator's, which could be set aside for it.
        Refuser::Azure => 20_000.0,
        Refuser::Proxy => 2_000.0,
    };
    let bytes = log_uniform(rng, least, 300_000.0) as u64;
    lasting(rng, day, minutes(60), Action::LimitUploads { bytes, by })
}

fn full_disk(rng: &mut ChaCha8Rng, day: &Day) -> Event {
    at_dawn(rng, day, 0.1, minutes(45), Action::FillDisk)
}

/// When Miro's clock is set back, what happens then is dated as far back, and is found only if that is not past the last late
/// sweep: this part of it is left to the clock, the rest to events that show up late.
const SKEW_PART: f64 = 0.2;
const LATE_PART: f64 = 0.5;

fn clock_error(rng: &mut ChaCha8Rng, day: &Day, last_sweep: Duration) -> Event {
    let whose = one_of(rng, &[ClockOwner::Connector, ClockOwner::Miro, ClockOwner::Azure]);
    let most = match (whose, rng.random_range(0..8)) {
        (ClockOwner::Miro, _) => SKEW_PART * last_sweep.as_secs_f64(),
        (_, 0..6) => 2.0 * 3_600.0,
        (_, 6) => 3.0 * 86_400.0,
        (_, _) => 20.0 * 365.0 * 86_400.0,
    };
    let by = SignedDuration::from_secs_f64(sign(rng) * log_uniform(rng, 1.0, most));
    // Six hours of the largest gain Miro's clock as much as it may be off.
    let drift_max = if whose == ClockOwner::Miro { 1e6 * most / (6.0 * 3_600.0) } else { 200_000.0 };
    let drift_ppm = if rng.random_bool(0.3) { (sign(rng) * log_uniform(rng, 100.0, drift_max)) as i32 } else { 0 };
    at_dawn(rng, day, 0.3, minutes(6 * 60), Action::SkewClock { whose, by, drift_ppm })
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    one_of(rng, &[-1.0, 1.0])
}

/// With this chance it is there already when the connector is started first.
fn at_dawn(rng: &mut ChaCha8Rng, day: &Day, chance: f64, longest: Duration, action: Action) -> Event {
    let mut event = lasting(rng, day, longest, action);
    if rng.random_bool(chance) {
        event.at = day.dawn;
    }
    event
}

/// The events beside those that Miro's generator makes: of every size, and some that nobody can deliver.
fn miro_events(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration, timeline: &[Event]) -> Vec<Event> {
    let mut writer = Writer { timeline, late_by, start: day.dawn - day.backlog, written: 0 };
    let mut events = Vec::new();
    for _ in 0..rng.random_range(0..=30) {
        let bytes = log_uniform(rng, 200.0, 1_050_000.0) as usize;
        let at = day.moment(rng);
        events.push(writer.write(rng, at, bytes, Content::Documented));
    }
    // Something that is too large for every limit on uploads.
    for limit in timeline.iter().filter(|event| matches!(event.action, Action::LimitUploads { .. })) {
        let bytes = log_uniform(rng, 700_000.0, 990_000.0) as usize;
        events.push(writer.write(rng, limit.at, bytes, Content::Documented));
    }
    for _ in 0..rng.random_range(0..=6) {
        let contents =
            [Content::NotUtf8, Content::ControlCharacter, Content::NotJson, Content::NotAnObject, Content::Refused];
        let (at, bytes, content) = (day.moment(rng), log_uniform(rng, 200.0, 20_000.0), one_of(rng, &contents));
        events.push(writer.write(rng, at, bytes as usize, content));
    }
    if rng.random_bool(0.2) {
        let (at, bytes) = (day.moment(rng), rng.random_range(999_990..1_000_050));
        events.push(writer.write(rng, at, bytes, Content::Documented));
    }
    if rng.random_bool(0.25) {
        events.extend(row_of_refused(rng, day, &mut writer));
    }
    // Whatever waits for an acceptance gets it, and from the newest time: nothing else is read while much waits.
    writer.late_by = Duration::ZERO;
    for stream in Stream::ALL {
        for minute in [3, 9] {
            let event = writer.write(rng, day.dusk + minutes(minute), 300, Content::Documented);
            events.push(of_stream(event, stream));
        }
    }
    events
}

fn row_of_refused(rng: &mut ChaCha8Rng, day: &Day, writer: &mut Writer<'_>) -> Vec<Event> {
    let (from, stream) = (day.moment(rng), one_of(rng, &Stream::ALL));
    let event = |nth: u64| {
        let event = writer.write(rng, from + Duration::from_millis(nth * 300), 500, Content::Refused);
        of_stream(event, stream)
    };
    (0..25).map(event).collect()
}

fn of_stream(mut event: Event, of: Stream) -> Event {
    if let Action::Happen { stream, .. } = &mut event.action {
        *stream = of;
    }
    event
}

/// Writes events as Miro's clock on that day dates them.
struct Writer<'a> {
    timeline: &'a [Event],
    late_by: Duration,
    /// What is dated before this is not asked for.
    start: Timestamp,
    written: u32,
}

impl Writer<'_> {
    fn write(&mut self, rng: &mut ChaCha8Rng, at: Timestamp, bytes: usize, content: Content) -> Event {
        self.written += 1;
        let late = if rng.random_bool(0.3) { self.late_by.mul_f64(rng.random()) } else { Duration::ZERO };
        let time = (shown_at(ClockOwner::Miro, self.timeline, at) - late).max(self.start);
        let id = format!("planned-{:03}", self.written);
        let event = MiroEvent { id, time, bytes, content };
        let stream = one_of(rng, &Stream::ALL);
        Event { at, lasts: SignedDuration::ZERO, action: Action::Happen { stream, event } }
    }
}
