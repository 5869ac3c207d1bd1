//! One event: the bytes Miro sent, and the little that is read of them.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::interval::{Interval, minute};
use crate::ledger::SPREAD;
use crate::store::{IdHash, Minute};
use crate::time;

/// An event as Miro sent it. It is never rebuilt: what is delivered is byte for byte what was read.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The event's JSON, a slice of its page.
    pub(crate) json: Bytes,
    /// Under which minute its id is remembered.
    pub(crate) minute: Minute,
    /// What is remembered of its id.
    pub(crate) id: u128,
    /// Why it cannot be sent at all.
    pub(crate) defect: Option<Defect>,
}

/// Why the bytes of an event cannot be part of an upload, whose body is a JSON array of objects
/// (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Bytes that are not UTF-8.
    Encoding,
    /// Not JSON.
    Syntax,
    /// JSON, but not an object: Azure acknowledges it and stores nothing.
    Shape,
}

impl Defect {
    /// The reason with which the event is set aside.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Encoding => "Miro sent bytes that are not UTF-8",
            Self::Syntax => "Miro sent something that is not JSON",
            Self::Shape => "Miro sent something that is not a JSON object",
        }
    }

    fn of(json: &[u8]) -> Option<Self> {
        if std::str::from_utf8(json).is_err() {
            Some(Self::Encoding)
        } else if serde_json::from_slice::<&RawValue>(json).is_err() {
            Some(Self::Syntax)
        } else {
            Self::of_valid(json)
        }
    }

    fn of_valid(json: &[u8]) -> Option<Self> {
        (json.first() != Some(&b'{')).then_some(Self::Shape)
    }
}

/// The parts that are read. Kept as raw JSON so that a number or a missing field refuses no event.
#[derive(Default, Deserialize)]
struct Read<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "createdAt")]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "actionTime")]
    action_time: Option<&'a RawValue>,
}

impl<'a> Read<'a> {
    fn of(json: &'a [u8]) -> Self {
        // What is no object, or names a key twice, has no id and no time, and is an event all the same.
        serde_json::from_slice(json).unwrap_or_default()
    }

    /// The id as it stands in the event, if it can tell one event from another.
    fn id(&self) -> Option<&'a str> {
        let id = self.id?.get();
        let is_text = id.len() > 2 && id.starts_with('"');
        let is_number = || id.parse::<f64>().is_ok_and(|number| number != 0.0);
        (is_text || is_number()).then_some(id)
    }

    fn time(&self) -> Option<Timestamp> {
        let time = self.created_at.or(self.action_time)?;
        time::parse(time.get().trim_matches('"'))
    }
}

/// Where events are remembered whose own minute cannot be used: whichever span shows them, they are found again.
/// The end of time is never forgotten by the ledger.
pub(crate) const STRAYS: Minute = Minute(4_223_370_120);

/// The minutes around a span under which its events are remembered.
#[derive(Clone, Debug)]
pub(crate) struct Around(Range<Minute>);

impl Around {
    pub(crate) fn new(span: Interval) -> Self {
        Self(span.widened(SPREAD).minutes())
    }
}

impl Event {
    /// Reads the id and the time of `json`, a valid element of a page.
    ///
    /// Without an id the bytes themselves are the id; neither an empty text nor what is no text or number is one. Without a readable time, or with one far outside its span, the
    /// event is a stray: the minutes there may be forgotten before the span is read for the last time.
    pub(crate) fn read(json: Bytes, around: &Around) -> Self {
        let read = Read::of(&json);
        let id = hash(read.id().map_or(&json[..], str::as_bytes));
        let minute = read.time().map(minute).filter(|minute| around.0.contains(minute)).unwrap_or(STRAYS);
        let defect = Defect::of_valid(&json);
        Self { json, minute, id, defect }
    }

    /// The same for bytes that may be anything. What is broken is known by its bytes.
    pub(crate) fn checked(json: Bytes, around: &Around) -> Self {
        let defect = Defect::of(&json);
        Self { defect, ..Self::read(json, around) }
    }

    /// Miro's id as text, for people; empty when there is none.
    pub(crate) fn id_text(&self) -> String {
        Read::of(&self.json).id.map(|id| id.get().trim_matches('"').to_owned()).unwrap_or_default()
    }

    /// The id as it is remembered on disk.
    pub(crate) fn id_hash(&self) -> IdHash {
        self.id.to_le_bytes()
    }
}

fn hash(id: &[u8]) -> u128 {
    let digest = digest(&SHA256, id);
    let (first, _) = digest.as_ref().split_first_chunk::<16>().expect("SHA-256 has 32 bytes");
    u128::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Around::new(Interval::new(at("2026-01-02T03:00:00Z"), at("2026-01-02T04:00:00Z")).unwrap())
    }

    fn read(json: &'static str) -> Event {
        Event::read(Bytes::from_static(json.as_bytes()), &around())
    }

    fn minute_of(text: &str) -> Minute {
        minute(text.parse().unwrap())
    }

    #[test]
    fn strays_are_at_the_end_of_time() {
        assert_eq!(STRAYS, minute(Timestamp::MAX));
    }

    #[test]
    fn both_logs_are_remembered_by_their_own_time() {
        let audit = read(r#"{"id":"a","createdAt":"2026-01-02T03:04:05.678+0000"}"#);
        assert_eq!(audit.minute, minute_of("2026-01-02T03:04:00Z"));
        let content = read(r#"{"id":"a","actionTime":"2026-01-02T03:05:05Z"}"#);
        assert_eq!(content.minute, minute_of("2026-01-02T03:05:00Z"));
        assert_eq!(audit.id, content.id, "the same id is the same, wherever it is");
        assert_eq!(audit.id_text(), "a");
    }

    #[test]
    fn odd_events_are_still_events() {
        assert_eq!(read(r#"{"id":7}"#).id_text(), "7");
        assert_ne!(read(r#"{"x":1}"#).id, read(r#"{"x":2}"#).id);
        assert_eq!(read(r#"{"x":1}"#).id, read(r#"{"x":1}"#).id);
        for no_id in ["\"\"", "0", "-0.0", "null", "false", "true", "{}", "[]"] {
            let event = |other: u8| Event::read(Bytes::from(format!("{{\"id\":{no_id},\"x\":{other}}}")), &around()).id;
            assert_ne!(event(1), event(2), "{no_id}");
        }
        assert_eq!(read(r#"{"id":10,"x":1}"#).id, read(r#"{"id":10,"x":2}"#).id);
        assert_eq!(read("\"text\"").id_text(), "");
        for odd in [r#"{"id":null,"createdAt":null}"#, r#"{"createdAt":{}}"#, r#"{"createdAt":"soon"}"#, "null"] {
            assert_eq!(read(odd).minute, STRAYS, "{odd}");
        }
    }

    #[test]
    fn a_time_far_outside_is_a_stray_and_a_near_one_is_not() {
        assert_eq!(read(r#"{"createdAt":"2020-01-02T03:04:05Z"}"#).minute, STRAYS);
        assert_eq!(read(r#"{"createdAt":"2030-01-02T03:04:05Z"}"#).minute, STRAYS);
        let near = read(r#"{"createdAt":"2026-01-02T04:30:00Z"}"#);
        assert_eq!(near.minute, minute_of("2026-01-02T04:30:00Z"));
    }
}
