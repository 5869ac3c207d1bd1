//! Polls that come to nothing, over and over, as one row: the calls that matter stay in sight.

use super::super::super::Exchange;
use super::{Lane, is_disturbed};

/// Fewer than these are shown one by one.
const FOLDED_MIN: usize = 4;

/// A row of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// An exchange, or a step.
    One(&'a Exchange),
    /// Calls whose response is one of those since the last call that mattered.
    Repeated { count: usize, until_ms: i64 },
}

/// The rows of a timeline. Calls under a fault and calls that carry events are never folded.
pub(super) fn rows(exchanges: &[Exchange]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let (mut repeated, mut responses): (Vec<&Exchange>, Vec<&Exchange>) = (Vec::new(), Vec::new());
    for exchange in exchanges {
        let matters = Lane::of(exchange) == Lane::Step || is_disturbed(exchange) || exchange.events > 0;
        if !matters && responses.iter().any(|response| is_same(response, exchange)) {
            repeated.push(exchange);
            continue;
        }
        fold(&mut rows, &mut repeated);
        if matters {
            responses.clear();
        } else {
            responses.push(exchange);
        }
        rows.push(Row::One(exchange));
    }
    fold(&mut rows, &mut repeated);
    rows
}

fn fold<'a>(rows: &mut Vec<Row<'a>>, repeated: &mut Vec<&'a Exchange>) {
    match repeated.last() {
        Some(last) if repeated.len() >= FOLDED_MIN => {
            rows.push(Row::Repeated { count: repeated.len(), until_ms: last.ms });
            repeated.clear();
        }
        _ => rows.extend(repeated.drain(..).map(Row::One)),
    }
}

fn is_same(one: &Exchange, other: &Exchange) -> bool {
    let key = |exchange: &'_ Exchange| (exchange.status, exchange.events);
    key(one) == key(other) && one.what == other.what && one.outcome == other.outcome && one.note == other.note
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(ms: i64, what: &str, status: u16, note: &str) -> Exchange {
        Exchange {
            ms,
            peer: "miro".to_owned(),
            what: what.to_owned(),
            request: format!("GET /{ms}"),
            status,
            outcome: "delivered".to_owned(),
            events: 0,
            note: note.to_owned(),
            step: None,
        }
    }

    #[test]
    fn empty_polls_of_two_logs_are_one_row() {
        let exchanges: Vec<Exchange> = (0..20)
            .map(|at| call(at, if at % 2 == 0 { "miro.audit_logs" } else { "miro.content_logs" }, 200, ""))
            .collect();
        let expected =
            vec![Row::One(&exchanges[0]), Row::One(&exchanges[1]), Row::Repeated { count: 18, until_ms: 19 }];
        assert_eq!(rows(&exchanges), expected);
    }

    #[test]
    fn calls_under_a_fault_stay_one_by_one() {
        let exchanges: Vec<Exchange> =
            (0..20).map(|at| Exchange { step: Some(1), ..call(at, "miro.audit_logs", 429, "fault 1") }).collect();
        assert_eq!(rows(&exchanges).len(), 20);
    }

    #[test]
    fn a_few_are_not_worth_folding() {
        let exchanges: Vec<Exchange> = (0..4).map(|at| call(at, "miro.audit_logs", 200, "")).collect();
        assert_eq!(rows(&exchanges).len(), 4);
    }
}
