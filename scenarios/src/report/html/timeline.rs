//! What went between the subject and its peers: Miro on the left, the subject in the middle, Azure on the right.

mod fold;

use fold::Row;
use maud::{Markup, html};

use super::super::Exchange;
use super::super::text::{Shown, bounded};

/// A timeline of more rows is folded at first.
const OPEN_MAX: usize = 40;
/// Characters of a request; report.json has the rest.
const REQUEST_MAX: usize = 400;
/// Characters of a note.
const NOTE_MAX: usize = 400;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Miro,
    Azure,
    /// A step of the scenario, which happens to all of them.
    Step,
}

impl Lane {
    fn of(exchange: &Exchange) -> Self {
        match exchange.peer.as_str() {
            "miro" => Self::Miro,
            "timeline" => Self::Step,
            _ => Self::Azure,
        }
    }
}

pub(super) fn timeline(exchanges: &[Exchange], case: &str) -> Markup {
    let disturbed = exchanges.iter().filter(|exchange| is_disturbed(exchange)).count();
    let calls = exchanges.iter().filter(|exchange| Lane::of(exchange) != Lane::Step).count();
    let rows = fold::rows(exchanges);
    html! {
        @if !exchanges.is_empty() {
            details.timeline open[rows.len() <= OPEN_MAX] {
                summary {
                    "Timeline " span.note {
                        (calls) @if calls == 1 { " call, " } @else { " calls, " } (disturbed) " under a fault"
                    }
                }
                table.lanes aria-label={ "Exchanges of " (case) } {
                    thead { tr {
                        th scope="col" { "ms" } th scope="col" { "Miro" } th scope="col" { "Connector" } th scope="col" { "Azure" }
                    } }
                    tbody { @for row in rows { (row_of(row)) } }
                }
            }
        }
    }
}

fn row_of(row: Row<'_>) -> Markup {
    match row {
        Row::One(exchange) => one(exchange),
        Row::Repeated { count, until_ms } => html! {
            tr.repeated {
                td { (milliseconds(until_ms)) }
                td colspan="3" { (count) " more calls with responses as above until here; report.json has each" }
            }
        },
    }
}

/// Whether a step of the scenario had its hand in it.
fn is_disturbed(exchange: &Exchange) -> bool {
    exchange.step.is_some()
}

/// Whether a step is more than new events or a query.
fn is_trouble(step: &Exchange) -> bool {
    !matches!(step.what.as_str(), "event" | "events" | "query")
}

fn one(exchange: &Exchange) -> Markup {
    let ms = milliseconds(exchange.ms);
    let fault = is_disturbed(exchange);
    html! {
        @match Lane::of(exchange) {
            Lane::Step => {
                tr.step.quiet[!is_trouble(exchange)] { td { (ms) } td colspan="3" { (Shown(&exchange.request)) " " b { (Shown(&exchange.what)) } } }
            }
            Lane::Miro => {
                tr.miro.fault[fault] { td { (ms) } td { (response(exchange)) } td { (request(exchange)) } td {} }
            }
            Lane::Azure => {
                tr.azure.fault[fault] { td { (ms) } td {} td { (request(exchange)) } td { (response(exchange)) } }
            }
        }
    }
}

fn request(exchange: &Exchange) -> Markup {
    html! { (Shown(&bounded(&exchange.request, REQUEST_MAX))) }
}

fn response(exchange: &Exchange) -> Markup {
    let class = match exchange.status {
        200..=299 => "ok",
        0 => "none",
        _ => "bad",
    };
    // `miro.audit_logs` stands in the lane of Miro.
    let what = exchange.what.rsplit('.').next().unwrap_or_default();
    html! {
        b.(class) { @if exchange.status == 0 { "no response" } @else { (exchange.status) } }
        " " (Shown(what))
        @if exchange.events > 0 { " · " (exchange.events) @if exchange.events == 1 { " event" } @else { " events" } }
        @if !exchange.outcome.is_empty() && exchange.outcome != "delivered" {
            " " i { (Shown(&exchange.outcome.replace('_', " "))) }
        }
        @if !exchange.note.is_empty() { small { (Shown(&bounded(&exchange.note, NOTE_MAX))) } }
    }
}

/// Milliseconds with a narrow space between thousands and a real minus, so that columns line up.
fn milliseconds(ms: i64) -> String {
    let digits = ms.unsigned_abs().to_string();
    let mut text = String::new();
    if ms < 0 {
        text.push('\u{2212}');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_grouped() {
        assert_eq!(milliseconds(0), "0");
        assert_eq!(milliseconds(-12_345), "\u{2212}12\u{202f}345");
        assert_eq!(milliseconds(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn every_peer_of_azure_is_in_its_lane() {
        let exchange = |peer: &str| Exchange {
            ms: 0,
            peer: peer.to_owned(),
            what: "sentinel.ingest".to_owned(),
            request: "POST /".to_owned(),
            status: 204,
            outcome: "delivered".to_owned(),
            events: 1,
            note: String::new(),
            step: None,
        };
        assert_eq!(Lane::of(&exchange("entra")), Lane::Azure);
        assert_eq!(Lane::of(&exchange("ingestion")), Lane::Azure);
        assert_eq!(Lane::of(&exchange("miro")), Lane::Miro);
        let text = one(&exchange("ingestion")).into_string();
        assert!(text.contains("<td></td><td>POST /</td><td><b class=\"ok\">204</b> ingest · 1 event</td>"), "{text}");
    }
}
