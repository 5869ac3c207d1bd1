//! Cursors: opaque to clients, in the two documented forms.
//!
//! The audit log's is the id of the last event returned, `<microseconds>Z#<number>-<suffix>`; the content log's is
//! Base64 of `<milliseconds>|<number>`. If a switch limits the validity of cursors, they also carry when
//! they were issued, and for which bounds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::event_log::Position;
use crate::instant::{self, Micros};
use crate::log::Log;

/// The smallest number in the id of an audit event.
const FIRST_NUMBER: u64 = 4_611_686_018_427_387_904;

/// The content of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The event after which to continue.
    pub(crate) position: Position,
    /// When and for which bounds it was issued, if a switch limits that.
    pub(crate) grant: Option<Grant>,
}

/// When and for which bounds a cursor was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// A digest of the bounds it was issued for.
    pub(crate) bounds: u32,
}

/// The id of a generated audit event at that position.
///
/// The position knows milliseconds only; the microseconds follow from the number, so that cursor and id agree.
pub(crate) fn audit_event_id(position: Position) -> String {
    let micros = position.time * 1_000 + i64::from(position.seq) * 7_919 % 1_000;
    format!("{}#{}-DDB", Micros(micros), FIRST_NUMBER + u64::from(position.seq))
}

impl Cursor {
    /// Writes the cursor in the form of that log.
    pub(crate) fn encode(&self, log: Log) -> String {
        match log {
            Log::Audit => {
                let grant = self.grant.map(|grant| format!(".{}.{}", grant.at, grant.bounds)).unwrap_or_default();
                audit_event_id(self.position) + &grant
            }
            Log::Content | Log::AiInteraction => {
                let grant = self.grant.map(|grant| format!("|{}|{}", grant.at, grant.bounds)).unwrap_or_default();
                STANDARD.encode(format!("{}|{}{grant}", self.position.time, self.position.seq))
            }
        }
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(text: &str, log: Log) -> Option<Self> {
        match log {
            Log::Audit => Self::decode_audit(text),
            Log::Content | Log::AiInteraction => Self::decode_base64(text),
        }
    }

    fn decode_audit(text: &str) -> Option<Self> {
        let (time, rest) = text.split_once('#')?;
        let (number, suffix) = rest.split_once('-')?;
        let seq = u32::try_from(number.parse::<u64>().ok()?.checked_sub(FIRST_NUMBER)?).ok()?;
        let mut parts = suffix.split('.');
        (parts.next()? == "DDB").then_some(())?;
        let position = Position { time: instant::parse(time)?.as_millisecond(), seq };
        Self::with_grant(position, parts)
    }

    /// A grant comes whole or not at all, and nothing comes after it.
    fn with_grant<'a>(position: Position, mut parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let Some(at) = parts.next() else { return Some(Self { position, grant: None }) };
        let grant = Grant { at: at.parse().ok()?, bounds: parts.next()?.parse().ok()? };
        parts.next().is_none().then_some(Self { position, grant: Some(grant) })
    }

    fn decode_base64(text: &str) -> Option<Self> {
        let plain = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let mut parts = plain.split('|');
        let position = Position { time: parts.next()?.parse().ok()?, seq: parts.next()?.parse().ok()? };
        Self::with_grant(position, parts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_the_documented_forms() {
        let position = Position { time: 1_669_885_200_000, seq: 123 };
        let cursor = Cursor { position, grant: None };
        assert_eq!(cursor.encode(Log::Audit), "2022-12-01T09:00:00.000037Z#4611686018427388027-DDB");
        assert_eq!(STANDARD.decode(cursor.encode(Log::Content)).unwrap(), b"1669885200000|123");
        assert_eq!(cursor.encode(Log::Audit), audit_event_id(position));
    }

    #[test]
    fn does_not_read_what_was_cut_at_the_hash_or_made_up() {
        for text in ["", "2022-12-01T09:00:00.000037Z", "2022-12-01T09:00:00Z#1-DDB", "MTIzfDQ", "a#b-c", "|"] {
            assert_eq!(Cursor::decode(text, Log::Audit), None, "{text}");
            assert_eq!(Cursor::decode(text, Log::Content), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(time in 0_i64..4_000_000_000_000, seq: u32, at: i64, bounds: u32, bound: bool) {
            let grant = bound.then_some(Grant { at, bounds });
            let cursor = Cursor { position: Position { time, seq }, grant };
            for log in [Log::Audit, Log::Content] {
                prop_assert_eq!(Cursor::decode(&cursor.encode(log), log), Some(cursor));
            }
        }
    }
}
