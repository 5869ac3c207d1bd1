//! Reports for tests.

use jiff::Timestamp;

use super::{CaseReport, Report, SCHEMA, SubjectReport, Summary};
use crate::scenario::{Family, Level};
use crate::verdict::{Check, Verdict};

/// A small report that has every verdict. The test in Chromium reads the same file.
pub(super) fn report() -> Report {
    Report::read(include_str!("sample.json")).expect("the sample is a report")
}

/// Puts a text wherever a subject, a peer or the author of a scenario has a say.
pub(super) fn poison(report: &mut Report, text: &str) {
    report.subject.name.push_str(text);
    report.subject.command.push(text.to_owned());
    report.subject.version = Some(text.to_owned());
    report.machine.push_str(text);
    report.suite.push_str(text);
    report.tool.push_str(text);
    report.shard = Some(text.to_owned());
    report.not_played.push(text.to_owned());
    report.not_played_again.push(text.to_owned());
    for case in &mut report.cases {
        case.id.push_str(text);
        case.case = Some(text.to_owned());
        case.title.push_str(text);
        case.reason.push_str(text);
        case.link = Some(text.to_owned());
        case.repeat.push_str(text);
        case.why.push_str(text);
        case.file.push_str(text);
        case.output.push(text.to_owned());
        for source in &mut case.spec {
            text.clone_into(&mut source.url);
        }
        for check in &mut case.checks {
            check.check.push_str(text);
            check.expected.push_str(text);
            check.seen.push_str(text);
        }
        for exchange in &mut case.exchanges {
            exchange.peer.push_str(text);
            exchange.what.push_str(text);
            exchange.request.push_str(text);
            exchange.outcome.push_str(text);
            exchange.note.push_str(text);
        }
    }
    let known = report.cases.iter_mut().filter_map(|case| case.expectation.as_mut());
    for entry in report.stale.iter_mut().chain(known) {
        entry.id.push_str(text);
        entry.case = Some(text.to_owned());
        entry.reason.push_str(text);
        entry.link = Some(text.to_owned());
        entry.owner = Some(text.to_owned());
    }
}

/// A report of these cases: id, matrix values, verdict.
pub(crate) fn of_cases(cases: &[(&str, Option<&str>, Verdict)]) -> Report {
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
        not_played_again: Vec::new(),
        interrupted: None,
        stale: Vec::new(),
        expired: Vec::new(),
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
        seed: 0,
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
