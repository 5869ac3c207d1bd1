//! One case.

use maud::{Markup, html};

use super::super::CaseReport;
use super::super::link::Link;
use super::super::section::Section;
use super::super::text::{Prose, Shown, bounded};
use super::anchors::Anchors;
use super::{checks, timeline};
use crate::certify::Expectation;

/// Characters of a line that the subject printed.
const LINE_MAX: usize = 2_000;

pub(super) fn details(case: &CaseReport, anchors: &mut Anchors) -> Markup {
    let section = Section::of(case);
    let id = anchors.of_case(case);
    html! {
        details.case.(section.name()) id=(id) open[section.is_urgent()]
            data-verdict=(section.name()) data-family=(case.family.name()) data-level=(case.level.name()) {
            summary { (heading(case, section)) }
            div.body {
                @if says_more(case, section) { p.reason { (Prose(&case.reason)) } }
                @if let Some(entry) = &case.expectation { (known(entry)) }
                (checks::tables(&id, &case.checks, anchors))
                @if section != Section::Pass { (background(case)) }
                (timeline::timeline(&case.exchanges, &id))
                (output(&case.output))
                div.repeat {
                    span.label { "Play again" }
                    code { (Shown(&case.repeat)) }
                    button.copy type="button" hidden { "Copy" }
                }
                p.meta {
                    a href={ "#" (id) } { "Link to this case" }
                    @if !case.file.is_empty() { " · " code { (Shown(&case.file)) ":" (case.line) } }
                    @for profile in &case.profiles { " · " (profile.name()) }
                }
            }
        }
    }
}

fn heading(case: &CaseReport, section: Section) -> Markup {
    html! {
        span.verdict { (section.name()) }
        span.name {
            code.id { (Shown(&case.id)) }
            @if let Some(label) = &case.case { " " code.label { (Shown(label)) } }
            " " span.title { (Shown(&case.title)) }
        }
        span.about { (case.level.name()) " · " (case.family.name()) " · " (format!("{:.1}", case.seconds)) " s" }
    }
}

/// Whether the reason says what no check below says.
fn says_more(case: &CaseReport, section: Section) -> bool {
    !case.reason.is_empty()
        && (section == Section::Flaky || case.broken().next().is_none() && section != Section::Unsupported)
}

/// Why it matters, and where that is written down.
fn background(case: &CaseReport) -> Markup {
    html! {
        @if !case.why.trim().is_empty() || !case.spec.is_empty() {
            dl.background {
                @if !case.why.trim().is_empty() { dt { "Why" } dd { (Prose(case.why.trim())) } }
                @if !case.spec.is_empty() {
                    dt { "Rule" }
                    dd {
                        @for source in &case.spec {
                            div { (link(&source.url)) " " span.note { "read on " (source.seen) } }
                        }
                    }
                }
            }
        }
    }
}

fn output(lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h4 { "Last output of the subject" }
            pre.output tabindex="0" {
                @for line in lines { (Shown(&bounded(line, LINE_MAX))) "\n" }
            }
        }
    }
}

fn known(entry: &Expectation) -> Markup {
    html! { p.reason { "Known: " (Shown(&entry.reason)) (expectation_details(entry)) } }
}

/// Who mends it, until when, and where that is followed.
pub(super) fn expectation_details(entry: &Expectation) -> Markup {
    html! {
        @if let Some(owner) = &entry.owner { " · owner " (Shown(owner)) }
        @if let Some(until) = entry.until { " · until " (until) }
        @if let Some(address) = &entry.link { " · " (link(address)) }
    }
}

/// A link where the address is one on the web, and its text otherwise.
fn link(address: &str) -> Markup {
    html! {
        @match Link::of(address) {
            Some(link) => { a href=(link.as_str()) rel="noreferrer noopener" { (Shown(address)) } }
            None => { (Shown(address)) }
        }
    }
}
