//! Reports of several machines as one, and two runs against each other.

use std::collections::BTreeMap;

use super::{CaseReport, Interrupted, Report};
use crate::certify::Shard;
use crate::verdict::Verdict;

/// Joins the reports of shards. The error says why they are not parts of one run.
///
/// # Errors
///
/// If the reports are not shards of the same run.
pub fn merge(reports: Vec<Report>) -> Result<Report, String> {
    let mut reports = reports.into_iter();
    let mut whole = reports.next().ok_or("no report was given")?;
    let mut shards: Vec<String> = whole.shard.iter().cloned().collect();
    for report in reports {
        if report.suite != whole.suite {
            return Err(
                "the reports are of different suites: play all shards with the same miro-lab and the same options"
                    .to_owned(),
            );
        }
        if report.subject.command != whole.subject.command || report.subject.version != whole.subject.version {
            return Err("the reports are of different subjects".to_owned());
        }
        let twice = report.cases.iter().find(|case| whole.cases.iter().any(|other| other.name() == case.name()));
        if let Some(case) = twice {
            return Err(format!("`{}` is in two of the reports: give each shard once", case.name()));
        }
        shards.extend(report.shard);
        whole.cases.extend(report.cases);
        whole.not_played_again.extend(report.not_played_again);
        whole.interrupted = both(whole.interrupted, report.interrupted);
        whole.stale.extend(report.stale);
        whole.expired.extend(report.expired);
        whole.subject.exercised.extend(report.subject.exercised);
        whole.started = whole.started.min(report.started);
        whole.ended = whole.ended.max(report.ended);
    }
    complete(&shards)?;
    // An entry for all cases of a scenario may have come true in one shard and not in another.
    let came_true: Vec<_> = whole.cases.iter().filter_map(|case| case.expectation.clone()).collect();
    whole.stale.retain(|entry| !came_true.contains(entry));
    whole.stale.dedup();
    whole.not_played_again.sort_unstable();
    whole.subject.exercised.sort_unstable();
    whole.subject.exercised.dedup();
    whole.cases.sort_by(|one, other| (&one.file, &one.id, one.place).cmp(&(&other.file, &other.id, other.place)));
    whole.shard = None;
    whole.count();
    Ok(whole)
}

/// What two shards left together.
fn both(one: Option<Interrupted>, other: Option<Interrupted>) -> Option<Interrupted> {
    let left = |of: Option<Interrupted>| of.map(|of| of.cases_not_played);
    match (left(one), left(other)) {
        (None, None) => None,
        (one, other) => {
            let cases_not_played = one.unwrap_or_default().saturating_add(other.unwrap_or_default());
            Some(Interrupted { cases_not_played })
        }
    }
}

/// Whether every shard of the run is there. The error names one that is not.
fn complete(shards: &[String]) -> Result<(), String> {
    let all: Vec<Shard> = shards.iter().filter_map(|shard| shard.parse().ok()).collect();
    let Some(of) = all.iter().map(|shard| shard.of).max() else { return Ok(()) };
    if let Some(other) = all.iter().find(|shard| shard.of != of) {
        return Err(format!("shards of different runs: {}/{} beside some of {of}", other.number, other.of));
    }
    let missing = (1..=of).find(|number| !all.contains(&Shard { number: *number, of }));
    missing.map_or(Ok(()), |number| Err(format!("shard {number}/{of} is missing: a part of the cases was not played")))
}

/// A case that came to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub case: String,
    /// What it came to in the first report; nothing where it was not there.
    pub was: Option<Verdict>,
    /// What it came to in the second.
    pub is: Option<Verdict>,
    /// Why, where it is worse now.
    pub reason: String,
}

/// The cases that came to something else in `is` than in `was`.
pub fn diff(was: &Report, is: &Report) -> Vec<Difference> {
    let by_name = |report: &Report| -> BTreeMap<String, CaseReport> {
        report.cases.iter().map(|case| (case.name(), case.clone())).collect()
    };
    let (was, mut is) = (by_name(was), by_name(is));
    let mut differences = Vec::new();
    for (case, before) in was {
        let after = is.remove(&case);
        let verdict = after.as_ref().map(|after| after.verdict);
        if verdict != Some(before.verdict) {
            let reason = after.map(|after| after.reason).unwrap_or_default();
            differences.push(Difference { case, was: Some(before.verdict), is: verdict, reason });
        }
    }
    differences.extend(is.into_iter().map(|(case, after)| Difference {
        case,
        was: None,
        is: Some(after.verdict),
        reason: after.reason,
    }));
    differences
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |verdict: Option<Verdict>| verdict.map_or("absent", Verdict::name);
        write!(f, "{}: {} -> {}", self.case, name(self.was), name(self.is))?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::of_cases as report;

    #[test]
    fn shards_together_are_the_whole_run() {
        let one = report(&[("A-1", None, Verdict::Pass), ("A-3", None, Verdict::Fail)]);
        let other = report(&[("A-2", None, Verdict::Pass)]);
        let whole = merge(vec![other.clone(), one.clone()]).unwrap();
        assert_eq!(whole.cases.iter().map(CaseReport::name).collect::<Vec<_>>(), ["A-1", "A-2", "A-3"]);
        assert_eq!((whole.summary.pass, whole.summary.fail, whole.conformant), (2, 1, false));
        assert!(merge(vec![one.clone(), one.clone()]).unwrap_err().contains("in two of the reports"));
        let foreign = Report { suite: "01".to_owned(), ..other };
        assert!(merge(vec![one.clone(), foreign.clone()]).unwrap_err().contains("different suites"));
        assert!(merge(Vec::new()).is_err());
        let shard = |report: &Report, shard: &str| Report { shard: Some(shard.to_owned()), ..report.clone() };
        assert!(merge(vec![shard(&one, "1/2"), shard(&foreign, "2/2")]).is_err());
        assert!(merge(vec![shard(&one, "2/2")]).unwrap_err().contains("shard 1/2 is missing"));
    }

    #[test]
    fn two_runs_differ_where_a_case_came_to_something_else() {
        let was = report(&[("A-1", None, Verdict::Pass), ("A-2", None, Verdict::Fail), ("A-3", None, Verdict::Pass)]);
        let is = report(&[("A-1", None, Verdict::Pass), ("A-2", None, Verdict::Pass), ("A-4", None, Verdict::Skip)]);
        let told: Vec<String> = diff(&was, &is).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["A-2: fail -> pass", "A-3: pass -> absent", "A-4: absent -> skip: nothing-lost.audit: 1 missing"]
        );
        assert!(diff(&was, &was).is_empty());
    }
}
