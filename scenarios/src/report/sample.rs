//! Reports for tests.

use jiff::Timestamp;

use super::{CaseReport, Report, SCHEMA, SubjectReport, Summary};
use crate::scenario::{Family, Level};
use crate::verdict::{Check, Verdict};

/// A report of these cases: id, matrix values, verdict.
pub(crate) fn report(cases: &[(&str, Option<&str>, Verdict)]) -> Report {
    let mut report = Report {
        schema: SCHEMA,
        conformant: false,
        subject: SubjectReport {
            name: "sample".to_owned(),
            command: vec!["./sample".to_owned()],
            version: None,
            features: Vec::new(),
            exercised: Vec::new(),
        },
        summary: Summary::default(),
        cases: cases.iter().map(|(id, case, verdict)| of_case(id, *case, *verdict)).collect(),
        not_played: Vec::new(),
        stale: Vec::new(),
        tool: "0.1.0".to_owned(),
        suite: "00".to_owned(),
        shard: None,
        machine: "linux x86_64, 2 processors".to_owned(),
        started: Timestamp::UNIX_EPOCH,
        ended: Timestamp::UNIX_EPOCH,
    };
    report.count();
    report
}

fn of_case(id: &str, case: Option<&str>, verdict: Verdict) -> CaseReport {
    let check = Check {
        check: "nothing-lost.audit".to_owned(),
        verdict,
        expected: "each of 2 events".to_owned(),
        seen: "1 missing".to_owned(),
    };
    CaseReport {
        id: id.to_owned(),
        case: case.map(str::to_owned),
        title: "Nothing is lost".to_owned(),
        level: Level::Must,
        verdict,
        seconds: 1.5,
        checks: vec![check],
        reason: if verdict == Verdict::Pass { String::new() } else { "nothing-lost.audit: 1 missing".to_owned() },
        link: None,
        repeat: format!("miro-lab certify {id}"),
        family: Family::Paging,
        profiles: Vec::new(),
        why: String::new(),
        spec: Vec::new(),
        file: format!("scenarios/catalogue/paging/{}.yaml", id.to_ascii_lowercase()),
        line: 1,
        place: 0,
        expectation: None,
        exchanges: Vec::new(),
        output: Vec::new(),
    }
}
