//! What was looked at in a case: what has to be beside what was seen.

use maud::{Markup, html};

use super::super::text::{Prose, Shown, bounded};
use super::anchors::Anchors;
use crate::verdict::{Check, Verdict};

/// Characters of one text; report.json has the rest.
const TEXT_MAX: usize = 4_000;

/// The checks of a case whose anchor is `case`: those that are not as they have to be, and the others folded behind them.
pub(super) fn tables(case: &str, checks: &[Check], anchors: &mut Anchors) -> Markup {
    let holds = |check: &&Check| matches!(check.verdict, Verdict::Pass | Verdict::Unsupported);
    let (held, broken): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(holds);
    html! {
        @if !broken.is_empty() { (table(case, &broken, anchors)) }
        @if !held.is_empty() && !broken.is_empty() {
            details.held {
                summary { (held.len()) @if held.len() == 1 { " other check holds" } @else { " other checks hold" } }
                (table(case, &held, anchors))
            }
        } @else if !held.is_empty() {
            (table(case, &held, anchors))
        }
    }
}

fn table(case: &str, checks: &[&Check], anchors: &mut Anchors) -> Markup {
    html! {
        table.checks {
            thead { tr { th scope="col" { "Check" } th scope="col" { "Expected" } th scope="col" { "Seen" } } }
            tbody {
                @for check in checks {
                    @let id = anchors.of_check(case, &check.check);
                    tr.(check.verdict.name()) id=(id) {
                        th scope="row" {
                            a href={ "#" (id) } { (Shown(&check.check)) }
                            @if !matches!(check.verdict, Verdict::Pass | Verdict::Fail) {
                                " " span.note { (check.verdict.name()) }
                            }
                        }
                        td { div { (Prose(&bounded(&check.expected, TEXT_MAX))) } }
                        td { div { (Prose(&bounded(&check.seen, TEXT_MAX))) } }
                    }
                }
            }
        }
    }
}
