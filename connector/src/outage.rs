//! What an operator is told of a peer that fails: one line when an outage begins, one when it ends, and nothing in between.
//! One that comes and goes is not told over and over either.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::problem::Code;
use crate::{Problem, Stream};

/// An outage with the same code is logged so often within [`RECURS_WITHIN`]; the others only at debug level.
const RECURRENCES_MAX: u32 = 3;
const RECURS_WITHIN: Duration = Duration::from_hours(1);

/// How one end of a stream is.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Attempts fail, since when and why; forgotten with the first that succeeds.
    failing: Option<Failing>,
    outage: Option<Outage>,
    /// How often an outage with each code was logged lately.
    recurrences: Vec<Recurrence>,
}

#[derive(Debug)]
struct Failing {
    since: Instant,
    cause: String,
    /// What is told when it goes on.
    lasting: Problem,
}

/// What goes on for so long, or has to be mended by somebody, that it was reported.
#[derive(Debug)]
struct Outage {
    since: Instant,
    problem: Problem,
    /// The codes reported while it lasts.
    codes: Vec<Code>,
    /// Whether its beginning was logged, so that its end has to be.
    is_logged: bool,
}

#[derive(Debug)]
struct Recurrence {
    code: Code,
    first: Instant,
    times: u32,
}

impl Health {
    /// An attempt failed, because of `cause`; `lasting` is what it comes to when that goes on.
    pub(crate) fn failed(&mut self, cause: String, lasting: Problem) {
        let since = self.failing.as_ref().map_or_else(Instant::now, |failing| failing.since);
        self.failing = Some(Failing { since, cause, lasting });
    }

    /// There is `problem`. Logged when an outage begins with it, or when one that goes on has another code.
    pub(crate) fn troubled(&mut self, stream: Stream, peer: &'static str, problem: Problem) {
        let code = problem.code;
        let is_known = self.outage.as_ref().is_some_and(|outage| outage.codes.contains(&code));
        let recurrence = if is_known { None } else { Some(self.recurs(code)) };
        let since = self.failing.as_ref().map_or_else(Instant::now, |failing| failing.since);
        let outage = self.outage.get_or_insert_with(|| Outage {
            since,
            problem: problem.clone(),
            codes: Vec::new(),
            is_logged: false,
        });
        match recurrence {
            Some(times) => {
                outage.codes.push(code);
                outage.is_logged |= times <= RECURRENCES_MAX;
                log(stream, peer, &problem, times <= RECURRENCES_MAX);
                if times == RECURRENCES_MAX {
                    let code = code.name();
                    warn!(%stream, peer, code, "Problem keeps recurring; for the rest of the hour it is logged at debug level.");
                }
            }
            None if outage.problem != problem => log(stream, peer, &problem, false),
            None => {}
        }
        outage.problem = problem;
    }

    /// A run that ends, ends with `problem`: it is shown, and whoever started the run is told, so nothing is logged.
    pub(crate) fn ended_with(&mut self, problem: Problem) {
        let since = self.failing.as_ref().map_or_else(Instant::now, |failing| failing.since);
        self.outage = Some(Outage { since, problem, codes: Vec::new(), is_logged: false });
    }

    /// A run that ends was not done in time: what fails at present is the reason, unless another was reported.
    pub(crate) fn ended_late(&mut self) {
        if let (None, Some(failing)) = (&self.outage, &self.failing) {
            self.ended_with(failing.lasting.clone());
        }
    }

    /// An attempt succeeded: all is well.
    pub(crate) fn mended(&mut self, stream: Stream, peer: &'static str) {
        self.failing = None;
        let Some(outage) = self.outage.take() else { return };
        let outage_seconds = outage.since.elapsed().as_secs();
        if outage.is_logged {
            info!(%stream, peer, outage_seconds, "Recovered; resuming.");
        } else {
            debug!(%stream, peer, outage_seconds, "Recovered; resuming.");
        }
    }

    /// What is reported at present.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        self.outage.as_ref().map(|outage| &outage.problem)
    }

    /// Why attempts fail at present, reported or not.
    pub(crate) fn failing(&self) -> Option<&str> {
        self.failing.as_ref().map(|failing| failing.cause.as_str())
    }

    /// How often an outage with `code` began within the hour, this one among them.
    fn recurs(&mut self, code: Code) -> u32 {
        self.recurrences.retain(|recurrence| recurrence.first.elapsed() < RECURS_WITHIN);
        let known = self.recurrences.iter_mut().find(|recurrence| recurrence.code == code);
        if let Some(recurrence) = known {
            recurrence.times += 1;
            recurrence.times
        } else {
            self.recurrences.push(Recurrence { code, first: Instant::now(), times: 1 });
            1
        }
    }
}

/// A peer that fails may work again by itself; everything else waits for an operator.
fn log(stream: Stream, peer: &'static str, problem: &Problem, is_told: bool) {
    let Problem { code, subject, cause, next_step } = problem;
    let (code_name, may_pass) = (code.name(), matches!(code, Code::MiroFailing | Code::AzureFailing));
    match (is_told, may_pass) {
        (true, true) => {
            warn!(%stream, peer, code = code_name, subject, cause, next_step, "Delivery is interrupted; retrying.");
        }
        (true, false) => {
            error!(%stream, peer, code = code_name, subject, cause, next_step, "Operator action required.");
        }
        (false, _) => {
            debug!(%stream, peer, code = code_name, subject, cause, next_step, "Problem repeated or changed.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: Code, cause: &str) -> Problem {
        Problem { code, subject: "it".into(), cause: cause.into(), next_step: "wait".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_as_long_as_its_attempts_failed() {
        let mut health = Health::default();
        health.failed("cut".into(), problem(Code::MiroFailing, "cut"));
        tokio::time::advance(Duration::from_mins(1)).await;
        health.failed("503".into(), problem(Code::MiroFailing, "503"));
        health.troubled(Stream::Audit, "Miro", problem(Code::MiroFailing, "503"));
        assert_eq!(
            (health.failing(), health.outage.as_ref().map(|outage| outage.since.elapsed().as_secs())),
            (Some("503"), Some(60))
        );
        health.mended(Stream::Audit, "Miro");
        assert_eq!((health.failing(), health.problem()), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_ends_late_says_what_failed_until_then() {
        let mut health = Health::default();
        health.ended_late();
        assert_eq!(health.problem(), None);
        health.failed("503".into(), problem(Code::MiroFailing, "503"));
        health.ended_late();
        assert_eq!(health.problem(), Some(&problem(Code::MiroFailing, "503")));
        health.ended_with(problem(Code::MiroTokenRefused, "401"));
        health.ended_late();
        assert_eq!(health.problem(), Some(&problem(Code::MiroTokenRefused, "401")));
    }

    #[tokio::test(start_paused = true)]
    async fn causes_that_alternate_are_one_outage_and_the_last_is_shown() {
        let mut health = Health::default();
        for cause in ["503", "cut", "503"] {
            health.troubled(Stream::Audit, "Miro", problem(Code::MiroFailing, cause));
            assert_eq!(health.problem(), Some(&problem(Code::MiroFailing, cause)));
        }
        health.troubled(Stream::Audit, "Miro", problem(Code::MiroTokenRefused, "401"));
        health.troubled(Stream::Audit, "Miro", problem(Code::MiroFailing, "503"));
        assert_eq!(health.outage.as_ref().map(|outage| outage.codes.len()), Some(2));
        assert!(health.recurrences.iter().all(|recurrence| recurrence.times == 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_keeps_coming_back_is_told_three_times_an_hour() {
        let mut health = Health::default();
        let mut told = 0;
        for _ in 0..60 {
            health.troubled(Stream::Audit, "Miro", problem(Code::MiroTokenRefused, "401"));
            told += u32::from(health.outage.as_ref().is_some_and(|outage| outage.is_logged));
            health.mended(Stream::Audit, "Miro");
            tokio::time::advance(Duration::from_mins(2)).await;
        }
        assert_eq!(told, 6, "in two hours");
        health.troubled(Stream::Audit, "Miro", problem(Code::MiroScopeMissing, "403"));
        assert!(health.outage.as_ref().is_some_and(|outage| outage.is_logged), "something else is news");
    }
}
