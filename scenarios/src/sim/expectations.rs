//! Whether what a scenario expects has come true.

use connector::Stream;

use super::plan::Plan;
use super::violation::{Promise, Violation};
use super::watch::Watch;
use super::world::SimWorld;
use crate::invariants::query;
use crate::invariants::requests::frequency;
use crate::scenario::{Amount, Delivered, Family, Rule};

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
        missed(format!("{set_aside} events dead-lettered instead of {amount}"));
    }
}

/// What is expected of the whole run.
pub(super) fn of_all(duplicates: u64, plan: &Plan, world: &SimWorld) {
    let expect = &plan.scenario.expect;
    let missed = |detail: String| world.watch.violated(Violation::new(Promise::Expectation, detail));
    let none = expect.never.contains(&Rule::Duplicate).then_some(Amount::Exactly(0));
    if let Some(amount) = expect.duplicates.or(none).filter(|amount| !amount.allows(duplicates)) {
        missed(format!("{duplicates} duplicate rows instead of {amount}"));
    }
    let calls = world.watch.counted();
    let judged = expect.requests.iter().map(|requests| frequency(requests, &calls, plan.starts_at));
    let broken = judged.filter(|judged| !judged.holds);
    broken.map(|judged| format!("{} instead of {}", judged.seen, judged.expected)).for_each(missed);
    let coverage = world.watch.coverage();
    for kind in &expect.sometimes {
        if !coverage.has_met(kind) {
            missed(format!("{kind} never happened, so the scenario does not test it"));
        }
    }
    expect.query.iter().filter_map(|query| query::difference(&world.sentinel, query)).for_each(missed);
    if plan.scenario.family != Family::Drawn && plan.scenario.family != Family::Regressions {
        never_begun(world).for_each(missed);
    }
    let breaches = world.miro.violations();
    if let (true, Some(first)) = (expect.never.contains(&Rule::MiroRuleBroken), breaches.first()) {
        missed(format!("{} Miro rules violated, such as {first:?}", breaches.len()));
    }
    let forgotten = world.miro.journal_dropped();
    if expect.never.contains(&Rule::OwnRateLimit) && forgotten > 0 {
        missed(format!(
            "`own-rate-limit` cannot be judged: Miro's journal forgot {forgotten} calls; set `world.miro.journal_max` higher"
        ));
    }
    if expect.never.contains(&Rule::OwnRateLimit) && world.miro.journal().iter().any(|entry| entry.status == 429) {
        missed("Miro responded with 429 because the connector exceeded its rate limit".to_owned());
    }
}

/// Steps that proved nothing, since they never began: the call that they wait for was never made.
fn never_begun(world: &SimWorld) -> impl Iterator<Item = String> {
    let now = world.clock.now();
    let timeline = &world.timeline;
    let steps = timeline.steps().iter().enumerate();
    steps
        .filter(move |(number, _)| timeline.begins(*number).is_none_or(|at| at > now))
        .map(|(number, step)| format!("step {} ({}) never began, so it tests nothing", number + 1, step.action.name()))
}
