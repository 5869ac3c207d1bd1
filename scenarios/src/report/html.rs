//! One HTML file that needs nothing else: failures first, with everything that their author needs to mend them.

mod anchors;
mod case;
mod checks;
mod facts;
mod filter;
mod timeline;

use std::collections::BTreeMap;

use anchors::Anchors;
use maud::{Markup, html};

use super::page::page;
use super::section::Section;
use super::text::Shown;
use super::{CaseReport, Report};
use crate::certify::Expectation;
use crate::scenario::Family;

/// The whole page.
pub fn html(report: &Report) -> String {
    let mut anchors = Anchors::default();
    for section in Section::ALL {
        anchors.take(section.name());
    }
    anchors.take("stale");
    let body = html! {
        header.top { (facts::head(report)) }
        main {
            (filter::bar(report))
            @for section in Section::ALL {
                (of_section(report, section, &mut anchors))
                @if section == Section::Error { (stale(&report.stale_told())) }
            }
            @if report.cases.is_empty() { p.empty { "No case was played." } }
        }
        footer { (facts::all(report)) }
    };
    page(&format!("{}: certification report", report.subject.name), &body)
}

fn of_section(report: &Report, section: Section, anchors: &mut Anchors) -> Markup {
    let cases = section.cases(report);
    html! {
        @if !cases.is_empty() {
            section.cases id=(section.name()) {
                h2 { (section.heading()) " " span.count { (cases.len()) } }
                p.meaning { (section.meaning()) }
                @if section == Section::Pass || section == Section::Unsupported {
                    (by_family(&cases, anchors))
                } @else {
                    @for case in cases { (case::details(case, anchors)) }
                }
            }
        }
    }
}

fn by_family(cases: &[&CaseReport], anchors: &mut Anchors) -> Markup {
    let mut families: BTreeMap<Family, Vec<&CaseReport>> = BTreeMap::new();
    for case in cases {
        families.entry(case.family).or_default().push(case);
    }
    html! {
        @for (family, cases) in families {
            details.family {
                summary { (family.name()) " " span.count { (cases.len()) } }
                @for case in cases { (case::details(case, anchors)) }
            }
        }
    }
}

fn stale(entries: &[Expectation]) -> Markup {
    html! {
        @if !entries.is_empty() {
            section id="stale" {
                h2 { "Stale entries" " " span.count { (entries.len()) } }
                p.meaning {
                    "Listed as known failures, and did not come true. They fail the run until they are taken out; "
                    code { "--update-expect" } " does it."
                }
                ul.stale {
                    @for entry in entries {
                        li {
                            code { (Shown(&entry.id)) @if let Some(case) = &entry.case { " (" (Shown(case)) ")" } }
                            ": " (Shown(&entry.reason)) (case::expectation_details(entry))
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn failures_come_before_everything_else_and_are_open() {
        let text = html(&sample::report());
        let at = |id: &str| text.find(&format!("<section class=\"cases\" id=\"{id}\"")).expect("the section is there");
        let order = Section::ALL.map(|section| at(section.name()));
        assert!(order.is_sorted());
        assert!(text.contains("id=\"MIRO-RATE-001--wait-seconds\""));
        assert!(text.contains("id=\"MIRO-RATE-001--wait-seconds--requests.2\""));
    }

    #[test]
    fn no_text_becomes_markup() {
        let mut report = sample::report();
        let hostile = "</script><script>alert(1)</script>]]>|\"'><img src=x onerror=alert(1)>\n\0\u{1b}[31m";
        sample::poison(&mut report, hostile);
        let text = html(&report);
        assert_eq!(text.matches("<script").count(), 1, "only our own");
        assert!(!text.contains("<img") && !text.contains('\0') && !text.contains('\u{1b}'));
        assert!(text.contains("&lt;script&gt;alert(1)"));
    }

    #[test]
    fn only_addresses_on_the_web_become_links() {
        let mut report = sample::report();
        sample::poison(&mut report, "javascript:alert(1)");
        for source in report.cases.iter_mut().flat_map(|case| &mut case.spec) {
            source.url = "javascript:alert(1)".to_owned();
        }
        assert!(!html(&report).contains("href=\"javascript"));
    }

    #[test]
    fn every_anchor_is_there_once() {
        let mut report = sample::report();
        let twice = report.cases.clone();
        report.cases.extend(twice);
        let text = html(&report);
        let ids: Vec<&str> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(ids.len(), unique.len());
    }
}
