//! What happens in the course of a day besides crashes, lockouts and the network's own troubles.

use std::time::Duration;

use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::troubles::{HOUR, lasting, once};
use super::{Day, log_uniform, minutes, one_of};
use crate::scenario::{
    Action, Call, Calls, ClockOwner, Content, EventSpec, Interception, NamedWait, Peer, Refuser, Step,
};
use crate::sim::clock::{ClockError, shown};

/// Uploads are where most can go wrong.
const CALLS: [Call; 4] = [Call::Miro, Call::Entra, Call::Ingestion, Call::Ingestion];

/// Everything that happens. Events show up at most `late_by` after they happened. What chance seldom brings
/// comes in turn, by the number of the day, so that a sweep of some twenty meets it.
pub(super) fn draw(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration, sweeps: &[Duration], number: u64) -> Vec<Step> {
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
    timeline
}

type Draw = fn(&mut ChaCha8Rng, &Day) -> Step;

/// A share of the calls to some peer.
fn share(rng: &mut ChaCha8Rng, on: Call) -> Calls {
    Calls { on: Some(on), share: Some(one_of(rng, &[0.1, 0.5, 1.0])), seed: Some(rng.random()), ..Calls::default() }
}

/// All calls to some peer.
fn all(on: Call) -> Calls {
    Calls { on: Some(on), ..Calls::default() }
}

fn interception(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let response = match rng.random_range(0..9) {
        0..3 => Interception::Html { status: one_of(rng, &[200, 401, 403, 404, 407, 429, 500, 502, 503, 504, 511]) },
        3 => Interception::Redirect,
        4 => Interception::OtherJson { form: rng.random_range(0..7) },
        5 => Interception::ErrorIn200,
        6 => Interception::Empty { status: one_of(rng, &[200, 202]) },
        7 => Interception::Garbage,
        _ => Interception::Huge,
    };
    let on = one_of(rng, &CALLS);
    let (calls, peer_acts) = (share(rng, on), rng.random_bool(0.25));
    lasting(day, day.stretch(rng, minutes(40)), calls, Action::Intercept { response, peer_acts })
}

fn refusal(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let on = one_of(rng, &CALLS);
    let peer = on.peer();
    let status = match peer {
        Peer::Miro => one_of(rng, &[429, 429, 500, 502, 503]),
        Peer::Entra | Peer::Ingestion => one_of(rng, &[429, 429, 500, 502, 503, 408]),
    };
    let wait = rng.random_bool(0.7).then(|| named_wait(rng, peer == Peer::Miro && status == 429));
    let calls = share(rng, on);
    lasting(day, day.stretch(rng, HOUR), calls, Action::Refuse { status, code: None, wait })
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

fn rare_event(rng: &mut ChaCha8Rng, day: &Day, number: u64) -> Step {
    let refuse = |wait| Action::Refuse { status: 429, code: None, wait: Some(wait) };
    let years = SignedDuration::from_hours(3 * 365 * 24);
    let (calls, action) = match number % 4 {
        0 => {
            let wait = SignedDuration::from_secs(rng.random_range(1..=90));
            (share(rng, Call::Miro), refuse(NamedWait::Reset(wait)))
        }
        1 => (share(rng, Call::Ingestion), refuse(NamedWait::Date(years))),
        2 => (Calls::default(), Action::LimitUploads { bytes: 20_000, by: Refuser::Azure }),
        _ => (Calls::default(), Action::LimitUploads { bytes: 2_000, by: Refuser::Proxy }),
    };
    lasting(day, day.stretch(rng, minutes(45)), calls, action)
}

fn trickle(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let bytes_per_second = log_uniform(rng, 50.0, 50_000.0) as u32;
    let calls = all(one_of(rng, &CALLS));
    lasting(day, day.stretch(rng, minutes(30)), calls, Action::Trickle { bytes_per_second })
}

fn slow(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let up_to = SignedDuration::from_secs(one_of(rng, &[5, 40, 240]));
    let calls = all(one_of(rng, &CALLS));
    lasting(day, day.stretch(rng, HOUR), calls, Action::Slow { up_to })
}

fn upload_limit(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    let by = one_of(rng, &[Refuser::Azure, Refuser::Proxy]);
    let least = match by {
        // Far more than an event of the generator's, which could be set aside for it.
        Refuser::Azure => 20_000.0,
        Refuser::Proxy => 2_000.0,
    };
    let bytes = log_uniform(rng, least, 300_000.0) as u64;
    lasting(day, day.stretch(rng, HOUR), Calls::default(), Action::LimitUploads { bytes, by })
}

fn full_disk(rng: &mut ChaCha8Rng, day: &Day) -> Step {
    at_start(rng, day, 0.1, minutes(45), Action::DiskFull {})
}

/// When Miro's clock is set back, what happens then is dated as far back, and is found only if that is not past the last late
/// sweep: this part of it is left to the clock, the rest to events that show up late.
const SKEW_PART: f64 = 0.2;
const LATE_PART: f64 = 0.5;

fn clock_error(rng: &mut ChaCha8Rng, day: &Day, last_sweep: Duration) -> Step {
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
    at_start(rng, day, 0.3, minutes(6 * 60), Action::Clock { whose, by, drift_ppm })
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    one_of(rng, &[-1.0, 1.0])
}

/// With this chance it is there already when the connector is started first.
fn at_start(rng: &mut ChaCha8Rng, day: &Day, chance: f64, longest: Duration, action: Action) -> Step {
    let (mut from, until) = day.stretch(rng, longest);
    let lasts = until.duration_since(from);
    if rng.random_bool(chance) {
        from = day.starts_at;
    }
    lasting(day, (from, from + lasts), Calls::default(), action)
}

/// The events beside those that Miro's generator makes: of every size, and some that nobody can deliver.
fn miro_events(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration, timeline: &[Step]) -> Vec<Step> {
    let errors = ClockError::of(ClockOwner::Miro, day.starts_at, timeline).collect();
    let mut writer = Writer { day, errors, late_by, start: day.starts_at - day.backlog, written: 0 };
    let mut events = Vec::new();
    for _ in 0..rng.random_range(0..=30) {
        let bytes = log_uniform(rng, 200.0, 1_050_000.0) as usize;
        let at = day.moment(rng);
        events.push(writer.write(rng, at, bytes, Content::Documented));
    }
    // Something that is too large for every limit on uploads.
    for limit in timeline.iter().filter(|step| matches!(step.action, Action::LimitUploads { .. })) {
        let bytes = log_uniform(rng, 700_000.0, 990_000.0) as usize;
        events.push(writer.write(rng, day.starts_at + super::begins(limit), bytes, Content::Documented));
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
            let event = writer.write(rng, day.faults_end + minutes(minute), 300, Content::Documented);
            events.push(of_stream(event, stream));
        }
    }
    events
}

fn row_of_refused(rng: &mut ChaCha8Rng, day: &Day, writer: &mut Writer<'_>) -> Vec<Step> {
    let (from, stream) = (day.moment(rng), one_of(rng, &Stream::ALL));
    let event = |nth: u64| {
        let event = writer.write(rng, from + Duration::from_millis(nth * 300), 500, Content::Refused);
        of_stream(event, stream)
    };
    (0..25).map(event).collect()
}

fn of_stream(mut step: Step, of: Stream) -> Step {
    if let Action::Event(event) = &mut step.action {
        event.stream = of;
    }
    step
}

/// Writes events as Miro's clock on that day dates them.
struct Writer<'a> {
    day: &'a Day,
    errors: Vec<ClockError>,
    late_by: Duration,
    /// What is dated before this is not asked for.
    start: Timestamp,
    written: u32,
}

impl Writer<'_> {
    fn write(&mut self, rng: &mut ChaCha8Rng, at: Timestamp, bytes: usize, content: Content) -> Step {
        self.written += 1;
        let late = if rng.random_bool(0.3) { self.late_by.mul_f64(rng.random()) } else { Duration::ZERO };
        let time = (shown(self.errors.iter().copied(), at) - late).max(self.start);
        let event = EventSpec {
            stream: one_of(rng, &Stream::ALL),
            id: Some(format!("planned-{:03}", self.written)),
            time: Some(self.day.since_start(time)),
            bytes,
            content,
            fields: serde_json::Map::new(),
        };
        once(self.day, at, Action::Event(event))
    }
}
