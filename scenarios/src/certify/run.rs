//! A run: many cases at once, those that fail once more alone, and the report of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::again::{SecondPlays, together};
use super::case::{self, Played, TARGET};
use super::plan::{Origin, Plan};
use super::{Expected, Selection, Subject};
use crate::catalogue::Catalogue;
use crate::observation::ObservedCall;
use crate::report::{CaseReport, Exchange, Interrupted, Report, SCHEMA, SubjectReport, Summary};
use crate::scenario::Scenario;
use crate::scenario::read::Case;
use crate::subject::quoted;
use crate::verdict::{Check, Verdict};

/// Cases that are played at once by a job: they mostly wait.
const AT_ONCE: usize = 10;
/// So many failures are played again one after another.
const FEW: usize = 4;
/// Calls of a failed case that are kept for its report: the first and the last ones.
const EXCHANGES_MAX: usize = 400;
/// Nobody waits longer for a program to say its version.
const VERSION_WITHIN: Duration = Duration::from_secs(5);

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Processors that are used; each plays several cases at once.
    pub jobs: usize,
    /// What comes before the scenario in the command that plays a case again, such as `miro-lab certify --target t.yaml`.
    pub repeat: String,
    /// The scenarios that were named, with the matrix values that were, as they stand in a command; empty where none was.
    pub named: String,
    /// How the cases were chosen.
    pub selection: Selection,
    /// The hash of the scenarios that were chosen from.
    pub suite: String,
    /// Known failures: they are not played again.
    pub expected: Expected,
}

/// What a run tells while it goes on.
#[derive(Debug)]
pub enum Progress {
    /// A case is over.
    Over(Box<CaseReport>),
    /// A case failed, and is played again alone.
    Again(String),
}

/// Plays the cases of a plan. `tell` hears of each when it is over. When `stop` comes, what was played is the report.
pub async fn certify(
    plan: Plan,
    subject: Subject,
    options: Options,
    stop: CancellationToken,
    mut tell: impl FnMut(Progress),
) -> Report {
    let started = Timestamp::now();
    let subject = Arc::new(subject);
    let version = version_of(&subject).await;
    let exercised = plan.cases.iter().flat_map(|(_, case)| case.scenario.requires.iter().copied());
    let exercised: BTreeSet<_> = exercised.collect();
    let features = subject.features();
    let mut report = Report {
        schema: SCHEMA,
        conformant: false,
        subject: SubjectReport {
            name: subject.name().to_owned(),
            command: subject.command(),
            version,
            exercised: exercised.into_iter().filter(|feature| features.contains(feature)).collect(),
            features: features.into_iter().collect(),
        },
        summary: Summary::default(),
        cases: Vec::new(),
        not_played: plan.not_played,
        not_played_again: Vec::new(),
        interrupted: None,
        stale: Vec::new(),
        expired: Vec::new(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        suite: options.suite.clone(),
        shard: options.selection.shard.map(|shard| format!("{}/{}", shard.number, shard.of)),
        machine: machine(),
        started,
        ended: started,
    };
    for (origin, case, why) in plan.unsupported {
        report.cases.push(unsupported(&origin, &case, why, &options));
    }
    let planned = plan.cases.len();
    if let Some(Some(played)) = stop.run_until_cancelled(Box::pin(target_failure(&subject))).await {
        let first = plan.cases.first().map(|(origin, case)| repeat(origin, case, &options));
        let named = Some(&options.named).filter(|named| !named.is_empty());
        let first = named.map(|named| with(&options.repeat, named)).or(first);
        let case = of_target(&played, first, &options);
        tell(Progress::Over(Box::new(case.clone())));
        report.cases = vec![case];
    } else {
        let played = play_all(plan.cases, &subject, &options, &stop, &mut tell).await;
        let left = planned.saturating_sub(played.cases.len()) as u64;
        report.interrupted = played.is_interrupted.then_some(Interrupted { cases_not_played: left });
        report.cases.extend(played.cases);
        report.not_played_again = played.once;
    }
    report.cases.sort_by(|one, other| (&one.file, &one.id, one.place).cmp(&(&other.file, &other.id, other.place)));
    report.ended = Timestamp::now();
    report.count();
    report
}

/// Whether the subject starts at all: in a world without any trouble.
async fn target_failure(subject: &Subject) -> Option<Played> {
    let scenario = Catalogue::shipped().find(PLAIN).ok()?.scenario;
    let mut scenario = scenario;
    scenario.lasts = Some(SignedDuration::ZERO);
    let played = case::play(&scenario, subject).await;
    let failed = played.checks.iter().any(|check| check.check == TARGET || check.verdict == Verdict::Error);
    failed.then_some(played)
}

/// A scenario without any trouble.
const PLAIN: &str = "SERVE";

/// What came of the cases.
struct AllPlayed {
    cases: Vec<CaseReport>,
    /// The names of those that failed and were played once only.
    once: Vec<String>,
    is_interrupted: bool,
}

async fn play_all(
    cases: Vec<(Origin, Case)>,
    subject: &Arc<Subject>,
    options: &Options,
    stop: &CancellationToken,
    tell: &mut impl FnMut(Progress),
) -> AllPlayed {
    let (mut reports, mut again) = (Vec::new(), Vec::new());
    let mut first: BTreeMap<String, CaseReport> = BTreeMap::new();
    let mut second = SecondPlays::of(cases.len());
    let today = jiff::Zoned::now().date();
    let at_once = options.jobs.max(1) * AT_ONCE;
    let mut over = play_at_once(longest_first(cases), subject, at_once, stop);
    while let Some((origin, case, played)) = over.next().await {
        let report = of_case(&origin, &case, &played, options);
        let is_right = played.verdict() == Verdict::Pass || options.expected.covers(&report, today);
        if is_right || !second.take(&case.name()) {
            tell(Progress::Over(Box::new(report.clone())));
            reports.push(report);
        } else {
            tell(Progress::Again(case.name()));
            first.insert(case.name(), report);
            again.push((origin, case));
        }
    }
    // A few are played one after another. Of many the load was hardly the reason.
    let at_once = (again.len() / FEW).clamp(1, at_once / 2);
    let mut over = play_at_once(again, subject, at_once, stop);
    while let Some((origin, case, second)) = over.next().await {
        let report = of_case(&origin, &case, &second, options);
        let report = match first.remove(&case.name()) {
            Some(first) => together(first, report),
            None => report,
        };
        tell(Progress::Over(Box::new(report.clone())));
        reports.push(report);
    }
    // A second play that did not come to its end leaves the first.
    let mut once = second.once();
    for (name, report) in first {
        tell(Progress::Over(Box::new(report.clone())));
        reports.push(report);
        once.push(name);
    }
    AllPlayed { cases: reports, once, is_interrupted: over.is_interrupted }
}

/// Cases that are being played; dropped, none is any more.
struct Over {
    cases: mpsc::UnboundedReceiver<(Origin, Case, Played)>,
    stop: CancellationToken,
    /// Whether the stop came before the last case.
    is_interrupted: bool,
    _playing: AbortOnDropHandle<()>,
}

impl Over {
    /// The next case that is over; nothing after the last one, or when all are to stop.
    async fn next(&mut self) -> Option<(Origin, Case, Played)> {
        let next = self.stop.run_until_cancelled(self.cases.recv()).await;
        self.is_interrupted |= next.is_none();
        next.flatten()
    }
}

/// Plays cases, so many at once; each comes when it is over.
fn play_at_once(cases: Vec<(Origin, Case)>, subject: &Arc<Subject>, at_once: usize, stop: &CancellationToken) -> Over {
    let (send, over) = mpsc::unbounded_channel();
    let subject = Arc::clone(subject);
    let playing = tokio::spawn(async move {
        let playing = futures_util::stream::iter(cases).for_each_concurrent(at_once, |(origin, case)| {
            let (subject, send) = (Arc::clone(&subject), send.clone());
            // A task of its own: one that computes keeps no other waiting.
            let task = tokio::spawn(async move {
                let played = case::play(&case.scenario, &subject).await;
                // Nobody listens any more when the run was given up.
                drop(send.send((origin, case, played)));
            });
            AbortOnDropHandle::new(task).map(drop)
        });
        playing.await;
    });
    Over { cases: over, stop: stop.clone(), is_interrupted: false, _playing: AbortOnDropHandle::new(playing) }
}

/// Those that take longest begin first, so that nobody waits for one in the end.
fn longest_first(mut cases: Vec<(Origin, Case)>) -> Vec<(Origin, Case)> {
    cases.sort_by_key(|(_, case)| std::cmp::Reverse(case.scenario.length()));
    cases
}

fn unsupported(origin: &Origin, case: &Case, why: String, options: &Options) -> CaseReport {
    let check = Check {
        check: "supported".to_owned(),
        verdict: Verdict::Unsupported,
        expected: "the subject declares what the case needs".to_owned(),
        seen: why,
    };
    let played = Played { checks: vec![check], ..Played::default() };
    of_case(origin, case, &played, options)
}

/// The one failure of a subject that does not start.
fn of_target(played: &Played, repeat: Option<String>, options: &Options) -> CaseReport {
    let scenario = Catalogue::shipped().find(PLAIN).ok().map(|case| case.scenario);
    let mut scenario = scenario.unwrap_or_else(|| crate::scenario::draw::draw(0, 1));
    TARGET.clone_into(&mut scenario.id);
    "The subject starts, and calls Miro or Azure".clone_into(&mut scenario.title);
    scenario.spec = Vec::new();
    scenario.why = String::new();
    let origin = Origin { file: String::new(), line: 0, place: 0 };
    let case = of_case(&origin, &Case { label: None, scenario }, played, options);
    CaseReport {
        reason: format!("{TARGET}: {}", case.reason),
        repeat: repeat.unwrap_or_else(|| options.repeat.clone()),
        ..case
    }
}

fn of_case(origin: &Origin, case: &Case, played: &Played, options: &Options) -> CaseReport {
    let scenario = &case.scenario;
    let verdict = played.verdict();
    let worst = played.checks.iter().find(|check| check.verdict == verdict && verdict != Verdict::Pass);
    let is_broken = !matches!(verdict, Verdict::Pass | Verdict::Unsupported);
    CaseReport {
        id: scenario.id.clone(),
        case: case.label.clone(),
        title: scenario.title.clone(),
        level: scenario.level,
        verdict,
        seconds: (played.seconds * 1_000.0).round() / 1_000.0,
        checks: played.checks.clone(),
        reason: worst.map(told).unwrap_or_default(),
        link: scenario.spec.first().map(|source| source.url.clone()),
        repeat: repeat(origin, case, options),
        seed: scenario.seed,
        family: scenario.family,
        profiles: scenario.profiles.clone(),
        why: scenario.why.clone(),
        spec: scenario.spec.clone(),
        file: origin.file.clone(),
        line: origin.line,
        place: origin.place,
        expectation: None,
        exchanges: if is_broken { exchanges(scenario, played) } else { Vec::new() },
        output: if is_broken { played.output.clone() } else { Vec::new() },
    }
}

fn told(check: &Check) -> String {
    match check.verdict {
        Verdict::Unsupported => check.seen.clone(),
        _ => format!("{}: expected {}; seen: {}", check.check, check.expected, check.seen),
    }
}

/// The command for this scenario alone; a file is named as it was given.
fn repeat(origin: &Origin, case: &Case, options: &Options) -> String {
    let is_shipped = origin.file.starts_with("scenarios/catalogue/");
    let name = if is_shipped { case.scenario.id.clone() } else { quoted(&origin.file) };
    let case = case.label.as_ref().map_or_else(String::new, |label| format!(" --case {}", quoted(label)));
    with(&options.repeat, &format!("{name}{case}"))
}

/// A command with what it is to play: the command of a subject stands behind `--`, and what is played before it.
fn with(command: &str, played: &str) -> String {
    match command.split_once(" -- ") {
        Some((lab, subject)) => format!("{lab} {played} -- {subject}"),
        None => format!("{command} {played}"),
    }
}

/// Calls and steps in the order of time, as many as fit: the first half and the last.
fn exchanges(scenario: &Scenario, played: &Played) -> Vec<Exchange> {
    let steps = scenario.timeline.iter().zip(&played.steps).enumerate();
    let steps = steps.filter_map(|(number, (step, seen))| {
        Some(Exchange {
            step: Some(number + 1),
            request: step.trigger.to_string(),
            note: step.action.told(),
            ..of_timeline(seen.began?.as_millis() as i64, step.action.name())
        })
    });
    let mut all: Vec<Exchange> = played.calls.iter().map(|call| exchange(call, played.begun)).chain(steps).collect();
    all.sort_by_key(|exchange| exchange.ms);
    if all.len() > EXCHANGES_MAX {
        let left_out = all.len() - EXCHANGES_MAX;
        let last = all.split_off(all.len() - EXCHANGES_MAX / 2);
        all.truncate(EXCHANGES_MAX / 2);
        let ms = all.last().map_or(0, |exchange| exchange.ms);
        all.push(of_timeline(ms, &format!("{left_out} more are left out")));
        all.extend(last);
    }
    all
}

fn of_timeline(ms: i64, what: &str) -> Exchange {
    Exchange {
        ms,
        peer: "timeline".to_owned(),
        what: what.to_owned(),
        request: String::new(),
        status: 0,
        outcome: String::new(),
        events: 0,
        note: String::new(),
        step: None,
    }
}

fn exchange(call: &ObservedCall, begun: Timestamp) -> Exchange {
    let outcome = serde_json::to_value(call.outcome).ok().and_then(|outcome| outcome.as_str().map(str::to_owned));
    let wait = call.retry_after.as_ref().map_or_else(String::new, |wait| format!("; Retry-After: {wait}"));
    Exchange {
        ms: call.at.duration_since(begun).as_millis() as i64,
        peer: call.peer().name().to_owned(),
        what: call.call.name().to_owned(),
        request: call.request.clone(),
        status: call.status,
        outcome: outcome.unwrap_or_default(),
        events: call.ids.count(),
        note: format!("{}{wait}", call.reason),
        step: call.step.map(|step| step + 1),
    }
}

/// What the subject prints when it is asked for its version, if that is one plain line.
async fn version_of(subject: &Subject) -> Option<String> {
    let command = match subject {
        Subject::Own(path) => path.display().to_string(),
        // Another program may take `--version` for something else: only its own word counts, and nobody asked.
        Subject::Foreign { .. } => return None,
    };
    let asked = tokio::process::Command::new(command).arg("--version").kill_on_drop(true).output();
    let output = timeout(VERSION_WITHIN, asked).await.ok()?.ok()?;
    let line = String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned();
    (!line.is_empty() && line.len() < 100).then_some(line)
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{} {}, {processors} processors", std::env::consts::OS, std::env::consts::ARCH)
}
