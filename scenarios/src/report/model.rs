//! The model of a report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::certify::Expectation;
use crate::scenario::{Family, Feature, Level, Profile, Source};
use crate::verdict::{Check, Verdict};

/// The version of the model: a reader of another one says so instead of guessing.
pub const SCHEMA: u32 = 1;

/// A run of certification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Whether every `must` case passed or is declared unsupported, no case at all was skipped, and any was judged.
    pub conformant: bool,
    /// Who was held against the scenarios.
    pub subject: SubjectReport,
    /// How many cases came to what.
    pub summary: Summary,
    /// The cases, in the order of the catalogue.
    pub cases: Vec<CaseReport>,
    /// The ids of scenarios that cannot be held against a black box.
    pub not_played: Vec<String>,
    /// The names of cases that failed and were not played a second time, since so many did: each counts as it came to, and may be
    /// flaky.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_played_again: Vec<String>,
    /// Of a run that a signal ended: what it left. Such a run is never conformant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
    /// Entries of the file of known failures that nothing came true of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Expectation>,
    /// Entries whose last day is over while their case still fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<Expectation>,
    /// The version of `miro-lab`.
    pub tool: String,
    /// The SHA-256 of the scenarios that were chosen from, as hexadecimal digits: runs of the same suite can be compared.
    pub suite: String,
    /// The part of the cases that was played, such as `1/4`; all of them without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Operating system, architecture and processors.
    pub machine: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
}

/// What an interrupted run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interrupted {
    /// Cases that were chosen and not played to their end.
    pub cases_not_played: u64,
}

/// Who was certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubjectReport {
    /// What it is called.
    pub name: String,
    /// The command that started it, before variables were filled in.
    pub command: Vec<String>,
    /// What `--version` printed; nothing where that is no plain line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it declares it can do.
    pub features: Vec<Feature>,
    /// The features that were asked for by cases that were played.
    pub exercised: Vec<Feature>,
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the verdicts")]
pub struct Summary {
    pub pass: u64,
    pub fail: u64,
    pub skip: u64,
    pub unsupported: u64,
    pub error: u64,
    pub flaky: u64,
}

impl Summary {
    /// Counts the cases.
    pub fn of(cases: &[CaseReport]) -> Self {
        let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count() as u64;
        Self {
            pass: count(Verdict::Pass),
            fail: count(Verdict::Fail),
            skip: count(Verdict::Skip),
            unsupported: count(Verdict::Unsupported),
            error: count(Verdict::Error),
            flaky: count(Verdict::Flaky),
        }
    }
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReport {
    /// The scenario.
    pub id: String,
    /// The matrix values, such as `retry_after=http-date`.
    pub case: Option<String>,
    /// What has to hold.
    pub title: String,
    /// How much it binds.
    pub level: Level,
    /// The worst of the checks.
    pub verdict: Verdict,
    /// How long it took.
    pub seconds: f64,
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// What a reader has to know first: the first check that is not as it has to be. Empty where all is well.
    pub reason: String,
    /// Where the rule is written down, or where a known failure is followed.
    pub link: Option<String>,
    /// The command that plays this case again.
    pub repeat: String,
    /// What decides whatever the scenario leaves open.
    #[serde(default)]
    pub seed: u64,
    /// The room of the catalogue.
    pub family: Family,
    /// What it is part of.
    pub profiles: Vec<Profile>,
    /// Why it matters.
    pub why: String,
    /// Where the rule is written down.
    pub spec: Vec<Source>,
    /// The file of the scenario, and the line on which it begins.
    pub file: String,
    /// See `file`.
    pub line: u64,
    /// Which of the cases of that file it is, from 0.
    pub place: usize,
    /// The entry that expected this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
    /// Of a case that is not as it has to be: every call, as many as fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// Of such a case: the last lines that the subject printed, secrets masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
}

/// A call between the subject and a peer, or a step of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// Milliseconds since the timeline began; negative is before.
    pub ms: i64,
    /// `miro`, `entra` or `ingestion`; `timeline` for a step.
    pub peer: String,
    /// What was called, such as `miro.audit_logs`; what the step does.
    pub what: String,
    /// Method, path and query, secrets replaced; of a step, what begins it.
    pub request: String,
    /// The status of the response; 0 where there was none, and of a step.
    pub status: u16,
    /// What the caller got of it: `delivered`, `response_lost`, `cut` or `reset`.
    pub outcome: String,
    /// Events in the page or upload.
    pub events: u64,
    /// Why the mock responded so.
    pub note: String,
    /// The step of the timeline, from 1: the one whose fault a call met, or the one that begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
}

impl CaseReport {
    /// The id, and the matrix values if there are any.
    pub fn name(&self) -> String {
        self.case.as_ref().map_or_else(|| self.id.clone(), |case| format!("{} ({case})", self.id))
    }

    /// Whether it is as it has to be, or as somebody expected.
    pub fn is_as_expected(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Unsupported) || self.expectation.is_some()
    }

    /// The checks that are not as they have to be.
    pub fn broken(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !matches!(check.verdict, Verdict::Pass | Verdict::Unsupported))
    }
}

impl Report {
    /// The cases that are neither as they have to be nor as somebody expected.
    pub fn unexpected(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| !case.is_as_expected())
    }

    /// Whether the run is as expected: no unexpected failure, no stale entry, and nothing wrong with the run itself.
    pub fn is_as_expected(&self) -> bool {
        let cases_are = self.unexpected().next().is_none() && self.stale.is_empty() && self.expired.is_empty();
        cases_are && self.shortcoming().is_none()
    }

    /// Whether the laboratory failed anywhere.
    pub fn has_error(&self) -> bool {
        self.summary.error > 0
    }

    /// Counts again what follows from the cases.
    pub fn count(&mut self) {
        self.summary = Summary::of(&self.cases);
        let binds = |case: &&CaseReport| case.level == Level::Must || case.verdict == Verdict::Skip;
        let holds = |case: &CaseReport| matches!(case.verdict, Verdict::Pass | Verdict::Unsupported);
        self.conformant = self.interrupted.is_none() && self.has_judged() && self.cases.iter().filter(binds).all(holds);
    }

    /// One sentence for the top of every report.
    pub fn sentence(&self) -> String {
        let Summary { pass, fail, skip, unsupported, error, flaky } = self.summary;
        let verdict = match (self.interrupted, self.has_judged(), self.conformant) {
            (Some(_), ..) => ": the run was interrupted",
            (None, false, _) => ": nothing was judged",
            (None, true, true) => " conforms",
            (None, true, false) => " does not conform",
        };
        let left = self.interrupted.map_or(0, |interrupted| interrupted.cases_not_played);
        let shard = self.shard.as_ref().map_or_else(String::new, |shard| format!(" (shard {shard})"));
        let others = [
            (fail, "failed"),
            (flaky, "flaky"),
            (skip, "skipped"),
            (unsupported, "unsupported"),
            (error, "in error"),
            (left, "not played"),
        ];
        let others: Vec<String> =
            others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let others = if others.is_empty() { String::new() } else { format!(", {}", others.join(", ")) };
        let expected = self.cases.iter().filter(|case| case.expectation.is_some()).count();
        let binding =
            self.cases.iter().filter(|case| case.verdict >= Verdict::Flaky && case.level == Level::Must).count();
        let remarks = [
            (expected > 0).then(|| format!("{expected} of them known")),
            (self.conformant && fail + flaky > 0 && binding == 0).then(|| "none of them a must".to_owned()),
        ];
        let remarks: Vec<String> = remarks.into_iter().flatten().collect();
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        let (name, cases) = (&self.subject.name, self.cases.len() as u64 + left);
        format!("{name}{shard}{verdict}: {pass} of {cases} cases passed{others}{remarks}.")
    }

    /// The stale entries, each with what to know of it before its reason.
    pub(super) fn stale_told(&self) -> Vec<Expectation> {
        let told = |entry: &Expectation| {
            let mut told = entry.clone();
            if self.is_unsupported(entry) {
                told.reason = format!("unsupported: the entry can go ({})", entry.reason);
            }
            told
        };
        self.stale.iter().map(told).collect()
    }

    /// Why an entry is stale: what its cases did.
    pub(super) fn stale_since(&self, entry: &Expectation) -> &'static str {
        if self.is_unsupported(entry) { "is unsupported: the entry can go" } else { "did not come true" }
    }

    /// Whether every case that an entry is about is unsupported.
    fn is_unsupported(&self, entry: &Expectation) -> bool {
        let mut about = self.cases.iter().filter(|case| entry.is_about(case)).peekable();
        about.peek().is_some() && about.all(|case| case.verdict == Verdict::Unsupported)
    }

    /// Why not every case that failed was played a second time.
    pub(super) fn why_not_again(&self) -> &'static str {
        if self.interrupted.is_some() { "because the run was interrupted" } else { "because too many cases failed" }
    }

    /// The cases by family, in the order of the catalogue's rooms.
    pub fn by_family(&self) -> BTreeMap<Family, Vec<&CaseReport>> {
        let mut families: BTreeMap<Family, Vec<&CaseReport>> = BTreeMap::new();
        for case in &self.cases {
            families.entry(case.family).or_default().push(case);
        }
        families
    }

    /// The JSON Schema of `report.json`.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Reads a report. The error says what is wrong, another version of the model among it.
    ///
    /// # Errors
    ///
    /// If the text is not a report, or one of another schema version.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let version: Version =
            serde_json::from_str(text).map_err(|error| format!("is not a report of `miro-lab certify`: {error}"))?;
        if version.schema != SCHEMA {
            return Err(format!("is a report of schema {}; this miro-lab reads schema {SCHEMA}", version.schema));
        }
        let report: Self =
            serde_json::from_str(text).map_err(|error| format!("is not a report of `miro-lab certify`: {error}"))?;
        report.check()?;
        Ok(report)
    }

    /// Whether every case is there once and has the worst verdict of its checks. The error names one that has not.
    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for case in &self.cases {
            if !names.insert(case.name()) {
                return Err(format!("has `{}` twice", case.name()));
            }
            let worst = case.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass);
            if worst != case.verdict && case.verdict != Verdict::Flaky {
                return Err(format!(
                    "says that `{}` came to {}, and its checks say {worst}",
                    case.name(),
                    case.verdict
                ));
            }
            let is_its_own =
                |entry: &Expectation| entry.id == case.id && (entry.case.is_none() || entry.case == case.case);
            if case.expectation.as_ref().is_some_and(|entry| !is_its_own(entry)) {
                return Err(format!("has an expectation of another case at `{}`", case.name()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{annotations, compare, html, junit, markdown, sample, terminal};

    /// Every form of a report for people and for CI systems.
    fn forms(report: &Report) -> [String; 5] {
        let forms = [html::html, markdown::markdown, junit::junit, annotations::annotations, terminal::end];
        forms.map(|form| form(report))
    }

    #[test]
    fn a_run_that_judged_nothing_says_so_in_every_form() {
        let unsupported = |id| sample::of_cases(&[(id, None, Verdict::Unsupported)]);
        let report = unsupported("A-1");
        assert!(!report.conformant && !report.is_as_expected());
        for form in forms(&report) {
            assert!(form.contains("nothing was judged"), "{form}");
            assert!(!form.contains("conforms"), "{form}");
        }
        // The others may have been judged.
        let shard = |id, shard: &str| Report { shard: Some(shard.to_owned()), ..unsupported(id) };
        let part = shard("A-2", "2/2");
        assert!(!part.conformant && part.is_as_expected());
        assert_eq!(part.sentence(), "sample (shard 2/2): nothing was judged: 0 of 1 cases passed, 1 unsupported.");
        assert!(!shard("A-1", "1/1").is_as_expected(), "there are no others");
        let nothing = compare::merge(vec![shard("A-1", "1/2"), part.clone()]).unwrap();
        assert!(!nothing.conformant && !nothing.is_as_expected());
        let judged = sample::of_cases(&[("A-1", None, Verdict::Pass)]);
        let judged = Report { shard: Some("1/2".to_owned()), ..judged };
        let whole = compare::merge(vec![judged, part]).unwrap();
        assert!(whole.conformant && whole.is_as_expected(), "{}", whole.sentence());
    }

    #[test]
    fn an_interrupted_run_says_so_in_every_form_and_what_it_left() {
        let mut report = sample::of_cases(&[("A-1", None, Verdict::Pass), ("A-2", None, Verdict::Fail)]);
        report.interrupted = Some(Interrupted { cases_not_played: 300 });
        report.not_played_again.push("A-2".to_owned());
        report.count();
        assert!(!report.conformant && !report.is_as_expected());
        for form in forms(&report) {
            assert!(form.contains("300") && form.contains("interrupted"), "{form}");
            assert!(!form.contains("conforms") && !form.contains("too many"), "{form}");
        }
        assert_eq!(
            report.sentence(),
            "sample: the run was interrupted: 1 of 302 cases passed, 1 failed, 300 not played."
        );
        let other = sample::of_cases(&[("A-3", None, Verdict::Pass)]);
        let whole = compare::merge(vec![other, report]).unwrap();
        assert_eq!((whole.conformant, whole.interrupted), (false, Some(Interrupted { cases_not_played: 300 })));
    }

    #[test]
    fn a_stale_entry_of_an_unsupported_case_is_told_so_in_every_form() {
        let known = "[[known_failure]]\nid = 'A-1'\nreason = 'not mended yet'\n";
        let known = crate::certify::Expected::parse(known).unwrap();
        for (verdict, is_unsupported) in [(Verdict::Unsupported, true), (Verdict::Pass, false)] {
            let mut report = sample::of_cases(&[("A-1", None, verdict), ("A-2", None, Verdict::Pass)]);
            known.apply(&mut report, "2026-11-29".parse().unwrap());
            assert_eq!(report.stale.len(), 1);
            for form in forms(&report) {
                assert_eq!(form.contains("unsupported: the entry can go"), is_unsupported, "{form}");
            }
        }
    }
}
