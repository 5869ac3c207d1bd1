//! A page of events, read without rebuilding anything.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::event::{Around, Event};
use crate::interval::Interval;
use crate::ledger::Cursor;

mod cut;

/// One page of a span.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The cursor that it was asked for with.
    pub(crate) at: Option<Cursor>,
    /// Its events, in Miro's order.
    pub(crate) events: Vec<Event>,
    /// The cursor of the next page; none at the end.
    pub(crate) next: Option<Cursor>,
    /// By the earlier of Miro's clock and ours: nothing that happened later can be in it.
    pub(crate) as_of: Timestamp,
    /// What is unusual about it, and no reason not to read it.
    pub(super) oddity: Option<Oddity>,
}

/// What a page may be without being refused: no field is documented as required
/// (<https://developers.miro.com/reference/enterprise-get-audit-logs>, read 2026-11-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// It does not say that it is a list.
    TypeAbsent,
    /// It does not say how many events it holds.
    SizeAbsent,
    /// It holds more events than it says.
    MoreThanSize,
    /// Some of its events are not valid JSON.
    BrokenEvents,
}

impl Oddity {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TypeAbsent => "`type` is absent",
            Self::SizeAbsent => "`size` is absent",
            Self::MoreThanSize => "`data` holds more events than `size` says",
            Self::BrokenEvents => "an event is not valid JSON",
        }
    }
}

/// A longer cursor cannot be sent back: what carries requests bounds their targets. Miro's are some 60 bytes long.
const CURSOR_BYTES_MAX: usize = 8 * 1024;
/// What `type` says of a page.
const LIST: &str = "cursor-list";

/// What is read of the answer. Absent and null are told apart from empty: only an array is a list of events.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    cursor: Option<&'a RawValue>,
    #[serde(borrow, default)]
    size: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
}

impl Page {
    /// Reads the answer `body` to a request at cursor `at` of `span`, sent `as_of`.
    ///
    /// A page is a JSON object whose `data` is an array, of at least `size` events where that is told, and whose `type` is
    /// `cursor-list` where that is told. Everything else is refused: taken for an empty page, it would end the log. The error
    /// says what is odd, without content.
    pub(crate) fn read(body: &Bytes, at: Option<&Cursor>, span: Interval, as_of: Timestamp) -> Result<Self, String> {
        let around = Around::new(span);
        // A struct may be read from a JSON list too; a page may not.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'[') {
            return Err("not a page but a JSON list".to_owned());
        }
        let read = match serde_json::from_slice::<Envelope<'_>>(body) {
            Ok(envelope) => {
                let data = envelope.data.ok_or("not a page but an object without a list `data`")?;
                let event = |json: &RawValue| Event::read(body.slice_ref(json.get().as_bytes()), &around);
                let raw = |value: Option<&RawValue>| value.map(|value| value.get().as_bytes().to_vec());
                Read {
                    events: data.into_iter().map(event).collect(),
                    cursor: raw(envelope.cursor),
                    size: raw(envelope.size),
                    kind: raw(envelope.kind),
                    oddity: None,
                }
            }
            Err(error) => Read::cut(body, &around).ok_or_else(|| {
                format!("not the JSON of a page ({:?} at byte {})", error.classify(), position(body, &error))
            })?,
        };
        let oddity = read.oddity()?;
        let next = read.cursor.as_deref().map_or(Ok(None), cursor)?;
        Ok(Self { at: at.cloned(), events: read.events, next, as_of, oddity })
    }
}

/// A page before it is believed.
struct Read {
    events: Vec<Event>,
    cursor: Option<Vec<u8>>,
    size: Option<Vec<u8>>,
    kind: Option<Vec<u8>>,
    oddity: Option<Oddity>,
}

impl Read {
    /// The page of a body that is not valid JSON as a whole.
    fn cut(body: &Bytes, around: &Around) -> Option<Self> {
        let parts = cut::parts(body)?;
        let raw = |value: Option<Range<usize>>| value.map(|value| body[value].to_vec());
        Some(Self {
            events: parts.data?.into_iter().map(|event| Event::checked(body.slice(event), around)).collect(),
            cursor: raw(parts.cursor),
            size: raw(parts.size),
            kind: raw(parts.kind),
            oddity: Some(Oddity::BrokenEvents),
        })
    }

    /// What is unusual, or what makes it no page.
    fn oddity(&self) -> Result<Option<Oddity>, String> {
        let mut oddity = self.oddity;
        match field::<String>(self.kind.as_deref()) {
            Field::Value(kind) if kind == LIST => {}
            Field::Absent => oddity = oddity.or(Some(Oddity::TypeAbsent)),
            Field::Value(_) | Field::Other => return Err(format!("not a page: its `type` is not `{LIST}`")),
        }
        let held = self.events.len() as u64;
        match field::<u64>(self.size.as_deref()) {
            Field::Value(size) if size > held => {
                return Err(format!("a cut page: `size` is {size} and `data` holds {held} events"));
            }
            Field::Value(size) if size == held => {}
            Field::Value(_) => oddity = oddity.or(Some(Oddity::MoreThanSize)),
            Field::Absent => oddity = oddity.or(Some(Oddity::SizeAbsent)),
            Field::Other => return Err("not a page: its `size` is not a count".to_owned()),
        }
        Ok(oddity)
    }
}

/// A field of a foreign object.
enum Field<T> {
    Absent,
    Value(T),
    Other,
}

fn field<T: DeserializeOwned>(json: Option<&[u8]>) -> Field<T> {
    match json {
        None | Some(b"null") => Field::Absent,
        Some(json) => serde_json::from_slice(json).map_or(Field::Other, Field::Value),
    }
}

/// Absent, `null` and empty all mean that this was the last page. A cursor is text; a number is taken as it is written.
fn cursor(json: &[u8]) -> Result<Option<Cursor>, String> {
    let text = match serde_json::from_slice::<Value>(json) {
        Ok(Value::Null) => return Ok(None),
        Ok(Value::String(text)) => text,
        Ok(Value::Number(number)) => number.to_string(),
        Ok(_) | Err(_) => return Err("not a page: its `cursor` is not text".to_owned()),
    };
    match text.len() {
        0 => Ok(None),
        1..=CURSOR_BYTES_MAX => Ok(Some(Cursor(text))),
        length => {
            Err(format!("a page whose cursor is {length} bytes long; at most {CURSOR_BYTES_MAX} can be sent back"))
        }
    }
}

fn position(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    lines.map(<[u8]>::len).sum::<usize>() + error.column()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_bytes(body: &[u8]) -> Result<Page, String> {
        let span = Interval::new(Timestamp::UNIX_EPOCH, Timestamp::MAX).unwrap();
        Page::read(&Bytes::copy_from_slice(body), None, span, Timestamp::MAX)
    }

    fn read(body: &str) -> Result<Page, String> {
        read_bytes(body.as_bytes())
    }

    #[test]
    fn events_keep_every_byte() {
        let page =
            read("{\"data\":[ {\"id\": \"a\",\n \"n\":1.50} ,{\"id\":\"b\",\"t\":\"\\u00e9é\"}],\"cursor\":\"x#1\"}")
                .unwrap();
        let events: Vec<&[u8]> = page.events.iter().map(|event| &event.json[..]).collect();
        assert_eq!(events, [&b"{\"id\": \"a\",\n \"n\":1.50}"[..], "{\"id\":\"b\",\"t\":\"\\u00e9é\"}".as_bytes()]);
        assert_eq!(page.next, Some(Cursor("x#1".into())));
    }

    #[test]
    fn the_end_is_absent_null_or_empty() {
        for end in ["", r#","cursor":null"#, r#","cursor":"""#] {
            assert_eq!(read(&format!(r#"{{"data":[]{end}}}"#)).unwrap().next, None, "{end}");
        }
        assert_eq!(read(r#"{"data":[],"cursor":12}"#).unwrap().next, Some(Cursor("12".into())));
        assert_eq!(read(r#"{"data":[],"cursor":"a\"b"}"#).unwrap().next, Some(Cursor("a\"b".into())));
    }

    #[test]
    fn a_page_may_be_odd() {
        let table = [
            (r#"{"type":"cursor-list","size":1,"data":[{}]}"#, None),
            (r#"{"type":"cursor-list","limit":100,"size":0,"data":[]}"#, None),
            (r#"{"size":0,"data":[]}"#, Some(Oddity::TypeAbsent)),
            (r#"{"type":null,"size":0,"data":[]}"#, Some(Oddity::TypeAbsent)),
            (r#"{"type":"cursor-list","data":[]}"#, Some(Oddity::SizeAbsent)),
            (r#"{"type":"cursor-list","size":0,"data":[{}]}"#, Some(Oddity::MoreThanSize)),
        ];
        for (body, expected) in table {
            assert_eq!(read(body).unwrap().oddity, expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_a_page_is_refused_without_its_content() {
        let table = [
            ("", "not the JSON of a page"),
            ("<html>secret</html>", "not the JSON of a page"),
            (r#"{"data":"secret"}"#, "not the JSON of a page"),
            (r#"{"data":[{"id":"secret"}"#, "not the JSON of a page"),
            ("[]x", "not a page but a JSON list"),
            (r#"{"data":[],"data":[]}"#, "not the JSON of a page"),
            ("null", "not the JSON of a page"),
            ("{}", "not a page but an object without a list `data`"),
            (r#"{"data":null,"size":0}"#, "not a page but an object without a list `data`"),
            (r#"{"message":"secret"}"#, "not a page but an object without a list `data`"),
            (r#"{"cursor":"secret"}"#, "not a page but an object without a list `data`"),
            (
                r#"{"type":"error","status":500,"code":"secret","data":[]}"#,
                "not a page: its `type` is not `cursor-list`",
            ),
            (r#"{"type":7,"data":[]}"#, "not a page: its `type` is not `cursor-list`"),
            (r#"{"size":100,"data":[{"id":"secret"}]}"#, "a cut page: `size` is 100 and `data` holds 1 events"),
            (r#"{"size":100}"#, "not a page but an object without a list `data`"),
            (r#"{"size":"secret","data":[]}"#, "not a page: its `size` is not a count"),
            (r#"{"size":-1,"data":[]}"#, "not a page: its `size` is not a count"),
            (r#"{"data":[],"cursor":{"secret":1}}"#, "not a page: its `cursor` is not text"),
            (r#"{"data":[],"cursor":false}"#, "not a page: its `cursor` is not text"),
        ];
        for (body, expected) in table {
            let error = read(body).unwrap_err();
            assert!(error.starts_with(expected) && !error.contains("secret"), "{body}: {error}");
        }
    }

    #[test]
    fn a_list_is_no_page_either() {
        assert!(
            read("[]").is_err() && read("[[],null]").is_err(),
            "a struct may be read from a list: this one may not"
        );
    }

    #[test]
    fn a_cursor_that_cannot_be_sent_back_is_refused() {
        let page = |length: usize| format!(r#"{{"data":[],"cursor":"{}"}}"#, "x".repeat(length));
        assert_eq!(read(&page(CURSOR_BYTES_MAX)).unwrap().next.unwrap().0.len(), CURSOR_BYTES_MAX);
        for length in [CURSOR_BYTES_MAX + 1, 70_000] {
            let error = read(&page(length)).unwrap_err();
            assert!(error.contains(&format!("{length} bytes")), "{error}");
        }
    }

    #[test]
    fn a_broken_event_is_told_apart_and_its_neighbors_are_read() {
        let broken: [&[u8]; 5] =
            [b"{\"id\":\"\xff\"}", b"{\"id\":\"\x01\"}", b"{\"n\":NaN}", b"{\"n\":01}", b"{\"n\":\"\\x\"}"];
        for event in broken {
            let body =
                [b"{\"size\":3,\"data\":[{\"id\":\"a\"},", event, b",{\"id\":\"b\"}],\"cursor\":\"c\"}"].concat();
            let page = read_bytes(&body).unwrap();
            let defects: Vec<bool> = page.events.iter().map(|event| event.defect.is_some()).collect();
            assert_eq!(defects, [false, true, false], "{:?}", String::from_utf8_lossy(event));
            assert_eq!(page.events[1].json, event);
            assert_eq!((page.next, page.oddity), (Some(Cursor("c".into())), Some(Oddity::BrokenEvents)));
        }
        assert!(read_bytes(b"{\"data\":[],\"cursor\":\"\xff\"}").is_err(), "a cursor has to be exact");
    }

    #[test]
    fn an_element_that_is_not_an_object_is_an_event_with_a_defect() {
        let page = read(r#"{"data":[null,7,"text",[],{"id":"a"}]}"#).unwrap();
        let defects: Vec<bool> = page.events.iter().map(|event| event.defect.is_some()).collect();
        assert_eq!(defects, [true, true, true, true, false]);
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in "\\PC{0,80}|\\{\"(data|cursor)\":[\\[\\]{}\",:a-z0-9]{0,30}\\}") {
            drop(read(&body));
        }

        #[test]
        fn a_page_cut_anywhere_is_no_page(events in 0_usize..5, part in 0.0_f64..1.0) {
            let data = vec![r#"{"id":"a","t":"}]"}"#; events].join(",");
            let body = format!(r#"{{"type":"cursor-list","size":{events},"data":[{data}],"cursor":"c"}}"#);
            let end = (body.len() as f64 * part) as usize;
            prop_assert!(read(&body).is_ok());
            prop_assert!(read(&body[..end]).is_err());
        }
    }
}
