//! The guarantees, checked from outside: during a run and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use connector::Stream;
use connector::status::Status;
use connector::store::{DeadLetter, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::coverage::Kind;
use super::expectations;
use super::expected::{doubtful, is_oversize, unsendable};
use super::plan::Plan;
use super::report::Report;
use super::violation::{Promise, Violation};
use super::watch::Watch;
use super::world::SimWorld;
use crate::deployment::{log_of, table_of};
use crate::scenario::{Content, Delivered, Expect, MiroEvent};

/// Dead letters are read in batches of this size.
const DEAD_LETTERS_AT_ONCE: usize = 1_000;
/// Examples shown of a violation.
const EXAMPLES: usize = 3;
/// Longer than any day with its backlog.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(60 * 24);

/// `fetched = delivered + duplicate + set aside + in flight`, at any instant.
pub(super) fn counts_add_up(status: &Status, watch: &Watch) {
    for (stream, counts) in &status.streams {
        let accounted = counts.delivered + counts.duplicate + counts.set_aside + counts.in_flight;
        if counts.fetched != accounted {
            let detail = format!(
                "{stream}: fetched {} is not delivered {} + duplicate {} + set aside {} + in flight {}",
                counts.fetched, counts.delivered, counts.duplicate, counts.set_aside, counts.in_flight
            );
            watch.violated(Violation::new(Promise::CountsAddUp, detail));
        }
    }
}

/// Checks everything that can be checked when the day is over, and fills in what was measured.
pub(super) async fn complete(mut report: Report, world: &SimWorld, plan: &Plan) -> Report {
    let set_aside = match set_aside(world, plan).await {
        Ok(set_aside) => set_aside,
        Err(error) => {
            let detail = format!("the dead letters cannot be read: {error}");
            world.watch.violated(Violation::new(Promise::StoreOpens, detail));
            BTreeMap::new()
        }
    };
    let (none, unsendable, doubtful) = (BTreeMap::new(), unsendable(plan), doubtful(plan));
    let repeatable = world.watch.repeatable();
    report.duplicates_allowed = repeatable.values().sum();
    for stream in Stream::ALL {
        let seen = StreamEnds::of(world, stream);
        report.events += seen.at_miro.len() as u64;
        report.duplicates += seen.duplicates();
        duplicates_explained(stream, &seen, &repeatable, world);
        let set_aside = set_aside.get(&stream).unwrap_or(&none);
        nothing_lost(stream, &seen, set_aside, world, &plan.scenario.expect);
        set_aside_rightly(stream, set_aside, &unsendable[&stream], &doubtful, world);
        expectations::of_stream(stream, seen.in_table.len() as u64, set_aside.len() as u64, plan, &world.watch);
    }
    note_coverage(&report, world, plan);
    expectations::of_all(report.duplicates, plan, world);
    report.calls = world.watch.calls();
    report.virtual_time = world.clock.elapsed();
    report.coverage = world.watch.coverage();
    report.violations = world.watch.violations();
    report.journal_sha256 = world.watch.journal_sha256();
    report.journal = world.watch.journal_lines();
    report
}

/// Both ends of one stream.
struct StreamEnds {
    at_miro: BTreeSet<String>,
    /// With the number of rows of each.
    in_table: BTreeMap<String, u64>,
}

impl StreamEnds {
    fn of(world: &SimWorld, stream: Stream) -> Self {
        let rows = world.sentinel.ids(table_of(stream));
        let mut hash = DefaultHasher::new();
        rows.hash(&mut hash);
        world.watch.note(format!("{stream}: {} rows, {:016x}", rows.len(), hash.finish()));
        let mut in_table = BTreeMap::new();
        for id in rows {
            *in_table.entry(id).or_default() += 1;
        }
        Self { at_miro: world.miro.ids(log_of(stream), world.clock.now()).into_iter().collect(), in_table }
    }

    fn duplicates(&self) -> u64 {
        self.in_table.values().map(|rows| rows - 1).sum()
    }
}

fn nothing_lost(
    stream: Stream,
    seen: &StreamEnds,
    set_aside: &BTreeMap<String, String>,
    world: &SimWorld,
    expect: &Expect,
) {
    let may_miss = match expect.delivered.get(&stream) {
        Some(Delivered::Count(_)) => true,
        Some(Delivered::All) => false,
        None => expect.blocked.contains_key(&stream),
    };
    let arrived = |id: &String| seen.in_table.contains_key(id) || set_aside.contains_key(id);
    let lost: Vec<_> = seen.at_miro.iter().filter(|id| !arrived(id)).collect();
    if !lost.is_empty() && !may_miss {
        let tell = |id: &&String| format!("{id} (shown from {} on)", shown_from(world, stream, id));
        let examples: Vec<_> = lost.iter().copied().take(EXAMPLES).map(|id| tell(&id)).collect();
        let (lost, all) = (lost.len(), seen.at_miro.len());
        let detail = format!("{lost} of {all} events lost, such as {}", examples.join(", "));
        world.watch.violated(Violation::new(Promise::NothingLost, detail).of(stream));
    }
    let invented = seen.in_table.keys().filter(|id| !seen.at_miro.contains(*id)).count();
    if invented > 0 {
        let detail = format!("{invented} rows without an event at Miro");
        world.watch.violated(Violation::new(Promise::NothingInvented, detail).of(stream));
    }
}

/// What Azure would accept is delivered and not dead-lettered.
fn set_aside_rightly(
    stream: Stream,
    set_aside: &BTreeMap<String, String>,
    unsendable: &BTreeSet<String>,
    doubtful: &BTreeSet<String>,
    world: &SimWorld,
) {
    let wrongly: Vec<_> =
        set_aside.iter().filter(|(id, _)| !unsendable.contains(*id) && !doubtful.contains(*id)).collect();
    if let Some((id, reason)) = wrongly.first() {
        let count = wrongly.len();
        let detail = format!("{count} events dead-lettered that Azure would accept, such as {id}: {reason}");
        world.watch.violated(Violation::new(Promise::SetAsideRightly, detail).of(stream));
    }
}

/// When Miro began to show an event, to the second.
fn shown_from(world: &SimWorld, stream: Stream, id: &String) -> Timestamp {
    let shown = |at: i64| {
        let until = Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
        world.miro.ids(log_of(stream), until).contains(id)
    };
    let now = world.clock.now().as_second();
    let (mut before, mut after) = (now - LOOK_BACK.as_secs(), now);
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        if shown(middle) { after = middle } else { before = middle }
    }
    Timestamp::from_second(after).unwrap_or(Timestamp::MAX)
}

/// An event is sent twice only when the outcome of its upload was unknown.
fn duplicates_explained(stream: Stream, seen: &StreamEnds, repeatable: &BTreeMap<String, u64>, world: &SimWorld) {
    let allowed = |id: &String| repeatable.get(id).copied().unwrap_or(0) + 1;
    let surplus: Vec<_> = seen.in_table.iter().filter(|(id, rows)| **rows > allowed(id)).collect();
    if let Some((id, rows)) = surplus.first() {
        let detail = format!(
            "{} events have more rows than unknown responses and crashes explain, such as {id:?} \
             {rows} times instead of at most {}",
            surplus.len(),
            allowed(id),
        );
        world.watch.violated(Violation::new(Promise::DuplicatesExplained, detail).of(stream));
    }
}

/// The ids of the dead letters by stream, each with the reason.
async fn set_aside(world: &SimWorld, plan: &Plan) -> Result<BTreeMap<Stream, BTreeMap<String, String>>, StoreError> {
    let store = world.store()?;
    let mut found = BTreeMap::<_, BTreeMap<_, _>>::new();
    let mut after = 0;
    loop {
        let letters = store.dead_letters(after, DEAD_LETTERS_AT_ONCE).await?;
        let Some((last, _)) = letters.last() else { return Ok(found) };
        after = *last;
        for (_, letter) in letters {
            found.entry(letter.stream).or_default().insert(id_of(&letter, plan), letter.reason);
        }
    }
}

/// The event's id; of one whose bytes are too broken to be read, the planned event that has these bytes.
fn id_of(letter: &DeadLetter, plan: &Plan) -> String {
    if !letter.id.is_empty() {
        return letter.id.clone();
    }
    let is_it = |stream, event: &MiroEvent| {
        stream == letter.stream && event.size(stream) == letter.event.len() && event.bytes(stream).0 == letter.event
    };
    let planned = plan.planned().find(|(stream, event)| is_it(*stream, event));
    planned.map_or_else(String::new, |(_, event)| event.id.clone())
}

fn note_coverage(report: &Report, world: &SimWorld, plan: &Plan) {
    let organization = &plan.miro.organizations[0];
    let met = |kind, holds: bool| {
        if holds {
            world.watch.met(kind);
        }
    };
    let has_late = [&organization.audit, &organization.content].iter().any(|events| events.traits.late > 0.0);
    met(Kind::LateEvent, has_late);
    met(Kind::SentTwice, report.duplicates > 0);
    met(Kind::OversizeEvent, plan.planned().any(|(stream, event)| is_oversize(plan, stream, event)));
    met(Kind::OldHistory, plan.has_old_history());
    met(Kind::RowOfRefusedEvents, longest_row_of_refused(plan) >= ROW);
}

/// This many refused events in a row count as a row.
const ROW: usize = 10;

fn longest_row_of_refused(plan: &Plan) -> usize {
    let rows = Stream::ALL.map(|stream| {
        let (mut longest, mut row) = (0, 0);
        for (_, event) in plan.planned().filter(|(of, _)| *of == stream) {
            row = if event.content == Content::Refused { row + 1 } else { 0 };
            longest = longest.max(row);
        }
        longest
    });
    rows.into_iter().max().unwrap_or(0)
}
