//! Event files: one JSON object per line, exactly as Miro would send it.

use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use faults::input;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{EventLog, Facts};
use crate::instant;
use crate::log::Log;

/// Why an event file is rejected.
#[derive(Debug, thiserror::Error)]
pub enum EventFileError {
    /// It cannot be read.
    #[error("could not read the event file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not an event.
    #[error("{}:{line}: {reason}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
}

/// The size limit of a file: all its events are held in memory.
const FILE_BYTES_MAX: u64 = 4_000_000_000;
/// The length limit of a line, far above any event's.
const LINE_BYTES_MAX: u64 = 16_000_000;

/// Appends the events of a file to a log; blank lines are skipped.
pub(crate) fn read_file(path: &Path, log: Log, into: &mut EventLog) -> Result<(), EventFileError> {
    let unreadable = |source| EventFileError::Unreadable { path: path.to_owned(), source };
    let file = input::open_file(path, FILE_BYTES_MAX).map_err(|error| unreadable(error.into()))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            break;
        }
        if line.len() as u64 > LINE_BYTES_MAX {
            let reason = format!("the line is longer than {} MB; write one event per line", LINE_BYTES_MAX / 1_000_000);
            return Err(EventFileError::BadLine { path: path.to_owned(), line: number, reason });
        }
        let json = line.trim_ascii();
        if json.is_empty() {
            continue;
        }
        let facts = facts(json, log).map_err(|reason| EventFileError::BadLine {
            path: path.to_owned(),
            line: number,
            reason,
        })?;
        into.push(json, &facts, None);
    }
    into.sort();
    Ok(())
}

/// Reads id and time from an event's bytes; the error says what is wrong and how to fix it.
pub(crate) fn facts(json: &[u8], log: Log) -> Result<Facts, String> {
    let text = std::str::from_utf8(json).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    if text.starts_with('\u{feff}') {
        return Err("it begins with a byte order mark; save the file as UTF-8 without one".to_owned());
    }
    if !text.starts_with('{') {
        return Err("not a JSON object: it does not begin with `{`".to_owned());
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let id = head.id.ok_or("the event has no `id`; add a unique string")?.get();
    let id_start = id.as_ptr() as usize - text.as_ptr() as usize;
    let id = match id.as_bytes() {
        [b'"', b'"'] => return Err("`id` is empty; add a unique string".to_owned()),
        [b'"', inner @ .., b'"'] => id_start + 1..id_start + 1 + inner.len(),
        [b'0'..=b'9', ..] => id_start..id_start + id.len(),
        _ => return Err(format!("`id` is {id}; it must be a string")),
    };
    let time = head.time_of(log).ok_or_else(|| format!("the event has no `{}`", log.time_field()))?;
    let time: &str = serde_json::from_str(time.get()).map_err(|_| format!("`{}` is not a string", log.time_field()))?;
    let instant = instant::parse(time).ok_or_else(|| {
        format!("`{}` is {time:?}; write it as `2026-01-02T03:04:05.678+0000` or with `Z`", log.time_field())
    })?;
    Ok(Facts { time: instant.as_millisecond(), id })
}

/// The message of the JSON parser without its line: each event is parsed by itself.
fn malformed(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    format!("not a JSON object: {said} (column {})", error.column())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    created_at: Option<&'a RawValue>,
    action_time: Option<&'a RawValue>,
    stored_at: Option<&'a RawValue>,
}

impl<'a> Head<'a> {
    fn time_of(&self, log: Log) -> Option<&'a RawValue> {
        match log {
            Log::Audit => self.created_at,
            Log::Content => self.action_time,
            Log::AiInteraction => self.stored_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_line_without_an_end_is_named_and_read_no_further() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![b'x'; LINE_BYTES_MAX as usize + 2]).unwrap();
        let told = read_file(file.path(), Log::Audit, &mut EventLog::default()).unwrap_err().to_string();
        assert!(told.contains(":1: the line is longer than 16 MB"), "{told}");
    }

    #[test]
    fn finds_id_and_time_wherever_they_stand() {
        let json = br#"{"event":"board_opened","createdAt":"2026-01-02T03:04:05.678+0000","id":"a#1","x":{"id":"no"}}"#;
        let facts = facts(json, Log::Audit).unwrap();
        assert_eq!(facts.time, 1_767_323_045_678);
        assert_eq!(&json[facts.id], b"a#1");
    }

    #[test]
    fn says_what_is_wrong_with_an_event() {
        let wrong = |json: &str| facts(json.as_bytes(), Log::Content).unwrap_err();
        insta::assert_snapshot!(wrong("[]"), @"not a JSON object: it does not begin with `{`");
        insta::assert_snapshot!(wrong("\u{feff}{}"), @"it begins with a byte order mark; save the file as UTF-8 without one");
        insta::assert_snapshot!(wrong(r#"{"id":""}"#), @"`id` is empty; add a unique string");
        insta::assert_snapshot!(wrong(r#"{"id":"1"}"#), @"the event has no `actionTime`");
        insta::assert_snapshot!(wrong(r#"{"actionTime":"2026-01-02T03:04:05Z"}"#), @"the event has no `id`; add a unique string");
        insta::assert_snapshot!(wrong(r#"{"id":"1","actionTime":"yesterday"}"#), @r#"`actionTime` is "yesterday"; write it as `2026-01-02T03:04:05.678+0000` or with `Z`"#);
    }

    #[test]
    fn a_broken_line_17_stops_with_file_line_and_reason() {
        let mut file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
        for nth in 1..=20 {
            let broken = if nth == 17 { "," } else { "" };
            writeln!(file, r#"{{"id":"{nth}","createdAt":"2026-01-02T03:04:05.678+0000"{broken}}}"#).unwrap();
        }
        let error = read_file(file.path(), Log::Audit, &mut EventLog::default()).unwrap_err().to_string();
        let expected = "17: not a JSON object: trailing comma (column 55)";
        assert_eq!(error, format!("{}:{expected}", file.path().display()));
    }
}
