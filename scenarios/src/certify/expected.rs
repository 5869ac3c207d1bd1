//! Known failures as data: each with a reason, a link, an owner and a day on which it has to be gone.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

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

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The scenario.
    pub id: String,
    /// The case of it; every one that fails, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// What the case comes to.
    #[serde(default = "fail")]
    pub verdict: Verdict,
    /// Why it does not pass.
    pub reason: String,
    /// Where that is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

const fn fail() -> Verdict {
    Verdict::Fail
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
    pub fn read(path: &Path) -> Result<Self, ExpectedError> {
        let wrong = |message: String| ExpectedError { file: path.display().to_string(), message };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("could not be read: {error}")))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Reads a text. The error says what is wrong.
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

    /// The error names an entry whose scenario does not exist.
    pub fn check_ids<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), String> {
        let wrong = self.known_failure.iter().find(|entry| !known.clone().any(|id| id == entry.id));
        wrong.map_or(Ok(()), |entry| Err(format!("no scenario has the id `{}`; {}", entry.id, hint(&entry.id, known))))
    }

    /// Whether somebody expects what this case came to.
    pub(crate) fn covers(&self, case: &CaseReport, today: Date) -> bool {
        self.known_failure.iter().any(|entry| entry.covers(case) && entry.holds_on(today))
    }

    /// Marks the cases of a report that are expected to fail, and lists the entries that nothing came true of.
    pub fn apply(&self, report: &mut Report, today: Date) {
        for case in &mut report.cases {
            let entry = self.known_failure.iter().find(|entry| entry.covers(case) && entry.holds_on(today));
            case.expectation = entry.filter(|_| case.verdict != Verdict::Pass).cloned();
        }
        let stale = self.known_failure.iter().filter(|entry| entry.is_stale(report, today));
        report.stale = stale.cloned().collect();
    }
}

impl Expectation {
    fn is_about(&self, case: &CaseReport) -> bool {
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

    /// Whether it was looked at, and nothing of it came true: a case passes, or its day is over.
    fn is_stale(&self, report: &Report, today: Date) -> bool {
        let mut about = report.cases.iter().filter(|case| self.is_about(case)).peekable();
        // An entry whose case was not played in this run says nothing yet.
        if about.peek().is_none() {
            return false;
        }
        // What may fail may pass as well.
        let may_pass = self.verdict == Verdict::Flaky;
        let came_true = about.any(|case| self.covers(case));
        !self.holds_on(today) || !(came_true || may_pass)
    }
}

/// The text of a file of expectations as this report would have it: stale entries are taken out, and failures that nobody expected
/// are added, with a reason that has to be written. Comments and order stay.
pub fn updated(text: &str, report: &Report) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let stale: BTreeSet<(String, Option<String>)> =
        report.stale.iter().map(|entry| (entry.id.clone(), entry.case.clone())).collect();
    let entries = document.entry("known_failure").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(entries) = entries.as_array_of_tables_mut() else { return Ok(text.to_owned()) };
    let text_of = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    entries.retain(|table| !stale.contains(&(text_of(table, "id").unwrap_or_default(), text_of(table, "case"))));
    for case in report.unexpected() {
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
    Ok(document.to_string())
}
