//! An event at Miro, written out from a few numbers.

use std::ops::Range;

use bytes::Bytes;
use connector::Stream;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::length;

/// An event as a timeline plans it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSpec {
    /// In which log.
    #[schemars(with = "super::stream_name::StreamName")]
    pub stream: Stream,
    /// Its id; made up from the step's place unless given. The same id again is the same event again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The time that it carries, counted from the beginning. Unless given, what Miro's clock shows when it happens; an earlier one
    /// makes it late.
    #[serde(default, with = "length::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub time: Option<SignedDuration>,
    /// About how many bytes it has; it is never less than its fields need, some 200.
    #[serde(default = "usual_bytes")]
    pub bytes: usize,
    /// What is in it.
    #[serde(default)]
    pub content: Content,
    /// Fields that it has beside or in place of the documented ones.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

const fn usual_bytes() -> usize {
    400
}

impl EventSpec {
    /// Its id, where it stands in this step, counted from 0.
    pub fn id_at(&self, step: usize) -> String {
        self.id.clone().unwrap_or_else(|| format!("event-{:03}", step + 1))
    }
}

/// An event at its place in time.
#[derive(Clone, Debug, PartialEq)]
pub struct MiroEvent {
    /// Its id; no other event of the day has it, and no text in another one does.
    pub id: String,
    /// The time that it carries, by Miro's clock.
    pub time: Timestamp,
    /// About how many bytes it has; it is never less than its fields need, some 200.
    pub bytes: usize,
    /// What is in it.
    pub content: Content,
    /// Fields beside or in place of the documented ones.
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// What an event holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// What Miro documents.
    #[default]
    Documented,
    /// The same, and Azure refuses every upload with it.
    Refused,
    /// A byte in a text that is not UTF-8.
    NotUtf8,
    /// A control character in a text, as JSON forbids.
    ControlCharacter,
    /// A number that JSON does not have.
    NotJson,
    /// A text where an object should be.
    NotAnObject,
}

impl Content {
    /// Whether Azure could take it, if it is not too large.
    pub const fn is_sendable(self) -> bool {
        matches!(self, Self::Documented)
    }
}

impl MiroEvent {
    /// The event's bytes as Miro sends them, and where its id stands in them.
    pub fn bytes(&self, stream: Stream) -> (Bytes, Range<usize>) {
        if !self.fields.is_empty() && self.content.is_sendable() {
            return self.with_fields(stream);
        }
        let Frame { mut out, id, closing } = self.frame(stream);
        if self.content != Content::NotAnObject {
            let filler = self.bytes.saturating_sub(out.len() + closing.len());
            out.extend(self.filler().take(filler));
        }
        out.extend_from_slice(closing);
        (out.into(), id)
    }

    /// How many bytes [`bytes`](Self::bytes) has, without writing them.
    pub fn size(&self, stream: Stream) -> usize {
        if !self.fields.is_empty() && self.content.is_sendable() {
            return self.with_fields(stream).0.len();
        }
        let Frame { out, closing, .. } = self.frame(stream);
        let least = out.len() + closing.len();
        if self.content == Content::NotAnObject { least } else { least.max(self.bytes) }
    }

    /// The documented event with other fields, its id first.
    fn with_fields(&self, stream: Stream) -> (Bytes, Range<usize>) {
        let (plain, id) = Self { fields: serde_json::Map::new(), ..self.clone() }.bytes(stream);
        let mut event: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&plain).unwrap_or_default();
        event.extend(self.fields.clone());
        event.remove("id");
        let rest = serde_json::to_string(&event).unwrap_or_default();
        let rest = rest.strip_prefix('{').unwrap_or_default();
        let comma = if event.is_empty() { "" } else { "," };
        (format!("{{\"id\":\"{}\"{comma}{rest}", self.id).into(), id)
    }

    /// What stands around the filling.
    fn frame(&self, stream: Stream) -> Frame {
        if self.content == Content::NotAnObject {
            let out = format!("\"{}", self.id).into_bytes();
            return Frame { id: 1..out.len(), out, closing: b"\"" };
        }
        let mut out = b"{\"id\":\"".to_vec();
        let id = out.len()..out.len() + self.id.len();
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(self.fields(stream).as_bytes());
        match self.content {
            Content::NotUtf8 => out.push(0xff),
            Content::ControlCharacter => out.push(0x01),
            _ => {}
        }
        let closing: &[u8] = if self.content == Content::NotJson { b"\",\"odd\":NaN}}" } else { b"\"}}" };
        Frame { out, id, closing }
    }

    /// Letters that compress about as well as the texts of a log do, no two events' alike.
    fn filler(&self) -> impl Iterator<Item = u8> + use<> {
        let mut state = self
            .id
            .bytes()
            .fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        std::iter::repeat_with(move || {
            // Xorshift (Marsaglia, 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            LETTERS[(state >> 32) as usize % LETTERS.len()]
        })
    }

    /// The documented fields after the id, up to the inside of a text.
    fn fields(&self, stream: Stream) -> String {
        let time = self.time.strftime("%Y-%m-%dT%H:%M:%S.%3f");
        match stream {
            Stream::Audit => format!(
                "\",\"type\":\"event\",\"event\":\"board_renamed\",\"category\":\"boards\",\"createdAt\":\"{time}+0000\",\
                 \"createdBy\":{{\"type\":\"user\",\"id\":\"3074457345618265000\"}},\"details\":{{\"text\":\""
            ),
            Stream::Content => format!(
                "\",\"contentId\":\"3458764\",\"actionType\":\"update\",\"itemType\":\"sticky_note\",\
                 \"actionTime\":\"{time}Z\",\"actor\":{{\"id\":\"3074457345618265000\"}},\"state\":{{\"text\":\""
            ),
        }
    }
}

/// An event without its filling.
struct Frame {
    out: Vec<u8>,
    /// Where its id stands.
    id: Range<usize>,
    closing: &'static [u8],
}

const LETTERS: &[u8; 16] = b"eeeettaaoinshr  ";

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bytes: usize, content: Content) -> MiroEvent {
        MiroEvent {
            id: "planned-7".to_owned(),
            time: "2026-03-01T00:00:00.5Z".parse().unwrap(),
            bytes,
            content,
            fields: serde_json::Map::new(),
        }
    }

    #[test]
    fn it_has_the_size_and_the_id_it_was_planned_with() {
        for stream in Stream::ALL {
            for bytes in [400, 1_000, 1_000_000] {
                let (json, id) = event(bytes, Content::Documented).bytes(stream);
                assert_eq!((json.len(), event(bytes, Content::Documented).size(stream)), (bytes, bytes), "{stream}");
                assert_eq!(&json[id], b"planned-7");
                assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
            }
        }
    }

    #[test]
    fn fields_are_added_and_replaced() {
        let mut event = event(400, Content::Documented);
        event.fields = serde_json::from_str(r#"{"event":"odd","more":[1]}"#).unwrap();
        let (json, id) = event.bytes(Stream::Audit);
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!((&json[id], &read["event"], &read["more"][0]), (&b"planned-7"[..], &"odd".into(), &1.into()));
        assert_eq!(json.len(), event.size(Stream::Audit));
    }

    #[test]
    fn what_is_broken_is_broken_and_keeps_its_brackets() {
        for content in [Content::NotUtf8, Content::ControlCharacter, Content::NotJson] {
            let (json, id) = event(500, content).bytes(Stream::Audit);
            assert!(serde_json::from_slice::<serde_json::Value>(&json).is_err(), "{content:?}");
            assert_eq!((json.first(), json.last(), &json[id]), (Some(&b'{'), Some(&b'}'), &b"planned-7"[..]));
        }
        let (json, id) = event(500, Content::NotAnObject).bytes(Stream::Audit);
        assert_eq!(json.len(), event(500, Content::NotAnObject).size(Stream::Audit));
        assert_eq!((&json[..], &json[id]), (&b"\"planned-7\""[..], &b"planned-7"[..]));
    }
}
