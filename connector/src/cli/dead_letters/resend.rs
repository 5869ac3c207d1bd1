//! `dead-letters resend`: what Azure takes now is removed here, the rest stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::PAGE;
use crate::cli::args::Which;
use crate::cli::{Failure, parts, say};
use crate::config::Config;
use crate::event::{Around, Event};
use crate::identity::TokenProvider;
use crate::ledger::{Mark, SpanId};
use crate::progress::Progress;
use crate::retry::{End, Endurance, Halt, Patience};
use crate::sink::{Delivered, Outbox, Sink};
use crate::store::{DeadLetter, RedbStore, Store};
use crate::stretch::Stretch;
use crate::{Exit, Random, Stop};

/// Sends events again, a page at a time, and drops each batch as it is accepted: a crash in between sends at most that
/// batch twice.
pub(super) async fn resend(config: &Config, store: &RedbStore, which: &Which) -> Result<Exit, Failure> {
    let network = parts::network(config)?;
    let tokens: Arc<dyn TokenProvider> = Arc::new(parts::tokens(config, &network));
    let mut counts = Counts::default();
    for (stream, _) in config.streams() {
        let progress = Arc::new(Progress::new(stream));
        let sink = parts::sink(config, &network, &tokens, &progress);
        let mut after = 0;
        loop {
            let page = store.dead_letters(after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let wanted = page.into_iter().filter(|(number, letter)| letter.stream == stream && which.holds(*number));
            send_again(store, &sink, &progress, wanted.collect(), &mut counts).await?;
        }
    }
    let Counts { accepted, refused } = counts;
    say(&format!("sent again: {accepted}; refused again and kept: {refused}"));
    Ok(if refused == 0 { Exit::Done } else { Exit::Destination })
}

#[derive(Default)]
struct Counts {
    accepted: usize,
    refused: usize,
}

async fn send_again(
    store: &RedbStore,
    sink: &Sink,
    progress: &Progress,
    letters: Vec<(u64, DeadLetter)>,
    counts: &mut Counts,
) -> Result<(), Failure> {
    let mut numbers: BTreeMap<u128, Vec<u64>> = BTreeMap::new();
    let mut events = Vec::new();
    for (number, letter) in letters {
        let event = event(letter);
        numbers.entry(event.id).or_default().push(number);
        events.push(event);
    }
    let (random, stop) = (Random::from_system(), Stop::new());
    let mut patience = Patience::new(progress, &random, &stop, Endurance::Once, End::Destination);
    let mut outbox = Outbox::new(SpanId::NONE, events, Mark::Stay);
    while let Some(done) = sink.deliver(&mut outbox, &mut patience).await.map_err(failure)? {
        counts.accepted += done.accepted().len();
        counts.refused += done.set_aside().len();
        store.drop_dead_letters(numbers_of(&done, &numbers)).await?;
    }
    Ok(())
}

fn numbers_of(done: &Delivered, numbers: &BTreeMap<u128, Vec<u64>>) -> Vec<u64> {
    done.accepted().iter().filter_map(|event| numbers.get(&event.id)).flatten().copied().collect()
}

/// The event as it was read; under which minute its id was remembered no longer matters.
fn event(letter: DeadLetter) -> Event {
    let around = Stretch::new(letter.at, letter.at + SignedDuration::from_secs(1)).expect("a second is not empty");
    Event::read(letter.event, &Around::new(around))
}

fn failure(halt: Halt) -> Failure {
    match halt {
        Halt::Stopped(problem) | Halt::Broken(problem) => Failure::Problem(problem),
        Halt::Leaving | Halt::Postponed => {
            Failure::unexpected("stopped while sending again", "run the command again; it goes on")
        }
    }
}
