//! Miro's side: one page of each log, which shows token, scope, organization and plan at once.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::clocks::Peer;
use super::host::Host;
use super::place::Place;
use super::reach::reach;
use super::seen::Seen;
use super::step::{Note, Step};
use super::{Check, Surroundings};
use crate::Stream;
use crate::config::StreamConfig;
use crate::interval::{Interval, before};
use crate::progress::Progress;
use crate::source::{Budget, Page, Source, SourceParts, Unread};

/// The page that is asked for ends now and covers this long. Where it is empty, something may be wrong.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);
/// A wait that the rate budget asks for is not sat out.
const BUDGET_WAIT_MAX: Duration = Duration::from_secs(2);
/// Requests of one look at most: a page and the token's information, twice.
const REQUESTS: u32 = 4;

pub(super) async fn check(check: &Check<'_>, around: &Surroundings) {
    if !reach(check, Host::miro(check.config, around)).await {
        return;
    }
    let logs = check.config.streams().map(|(stream, settings)| log(check, stream, settings));
    futures_util::future::join_all(logs).await;
}

async fn log(check: &Check<'_>, stream: Stream, settings: &StreamConfig) {
    let content = check.config.content.as_ref().filter(|_| stream == Stream::Content);
    let organization = content.map(|content| content.organization_id.as_str());
    let place = Place::Log(stream);
    match look(check, stream, settings).await {
        Ok(page) => {
            check.report.seen(place, Seen::page(stream, organization, &page));
            check.clocks.is_of(Peer::Miro, &check.config.miro.base_url);
            if page.events.is_empty() && page.next.is_none() {
                check.report.tell(place, Step::Note(nothing_to_see(stream)));
            }
        }
        Err(Unread { problem, token }) => {
            let seen = token.iter().flat_map(|info| Seen::token(stream, organization, info));
            seen.for_each(|seen| check.report.seen(place, seen));
            check.report.wrong(place, problem);
        }
    }
}

async fn look(check: &Check<'_>, stream: Stream, settings: &StreamConfig) -> Result<Page, Unread> {
    let (config, now) = (check.config, check.clock.now());
    let timeout = check.pace.limit(REQUESTS);
    let parts = SourceParts {
        transport: check.network(Place::Log(stream)),
        clock: Arc::clone(&check.clock),
        budget: Arc::new(Budget::new(config.miro.budget_share, now, Arc::default(), Some(BUDGET_WAIT_MAX))),
        progress: Arc::new(Progress::new(stream)),
        memory: Arc::default(),
    };
    let source = Source::new(config, settings, timeout, parts);
    let interval = Interval::new(before(now, LOOK_BACK), now).expect("a day is not empty");
    source.look(interval, timeout * REQUESTS + BUDGET_WAIT_MAX).await
}

/// An empty log is no mistake by itself.
fn nothing_to_see(stream: Stream) -> Note {
    let (reasons, next_step) = match stream {
        Stream::Audit => (
            "nothing happened, or less than ten minutes have passed since the token was made",
            "sign in to Miro, wait ten minutes, and check again",
        ),
        Stream::Content => (
            "nothing happened, collection of content logs is off (Miro keeps them only from the moment an admin turns it on), or less \
             than ten minutes have passed since",
            "see in Miro's company settings that collection of content logs is on, change a board, wait ten minutes, and check again",
        ),
    };
    Note {
        subject: format!("streams.{stream}"),
        cause: format!("Miro shows no event of the last 24 h: {reasons}"),
        next_step: next_step.to_owned(),
    }
}
