//! Annotations for GitHub Actions: workflow commands, one a line
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>, read on 2026-11-29).
//!
//! GitHub shows ten errors and ten warnings of a step (<https://github.com/orgs/community/discussions/26680>, read on 2026-11-29), so the
//! cases that bind most come first.

use std::fmt::Write as _;

use super::text::{bounded, shown};
use super::{CaseReport, Report};
use crate::certify::Expectation;

/// Characters of a message: an annotation is a pointer, and the report has the rest.
const MESSAGE_MAX: usize = 1_000;
/// Characters of a title.
const TITLE_MAX: usize = 200;

/// An error for a run that nobody can rely on and for each case that is not as expected, and a warning for each known failure and each stale entry.
pub fn annotations(report: &Report) -> String {
    let mut unexpected: Vec<&CaseReport> = report.unexpected().collect();
    unexpected.sort_by_key(|case| case.level);
    let mut lines = String::new();
    if let Some(shortcoming) = report.shortcoming() {
        // A string takes everything.
        let _written =
            writeln!(lines, "::error title={}::{}", property(shortcoming.name()), data(&shortcoming.to_string()));
    }
    for case in unexpected {
        let message = format!("{}\nrepeat: {}", case.reason, case.repeat);
        lines.push_str(&line("error", case, &format!("{} {}: {}", case.verdict, case.name(), case.title), &message));
    }
    for case in &report.cases {
        if let Some(expectation) = &case.expectation {
            let title = format!("known: {}: {}", case.name(), case.title);
            lines.push_str(&line("warning", case, &title, &known(expectation)));
        }
    }
    for entry in &report.stale {
        let case = entry.case.as_ref().map_or_else(String::new, |case| format!(" ({case})"));
        let title = property(&format!("stale: {}{case}", entry.id));
        let message = format!(
            "listed as a known failure ({}), and {}: take the entry out, or let `--update-expect` do it",
            entry.reason,
            report.stale_since(entry)
        );
        // A string takes everything.
        let _written = writeln!(lines, "::warning title={title}::{}", data(&bounded(&message, MESSAGE_MAX)));
    }
    lines
}

fn line(command: &str, case: &CaseReport, title: &str, message: &str) -> String {
    let title = property(&bounded(title, TITLE_MAX));
    let place = if case.file.is_empty() {
        String::new()
    } else {
        format!("file={},line={},", property(&case.file), case.line.max(1))
    };
    format!("::{command} {place}title={title}::{}\n", data(&bounded(message, MESSAGE_MAX)))
}

fn known(expectation: &Expectation) -> String {
    let mut text = expectation.reason.clone();
    if let Some(owner) = &expectation.owner {
        let _written = write!(text, "\nowner: {owner}");
    }
    if let Some(until) = expectation.until {
        let _written = write!(text, "\nexpected until {until}");
    }
    if let Some(link) = &expectation.link {
        let _written = write!(text, "\n{link}");
    }
    text
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    shown(text).replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_case_that_is_not_as_expected_has_its_line() {
        insta::assert_snapshot!(annotations(&sample::report()));
    }

    #[test]
    fn no_text_begins_a_command_of_its_own() {
        let mut report = sample::report();
        sample::poison(&mut report, "x\r\n::stop-commands::abc\n::error::no, 100%:");
        let text = annotations(&report);
        assert_eq!(text.lines().count(), annotations(&sample::report()).lines().count());
        assert!(text.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")), "{text}");
        assert!(!text.contains('\r'));
        assert!(text.contains("100%25%3A"));
    }
}
