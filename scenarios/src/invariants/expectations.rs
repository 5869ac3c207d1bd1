//! What a scenario expects beside the promises.

use std::collections::BTreeSet;

use connector::Stream;
use mock_sentinel::MockSentinel;

use super::query;
use super::requests::{Counted, described, frequency};
use super::troubles;
use crate::observation::Observation;
use crate::scenario::{Amount, Delivered, Query, Rule, Scenario};
use crate::subject::end_text;
use crate::verdict::Check;

pub(super) fn checks(
    scenario: &Scenario,
    streams: &BTreeSet<Stream>,
    seen: &Observation,
    workspace: &MockSentinel,
) -> Vec<Check> {
    let mut checks = steps(scenario, seen);
    checks.extend(amounts(scenario, streams, seen));
    checks.extend(requests(scenario, seen));
    checks.extend(scenario.expect.never.iter().filter_map(|rule| never(*rule, seen)));
    let met = troubles::met(scenario, seen);
    let visible = scenario.expect.sometimes.iter().filter(|name| troubles::can_be_seen(name));
    checks.extend(visible.map(|name| {
        let expected = format!("{name} happens");
        let check = format!("sometimes.{name}");
        if met.contains(name) {
            Check::new(check, true, expected, "it did")
        } else {
            Check::skipped(check, expected, "it did not, so nothing is proved")
        }
    }));
    let queries = scenario.expect.query.iter().enumerate();
    checks.extend(queries.map(|(number, query)| {
        of_query(format!("query.{}", number + 1), query, query::given_instead(workspace, query))
    }));
    checks.extend(process(scenario, seen));
    checks
}

/// Steps that wait for a call which was never made prove nothing.
fn steps(scenario: &Scenario, seen: &Observation) -> Vec<Check> {
    let numbered = scenario.timeline.iter().zip(&seen.steps).enumerate();
    let checks = numbered.filter_map(|(number, (step, seen))| {
        let name = format!("step.{}", number + 1);
        match (&step.action, seen.began) {
            (crate::scenario::Action::Query(query), Some(_)) => {
                let check = of_query(name, query, seen.query_differs.clone());
                Some(Check { expected: format!("{}: {}", step.trigger, check.expected), ..check })
            }
            (_, Some(_)) => None,
            (action, None) => Some(Check::skipped(
                name,
                format!("`{}` begins with a call", action.name()),
                "the call was never made, so nothing is proved",
            )),
        }
    });
    checks.collect()
}

fn of_query(name: String, query: &Query, given: Option<String>) -> Check {
    let expected = format!("`{}` returns {}", query.kql, query::shown(&query.rows));
    let holds = given.is_none();
    Check::new(name, holds, expected, given.unwrap_or_else(|| "as expected".to_owned()))
}

fn amounts(scenario: &Scenario, streams: &BTreeSet<Stream>, seen: &Observation) -> Vec<Check> {
    let expect = &scenario.expect;
    let mut checks = Vec::new();
    for (stream, ends) in seen.streams.iter().filter(|(stream, _)| streams.contains(stream)) {
        if let Some(Delivered::Count(amount)) = expect.delivered.get(stream) {
            checks.push(amount_of(
                format!("delivered.{stream}"),
                *amount,
                ends.in_table.len() as u64,
                "events in the table",
            ));
        }
        if let Some(amount) = expect.dead_letters.get(stream) {
            let what = "events that Azure cannot accept and that have no row";
            checks.push(amount_of(format!("dead-letters.{stream}"), *amount, ends.set_aside(), what));
        }
    }
    let none = expect.never.contains(&Rule::Duplicate).then_some(Amount::Exactly(0));
    if let Some(amount) = expect.duplicates.or(none) {
        let of_all = seen.streams.iter().filter(|(stream, _)| streams.contains(stream));
        let duplicates = of_all.map(|(_, ends)| ends.duplicates()).sum();
        checks.push(amount_of("duplicates".to_owned(), amount, duplicates, "rows beyond the first of an event"));
    }
    checks
}

fn amount_of(check: String, amount: Amount, count: u64, what: &str) -> Check {
    Check::new(check, amount.allows(count), format!("{amount} {what}"), count.to_string())
}

fn requests(scenario: &Scenario, seen: &Observation) -> Vec<Check> {
    let calls = seen.calls.iter().map(|call| Counted { at: call.at, call: call.call, stream: call.stream });
    let calls: Vec<Counted> = calls.collect();
    let numbered = scenario.expect.requests.iter().enumerate();
    let checks = numbered.map(|(number, requests)| {
        let judged = frequency(requests, &calls, seen.begun);
        let expected = format!("{} requests of {}", judged.expected, described(requests, scenario));
        Check::new(format!("requests.{}", number + 1), judged.holds, expected, judged.seen)
    });
    checks.collect()
}

fn never(rule: Rule, seen: &Observation) -> Option<Check> {
    match rule {
        // Always looked at.
        Rule::CallBeforeRetryAfter | Rule::SecretInLog | Rule::Duplicate => None,
        Rule::OwnRateLimit if seen.calls_forgotten > 0 => Some(Check::skipped(
            "never.own-rate-limit",
            "Miro never responds with 429 on its own",
            format!("the journal forgot {} calls", seen.calls_forgotten),
        )),
        Rule::OwnRateLimit => {
            let own = seen
                .calls
                .iter()
                .filter(|call| call.peer() == crate::scenario::Peer::Miro && call.status == 429 && call.step.is_none());
            let count = own.count();
            let expected = "Miro never responds with 429 because of the request rate";
            Some(Check::new("never.own-rate-limit", count == 0, expected, format!("{count} such responses")))
        }
        Rule::MiroRuleBroken => {
            let told = seen.miro_rules_broken.first().map_or_else(
                || "none".to_owned(),
                |first| format!("{} times, such as: {first}", seen.miro_rules_broken.len()),
            );
            let expected = "no invalid token retried endlessly, no page requested in a loop";
            Some(Check::new("never.miro-rule-broken", seen.miro_rules_broken.is_empty(), expected, told))
        }
    }
}

fn process(scenario: &Scenario, seen: &Observation) -> Vec<Check> {
    let mut checks = Vec::new();
    if let (Some(exit), Some(stopped)) = (scenario.expect.exit, seen.stopped.last()) {
        checks.push(Check::new(
            "exit",
            stopped.code == i32::from(exit),
            format!("exit code {exit}"),
            format!("it {}", end_text(stopped.code)),
        ));
    }
    if let Some(max) = scenario.expect.memory_mib {
        let expected = format!("at most {max} MiB of memory");
        checks.push(match seen.memory_peak_mib {
            Some(peak) => Check::new("memory", peak <= max, expected, format!("{peak} MiB")),
            None => Check::skipped("memory", expected, "not available on this system"),
        });
    }
    checks
}
