//! What went wrong in a recording as a scenario file: the same refusals, foreign pages and broken connections at the same calls.

use std::collections::{BTreeMap, BTreeSet};

use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::har::{Entry, Har, Outcome, path_of, value};
use crate::scenario::{
    Action, Call, Calls, Conditions, Expect, Family, Interception, Level, NamedWait, Nth, Peer, Point, Profile,
    Scenario, Step, Trigger, WorldSpec,
};
use crate::times;

/// The longest wait that a scenario repeats; a longer one comes from clocks that disagree.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Events of a log whose pages are not in the recording.
const EVENTS_MIN: usize = 100;

/// The scenario of a recording. What is in it are statuses, codes and waits, and counts of events.
pub fn scenario_of(har: &Har, id: &str) -> Scenario {
    let world = WorldSpec {
        miro: serde_json::Map::from_iter([
            ("audit".to_owned(), generate(har, Call::AuditLogs)),
            ("content".to_owned(), generate(har, Call::ContentLogs)),
        ]),
        ..WorldSpec::default()
    };
    let timeline = timeline(har);
    Scenario {
        id: id.to_owned(),
        title: format!("Failures of a recording: {} steps", timeline.len()),
        family: Family::Regressions,
        level: Level::Should,
        profiles: vec![Profile::Delivery],
        requires: Vec::new(),
        spec: Vec::new(),
        why: "It happened once.".to_owned(),
        uses: Vec::new(),
        matrix: BTreeMap::new(),
        seed: 0,
        world,
        connector: BTreeMap::new(),
        network: Conditions::default(),
        lasts: None,
        timeline,
        expect: Expect::default(),
    }
}

fn generate(har: &Har, call: Call) -> Value {
    let pages =
        har.log.entries.iter().filter(|entry| entry.call() == Some(call) && entry.outcome() == Outcome::Delivered);
    let bodies = pages.filter_map(|entry| serde_json::from_str::<Value>(entry.response.content.text.as_deref()?).ok());
    let mut ids = BTreeSet::new();
    for body in bodies {
        let events = body["data"].as_array().into_iter().flatten();
        ids.extend(events.filter_map(|event| event["id"].as_str().map(str::to_owned)));
    }
    serde_json::json!({"generate": ids.len().max(EVENTS_MIN), "over": "1h"})
}

fn timeline(har: &Har) -> Vec<Step> {
    let mut counts: BTreeMap<(Call, Option<Stream>), u64> = BTreeMap::new();
    let mut steps: Vec<Step> = Vec::new();
    // The last step of a call, and the call behind the last that it meets.
    let mut open: BTreeMap<(Call, Option<Stream>), (usize, u64)> = BTreeMap::new();
    for entry in &har.log.entries {
        let Some(call) = entry.call() else { continue };
        let stream = if call == Call::Ingest { stream_of(entry) } else { None };
        let nth = counts.entry((call, stream)).or_default();
        *nth += 1;
        let Some(action) = trouble(entry) else { continue };
        if let Some((at, next)) = open.get_mut(&(call, stream))
            && *next == *nth
            && steps[*at].action == action
        {
            let times = &mut steps[*at].times;
            *times = Some(times.unwrap_or(1) + 1);
            *next += 1;
            continue;
        }
        open.insert((call, stream), (steps.len(), *nth + 1));
        steps.push(Step {
            name: None,
            trigger: Trigger::When(Nth { call, stream, nth: *nth }),
            lasts: None,
            times: None,
            calls: Calls::default(),
            action,
        });
    }
    steps
}

/// The log whose events an upload carries.
pub(crate) fn stream_of(entry: &Entry) -> Option<Stream> {
    let path = path_of(&entry.request.url);
    [Stream::Audit, Stream::Content].into_iter().find(|stream| path.ends_with(stream.rule_stream()))
}

/// What went wrong with an entry, as a step does it.
fn trouble(entry: &Entry) -> Option<Action> {
    let point = match entry.outcome() {
        Outcome::Delivered => None,
        Outcome::ResponseLost => Some(Point::ResponseLost),
        Outcome::Cut => Some(Point::CutInResponse),
        Outcome::Reset => Some(Point::ConnectionRefused),
    };
    if let Some(point) = point {
        return Some(Action::Break { points: vec![point] });
    }
    let status = entry.response.status;
    let body = entry.response.content.text.as_deref().unwrap_or_default();
    let intercept = |response| Some(Action::Intercept { response, peer_acts: false });
    let is_page = body.trim_start().starts_with('<') || entry.response.content.mime_type.starts_with("text/html");
    match status {
        _ if is_page && (200..=599).contains(&status) => intercept(Interception::Html { status }),
        300..=399 => intercept(Interception::Redirect),
        400..=599 => Some(Action::Refuse { status, code: code(entry.peer(), body), wait: wait(entry) }),
        _ => None,
    }
}

/// The code of an error, in its peer's form.
fn code(peer: Option<Peer>, body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let code = match peer? {
        Peer::Miro => body["code"].as_str().map(str::to_owned),
        Peer::Entra => body["error_codes"][0].as_u64().map(|code| format!("AADSTS{code}")),
        Peer::Ingestion => body["error"]["code"].as_str().map(str::to_owned),
    };
    code.filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// How long the peer asked to wait.
fn wait(entry: &Entry) -> Option<NamedWait> {
    let headers = &entry.response.headers;
    let now = value(headers, "date").and_then(times::http_date).unwrap_or(entry.started_date_time);
    if let Some(text) = value(headers, "retry-after") {
        return Some(match (text.parse::<u64>(), text.parse::<f64>(), times::http_date(text)) {
            (Ok(seconds), ..) => NamedWait::Seconds(seconds),
            (_, Ok(seconds), _) if (0.0..86_400.0).contains(&seconds) => {
                NamedWait::Fraction((seconds * 1_000.0) as u32)
            }
            (.., Some(at)) => NamedWait::Date(between(now, at)),
            _ => NamedWait::Text(text.to_owned()),
        });
    }
    let reset = value(headers, "x-ratelimit-reset").filter(|_| entry.response.status == 429)?;
    let at = Timestamp::from_second(reset.parse().ok()?).ok()?;
    Some(NamedWait::Reset(between(now, at)))
}

fn between(now: Timestamp, at: Timestamp) -> SignedDuration {
    SignedDuration::from_secs(at.duration_since(now).as_secs()).clamp(SignedDuration::ZERO, WAIT_MAX)
}
