//! Reading a file, with what is missing named by its entry.

use std::fmt;
use std::path::Path;

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use serde::Deserialize;
use serde_path_to_error::Segment;

use super::{Entry, Har};

/// A larger file is not read, in bytes.
pub const FILE_BYTES_MAX: u64 = 512_000_000;

/// Why a file is not a HAR.
#[derive(Debug, PartialEq, Eq)]
pub struct HarError {
    /// The entry that is wrong, from 1; none where it is the file as a whole.
    pub entry: Option<usize>,
    /// The field, such as `response.status`; empty where it is all of it.
    pub field: String,
    /// What is wrong.
    pub reason: String,
}

impl std::error::Error for HarError {}

impl fmt::Display for HarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a HAR: ")?;
        if let Some(entry) = self.entry {
            write!(f, "entry {entry}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "`{}`: ", self.field)?;
        }
        f.write_str(&self.reason)
    }
}

impl HarError {
    fn whole(reason: String) -> Self {
        Self { entry: None, field: String::new(), reason }
    }
}

/// Reads the file at `path`.
///
/// # Errors
///
/// If the file cannot be read or is not a HAR; the error names the entry.
pub fn read(path: &Path) -> Result<Har, HarError> {
    let bytes = faults::input::read_bytes(path, FILE_BYTES_MAX);
    parse(&bytes.map_err(|error| HarError::whole(format!("it could not be read: {error}")))?)
}

/// Reads a file's text. Some programs begin it with a byte order mark.
pub(super) fn parse(bytes: &[u8]) -> Result<Har, HarError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let read = Har::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    let mut har = read.map_err(|error| located(&track.path(), &error))?;
    json.end().map_err(|error| HarError::whole(format!("something stands behind its end: {error}")))?;
    for (at, entry) in har.log.entries.iter_mut().enumerate() {
        decode(entry).map_err(|reason| HarError {
            entry: Some(at + 1),
            field: "response.content.text".to_owned(),
            reason,
        })?;
    }
    Ok(har)
}

/// Browsers write some bodies in base64 that are text. What is said to be base64 and is not cannot be played back.
fn decode(entry: &mut Entry) -> Result<(), String> {
    let content = &mut entry.response.content;
    let (Some("base64"), Some(text)) = (content.encoding.as_deref(), content.text.as_deref()) else { return Ok(()) };
    let bytes = STANDARD.decode(text.trim()).map_err(|error| {
        let place = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => format!(" from byte {at} on"),
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => String::new(),
        };
        format!("is not base64{place}, and `encoding` says that it is; fix it, or remove the entry")
    })?;
    if let Ok(text) = String::from_utf8(bytes) {
        content.text = Some(text);
        content.encoding = None;
    }
    Ok(())
}

/// What is wrong, with the entry and the field where it is.
fn located(path: &serde_path_to_error::Path, error: &serde_json::Error) -> HarError {
    let mut entry = None;
    let mut fields: Vec<String> = Vec::new();
    for segment in path {
        match segment {
            Segment::Seq { index } if entry.is_none() => {
                entry = Some(index + 1);
                fields.clear();
            }
            Segment::Seq { index } => fields.push(index.to_string()),
            Segment::Map { key } => fields.push(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.to_string();
    // `missing field `status` at line 1 column 30`: the path leads to the object that lacks it.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let reason = match missing {
        Some(field) => {
            fields.push(field.to_owned());
            format!("is missing (line {})", error.line())
        }
        None => message,
    };
    HarError { entry, field: fields.join("."), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::har::Outcome;

    fn error(text: &str) -> String {
        parse(text.as_bytes()).expect_err(text).to_string()
    }

    /// One entry of Chrome's, after one of Firefox's: http/2, base64, no size known, nothing of ours.
    const BROWSERS: &str = r#"{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},
        "pages":[{"id":"page_1","title":"https://miro.com","startedDateTime":"2026-11-29T15:00:00.000Z","pageTimings":{"onLoad":-1}}],
        "entries":[
        {"startedDateTime":"2026-11-29T16:00:00.123+01:00","request":{"method":"GET","url":"https://api.miro.com/v2/audit/logs?limit=1",
         "httpVersion":"HTTP/2","headers":[{"name":":authority","value":"api.miro.com"}],"queryString":[{"name":"limit","value":"1"}],
         "cookies":[{"name":"a","value":"b"}],"headersSize":-1},
         "response":{"status":200,"content":{"mimeType":"application/json","size":2,"text":"e30=","encoding":"base64"}},
         "cache":{"afterRequest":null},"timings":{"blocked":-1,"ssl":2},"time":-1,"serverIPAddress":"192.0.2.1","pageref":"page_1"},
        {"_initiator":{"type":"script"},"startedDateTime":"2026-11-29T15:00:01Z","time":3.5,
         "request":{"method":"GET","url":"https://miro.com/app"},"response":{"status":0,"_error":"net::ERR_FAILED"}}]}}"#;

    #[test]
    fn what_browsers_write_is_read() {
        let har = parse(BROWSERS.as_bytes()).unwrap();
        let [first, second] = har.log.entries.as_slice() else { panic!("two entries") };
        assert_eq!((first.time, first.response.content.text.as_deref()), (-1.0, Some("{}")));
        assert_eq!(har.start().unwrap().to_string(), "2026-11-29T15:00:00.123Z");
        assert_eq!((second.outcome(), second.peer()), (Outcome::ResponseLost, None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_by_its_entry() {
        let at = |text: &str| error(&BROWSERS.replace(text, "\"x\":0"));
        assert_eq!(
            at(r#""startedDateTime":"2026-11-29T15:00:01Z""#),
            "not a HAR: entry 2: `startedDateTime`: is missing (line 10)"
        );
        assert_eq!(
            at(r#""method":"GET","url":"https://miro.com/app""#),
            "not a HAR: entry 2: `request.method`: is missing (line 10)"
        );
        assert!(
            error(&BROWSERS.replace("\"status\":0", "\"status\":\"no\""))
                .starts_with("not a HAR: entry 2: `response.status`: invalid type")
        );
        assert_eq!(
            error(&BROWSERS.replace("e30=", "e3!0")),
            "not a HAR: entry 1: `response.content.text`: is not base64 from byte 2 on, and `encoding` says that it is; fix it, or remove the entry"
        );
        assert_eq!(error("{}"), "not a HAR: `log`: is missing (line 1)");
        assert!(error("[").starts_with("not a HAR: "));
        assert!(error(r#"{"log":{"entries":[]}} x"#).contains("behind its end"));
    }
}
