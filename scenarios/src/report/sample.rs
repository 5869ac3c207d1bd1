//! A small report that has every verdict. The test in Chromium reads the same file.

use super::Report;

/// It.
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
