//! A run on a terminal: a line a case while it goes on, and what has to be mended at its end.

use std::fmt::Write as _;

use owo_colors::OwoColorize;

use super::text::shown;
use super::{CaseReport, Report};
use crate::verdict::{Check, Verdict};

/// Names that are shown of a list.
const NAMES_MAX: usize = 20;

/// The line of a case that is over: `pass  MIRO-RATE-001 (wait=seconds)  12.1 s  Waits as told …`.
pub fn line(case: &CaseReport) -> String {
    let verdict = colored(case.verdict);
    let known = if case.expectation.is_some() { " (known)" } else { "" };
    format!("{verdict}{known}  {}  {:.1} s  {}", one_line(&case.name()), case.seconds, one_line(&case.title))
}

/// Everything that is not as it has to be, and the sentence for the whole.
pub fn end(report: &Report) -> String {
    let mut text = String::new();
    for case in report.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Unsupported)) {
        text.push_str(&of_case(case));
    }
    for entry in &report.stale {
        let case = entry.case.as_ref().map_or_else(String::new, |case| format!(" ({})", one_line(case)));
        // A string takes everything.
        let _written = writeln!(
            text,
            "\nstale  {}{case}: it is listed as a known failure, and {}",
            one_line(&entry.id),
            report.stale_since(entry)
        );
    }
    for entry in &report.expired {
        let until = entry.until.map(|until| until.to_string()).unwrap_or_default();
        let _written =
            writeln!(text, "\nexpired  {}: it still fails, and was expected until {until} only", one_line(&entry.id));
    }
    let unsupported = report.cases.iter().filter(|case| case.verdict == Verdict::Unsupported).count();
    if unsupported > 0 {
        let _written =
            writeln!(text, "\nUnsupported: {unsupported}, since the subject does not declare what they need.");
    }
    if !report.not_played_again.is_empty() {
        let names: Vec<String> = report.not_played_again.iter().take(NAMES_MAX).map(|name| one_line(name)).collect();
        let more = report.not_played_again.len().saturating_sub(NAMES_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let _written = writeln!(
            text,
            "Not retried, {}: {}{more}. They count as failures; some may be flaky.",
            report.why_not_again(),
            names.join(", ")
        );
    }
    if !report.not_played.is_empty() {
        let _written = writeln!(
            text,
            "Not played: {}, which cannot be held against a black box (report.json names them).",
            report.not_played.len()
        );
    }
    let _written = writeln!(text, "\n{}", one_line(&report.sentence()).bold());
    text
}

fn of_case(case: &CaseReport) -> String {
    let name = one_line(&case.name());
    let mut text = format!("\n{}  {}  {}\n", colored(case.verdict), name.bold(), one_line(&case.title));
    for check in case.broken() {
        text.push_str(&of_check(check));
    }
    if let Some(expectation) = &case.expectation {
        let _written = writeln!(text, "      known     {}", one_line(&expectation.reason));
    }
    if !case.why.is_empty() {
        let _written = writeln!(text, "      why       {}", one_line(case.why.trim()));
    }
    if let Some(link) = &case.link {
        let _written = writeln!(text, "      rule      {}", one_line(link));
    }
    let last = case.output.len().saturating_sub(OUTPUT_LINES);
    for line in &case.output[last..] {
        let _written = writeln!(text, "      printed   {}", one_line(line));
    }
    let _written = writeln!(text, "      repeat    {}", one_line(&case.repeat));
    text
}

/// Lines of output that are shown of a case; report.json has more.
const OUTPUT_LINES: usize = 3;

fn of_check(check: &Check) -> String {
    let [check, expected, seen] = [&check.check, &check.expected, &check.seen].map(|text| one_line(text));
    format!("    {check}\n      expected  {expected}\n      seen      {seen}\n")
}

/// A text that a subject or a peer had a hand in, on one line: a line of its own could be taken for a command of the CI system.
fn one_line(text: &str) -> String {
    shown(text).replace('\n', " ")
}

fn colored(verdict: Verdict) -> String {
    let text = format!("{verdict:<11}");
    match verdict {
        Verdict::Pass => text.green().to_string(),
        Verdict::Unsupported => text.dimmed().to_string(),
        Verdict::Skip | Verdict::Flaky => text.yellow().to_string(),
        Verdict::Fail | Verdict::Error => text.red().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn no_text_of_a_subject_begins_a_line() {
        let mut report = sample::report();
        sample::poison(&mut report, "\u{1b}[2J\n::error::x");
        let text = end(&report) + &report.cases.iter().map(|case| line(case) + "\n").collect::<String>();
        assert!(!text.lines().any(|line| line.starts_with("::")), "{text}");
        assert!(!text.contains("\u{1b}[2J"));
    }
}
