//! Why the process is not ready, in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::status::Status;

/// The reasons, stream by stream: the open problem with its next step, or since when Miro gave no page.
pub(super) fn reasons(status: &Status, now: Timestamp) -> String {
    let mut reasons = String::new();
    for (name, stream) in &status.streams {
        if let Some(problem) = &stream.problem {
            line(&mut reasons, format_args!("{name}: {}\n  next: {}", problem.cause, problem.next_step));
        } else if !stream.is_heard(now) {
            line(&mut reasons, format_args!("{name}: {}", stream.silence()));
        }
    }
    reasons
}

/// What a stop waits for, stream by stream.
pub(super) fn waits(status: &Status) -> String {
    let mut waits = String::new();
    for (name, stream) in status.streams.iter().filter(|(_, stream)| stream.in_flight > 0) {
        line(&mut waits, format_args!("{name}: {} events in flight", stream.in_flight));
    }
    waits
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::StreamStatus;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn each_silent_stream_says_since_when() {
        let heard = |last: Option<i64>| StreamStatus { last_page: last.map(at), ..StreamStatus::default() };
        let mut status = Status::default();
        for (name, last) in [("never", None), ("lately", Some(990_000)), ("long-ago", Some(900_000))] {
            status.streams.insert(name.into(), heard(last));
        }
        status.streams.insert("slow".into(), StreamStatus { poll_seconds: 3600, ..heard(Some(985_000)) });
        assert_eq!(
            reasons(&status, at(990_060)),
            "long-ago: no page from Miro since 1970-01-11T10:00:00Z\nnever: no page from Miro yet\n"
        );
    }

    #[test]
    fn a_stop_says_what_it_waits_for() {
        let mut status = Status::default();
        status.streams.insert("audit".into(), StreamStatus { in_flight: 12, ..StreamStatus::default() });
        status.streams.insert("content".into(), StreamStatus::default());
        assert_eq!(waits(&status), "audit: 12 events in flight\n");
    }
}
