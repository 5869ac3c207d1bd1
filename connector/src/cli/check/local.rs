//! The steps that look at this machine: the checkpoint file, the address of the telemetry, and the service, if it runs.

use jiff::Timestamp;

use super::machine;
use super::place::{Place, SERVICE};
use super::report::Report;
use super::seen::Seen;
use super::step::{Note, Step};
use crate::Problem;
use crate::cli::service::{self, Found, Listening};
use crate::config::Config;
use crate::problem::Code;
use crate::status::{Status, StatusProblem};
use crate::store::RedbStore;

pub(super) async fn check(config: &Config, now: Timestamp, report: &Report) {
    let Found { ours, listening } = service::find(config).await;
    let path = &config.store.path;
    match &ours {
        Some(ours) => report.seen(Place::Store, Seen::store_in_use(path, ours)),
        None => match machine::store(config, RedbStore::is_held(path)).await {
            Ok(proven) => report.seen(Place::Store, Seen::store(path, proven)),
            Err(problem) => report.wrong(Place::Store, problem),
        },
    }
    if let Some(address) = config.telemetry.listen {
        match (listening, &ours) {
            (Listening::Ours, Some(ours)) => report.seen(Place::Telemetry, Seen::serving(address, ours)),
            (Listening::Other(other), _) => report.wrong(Place::Telemetry, taken(&other)),
            (Listening::Ours | Listening::Nobody, _) => match machine::address_is_free(address).await {
                Ok(free) => report.seen(Place::Telemetry, Seen::free(address, &free)),
                Err(problem) => report.wrong(Place::Telemetry, problem),
            },
        }
    }
    if let Some(ours) = &ours {
        readiness(ours, now, report);
    }
}

/// What the service says of itself: ready, or stream by stream what it waits for.
pub(super) fn readiness(status: &Status, now: Timestamp, report: &Report) {
    if status.ready {
        return report.seen(Place::Service, Seen::ready(status));
    }
    for (name, stream) in &status.streams {
        if let Some(problem) = &stream.problem {
            report.tell(Place::Service, open(name, problem));
        } else if !stream.is_heard(now) {
            let cause = format!("not ready: {name}: {}", stream.silence());
            let next_step = "see what else is told here, and the log of the service".to_owned();
            report.tell(Place::Service, Step::Note(Note { subject: SERVICE.to_owned(), cause, next_step }));
        }
    }
}

fn open(stream: &str, problem: &StatusProblem) -> Step {
    let StatusProblem { code, subject, cause, next_step } = problem.clone();
    let (told, cause) = (SERVICE.to_owned(), format!("not ready: {stream}: {subject}: {cause}"));
    match Code::named(&code) {
        Some(code) => Step::Wrong(Problem { code, subject: told, cause, next_step }),
        // Of another version.
        None => Step::Note(Note { subject: told, cause: format!("{cause} [{code}]"), next_step }),
    }
}

fn taken(other: &service::Other) -> Problem {
    Problem {
        code: Code::ConfigurationInvalid,
        subject: "telemetry.listen".to_owned(),
        cause: other.to_string(),
        next_step: "give each service an address of its own, port 0 for any free port, or \"off\"".to_owned(),
    }
}
