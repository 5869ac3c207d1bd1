//! Times as they stand in texts: found, judged, and moved by whole seconds in the form they have.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

/// A time in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its bytes, from the year to the zone.
    pub(crate) range: Range<usize>,
    /// What it says; UTC where it names no zone.
    pub(crate) at: Timestamp,
}

/// The bytes of `2026-11-29T15:34:38`.
const TO_SECONDS: usize = 19;

/// Digits of a second's fraction: nanoseconds.
const FRACTION_MAX: usize = 9;

/// The times in `text`, as RFC 3339 writes them, or with a space, a zone without its colon or none, as some do.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + TO_SECONDS <= bytes.len() {
        match time_at(bytes, at) {
            Some(time) => {
                at = time.range.end;
                found.push(time);
            }
            None => at += 1,
        }
    }
    found
}

fn time_at(bytes: &[u8], at: usize) -> Option<Found> {
    let form = b"dddd-dd-ddTdd:dd:dd";
    let is_form = bytes[at..at + TO_SECONDS].iter().zip(form).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        form => byte == form,
    });
    let is_inside_a_number = at > 0 && bytes[at - 1].is_ascii_digit();
    if !is_form || is_inside_a_number {
        return None;
    }
    let mut end = at + TO_SECONDS;
    let digits_from =
        |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if bytes.get(end) == Some(&b'.') {
        match digits_from(end + 1) {
            0 => {}
            digits @ 1..=FRACTION_MAX => end += 1 + digits,
            // No clock says so much; it may be anything.
            _ => return None,
        }
    }
    let to_fraction = end;
    end += zone_length(&bytes[end..]);
    let seconds = std::str::from_utf8(&bytes[at..to_fraction]).ok()?.replace([' ', 't'], "T");
    let zone = std::str::from_utf8(&bytes[to_fraction..end]).ok()?;
    let zone = if zone.is_empty() { "Z" } else { zone };
    let found = format!("{seconds}{zone}").parse().ok()?;
    Some(Found { range: at..end, at: found })
}

fn zone_length(rest: &[u8]) -> usize {
    let is_form = |form: &[u8]| {
        rest.len() >= form.len()
            && rest.iter().zip(form).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                b'+' => matches!(byte, b'+' | b'-'),
                form => byte == form,
            })
    };
    if matches!(rest.first(), Some(b'Z' | b'z')) {
        1
    } else if is_form(b"+dd:dd") {
        6
    } else if is_form(b"+dddd") {
        5
    } else {
        0
    }
}

/// `text` with each of its times moved by so many seconds; fractions and zones stay as they are written.
pub(crate) fn shift(text: &str, seconds: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Found { range, .. } in find(text) {
        out.push_str(&text[from..range.start]);
        from = range.end;
        let civil = &text[range.start..range.start + TO_SECONDS];
        let separator = &civil[10..11];
        let moved = civil.replacen(separator, "T", 1).parse::<jiff::civil::DateTime>().ok();
        let moved = moved.and_then(|civil| civil.checked_add(SignedDuration::from_secs(seconds)).ok());
        match moved {
            Some(moved) => {
                out.push_str(&moved.strftime(&format!("%Y-%m-%d{separator}%H:%M:%S")).to_string());
                out.push_str(&text[range.start + TO_SECONDS..range.end]);
            }
            None => out.push_str(&text[range]),
        }
    }
    out + &text[from..]
}

/// Moves a time that is a number of seconds or milliseconds since 1970; none where it is no such number, or out of this age.
pub(crate) fn shift_epoch(number: &str, seconds: i64) -> Option<String> {
    let value: i64 = number.parse().ok()?;
    let moved = match number.len() {
        10 => value.checked_add(seconds)?,
        13 => value.checked_add(seconds.checked_mul(1_000)?)?,
        _ => return None,
    };
    Some(moved.to_string())
}

/// The time that a number of seconds or milliseconds since 1970 says, from September 2001 to November 2286.
pub(crate) fn epoch(number: &str) -> Option<Timestamp> {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.starts_with('0') {
        return None;
    }
    let value: i64 = number.parse().ok()?;
    match number.len() {
        10 => Timestamp::from_second(value).ok(),
        13 => Timestamp::from_millisecond(value).ok(),
        _ => None,
    }
}

/// The date of an HTTP header, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()).filter(|_| text.contains(','))
}

/// Moves a time of an HTTP header.
pub(crate) fn shift_http_date(text: &str, seconds: i64) -> Option<String> {
    let moved = http_date(text)?.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    Some(faults::http_date(moved))
}

/// Fields that hold times, as text or as numbers.
const FIELDS: [&str; 17] = [
    "createdat",
    "modifiedat",
    "actiontime",
    "timestamp",
    "time",
    "timegenerated",
    "exp",
    "iat",
    "nbf",
    "expires_on",
    "not_before",
    "createdafter",
    "createdbefore",
    "from",
    "to",
    "starttime",
    "endtime",
];
/// Whether a field of this name holds a time.
pub(crate) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn times_move_in_their_own_form() {
        for (text, moved) in [
            ("2026-02-28T15:37:02.707838Z#4611-DDB", "2026-03-01T15:37:02.707838Z#4611-DDB"),
            ("2026-11-28T15:35:40.936+0000", "2026-11-29T15:35:40.936+0000"),
            ("at 2026-11-29 15:34:38Z, or 2026-11-29T15:34:38", "at 2026-11-30 15:34:38Z, or 2026-11-30T15:34:38"),
            ("2026-11-28T23:00:00-05:00", "2026-11-29T23:00:00-05:00"),
            ("2026-13-28T23:00:00Z and 12026-11-28T23:00:00Z", "2026-13-28T23:00:00Z and 12026-11-28T23:00:00Z"),
            ("ü2026-11-28T15:35:40", "ü2026-11-29T15:35:40"),
            ("no time", "no time"),
        ] {
            assert_eq!(shift(text, DAY), moved);
            assert_eq!(shift(&shift(text, DAY), -DAY), text);
        }
    }

    #[test]
    fn numbers_and_header_dates_move() {
        assert_eq!(shift_epoch("1795966500", 60).as_deref(), Some("1795966560"));
        assert_eq!(shift_epoch("1795966500123", -1).as_deref(), Some("1795966499123"));
        assert_eq!(shift_epoch("17959665", 1), None);
        let date = "Sun, 29 Nov 2026 15:34:38 GMT";
        assert_eq!(shift_http_date(date, DAY).as_deref(), Some("Mon, 30 Nov 2026 15:34:38 GMT"));
        assert_eq!(shift_http_date("30", DAY), None);
        assert_eq!(find("x 2026-11-29T00:00:00Z")[0].at.to_string(), "2026-11-29T00:00:00Z");
    }
}
