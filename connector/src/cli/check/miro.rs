//! Miro's side: the token, its scope, its organisation, the plan.

use std::sync::Arc;

use jiff::SignedDuration;

use super::Step;
use crate::clock::SystemClock;
use crate::config::{Config, StreamConfig};
use crate::ledger::Kind;
use crate::problem::Code;
use crate::progress::Progress;
use crate::retry::{End, Endurance, FAILING_MAX, Patience, Verdict};
use crate::skew;
use crate::source::{Budget, PageSize, PeerClock, Source};
use crate::stretch::Stretch;
use crate::{Clock, Problem, Random, Stop, Stream, Transport};

/// The page that proves everything ends now and covers this long.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);

/// Reads one page of one event, the way the service does: it proves token, scope, organisation and plan at once,
/// and what fails is named by the same words.
pub(super) async fn check(
    config: &Config,
    network: &Arc<dyn Transport>,
    stream: Stream,
    settings: &StreamConfig,
) -> Vec<Step> {
    match read_page(config, network, stream, settings).await {
        Ok(()) => facts(stream).into_iter().map(|fact| Step::well(fact.subject, fact.found)).collect(),
        Err(problem) => {
            let facts = facts(stream);
            let disproved = facts.iter().position(|fact| fact.otherwise.contains(&problem.code)).unwrap_or(0);
            let before = facts.into_iter().take(disproved).map(|fact| Step::well(fact.subject, fact.found));
            before.chain([Step::wrong(problem)]).collect()
        }
    }
}

/// Something that a page proves, in the order in which Miro's refusals are told apart.
struct Fact {
    subject: String,
    found: String,
    /// What is reported when it is not so.
    otherwise: &'static [Code],
}

fn facts(stream: Stream) -> Vec<Fact> {
    let token = format!("streams.{stream}.access_token");
    let mut facts = vec![
        Fact { subject: token.clone(), found: "Miro knows the token".into(), otherwise: &[Code::MiroTokenRefused] },
        Fact {
            subject: token,
            found: format!("it has the scope {}", stream.scope()),
            otherwise: &[Code::MiroScopeMissing],
        },
    ];
    if stream == Stream::Content {
        facts.push(Fact {
            subject: "streams.content.organization_id".into(),
            found: "it is the token's organisation".into(),
            otherwise: &[Code::MiroOrganizationWrong],
        });
    }
    facts.push(Fact {
        subject: format!("streams.{stream}"),
        found: "plan and permissions let its log be read".into(),
        otherwise: &[Code::MiroPlanMissing, Code::MiroGuardMissing],
    });
    facts
}

async fn read_page(
    config: &Config,
    network: &Arc<dyn Transport>,
    stream: Stream,
    settings: &StreamConfig,
) -> Result<(), Problem> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let progress = Arc::new(Progress::new(stream));
    let organization = config.content.as_ref().filter(|_| stream == Stream::Content);
    let source = Source {
        stream,
        base_url: config.miro.base_url.clone(),
        organization: organization.map(|content| content.organization_id.clone()),
        token: settings.access_token.clone(),
        transport: Arc::clone(network),
        clock: PeerClock::new(Arc::clone(&clock)),
        timeout: config.http.timeout,
        budget: Arc::new(Budget::new(config.miro.budget_share, clock.now(), Arc::default(), Some(FAILING_MAX))),
        progress: Arc::clone(&progress),
        page_size: PageSize::new(1),
        memory: Arc::default(),
    };
    let now = clock.now();
    let stretch = Stretch::new(now - LOOK_BACK, now).expect("an hour is not empty");
    let (random, stop) = (Random::from_system(), Stop::new());
    let mut patience = Patience::new(&progress, &random, &stop, Endurance::Once, End::Source);
    let page = source.page(stretch, None, Kind::Tail, &mut patience);
    match tokio::time::timeout(config.http.timeout, page).await {
        Ok(Ok(_page)) => progress.skew().map_or(Ok(()), |skew| Err(skew::problem(skew))),
        Ok(Err(Verdict::Stopped(problem))) => Err(problem),
        Ok(Err(_)) | Err(_) => Err(Problem {
            code: Code::MiroFailing,
            subject: format!("streams.{stream}"),
            cause: format!("Miro gave no page within {:?}", config.http.timeout),
            next_step: "try again with `--verbose`, and see https://status.miro.com".into(),
        }),
    }
}
