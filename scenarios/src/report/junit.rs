//! JUnit XML, as CI systems read it: a suite for each family, a test case for each case.
//!
//! JUnit knows neither known failures nor unsupported cases: both are skipped there, with their reason. A skip of ours looks the same to
//! a CI system, so its suite has a property that says what it is.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::section::Section;
use super::{CaseReport, Report, Shortcoming};
use crate::certify::Expectation;
use crate::scenario::Family;

/// The name of the suite of stale entries.
const EXPECTATIONS: &str = "expectations";

/// The name of the suite of what is wrong with the run itself.
const RUN: &str = "run";

/// The whole document.
pub fn junit(report: &Report) -> String {
    let mut document = quick_junit::Report::new(allowed(&format!("miro-lab certify {}", report.subject.name)));
    let took = report.ended.duration_since(report.started);
    document.set_time(took.try_into().unwrap_or_default());
    for (family, cases) in report.by_family() {
        document.add_test_suite(suite(report, family, &cases));
    }
    if let Some(shortcoming) = report.shortcoming() {
        let mut suite = TestSuite::new(RUN);
        suite.add_test_case(of_run(shortcoming));
        document.add_test_suite(suite);
    }
    if !report.stale.is_empty() {
        let mut suite = TestSuite::new(EXPECTATIONS);
        suite.add_test_cases(report.stale.iter().map(|entry| stale(report, entry)));
        document.add_test_suite(suite);
    }
    // The texts are valid and the writer is memory: nothing can fail.
    document.to_string().unwrap_or_default()
}

fn suite(report: &Report, family: Family, cases: &[&CaseReport]) -> TestSuite {
    let mut suite = TestSuite::new(family.name());
    suite.add_property(Property::new("subject", allowed(&report.subject.name)));
    suite.add_property(Property::new("miro-lab", allowed(&report.tool)));
    suite.add_property(Property::new("suite", allowed(&report.suite)));
    suite.extra.insert("timestamp".into(), report.started.to_string().into());
    let skipped = cases.iter().filter(|case| Section::of(case) == Section::Skip).count();
    if skipped > 0 {
        suite.add_property(Property::new(
            "skip-is-not-a-pass",
            format!("cases that proved nothing: {skipped}; because of them, the subject does not conform"),
        ));
    }
    let seconds = cases.iter().map(|case| case.seconds).sum::<f64>();
    suite.set_time(duration(seconds));
    suite.add_test_cases(cases.iter().map(|case| test_case(case)));
    suite
}

fn test_case(case: &CaseReport) -> TestCase {
    let mut test = TestCase::new(allowed(&case.name()), status(case));
    test.set_classname(case.family.name());
    test.set_time(duration(case.seconds));
    test.add_property(Property::new("level", case.level.name()));
    if !case.file.is_empty() {
        test.extra.insert("file".into(), allowed(&case.file).into());
        test.extra.insert("line".into(), case.line.to_string().into());
    }
    if !case.output.is_empty() {
        test.set_system_out(allowed(&case.output.join("\n")));
    }
    test
}

fn status(case: &CaseReport) -> TestCaseStatus {
    let broken = case.broken().next().map_or("", |check| check.check.as_str());
    let (mut status, kind) = match Section::of(case) {
        Section::Pass => return TestCaseStatus::success(),
        Section::Fail => (TestCaseStatus::non_success(NonSuccessKind::Failure), broken),
        Section::Flaky => (TestCaseStatus::non_success(NonSuccessKind::Failure), "flaky"),
        Section::Error => (TestCaseStatus::non_success(NonSuccessKind::Error), broken),
        Section::Skip => (TestCaseStatus::skipped(), "skip"),
        Section::Known => (TestCaseStatus::skipped(), "known"),
        Section::Unsupported => (TestCaseStatus::skipped(), "unsupported"),
    };
    let message = match &case.expectation {
        Some(expectation) => format!("known: {}", expectation.reason),
        None => case.reason.clone(),
    };
    status.set_type(allowed(kind)).set_message(allowed(&message)).set_description(allowed(&description(case)));
    status
}

fn description(case: &CaseReport) -> String {
    let mut text = format!("{}\n", case.title);
    for check in case.broken() {
        // A string takes everything.
        let _written = writeln!(text, "{}\n  expected: {}\n  seen: {}", check.check, check.expected, check.seen);
    }
    let link = case.link.as_ref().map(|link| ("rule", link));
    let known = case.expectation.as_ref().and_then(|entry| entry.link.as_ref()).map(|link| ("followed at", link));
    for (name, value) in link.into_iter().chain(known).chain([("repeat", &case.repeat)]) {
        let _written = writeln!(text, "{name}: {value}");
    }
    text
}

fn of_run(shortcoming: Shortcoming) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(shortcoming.name()).set_message(shortcoming.to_string());
    let mut test = TestCase::new(shortcoming.name(), status);
    test.set_classname(RUN);
    test
}

fn stale(report: &Report, entry: &Expectation) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("stale").set_message(allowed(&format!(
        "listed as a known failure ({}), and {}: take the entry out, or let `--update-expect` do it",
        entry.reason,
        report.stale_since(entry)
    )));
    let case = entry.case.as_ref().map_or_else(String::new, |case| format!(" ({case})"));
    let mut test = TestCase::new(allowed(&format!("{}{case}", entry.id)), status);
    test.set_classname(EXPECTATIONS);
    test
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// The text without the characters that XML forbids (<https://www.w3.org/TR/xml/#charsets>, read on 2026-11-29); the crate drops the
/// others of them, and escape sequences of terminals.
fn allowed(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_verdict_has_its_form() {
        insta::assert_snapshot!(junit(&sample::report()));
    }

    #[test]
    fn no_text_leaves_its_element() {
        let mut report = sample::report();
        sample::poison(&mut report, "]]><script>\"'&\0\u{1}\u{8}\u{b}\u{ffff}\u{1b}[31m|\r\n</testsuites>");
        let text = junit(&report);
        let read = quick_junit::Report::deserialize_from_str(&text).expect("it is XML");
        assert_eq!(read.tests, junit_tests(&sample::report()));
        assert!(!text.contains("<script>") && !text.contains("]]>"), "{text}");
        assert_eq!(text.matches("</testsuites>").count(), 1);
        let forbidden = |character| matches!(character, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        assert!(!text.replace('\r', "").contains(forbidden));
    }

    fn junit_tests(report: &Report) -> usize {
        report.cases.len() + report.stale.len()
    }
}
