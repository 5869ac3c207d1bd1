//! A page of events, read without rebuilding anything.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{Around, Event};
use crate::ledger::Cursor;
use crate::stretch::Stretch;

/// One page of a span.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The cursor that it was asked for with.
    pub(crate) at: Option<Cursor>,
    /// Its events, in Miro's order.
    pub(crate) events: Vec<Event>,
    /// The cursor of the next page; none at the end.
    pub(crate) next: Option<Cursor>,
}

/// What is read of the answer; nothing is required of it
/// (<https://developers.miro.com/reference/enterprise-get-audit-logs>, read 2026-11-22).
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    cursor: Option<&'a RawValue>,
}

impl Page {
    /// Reads the answer `body` to a request at cursor `at` of `span`. The error says what is odd, without content.
    pub(super) fn read(body: &Bytes, at: Option<&Cursor>, span: Stretch) -> Result<Self, String> {
        let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| {
            format!("not the JSON of a page ({:?} at byte {})", error.classify(), position(body, &error))
        })?;
        let data = envelope.data.unwrap_or_default();
        let around = Around::new(span);
        let event = |json: &RawValue| Event::read(body.slice_ref(json.get().as_bytes()), &around);
        let events = data.into_iter().map(event).collect();
        Ok(Self { at: at.cloned(), events, next: envelope.cursor.and_then(cursor) })
    }
}

/// Absent, `null` and empty all mean that this was the last page.
fn cursor(json: &RawValue) -> Option<Cursor> {
    let text = serde_json::from_str::<String>(json.get()).unwrap_or_else(|_| json.get().to_owned());
    (!text.is_empty()).then_some(Cursor(text))
}

fn position(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    lines.map(<[u8]>::len).sum::<usize>() + error.column()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> Result<Page, String> {
        let span = Stretch::new(Timestamp::UNIX_EPOCH, Timestamp::MAX).unwrap();
        Page::read(&Bytes::from(body.to_owned()), None, span)
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
        assert_eq!(read(r#"{"cursor":12}"#).unwrap().next, Some(Cursor("12".into())));
        assert_eq!(read(r#"{"cursor":"a\"b"}"#).unwrap().next, Some(Cursor("a\"b".into())));
    }

    #[test]
    fn no_data_is_no_events() {
        for body in ["{}", r#"{"data":null}"#, r#"{"size":0,"data":[]}"#] {
            assert!(read(body).unwrap().events.is_empty(), "{body}");
        }
    }

    #[test]
    fn what_is_no_page_is_told_without_its_content() {
        for body in ["", "<html>secret</html>", r#"{"data":"secret"}"#, r#"{"data":[{"id":"secret"}"#, "[]x"] {
            let error = read(body).unwrap_err();
            assert!(error.starts_with("not the JSON of a page") && !error.contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in "\\PC{0,80}|\\{\"(data|cursor)\":[\\[\\]{}\",:a-z0-9]{0,30}\\}") {
            drop(read(&body));
        }
    }
}
