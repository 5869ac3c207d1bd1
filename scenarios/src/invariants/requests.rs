//! How often is called.

use connector::Stream;
use jiff::{SignedDuration, Timestamp};

use crate::scenario::{Call, Requests, Scenario};

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) at: Timestamp,
    pub(crate) call: Call,
    pub(crate) stream: Option<Stream>,
}

/// How often was called, against how often has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frequency {
    pub(crate) holds: bool,
    pub(crate) expected: String,
    pub(crate) seen: String,
}

/// Counts the calls that `requests` is about, in a scenario that began at `begun`.
pub(crate) fn frequency(requests: &Requests, calls: &[Counted], begun: Timestamp) -> Frequency {
    let since = |offset: SignedDuration| begun.saturating_add(offset).unwrap_or(Timestamp::MAX);
    let from = requests.from.map_or(Timestamp::MIN, since);
    let until = requests.until.map_or(Timestamp::MAX, since);
    let counts = |call: &&Counted| {
        requests.call.includes(call.call)
            && (requests.stream.is_none() || requests.stream == call.stream)
            && from <= call.at
            && call.at < until
    };
    let times: Vec<Timestamp> = calls.iter().filter(counts).map(|call| call.at).collect();
    let count = times.len() as u64;
    let busiest = requests.per.map(|per| busiest(&times, per));
    let too_few = requests.min.is_some_and(|min| count < min);
    let too_many = requests.max.is_some_and(|max| busiest.unwrap_or(count) > max);
    let name = requests.call.name();
    let seen = match (busiest, requests.per) {
        (Some(busiest), Some(per)) if !too_few => format!("{busiest} requests of {name} within {per:#}"),
        _ => format!("{count} requests of {name}"),
    };
    Frequency { holds: !too_few && !too_many, expected: expected(requests, too_few), seen }
}

fn expected(requests: &Requests, too_few: bool) -> String {
    match (requests.min, requests.max) {
        (Some(min), Some(max)) if !too_few && requests.per.is_none() => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (Some(min), _) if too_few => format!("at least {min}"),
        (_, Some(max)) => format!("at most {max}"),
        (_, None) => "any number".to_owned(),
    }
}

/// What `requests` is about, for readers of a report.
pub(crate) fn described(requests: &Requests, scenario: &Scenario) -> String {
    let since = |offset: SignedDuration| crate::scenario::length_text(offset);
    let stream = requests.stream.map(|stream| format!("for the {stream} log"));
    let from = requests.from.map(|from| format!("from {} on", since(from)));
    let until = requests.until.filter(|until| *until <= scenario.length());
    let until = until.map(|until| format!("until {}", since(until)));
    let parts = std::iter::once(requests.call.name().to_owned()).chain([stream, from, until].into_iter().flatten());
    parts.collect::<Vec<_>>().join(" ")
}

/// The most calls in any stretch of this length.
fn busiest(times: &[Timestamp], per: SignedDuration) -> u64 {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in times.iter().enumerate() {
        while at.duration_since(times[first]) >= per {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_busiest_stretch_is_half_open() {
        let times: Vec<_> = [0, 1, 10, 19, 20, 21].map(at).into();
        assert_eq!(busiest(&times, SignedDuration::from_secs(10)), 3);
        assert_eq!(busiest(&times, SignedDuration::from_secs(1)), 1);
        assert_eq!(busiest(&[], SignedDuration::from_secs(1)), 0);
    }

    #[test]
    fn calls_are_counted_by_kind_log_and_time() {
        let calls: Vec<Counted> =
            [0, 1, 2].map(|second| Counted { at: at(second), call: Call::Ingest, stream: Some(Stream::Audit) }).into();
        let requests = |text: &str| -> Requests { serde_json::from_str(text).unwrap() };
        let judged = |text: &str| frequency(&requests(text), &calls, at(0));
        assert!(judged(r#"{"call": "ingestion", "min": 3, "max": 3}"#).holds);
        let few = judged(r#"{"call": "sentinel.ingest", "min": 3, "until": "2s"}"#);
        assert_eq!(
            (few.holds, few.expected.as_str(), few.seen.as_str()),
            (false, "at least 3", "2 requests of sentinel.ingest")
        );
        let many = judged(r#"{"call": "ingestion", "max": 1, "per": "2s"}"#);
        assert_eq!((many.holds, many.seen.as_str()), (false, "2 requests of ingestion within 2s"));
        assert!(judged(r#"{"call": "ingestion", "stream": "content", "max": 0}"#).holds);
    }
}
