//! `check`: everything short of sending, one line each: what was seen, or what is wrong and what to do. Each line is printed as soon
//! as it is known; what nobody saw has no line.

mod azure;
mod clocks;
mod host;
mod local;
mod machine;
mod miro;
mod pace;
mod place;
mod reach;
mod report;
mod rights;
mod seen;
mod step;
#[cfg(test)]
mod tests;
mod trace;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::clocks::Clocks;
use self::pace::Pace;
use self::place::Place;
use self::report::Report;
use self::seen::Seen;
use self::step::Step;
use self::trace::Trace;
use super::args::{Global, Output};
use super::{Failure, parts, say};
use crate::clock::SystemClock;
use crate::config::{Config, Finding, Findings, Guarded, Severity};
use crate::problem::Code;
use crate::transport::production::Production;
use crate::{Clock, Exit, Problem, Transport};

pub(super) fn check(global: &Global, output: Output) -> Result<Exit, Failure> {
    let report = Report::new(output);
    let config = match global.load() {
        Err(Failure::Findings(findings)) if output.json => {
            configuration(&findings).for_each(|problem| report.tell(Place::Configuration, Step::Wrong(problem)));
            return report.finish();
        }
        loaded => loaded?,
    };
    let network = Production::new(&config.http)?;
    let ways = network.clone();
    let around = Surroundings {
        network: Arc::new(network),
        clock: Arc::new(SystemClock),
        proxy_to: Box::new(move |url| ways.proxy_to(url)),
        guarded: crate::config::files_to_guard(&global.sources()?),
        trace: trace(global),
    };
    parts::runtime()?.block_on(walk(&config, &around, &report));
    report.finish()
}

/// A person at a terminal is told soon what is waited for.
const PATIENCE_AT_TERMINAL: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(2);

fn trace(global: &Global) -> Trace {
    let patience = if std::io::stderr().is_terminal() { PATIENCE_AT_TERMINAL } else { PATIENCE };
    Trace { aside: Arc::new(say), is_verbose: global.verbose, patience: (!global.quiet).then_some(patience) }
}

/// What the check touches the world with.
struct Surroundings {
    network: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// The proxy on the way to a host.
    proxy_to: Box<ProxyTo>,
    guarded: Vec<Guarded>,
    trace: Trace,
}

type ProxyTo = dyn Fn(&Url) -> Option<String>;

/// What every step of one check shares.
struct Check<'a> {
    config: &'a Config,
    network: Arc<dyn Transport>,
    trace: &'a Trace,
    clock: Arc<dyn Clock>,
    clocks: Arc<Clocks>,
    pace: Pace,
    report: &'a Report,
}

/// Every step. What is here is looked at first; then both peers at the same time, since one that is silent says nothing of the other.
async fn walk(config: &Config, around: &Surroundings, report: &Report) {
    report.seen(Place::Configuration, Seen::configuration(config));
    local::check(config, around.clock.now(), report).await;
    rights::check(&config.store.path, &around.guarded, report);
    let clock = Arc::clone(&around.clock);
    let clocks = Arc::new(Clocks::over(Arc::clone(&around.network), Arc::clone(&clock)));
    let network: Arc<dyn Transport> = Arc::clone(&clocks) as Arc<dyn Transport>;
    let pace = Pace::starting(config.http.timeout);
    let trace = &around.trace;
    let check = Check { config, network, trace, clock, clocks, pace, report };
    tokio::join!(miro::check(&check, around), azure::check(&check, around));
    match check.clocks.compare() {
        Some(Ok(agreeing)) => report.seen(Place::Clock, Seen::clocks(&agreeing)),
        Some(Err(problem)) => report.wrong(Place::Clock, problem),
        None => {}
    }
}

impl Check<'_> {
    /// The network for the requests of a step.
    fn network(&self, place: Place) -> Arc<dyn Transport> {
        self.trace.of(place, &self.network)
    }
}

fn configuration(findings: &Findings) -> impl Iterator<Item = Problem> {
    findings.0.iter().filter(|finding| finding.severity == Severity::Error).map(problem_of)
}

fn problem_of(finding: &Finding) -> Problem {
    let value = finding.value.as_ref().map(|value| format!("{value} ")).unwrap_or_default();
    let next_step = match (&finding.help, &finding.allowed) {
        (Some(help), _) => help.clone(),
        (None, Some(allowed)) => format!("allowed: {allowed}"),
        (None, None) => "correct the configuration".to_owned(),
    };
    Problem {
        code: Code::ConfigurationInvalid,
        subject: finding.key.clone(),
        cause: format!("{value}{} ({})", finding.problem, finding.origin),
        next_step,
    }
}
