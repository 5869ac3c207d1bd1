//! Whether what a scenario expects has come true.

use connector::Stream;
use jiff::{SignedDuration, Timestamp};

use super::plan::Plan;
use super::query;
use super::violation::{Promise, Violation};
use super::watch::{Counted, Watch};
use super::world::SimWorld;
use crate::scenario::{Amount, Delivered, Family, Requests, Rule};

/// What is expected of one stream.
pub(super) fn of_stream(stream: Stream, in_table: u64, set_aside: u64, plan: &Plan, watch: &Watch) {
    let expect = &plan.scenario.expect;
    let missed = |detail: String| watch.violated(Violation::new(Promise::Expectation, detail).of(stream));
    if let Some(Delivered::Count(amount)) = expect.delivered.get(&stream)
        && !amount.allows(in_table)
    {
        missed(format!("{in_table} events delivered instead of {amount}"));
    }
    if let Some(amount) = expect.dead_letters.get(&stream)
        && !amount.allows(set_aside)
    {
        missed(format!("{set_aside} events set aside instead of {amount}"));
    }
}

/// What is expected of the whole run.
pub(super) fn of_all(duplicates: u64, plan: &Plan, world: &SimWorld) {
    let expect = &plan.scenario.expect;
    let missed = |detail: String| world.watch.violated(Violation::new(Promise::Expectation, detail));
    let none = expect.never.contains(&Rule::Duplicate).then_some(Amount::Exactly(0));
    if let Some(amount) = expect.duplicates.or(none).filter(|amount| !amount.allows(duplicates)) {
        missed(format!("{duplicates} rows are there more than once instead of {amount}"));
    }
    let calls = world.watch.counted();
    expect.requests.iter().filter_map(|requests| frequency(requests, &calls, plan)).for_each(missed);
    let coverage = world.watch.coverage();
    for kind in &expect.sometimes {
        if !coverage.has_met(kind) {
            missed(format!("{kind} never happened, so the scenario proves nothing"));
        }
    }
    expect.query.iter().filter_map(|query| query::difference(&world.sentinel, query)).for_each(missed);
    if plan.scenario.family != Family::Drawn && plan.scenario.family != Family::Regressions {
        never_begun(world).for_each(missed);
    }
    let breaches = world.miro.violations();
    if let (true, Some(first)) = (expect.never.contains(&Rule::MiroRuleBroken), breaches.first()) {
        missed(format!("{} rules of Miro broken, such as {first:?}", breaches.len()));
    }
    let forgotten = world.miro.journal_dropped();
    if expect.never.contains(&Rule::OwnRateLimit) && forgotten > 0 {
        missed(format!(
            "`own-rate-limit` cannot be judged: Miro's journal forgot {forgotten} calls; set `world.miro.journal_max` higher"
        ));
    }
    if expect.never.contains(&Rule::OwnRateLimit) && world.miro.journal().iter().any(|entry| entry.status == 429) {
        missed("Miro responded with 429 because it was asked too much".to_owned());
    }
}

/// Steps that proved nothing, since they never began: the call that they wait for was never made.
fn never_begun(world: &SimWorld) -> impl Iterator<Item = String> {
    let now = world.clock.now();
    let timeline = &world.timeline;
    let steps = timeline.steps().iter().enumerate();
    steps
        .filter(move |(number, _)| timeline.begins(*number).is_none_or(|at| at > now))
        .map(|(number, step)| format!("step {} ({}) never began, so it proves nothing", number + 1, step.action.name()))
}

/// What is wrong with how often was called.
fn frequency(requests: &Requests, calls: &[Counted], plan: &Plan) -> Option<String> {
    let since = |offset: Option<SignedDuration>| offset.map(|offset| plan.scenario.time(offset));
    let (from, until) =
        (since(requests.from).unwrap_or(Timestamp::MIN), since(requests.until).unwrap_or(Timestamp::MAX));
    let counts = |call: &&Counted| {
        requests.call.includes(call.call)
            && (requests.stream.is_none() || requests.stream == call.stream)
            && from <= call.at
            && call.at < until
    };
    let times: Vec<Timestamp> = calls.iter().filter(counts).map(|call| call.at).collect();
    let (name, count) = (requests.call.name(), times.len() as u64);
    if let Some(min) = requests.min.filter(|min| count < *min) {
        return Some(format!("{count} requests of {name} instead of at least {min}"));
    }
    let max = requests.max?;
    match requests.per {
        None => (count > max).then(|| format!("{count} requests of {name} instead of at most {max}")),
        Some(per) => {
            let busiest = busiest(&times, per);
            (busiest > max).then(|| format!("{busiest} requests of {name} within {per:#} instead of at most {max}"))
        }
    }
}

/// The most calls in any stretch of this length.
fn busiest(times: &[Timestamp], per: SignedDuration) -> u64 {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in times.iter().enumerate() {
        while at.duration_since(times[first]) >= per {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_stretch_is_half_open() {
        let times: Vec<_> = [0, 1, 10, 19, 20, 21].map(|second| Timestamp::from_second(second).unwrap()).into();
        assert_eq!(busiest(&times, SignedDuration::from_secs(10)), 3);
        assert_eq!(busiest(&times, SignedDuration::from_secs(1)), 1);
        assert_eq!(busiest(&[], SignedDuration::from_secs(1)), 0);
    }
}
