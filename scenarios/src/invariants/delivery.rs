//! Nothing is lost, nothing invented, and nothing there twice without an excuse.

use std::collections::{BTreeMap, BTreeSet};

use connector::Stream;
use faults::Outcome;
use jiff::{SignedDuration, Timestamp};

use crate::observation::{BothEnds, Observation, ObservedCall};
use crate::scenario::{Call, Delivered, Scenario};
use crate::verdict::Check;

/// So many examples of what is wrong say enough.
const EXAMPLES: usize = 3;
/// What was uploaded so shortly before a kill may not have been written down: it may come again.
const BEFORE_KILL: SignedDuration = SignedDuration::from_secs(3);

pub(super) fn checks(scenario: &Scenario, streams: &BTreeSet<Stream>, seen: &Observation) -> Vec<Check> {
    let repeatable = Repeatable::of(seen);
    let mut checks = Vec::new();
    for (stream, ends) in seen.streams.iter().filter(|(stream, _)| streams.contains(stream)) {
        if may_miss(scenario, *stream) {
            checks.extend(invented(*stream, ends));
        } else {
            checks.push(lost(*stream, ends));
            checks.extend(invented(*stream, ends));
        }
        checks.push(repeated(*stream, ends, &repeatable));
    }
    checks
}

/// Whether the scenario says itself how much arrives.
fn may_miss(scenario: &Scenario, stream: Stream) -> bool {
    match scenario.expect.delivered.get(&stream) {
        Some(Delivered::Count(_)) => true,
        Some(Delivered::All) => false,
        None => scenario.expect.blocked.contains_key(&stream),
    }
}

fn lost(stream: Stream, ends: &BothEnds) -> Check {
    let missing: Vec<&String> = ends.missing().collect();
    let all = ends.at_miro.len() - ends.unsendable.len().min(ends.at_miro.len());
    let expected = format!("each of {all} events of the {stream} log in its table");
    let seen = if missing.is_empty() {
        "all".to_owned()
    } else {
        format!("{} missing, such as {}", missing.len(), examples(missing.iter().copied()))
    };
    Check::new(format!("nothing-lost.{stream}"), missing.is_empty(), expected, seen)
}

/// Looked at always, shown only where something was: there is nothing to say of it otherwise.
fn invented(stream: Stream, ends: &BothEnds) -> Option<Check> {
    let invented: Vec<&String> = ends.invented().collect();
    (!invented.is_empty()).then(|| {
        let seen = format!("{} such rows, for example {}", invented.len(), examples(invented.iter().copied()));
        Check::new(format!("nothing-invented.{stream}"), false, "no row without an event at Miro", seen)
    })
}

fn repeated(stream: Stream, ends: &BothEnds, repeatable: &Repeatable) -> Check {
    let surplus: Vec<(&String, u64)> = ends
        .in_table
        .iter()
        .filter(|(id, rows)| **rows > repeatable.rows_max(id))
        .map(|(id, rows)| (id, *rows))
        .collect();
    let expected = "each event once, except for uploads whose outcome was unknown";
    let seen = match surplus.first() {
        None if ends.duplicates() == 0 => "each once".to_owned(),
        None => format!("{} duplicate rows, all explained", ends.duplicates()),
        Some((id, rows)) => format!("{} events with too many rows, such as {id} with {rows}", surplus.len()),
    };
    Check::new(format!("duplicates-explained.{stream}"), surplus.is_empty(), expected, seen)
}

fn examples<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    ids.take(EXAMPLES).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// How often each event may come again.
#[derive(Debug, Default)]
struct Repeatable {
    /// Once for each such upload that it was in.
    times: BTreeMap<String, u64>,
    /// Uploads of which the journal keeps not all ids: any event may have been in each.
    unlisted: u64,
}

impl Repeatable {
    /// Uploads that Azure stored while the caller could not know, and those that it stored shortly before the caller was killed.
    fn of(seen: &Observation) -> Self {
        let kills: Vec<Timestamp> =
            seen.killed.iter().filter_map(|since| seen.begun.checked_add(*since).ok()).collect();
        let is_excused = |call: &&ObservedCall| {
            let before_kill = kills.iter().any(|kill| {
                let before = kill.duration_since(call.at);
                !before.is_negative() && before <= BEFORE_KILL.saturating_add(call.delayed)
            });
            call.call == Call::Ingest && call.ids.count() > 0 && (call.outcome != Outcome::Delivered || before_kill)
        };
        let mut repeatable = Self::default();
        for call in seen.calls.iter().filter(is_excused) {
            repeatable.unlisted += u64::from(call.ids.iter().count() as u64 != call.ids.count());
            for id in call.ids.iter() {
                *repeatable.times.entry(id.to_owned()).or_default() += 1;
            }
        }
        repeatable
    }

    /// The most rows that an event may have.
    fn rows_max(&self, id: &str) -> u64 {
        1 + self.unlisted + self.times.get(id).copied().unwrap_or(0)
    }
}
