//! What the run came to, who was held against what, and where.

use jiff::Timestamp;
use maud::{Markup, html};

use super::super::Report;
use super::super::section::Section;
use super::super::text::Shown;
use crate::scenario::Feature;

/// The sentence and the numbers.
pub(super) fn head(report: &Report) -> Markup {
    html! {
        p.kind { "Certification report" }
        h1 { (Shown(&report.sentence())) }
        p.run { (as_expected(report)) @if let Some(shard) = &report.shard {
            " Shard " (Shown(shard)) " only: " code { "miro-lab certify merge" } " joins the reports of all shards."
        } }
        (bar(report))
        ul.numbers {
            @for (section, count) in counts(report) {
                @if count > 0 {
                    li.(section.name()) { a href={ "#" (section.name()) } { b { (count) } " " (section.name()) } }
                }
            }
            @if !report.stale.is_empty() {
                li.stale { a href="#stale" { b { (report.stale.len()) } " stale" } }
            }
        }
    }
}

fn as_expected(report: &Report) -> String {
    if let Some(shortcoming) = report.shortcoming() {
        return format!("The run is not as expected: {shortcoming}.");
    }
    let (unexpected, stale) = (report.unexpected().count(), report.stale.len());
    let cases = |count: usize| if count == 1 { "1 case".to_owned() } else { format!("{count} cases") };
    match (unexpected, stale) {
        (0, 0) => "The run is as expected.".to_owned(),
        (cases_count, 0) => format!("The run is not as expected: {} to look at.", cases(cases_count)),
        (0, stale) => format!("The run is not as expected: {stale} stale in the file of known failures."),
        (cases_count, stale) => format!(
            "The run is not as expected: {} to look at, and {stale} stale in the file of known failures.",
            cases(cases_count)
        ),
    }
}

fn counts(report: &Report) -> [(Section, usize); 7] {
    Section::ALL.map(|section| (section, section.cases(report).len()))
}

/// The shares of the verdicts as one bar. The numbers beside it say the same.
fn bar(report: &Report) -> Markup {
    let mut begins = 0;
    let parts = counts(report).map(|(section, count)| {
        let part = (section, begins, count);
        begins += count;
        part
    });
    html! {
        svg.bar viewBox={ "0 0 " (begins.max(1)) " 1" } preserveAspectRatio="none" aria-hidden="true" {
            @for (section, x, width) in parts {
                @if width > 0 { rect.(section.name()) x=(x) y="0" width=(width) height="1" {} }
            }
        }
    }
}

/// Everything that somebody needs who compares two runs.
pub(super) fn all(report: &Report) -> Markup {
    let subject = &report.subject;
    html! {
        h2 { "About this run" }
        dl.facts {
            (fact("Subject", &html! { (Shown(&subject.name)) }))
            (fact("Command", &html! { code { (Shown(&subject.command.join(" "))) } }))
            (fact("Version", &html! {
                @match &subject.version { Some(version) => { (Shown(version)) } None => { "unknown" } }
            }))
            (fact("Features declared", &features(&subject.features)))
            (fact("Features exercised", &features(&subject.exercised)))
            (fact("miro-lab", &html! { (Shown(&report.tool)) }))
            (fact("Suite", &html! { code { (Shown(&report.suite)) } }))
            (fact("Shard", &html! { @match &report.shard { Some(shard) => { (Shown(shard)) } None => { "none: all cases" } } }))
            (fact("Machine", &html! { (Shown(&report.machine)) }))
            (fact("Started", &moment(report.started)))
            (fact("Ended", &html! { (moment(report.ended)) " (" (took(report)) ")" }))
            @if !report.not_played_again.is_empty() {
                (fact("Not played again", &not_played_again(report)))
            }
            @if !report.not_played.is_empty() { (fact("Not played", &not_played(&report.not_played))) }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn features(features: &[Feature]) -> Markup {
    let names: Vec<&str> = features.iter().map(|feature| feature.name()).collect();
    html! { @if names.is_empty() { "none" } @else { (names.join(", ")) } }
}

fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
}

fn took(report: &Report) -> String {
    let seconds = report.ended.duration_since(report.started).as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

fn not_played(ids: &[String]) -> Markup {
    listed(&format!("{} scenarios cannot be held against a black box", ids.len()), ids)
}

fn not_played_again(report: &Report) -> Markup {
    let (names, why) = (&report.not_played_again, report.why_not_again());
    listed(&format!("{} cases, {why}; they count as failures, and some may be flaky", names.len()), names)
}

fn listed(what: &str, names: &[String]) -> Markup {
    html! {
        details {
            summary { (what) }
            @for (at, name) in names.iter().enumerate() { @if at > 0 { ", " } code { (Shown(name)) } }
        }
    }
}
