//! What a failure may come from that its check cannot know.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use connector::Stream;

use super::Subject;
use crate::scenario::{Call, Feature};
use crate::verdict::Check;

/// Says of the missing events of a log that was never asked for, while the other one was, how a program declares that it delivers one
/// log alone: without a declaration, both are taken for granted.
pub(super) fn one_log_alone(subject: &Subject, asked: &BTreeSet<Call>, checks: &mut [Check]) {
    let Subject::Foreign { target, .. } = subject else { return };
    if !target.has_usual_features() {
        return;
    }
    let was_asked = |stream: Stream| asked.contains(&page_of(stream));
    for (stream, other) in [(Stream::Audit, Stream::Content), (Stream::Content, Stream::Audit)] {
        let lost = format!("nothing-lost.{stream}");
        if was_asked(stream) || !was_asked(other) {
            continue;
        }
        for check in checks.iter_mut().filter(|check| check.check == lost && check.is_broken()) {
            let feature = feature_of(other).name();
            // A string takes everything.
            let _written = write!(
                check.seen,
                "; it never asked for the {stream} log: if it delivers the {other} log alone, declare features: [{feature}] in \
                 its target file"
            );
        }
    }
}

const fn page_of(stream: Stream) -> Call {
    match stream {
        Stream::Audit => Call::AuditLogs,
        Stream::Content => Call::ContentLogs,
    }
}

const fn feature_of(stream: Stream) -> Feature {
    match stream {
        Stream::Audit => Feature::Audit,
        Stream::Content => Feature::Content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Target;

    #[test]
    fn only_a_log_that_was_never_asked_for_gets_the_hint() {
        let told = |target: Target, asked: &[Call]| {
            let subject = Subject::Foreign { name: "a".to_owned(), target: Box::new(target) };
            let mut checks =
                ["audit", "content"].map(|log| Check::new(format!("nothing-lost.{log}"), false, "all", "3 missing"));
            one_log_alone(&subject, &asked.iter().copied().collect(), &mut checks);
            checks.map(|check| check.seen)
        };
        let plain = || Target::of_command(vec!["a".to_owned()]);
        let [audit, content] = told(plain(), &[Call::AuditLogs, Call::Token]);
        assert_eq!(audit, "3 missing");
        assert!(
            content.ends_with("if it delivers the audit log alone, declare features: [audit] in its target file"),
            "{content}"
        );
        for asked in [&[Call::AuditLogs, Call::ContentLogs][..], &[]] {
            assert_eq!(told(plain(), asked), ["3 missing", "3 missing"], "{asked:?}");
        }
        let mut declared = plain();
        declared.features.insert(Feature::LateEvents);
        assert_eq!(told(declared, &[Call::AuditLogs]), ["3 missing", "3 missing"]);
    }
}
