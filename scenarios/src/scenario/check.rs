//! What types cannot tell: steps that make no sense, worlds that contradict themselves, expectations that cannot be checked.

use std::sync::Arc;

use connector::problem::Code;
use jiff::{SignedDuration, Timestamp};
use mock_sentinel::MockSentinel;

use super::finding::hint;
use super::{Action, Credential, Scenario, Step, Trigger, length, world};
use crate::sim::coverage::Kind;

/// Something that is wrong, and the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way: keys and numbers.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Problem {
    fn new(path: impl IntoIterator<Item = impl ToString>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let path = path.into_iter().map(|key| key.to_string()).collect();
        Self { path, message: message.into(), help: help.into() }
    }
}

/// All that is wrong with a scenario that could be read.
pub fn check(scenario: &Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    about(scenario, &mut problems);
    worlds(scenario, &mut problems);
    for (number, step) in scenario.timeline.iter().enumerate() {
        step_problems(scenario, number, step, &mut problems);
    }
    expectations(scenario, &mut problems);
    problems
}

fn about(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let id = &scenario.id;
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(letters) {
        problems.push(Problem::new(
            ["id"],
            format!("`{id}` is not an id"),
            "use capital letters, digits and dashes, such as `MIRO-PAGE-004`",
        ));
    }
    if scenario.title.trim().is_empty() {
        problems.push(Problem::new(["title"], "the title is empty", "say in one line what has to hold"));
    }
    for (number, source) in scenario.spec.iter().enumerate() {
        if !source.url.starts_with("https://") {
            let text = format!("`{}` is not a public address", source.url);
            problems.push(Problem::new(["spec", &number.to_string(), "url"], text, "begin it with `https://`"));
        }
    }
    if !(0.0..=1.0).contains(&scenario.network.loss) {
        let text = format!("{} is not a share", scenario.network.loss);
        problems.push(Problem::new(["network", "loss"], text, "0 to 1"));
    }
    let clock = scenario.world.clock;
    if clock < CLOCK_MIN || CLOCK_MAX < clock {
        problems.push(Problem::new(
            ["world", "clock"],
            format!("{clock} is out of range"),
            format!("{CLOCK_MIN} to {CLOCK_MAX}"),
        ));
    }
    let start = scenario.world.start;
    if start.is_positive() {
        let text = format!("{} is after the beginning, so nothing would be asked for", length::text(start));
        problems.push(Problem::new(["world", "start"], text, format!("did you mean `-{}`?", length::text(start))));
    }
    for (key, given) in [("start", Some(-start)), ("lasts", scenario.lasts)] {
        if let Some(given) = given.filter(|given| *given > LENGTH_MAX) {
            let path = if key == "start" { vec!["world", key] } else { vec![key] };
            problems.push(too_long(path, given));
        }
    }
    if let Some(lasts) = scenario.lasts.filter(|lasts| !lasts.is_positive()) {
        problems.push(Problem::new(
            ["lasts"],
            format!("{} is not a length of time", length::text(lasts)),
            "1 s or more",
        ));
    }
}

/// Nothing lasts longer, and nothing lies further apart: twice the reach of Miro's audit log and more.
const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);
const CLOCK_MIN: Timestamp = Timestamp::constant(946_684_800, 0);
const CLOCK_MAX: Timestamp = Timestamp::constant(4_102_444_800, 0);
/// The largest event that is written out, in bytes: far more than any service takes.
const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most events that one step makes.
const GENERATED_MAX: usize = 1_000_000;

fn too_long(path: Vec<&str>, given: SignedDuration) -> Problem {
    let text = format!("{} is longer than anything may be", length::text(given));
    Problem::new(path, text, format!("at most {}", length::text(LENGTH_MAX)))
}

fn worlds(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let found = [world::miro(scenario).err(), world::azure(scenario).err(), world::example_config(scenario).err()];
    problems.extend(found.into_iter().flatten().map(|found| Problem::new(found.path, found.message, "")));
}

fn step_problems(scenario: &Scenario, number: usize, step: &Step, problems: &mut Vec<Problem>) {
    let mut wrong = |key: &str, message: String, help: &str| {
        problems.push(Problem::new(["timeline", &number.to_string(), key], message, help));
    };
    let action = step.action.name();
    let steps = &scenario.timeline;
    if let Some(name) = &step.name
        && steps[..number].iter().any(|other| other.name.as_ref() == Some(name))
    {
        wrong("name", format!("another step is also named `{name}`"), "give each step its own name");
    }
    for (key, given) in [("at", at_of(step)), ("for", step.lasts), (action, down_for_of(step))] {
        if let Some(given) = given.filter(|given| *given > LENGTH_MAX) {
            let text = format!("{} is longer than anything may be", length::text(given));
            wrong(key, text, &format!("at most {}", length::text(LENGTH_MAX)));
        }
    }
    match &step.trigger {
        Trigger::At(at) => {
            if at.is_negative() {
                wrong("at", format!("{} is before the beginning", length::text(*at)), "0 s or more");
            }
            if scenario.lasts.is_some_and(|lasts| *at > lasts) && !matches!(step.action, Action::Event(_)) {
                let lasts = length::text(scenario.length());
                wrong(
                    "at",
                    format!("{} is after the end, which is at {lasts}", length::text(*at)),
                    "let the scenario last longer",
                );
            }
        }
        Trigger::When(nth) if nth.nth == 0 => wrong("when", "calls are counted from 1".to_owned(), ""),
        Trigger::When(nth) if nth.stream.is_some() && nth.call.peer() == super::Peer::Entra => {
            wrong("when", "a call to the identity service is for no log".to_owned(), "leave `stream` out");
        }
        Trigger::When(_) => {}
        Trigger::After { step: name, .. } => match scenario.position_of(name) {
            None => {
                let names: Vec<&str> = scenario.timeline.iter().filter_map(|step| step.name.as_deref()).collect();
                let help = if names.is_empty() { "give a step a `name`".to_owned() } else { hint(name, names) };
                wrong("after", format!("no step is named `{name}`"), &help);
            }
            Some(_) if is_circular(scenario, number) => {
                wrong("after", format!("`{name}` waits for this step in turn"), "let one of them begin `at` a time");
            }
            Some(_) => {}
        },
    }
    if step.action.concerns_calls() {
        let is_begun_by_call =
            matches!(step.trigger, Trigger::When(_)) || matches!(step.action, Action::LimitUploads { .. });
        if step.calls.on.is_none() && !is_begun_by_call {
            wrong(
                action,
                format!("`{action}` does not say which calls it affects"),
                "add `on: miro.audit_logs` or another call",
            );
        }
        if let Some(share) = step.calls.share.filter(|share| !(0.0..=1.0).contains(share)) {
            wrong("share", format!("{share} is not a share"), "0 to 1");
        }
    } else {
        for (key, is_given) in [
            ("on", step.calls.on.is_some()),
            ("stream", step.calls.stream.is_some()),
            ("share", step.calls.share.is_some()),
            ("seed", step.calls.seed.is_some()),
            ("times", step.times.is_some()),
        ] {
            if is_given {
                wrong(key, format!("`{action}` affects no calls, so `{key}` has no effect"), "leave it out");
            }
        }
    }
    if let Some(lasts) = step.lasts {
        if !step.action.lasts() {
            wrong(
                "for",
                format!("`{action}` happens once and does not last"),
                "leave `for` out; what undoes it is a step of its own",
            );
        } else if !lasts.is_positive() {
            wrong("for", format!("{} is not a length of time", length::text(lasts)), "1 ms or more");
        }
    }
    action_problems(scenario, number, &mut wrong);
}

fn is_plain(id: &str) -> bool {
    !id.is_empty() && !id.chars().any(|c| c == '"' || c == '\\' || c.is_control())
}

const fn at_of(step: &Step) -> Option<SignedDuration> {
    match &step.trigger {
        Trigger::At(at) | Trigger::After { by: at, .. } => Some(*at),
        Trigger::When(_) => None,
    }
}

fn down_for_of(step: &Step) -> Option<SignedDuration> {
    match &step.action {
        Action::Kill { down_for } | Action::Stop { down_for } => Some(*down_for),
        Action::Crash(crash) => Some(crash.down_for),
        _ => None,
    }
}

fn action_problems(scenario: &Scenario, number: usize, wrong: &mut dyn FnMut(&str, String, &str)) {
    let step = &scenario.timeline[number];
    match &step.action {
        Action::Clock { .. } if scenario.begins_at(number).is_none() => {
            wrong("clock", "a clock goes wrong at a time that is known beforehand".to_owned(), "begin it `at` a time");
        }
        Action::Clock { .. } if step.lasts.is_none() => {
            wrong("clock", "the clock says not how long it is wrong".to_owned(), "add `for`");
        }
        Action::Refuse { status, .. } if !(400..=599).contains(status) => {
            wrong("refuse", format!("{status} is not an error status"), "400 to 599; `answer` gives any status");
        }
        Action::Answer { status, .. } if !(100..=599).contains(status) => {
            wrong("answer", format!("{status} is not an HTTP status"), "100 to 599");
        }
        Action::Rotate { which: Credential::AuditRole | Credential::ContentRole } => {
            wrong(
                "rotate",
                "a role has no value".to_owned(),
                "a token or the client secret; `azure: {unassign_role: …}` takes a role",
            );
        }
        Action::Break { points } if points.is_empty() => {
            wrong("break", "no point of failure is given".to_owned(), "name one or more");
        }
        Action::Trickle { bytes_per_second: 0 } => {
            wrong(
                "trickle",
                "at 0 bytes a second nothing comes".to_owned(),
                "at least 1; `break` with `silence` does that",
            );
        }
        Action::Event(event) if event.bytes > EVENT_BYTES_MAX => {
            wrong(
                "event",
                format!("an event of {} bytes is more than is written out", event.bytes),
                &format!("at most {EVENT_BYTES_MAX}"),
            );
        }
        Action::Event(event) if event.time.is_some_and(|time| time.abs() > LENGTH_MAX) => {
            wrong(
                "event",
                "the event's time lies further away than anything may".to_owned(),
                &format!("at most {}", length::text(LENGTH_MAX)),
            );
        }
        Action::Event(event) if event.id.as_deref().is_some_and(|id| !is_plain(id)) => {
            wrong(
                "event",
                "the id of an event has quotes, backslashes or control characters".to_owned(),
                "`content` and `answer` make broken events",
            );
        }
        Action::Event(event) if event.fields.contains_key("id") => {
            wrong("event", "`fields` may not have an `id`".to_owned(), "give the event its `id`");
        }
        Action::Events(events) if events.generate > GENERATED_MAX => {
            wrong(
                "events",
                format!("{} events are more than are made at once", events.generate),
                &format!("at most {GENERATED_MAX}"),
            );
        }
        Action::Events(events) if events.over > LENGTH_MAX => {
            wrong(
                "events",
                format!("{} is longer than anything may be", length::text(events.over)),
                &format!("at most {}", length::text(LENGTH_MAX)),
            );
        }
        Action::Miro(change) => {
            if let Err(problem) = world::change(change) {
                wrong("miro", problem, "see `POST /_control/world` of mock-miro");
            }
        }
        _ => {}
    }
}

fn is_circular(scenario: &Scenario, number: usize) -> bool {
    let mut step = number;
    for _ in 0..scenario.timeline.len() {
        let Trigger::After { step: name, .. } = &scenario.timeline[step].trigger else { return false };
        let Some(next) = scenario.position_of(name) else { return false };
        step = next;
        if step == number {
            return true;
        }
    }
    true
}

fn expectations(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let expect = &scenario.expect;
    let codes = || Code::ALL.iter().map(|code| code.name());
    for (stream, blocked) in &expect.blocked {
        if !codes().any(|code| code == blocked.0) {
            let text = format!("`{}` is not a code of a problem", blocked.0);
            problems.push(Problem::new(["expect", "blocked", stream.name()], text, hint(&blocked.0, codes())));
        }
    }
    for (number, code) in expect.check.iter().flatten().enumerate() {
        if !codes().any(|known| known == code) {
            let text = format!("`{code}` is not a code of a problem");
            problems.push(Problem::new(["expect", "check", &number.to_string()], text, hint(code, codes())));
        }
    }
    if let Some(eventually) = expect.eventually.filter(|eventually| !eventually.within.is_positive()) {
        let text = format!("{} is not a length of time", length::text(eventually.within));
        problems.push(Problem::new(["expect", "eventually", "within"], text, "1 s or more"));
    }
    let kinds: Vec<String> = Kind::ALL.iter().map(ToString::to_string).collect();
    for (number, kind) in expect.sometimes.iter().enumerate() {
        if !kinds.contains(kind) {
            let text = format!("`{kind}` is nothing that is counted");
            let help = hint(kind, kinds.iter().map(String::as_str));
            problems.push(Problem::new(["expect", "sometimes", &number.to_string()], text, help));
        }
    }
    for (number, requests) in expect.requests.iter().enumerate() {
        if requests.min.is_none() && requests.max.is_none() {
            let text = "neither `min` nor `max` is given, so any number of requests is right";
            problems.push(Problem::new(["expect", "requests", &number.to_string()], text, "give one of them"));
        }
        if let Some(per) = requests.per.filter(|per| !per.is_positive()) {
            let path = ["expect", "requests", &number.to_string(), "per"];
            problems.push(Problem::new(path, format!("{} is not a length of time", length::text(per)), "1 ms or more"));
        }
        if requests.per.is_some() && requests.max.is_none() {
            let path = ["expect", "requests", &number.to_string(), "per"];
            problems.push(Problem::new(path, "`per` goes with `max`", "add `max`, or leave `per` out"));
        }
    }
    queries(scenario, problems);
}

/// Queries have to be KQL over the tables of this world.
fn queries(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let in_the_end = scenario.expect.query.iter().enumerate();
    let in_the_end = in_the_end.map(|(number, query)| (["expect", "query"].map(str::to_owned).to_vec(), number, query));
    let steps = scenario.timeline.iter().enumerate();
    let then = steps.filter_map(|(number, step)| match &step.action {
        Action::Query(query) => Some((vec!["timeline".to_owned()], number, query)),
        _ => None,
    });
    let queries: Vec<_> = in_the_end.chain(then).collect();
    if queries.is_empty() {
        return;
    }
    let Ok(world) = world::azure(scenario) else { return };
    let Ok(sentinel) = MockSentinel::new(world, Arc::new(mock_sentinel::SystemClock)) else { return };
    for (mut path, number, query) in queries {
        if let Err(error) = sentinel.query(&query.kql) {
            let is_step = path[0] == "timeline";
            path.push(number.to_string());
            path.extend(is_step.then(|| "query".to_owned()));
            path.push("kql".to_owned());
            let message = format!("the query cannot be answered: {}", error.located(&query.kql));
            problems.push(Problem { path, message, help: String::new() });
        }
    }
}
