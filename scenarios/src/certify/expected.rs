//! Known failures as data: each with a reason, a link, an owner and a day on which it has to be gone.

use std::collections::BTreeSet;
use std::path::Path;

use faults::input::{self, BY_HAND_BYTES_MAX};
use jiff::civil::Date;
use serde::Deserialize;
use toml_edit::{ArrayOfTables, DocumentMut, Item, RawString, Table, value};

use super::expectation::Expectation;
use crate::report::{CaseReport, Report};
use crate::scenario::finding::hint;
use crate::verdict::Verdict;

/// Cases that are known not to pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expected {
    /// In the order of the file.
    pub known_failure: Vec<Expectation>,
}

/// Why such a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {message}")]
pub struct ExpectedError {
    file: String,
    message: String,
}

impl Expected {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not a valid list of known failures.
    pub fn read(path: &Path) -> Result<Self, ExpectedError> {
        let wrong = |message: String| ExpectedError { file: path.display().to_string(), message };
        let text =
            input::read_text(path, BY_HAND_BYTES_MAX).map_err(|error| wrong(format!("could not be read: {error}")))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Reads a text. The error says what is wrong.
    ///
    /// # Errors
    ///
    /// If the text is not a valid list of known failures.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let allowed = [Verdict::Fail, Verdict::Skip, Verdict::Flaky];
        for entry in &expected.known_failure {
            if !allowed.contains(&entry.verdict) {
                return Err(format!("{}: `verdict` is {}; fail, skip and flaky are allowed", entry.id, entry.verdict));
            }
            if entry.reason.trim().is_empty() {
                return Err(format!("{}: `reason` is empty; a reader wants to know why this is expected", entry.id));
            }
        }
        Ok(expected)
    }

    /// The error names an entry whose scenario does not exist, or has no such case. `cases` are the ids, each with its matrix values.
    ///
    /// # Errors
    ///
    /// If an entry names a case that does not exist.
    pub fn check_cases(&self, cases: &[(String, Option<String>)]) -> Result<(), String> {
        for entry in &self.known_failure {
            let mut labels = cases.iter().filter(|(id, _)| *id == entry.id).map(|(_, label)| label).peekable();
            if labels.peek().is_none() {
                let known = cases.iter().map(|(id, _)| id.as_str());
                return Err(format!("no scenario has the id `{}`; {}", entry.id, hint(&entry.id, known)));
            }
            let Some(case) = &entry.case else { continue };
            let labels: Vec<&str> = labels.filter_map(|label| label.as_deref()).collect();
            if !labels.contains(&case.as_str()) {
                let labels = if labels.is_empty() { "it has no matrix".to_owned() } else { hint(case, labels) };
                return Err(format!("`{}` has no case `{case}`; {labels}", entry.id));
            }
        }
        Ok(())
    }

    /// Whether somebody expects what this case came to.
    pub(crate) fn covers(&self, case: &CaseReport, today: Date) -> bool {
        self.known_failure.iter().any(|entry| entry.covers(case) && entry.holds_on(today))
    }

    /// Marks the cases of a report that are expected to fail, and lists the entries that nothing came true of.
    pub fn apply(&self, report: &mut Report, today: Date) {
        for case in &mut report.cases {
            let Some(entry) = self.known_failure.iter().find(|entry| entry.covers(case)) else { continue };
            if entry.holds_on(today) {
                case.expectation = Some(entry.clone());
            } else if let Some(until) = entry.until {
                case.reason = format!("known until {until} only ({}): {}", entry.reason, case.reason);
            }
        }
        // Of an interrupted run nobody knows what the other cases of an entry would have come to.
        let is_stale = |entry: &&Expectation| report.interrupted.is_none() && entry.is_stale(report);
        report.stale = self.known_failure.iter().filter(is_stale).cloned().collect();
        let came_true = |entry: &&Expectation| report.cases.iter().any(|case| entry.covers(case));
        let expired = self.known_failure.iter().filter(|entry| !entry.holds_on(today)).filter(came_true);
        report.expired = expired.cloned().collect();
    }
}

impl Expectation {
    pub(crate) fn is_about(&self, case: &CaseReport) -> bool {
        self.id == case.id && (self.case.is_none() || self.case == case.case)
    }

    fn covers(&self, case: &CaseReport) -> bool {
        // A failure that comes and goes is covered by one that is expected, and not the other way round.
        let as_expected =
            case.verdict == self.verdict || (self.verdict == Verdict::Fail && case.verdict == Verdict::Flaky);
        self.is_about(case) && as_expected
    }

    fn holds_on(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// Whether it was looked at, and nothing of it came true.
    fn is_stale(&self, report: &Report) -> bool {
        let mut about = report.cases.iter().filter(|case| self.is_about(case)).peekable();
        // An entry whose case was not played in this run says nothing yet.
        if about.peek().is_none() {
            return false;
        }
        // What may fail may pass as well.
        let may_pass = self.verdict == Verdict::Flaky;
        let came_true = about.any(|case| self.covers(case));
        !came_true && !may_pass
    }
}

/// Why a file of known failures was not rewritten.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// It is not TOML.
    #[error(transparent)]
    Toml(#[from] toml_edit::TomlError),
    /// Its entries are written as one value.
    #[error("its entries stand in one list; write each as a table of its own, beginning with [[known_failure]]")]
    Form,
}

/// The text of a file of expectations as this report would have it: stale entries are taken out, and failures that nobody expected
/// are added, with a reason that has to be written. Comments and order stay.
///
/// # Errors
///
/// If the text is not TOML, or an entry cannot be written.
pub fn updated(text: &str, report: &Report) -> Result<String, UpdateError> {
    let mut document: DocumentMut = text.parse()?;
    let stale: BTreeSet<(String, Option<String>)> =
        report.stale.iter().map(|entry| (entry.id.clone(), entry.case.clone())).collect();
    let entries = document.entry("known_failure").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(entries) = entries.as_array_of_tables_mut() else { return Err(UpdateError::Form) };
    let text_of = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    let is_stale = |table: &Table| stale.contains(&(text_of(table, "id").unwrap_or_default(), text_of(table, "case")));
    // What stands above an entry that goes stays above the next one: it may be about all of them.
    let mut comments = String::new();
    for table in entries.iter_mut() {
        let above = table.decor().prefix().and_then(RawString::as_str).unwrap_or_default().to_owned();
        if is_stale(table) {
            comments.push_str(above.trim_end_matches('\n'));
            comments.push('\n');
        } else if comments.contains('#') {
            table.decor_mut().set_prefix(format!("{}{above}", std::mem::take(&mut comments)));
        } else {
            comments.clear();
        }
    }
    entries.retain(|table| !is_stale(table));
    let is_expired = |case: &&CaseReport| report.expired.iter().any(|entry| entry.is_about(case));
    // A subject that does not start is no failure that anybody may expect.
    for case in report.unexpected().filter(|case| !is_expired(case) && case.id != super::TARGET) {
        let mut table = Table::new();
        table.insert("id", value(&case.id));
        if let Some(label) = &case.case {
            table.insert("case", value(label));
        }
        if case.verdict != Verdict::Fail {
            table.insert("verdict", value(case.verdict.name()));
        }
        table.insert("reason", value(format!("not looked at yet: {}", case.reason)));
        entries.push(table);
    }
    if comments.contains('#') {
        document.set_trailing(comments);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    const FILE: &str = r#"
# What we know.
[[known_failure]]
id = "A-1"           # the first
reason = "not mended yet"
owner = "ingestion team"
until = 2027-03-01

[[known_failure]]
id = "A-2"
case = "n=2"
reason = "waits for a release"
"#;

    fn today() -> Date {
        "2026-11-29".parse().unwrap()
    }

    fn applied(cases: &[(&str, Option<&str>, Verdict)], today: Date) -> Report {
        let mut report = sample::of_cases(cases);
        Expected::parse(FILE).unwrap().apply(&mut report, today);
        report
    }

    #[test]
    fn what_is_known_is_as_expected_until_its_day_is_over() {
        let cases = [
            ("A-1", Some("n=1"), Verdict::Fail),
            ("A-1", Some("n=2"), Verdict::Pass),
            ("A-2", Some("n=2"), Verdict::Fail),
        ];
        let report = applied(&cases, today());
        assert!(report.is_as_expected() && !report.conformant, "{report:?}");
        let late = applied(&cases, "2027-03-02".parse().unwrap());
        assert_eq!((late.unexpected().count(), late.stale.len(), late.expired.len()), (1, 0, 1));
        // Nobody's decision is renewed by a program.
        let text = updated(FILE, &late).unwrap();
        assert!(text.contains("not mended yet") && !text.contains("not looked at yet"), "{text}");
    }

    #[test]
    fn an_entry_that_nothing_came_true_of_is_stale() {
        let report = applied(&[("A-1", None, Verdict::Pass), ("A-2", Some("n=1"), Verdict::Fail)], today());
        // A-2's entry is about a case that was not played.
        assert_eq!(report.stale.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["A-1"]);
        assert_eq!(report.unexpected().map(CaseReport::name).collect::<Vec<_>>(), ["A-2 (n=1)"]);
        assert!(!report.is_as_expected());
    }

    #[test]
    fn an_update_takes_out_what_is_stale_adds_what_failed_and_keeps_comments() {
        let report = applied(
            &[("A-1", None, Verdict::Fail), ("A-2", Some("n=2"), Verdict::Pass), ("A-3", Some("n=1"), Verdict::Skip)],
            today(),
        );
        let text = updated(FILE, &report).unwrap();
        assert!(text.contains("# What we know.") && text.contains("# the first"), "{text}");
        let mended = applied(&[("A-1", None, Verdict::Pass), ("A-2", Some("n=2"), Verdict::Fail)], today());
        let text_of_mended = updated(FILE, &mended).unwrap();
        assert!(text_of_mended.contains("# What we know.") && !text_of_mended.contains("A-1"), "{text_of_mended}");
        let entries = Expected::parse(&text).unwrap().known_failure;
        assert_eq!(
            entries.iter().map(|entry| (entry.id.as_str(), entry.verdict)).collect::<Vec<_>>(),
            [("A-1", Verdict::Fail), ("A-3", Verdict::Skip)]
        );
        assert_eq!(Expected::parse(&updated("", &report).unwrap()).unwrap().known_failure.len(), 1);
    }

    #[test]
    fn what_cannot_be_expected_is_refused() {
        for (text, told) in [
            ("[[known_failure]]\nid = 'A'", "reason"),
            ("[[known_failure]]\nid = 'A'\nreason = ' '", "`reason` is empty"),
            ("[[known_failure]]\nid = 'A'\nreason = 'x'\nverdict = 'pass'", "fail, skip and flaky are allowed"),
            ("[[known_failure]]\nid = 'A'\nreason = 'x'\nuntil = 'soon'", "a day such as"),
            ("[[known_failures]]\nid = 'A'", "known_failures"),
        ] {
            let error = Expected::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
        let expected = Expected::parse("[[known_failure]]\nid = 'MIRO-PAGE-01'\nreason = 'x'").unwrap();
        let known = [("MIRO-PAGE-001".to_owned(), Some("n=1".to_owned()))];
        let error = expected.check_cases(&known).unwrap_err();
        assert!(error.contains("did you mean `MIRO-PAGE-001`?"), "{error}");
        let expected = Expected::parse("[[known_failure]]\nid = 'MIRO-PAGE-001'\ncase = 'n=2'\nreason = 'x'").unwrap();
        let error = expected.check_cases(&known).unwrap_err();
        assert!(error.contains("has no case `n=2`; did you mean `n=1`?"), "{error}");
    }
}
