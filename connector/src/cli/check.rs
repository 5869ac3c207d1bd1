//! `check`: everything short of sending, one line each: ok, or what is wrong and what to do.

mod azure;
mod miro;
mod reach;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;

use self::reach::{Host, reach};
use super::args::{Global, Output};
use super::{Failure, parts, print, print_json};
use crate::config::{Config, Finding, Findings, Severity};
use crate::problem::Code;
use crate::{Exit, Problem, Transport};

/// The outcome of one step.
struct Step {
    /// What was looked at.
    subject: String,
    /// What was found to be well, or what is wrong.
    outcome: Result<String, Problem>,
}

impl Step {
    fn well(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { subject: subject.into(), outcome: Ok(found.into()) }
    }

    fn wrong(problem: Problem) -> Self {
        Self { subject: problem.subject.clone(), outcome: Err(problem) }
    }

    fn is_well(&self) -> bool {
        self.outcome.is_ok()
    }
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Report {
    ok: bool,
    findings: Vec<Problem>,
}

pub(super) fn check(global: &Global, output: Output) -> Result<Exit, Failure> {
    let config = match global.load() {
        Err(Failure::Findings(findings)) if output.json => return report(configuration(&findings), output),
        loaded => loaded?,
    };
    let network = parts::network(&config)?;
    let steps = parts::runtime()?.block_on(walk(&config, &network));
    report(steps, output)
}

/// Every step, in the order in which an event goes.
async fn walk(config: &Config, network: &Arc<dyn Transport>) -> Vec<Step> {
    let within = config.http.timeout;
    let mut steps = vec![Step::well("configuration", "every key has an allowed value")];
    steps.push(reach(network.as_ref(), Host::miro(config), within).await);
    if steps.iter().all(Step::is_well) {
        for (stream, settings) in config.streams() {
            steps.extend(miro::check(config, network, stream, settings).await);
        }
    }
    let authority = reach(network.as_ref(), Host::authority(config), within).await;
    let endpoint = reach(network.as_ref(), Host::endpoint(config), within).await;
    let reached = authority.is_well() && endpoint.is_well();
    steps.extend([authority, endpoint]);
    if reached {
        steps.extend(azure::check(config, network).await);
    }
    steps
}

fn configuration(findings: &Findings) -> Vec<Step> {
    let errors = findings.0.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| Step::wrong(problem_of(finding))).collect()
}

fn problem_of(finding: &Finding) -> Problem {
    let value = finding.value.as_ref().map(|value| format!("{value} ")).unwrap_or_default();
    let next_step = match (&finding.help, &finding.allowed) {
        (Some(help), _) => help.clone(),
        (None, Some(allowed)) => format!("allowed: {allowed}"),
        (None, None) => "mend the configuration".to_owned(),
    };
    Problem {
        code: Code::ConfigurationInvalid,
        subject: finding.key.clone(),
        cause: format!("{value}{} ({})", finding.problem, finding.origin),
        next_step,
    }
}

fn report(steps: Vec<Step>, output: Output) -> Result<Exit, Failure> {
    let exit = steps.iter().find_map(|step| step.outcome.as_ref().err()).map_or(Exit::Done, |first| first.code.exit());
    if output.json {
        let findings: Vec<_> = steps.into_iter().filter_map(|step| step.outcome.err()).collect();
        print_json(&Report { ok: findings.is_empty(), findings })?;
    } else {
        print(&steps.iter().map(line).collect::<String>())?;
    }
    Ok(exit)
}

fn line(step: &Step) -> String {
    match &step.outcome {
        Ok(found) => format!("ok     {}: {found}\n", step.subject),
        Err(problem) => {
            format!(
                "wrong  {}: {} [{}]\n       next: {}\n",
                step.subject,
                problem.cause,
                problem.code.name(),
                problem.next_step
            )
        }
    }
}
