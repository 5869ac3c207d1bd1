//! One case: a world, a subject in it, and what came of that.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use connector::Stream;
use jiff::{SignedDuration, Timestamp};

use super::hint;
use super::lives::{LifeError, Lives, SeenLives};
use super::subject::{Folder, Subject};
use crate::deployment::table_of;
use crate::invariants::{RECOVERS_WITHIN, judge};
use crate::live::{Live, LiveError};
use crate::observation::{Observation, ObservedCall, ObservedStep};
use crate::scenario::world::WorldProblem;
use crate::scenario::{Delivered, Scenario};
use crate::secrets::Secrets;
use crate::sim::plan::Plan;
use crate::subject::{Process, Ready, SubjectError, Target, Variables, code_of, end_text, write_secret};
use crate::verdict::{Check, Verdict};

/// Between two looks whether everything has come right.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Between two requests whether the subject is ready.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Lines of output that are shown of a case that failed.
const OUTPUT_LINES: usize = 20;

/// A case that was played.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// Everything that was looked at.
    pub(crate) checks: Vec<Check>,
    /// How long it took.
    pub(crate) seconds: f64,
    /// When the timeline began, and every call that was made from then on.
    pub(crate) calls: Vec<ObservedCall>,
    pub(crate) begun: Timestamp,
    /// What became of each step.
    pub(crate) steps: Vec<ObservedStep>,
    /// The last lines that the subject printed, secrets masked.
    pub(crate) output: Vec<String>,
}

impl Played {
    /// The worst of the checks.
    pub(crate) fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass)
    }
}

/// Why a case could not be played: the laboratory's fault, or the world's.
#[derive(Debug, thiserror::Error)]
enum CaseError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Live(#[from] LiveError),
    #[error("{0}")]
    World(#[from] WorldProblem),
    #[error("{0}")]
    Life(#[from] LifeError),
}

/// Plays a scenario with the subject. What fails on our side is a check of the verdict `error`.
pub(super) async fn play(scenario: &Scenario, subject: &Subject) -> Played {
    let started = Instant::now();
    let mut played = try_play(scenario, subject).await.unwrap_or_else(|error| Played {
        checks: vec![Check {
            check: "laboratory".to_owned(),
            verdict: Verdict::Error,
            expected: "the case can be played".to_owned(),
            seen: error.to_string(),
        }],
        ..Played::default()
    });
    played.seconds = started.elapsed().as_secs_f64();
    played
}

async fn try_play(scenario: &Scenario, subject: &Subject) -> Result<Played, CaseError> {
    let root = tempfile::tempdir()?;
    let folder = Folder(root.path().to_owned());
    tokio::fs::create_dir(folder.state()).await?;
    let mut live = Live::bind(scenario, root.path()).await?;
    let (target, files) = subject.prepared(&live, &folder)?;
    let secrets = Secrets::default();
    for (name, secret) in files {
        secrets.keep(&secret);
        write_secret(&root.path().join(name), &secret).await?;
    }
    let variables = folder.variables(&live);
    let mut process = match Process::start(&target, &variables, &folder.state(), &secrets).await {
        Ok(process) => process,
        Err(error) if error.is_shortage() => return Err(error.into()),
        Err(error) => return Ok(not_started(&error.to_string(), Vec::new())),
    };
    if let Err(why) = ready(&live, &mut process, &target, &variables).await {
        let output = process.output().clone();
        process.kill().await;
        return Ok(not_started(&why, output.last(OUTPUT_LINES)));
    }
    live.prepare()?;
    live.open();
    let streams = subject.streams();
    let mut lives = Lives {
        live: &live,
        target: &target,
        variables,
        folder: &folder,
        secrets: &secrets,
        seen: SeenLives::default(),
    };
    let mut recovered_after = None;
    let timeline = async { tokio::join!(async { live.play().await }, live.until(scenario.length())).0 };
    let over = async {
        let played = timeline.await;
        recovered_after = recovers(&live, &streams).await;
        played
    };
    let mut outcome = Ok(());
    let process = lives.play(process, async { outcome = over.await }).await?;
    outcome?;
    let seen = lives.seen;
    let mut stopped = seen.stopped;
    if let Some(process) = process {
        stopped.push(process.stop(target.stop).await);
    }
    let output = seen.output.map(|output| output.last(OUTPUT_LINES)).unwrap_or_default();
    let calls = live.calls();
    let violations = live.mocks.miro.violations();
    let (resets, broken): (Vec<_>, Vec<_>) =
        violations.into_iter().partition(|violation| violation.rule == mock_miro::Rule::CallBeforeReset);
    let broken = broken.into_iter().filter(|violation| violation.rule != mock_miro::Rule::CallBeforeRetryAfter);
    let observation = Observation {
        begun: live.began().unwrap_or_else(Timestamp::now),
        steps: live.steps(&calls),
        calls_forgotten: live.calls_forgotten(),
        streams: Stream::ALL.into_iter().map(|stream| (stream, live.both_ends(stream))).collect(),
        miro_rules_broken: broken.map(|violation| violation.detail).collect(),
        called_before_reset: resets.into_iter().map(|violation| violation.detail).collect(),
        leaks: secrets.leaks(),
        recovered_after,
        ended_early: seen.ended_early,
        stopped,
        lives_ended: seen.ended,
        killed: seen.killed,
        memory_peak_mib: seen.memory_peak_mib,
        calls,
    };
    let mut checks = judge(live.scenario(), &streams, &observation, &live.mocks.sentinel);
    let asked = observation.calls.iter().map(|call| call.call).collect();
    hint::one_log_alone(subject, &asked, &mut checks);
    let Observation { calls, begun, steps, .. } = observation;
    live.stop().await;
    Ok(Played { checks, seconds: 0.0, calls, begun, steps, output })
}

/// The name of the check that a subject which does not start fails.
pub const TARGET: &str = "target";

fn not_started(why: &str, output: Vec<String>) -> Played {
    let check = Check::new(TARGET, false, "it starts, and calls Miro or Azure", why);
    Played { checks: vec![check], output, ..Played::default() }
}

/// Waits until the subject is ready. The error says why it is not.
async fn ready(live: &Live, process: &mut Process, target: &Target, variables: &Variables) -> Result<(), String> {
    let within = target.ready.within();
    let output = process.output().clone();
    let asked = async {
        match &target.ready {
            Ready::FirstCall(_) => std::future::pending().await,
            Ready::Line(_) => output.awaited().await,
            Ready::Http(url) => responds(&variables.fill(url).unwrap_or_default()).await,
        }
    };
    let too_late = tokio::time::sleep(within.try_into().unwrap_or_default());
    tokio::select! {
        biased;
        connected = live.first_connection() => connected.map_err(|error| error.to_string()),
        () = asked => Ok(()),
        status = process.ended() => {
            let end = end_text(code_of(status));
            Err(format!("it {end} before it called anybody"))
        }
        () = too_late => Err(format!("no request within {}", crate::scenario::length_text(within))),
    }
}

/// Waits until an address responds with a status of success.
async fn responds(url: &str) {
    use http_body_util::Empty;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let Ok(url) = url.parse::<http::Uri>() else { return std::future::pending().await };
    loop {
        let is_ready = client.get(url.clone()).await.is_ok_and(|response| response.status().is_success());
        if is_ready {
            return;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Waits until everything visible is delivered. How long after the timeline that was; nothing, when it took too long.
async fn recovers(live: &Live, streams: &BTreeSet<Stream>) -> Option<SignedDuration> {
    let scenario = live.scenario();
    let visible = Plan::of(scenario.clone()).map(|plan| plan.everything_visible_at().duration_since(plan.starts_at));
    live.until(visible.unwrap_or_else(|_| scenario.length())).await;
    let over = live.elapsed();
    let within = scenario.expect.eventually.map_or(RECOVERS_WITHIN, |eventually| eventually.within);
    loop {
        if streams.iter().all(|stream| is_right(live, *stream)) {
            return Some(live.elapsed() - over);
        }
        if live.elapsed() - over > within {
            return None;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_right(live: &Live, stream: Stream) -> bool {
    let expect = &live.scenario().expect;
    match expect.delivered.get(&stream) {
        Some(Delivered::Count(amount)) => {
            let table = live.mocks.sentinel.table_count(table_of(stream));
            amount.allows(table.map_or(0, |table| table.distinct_ids))
        }
        Some(Delivered::All) | None if expect.blocked.contains_key(&stream) => true,
        Some(Delivered::All) | None => live.both_ends(stream).missing().next().is_none(),
    }
}

impl From<SubjectError> for CaseError {
    fn from(error: SubjectError) -> Self {
        Self::Life(error.into())
    }
}
