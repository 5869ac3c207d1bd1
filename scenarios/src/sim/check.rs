//! The promises, checked from outside: during a run and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use connector::Stream;
use connector::status::Status;
use connector::store::{Store, StoreError};

use super::coverage::Kind;
use super::plan::Plan;
use super::run::Report;
use super::watch::Watch;
use super::world::SimWorld;
use crate::deployment::{log_of, table_of};

/// Dead letters are read in steps of so many.
const DEAD_LETTERS_AT_ONCE: usize = 1_000;
/// So many examples of a broken promise say enough.
const EXAMPLES: usize = 3;

/// `fetched = delivered + duplicate + set aside + in flight`, at any instant.
pub(super) fn conservation(status: &Status, watch: &Watch) {
    for (stream, counts) in &status.streams {
        let accounted = counts.delivered + counts.duplicate + counts.set_aside + counts.in_flight;
        if counts.fetched != accounted {
            watch.violated(format!(
                "{stream}: fetched {} is not delivered {} + duplicate {} + set aside {} + in flight {}",
                counts.fetched, counts.delivered, counts.duplicate, counts.set_aside, counts.in_flight
            ));
        }
    }
}

/// Checks everything that can be checked when the day is over, and fills in what was measured.
pub(super) async fn complete(mut report: Report, world: &SimWorld, plan: &Plan) -> Report {
    let set_aside = match set_aside(world).await {
        Ok(set_aside) => set_aside,
        Err(error) => {
            world.watch.violated(format!("the dead letters cannot be read: {error}"));
            BTreeMap::new()
        }
    };
    let none = BTreeSet::new();
    for stream in Stream::ALL {
        let seen = Seen::of(world, stream);
        report.events += seen.at_miro.len() as u64;
        report.duplicates += seen.duplicates;
        nothing_lost(stream, &seen, set_aside.get(&stream).unwrap_or(&none), world);
    }
    report.duplicates_allowed = world.watch.duplicates_allowed();
    if report.duplicates > report.duplicates_allowed {
        world.watch.violated(format!(
            "{} rows are duplicates; unknown answers and crashes explain {}",
            report.duplicates, report.duplicates_allowed
        ));
    }
    note_coverage(&report, world, plan);
    report.calls = world.watch.calls();
    report.virtual_time = world.clock.elapsed();
    report.coverage = world.watch.coverage();
    report.violations = world.watch.violations();
    report.journal_hash = world.watch.journal_hash();
    report.journal = world.watch.journal_lines();
    report
}

/// Both ends of one stream.
struct Seen {
    at_miro: BTreeSet<String>,
    in_table: BTreeSet<String>,
    duplicates: u64,
}

impl Seen {
    fn of(world: &SimWorld, stream: Stream) -> Self {
        let rows = world.sentinel.ids(table_of(stream));
        let mut hash = DefaultHasher::new();
        rows.hash(&mut hash);
        world.watch.note(format!("{stream}: {} rows, {:016x}", rows.len(), hash.finish()));
        let row_count = rows.len();
        let in_table: BTreeSet<_> = rows.into_iter().collect();
        Self {
            at_miro: world.miro.ids(log_of(stream), world.clock.now()).into_iter().collect(),
            duplicates: (row_count - in_table.len()) as u64,
            in_table,
        }
    }
}

fn nothing_lost(stream: Stream, seen: &Seen, set_aside: &BTreeSet<String>, world: &SimWorld) {
    let lost: Vec<_> = seen.at_miro.difference(&seen.in_table).filter(|id| !set_aside.contains(*id)).collect();
    if !lost.is_empty() {
        let examples = &lost[..lost.len().min(EXAMPLES)];
        world.watch.violated(format!(
            "{stream}: {} of {} events lost, such as {examples:?}",
            lost.len(),
            seen.at_miro.len()
        ));
    }
    if !set_aside.is_empty() {
        world.watch.violated(format!("{stream}: {} events set aside that Azure would take", set_aside.len()));
    }
    let invented = seen.in_table.difference(&seen.at_miro).count();
    if invented > 0 {
        world.watch.violated(format!("{stream}: {invented} rows that Miro never had"));
    }
}

async fn set_aside(world: &SimWorld) -> Result<BTreeMap<Stream, BTreeSet<String>>, StoreError> {
    let store = world.store()?;
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    let mut after = 0;
    loop {
        let letters = store.dead_letters(after, DEAD_LETTERS_AT_ONCE).await?;
        let Some((last, _)) = letters.last() else { return Ok(found) };
        after = *last;
        for (_, letter) in letters {
            found.entry(letter.stream).or_default().insert(letter.id);
        }
    }
}

fn note_coverage(report: &Report, world: &SimWorld, plan: &Plan) {
    let organization = &plan.miro.organizations[0];
    if [&organization.audit, &organization.content].iter().any(|events| events.traits.late > 0.0) {
        world.watch.met(Kind::LateEvent);
    }
    if report.duplicates > 0 {
        world.watch.met(Kind::SentTwice);
    }
}
