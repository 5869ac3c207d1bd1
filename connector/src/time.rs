//! Miro's times: two forms out, and whatever resembles a time in.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::Stream;

/// The smallest step of the time filter of `stream`: windows that overlap by it miss nothing, whichever bound the
/// filter includes. Audit filters by the millisecond, content by the second.
pub(crate) const fn step(stream: Stream) -> SignedDuration {
    match stream {
        Stream::Audit => SignedDuration::from_millis(1),
        Stream::Content => SignedDuration::from_secs(1),
    }
}

/// `time` as the query of `stream` wants it: audit with milliseconds, content in whole seconds, both UTC with `Z`
/// (<https://developers.miro.com/reference/enterprise-get-audit-logs>, read 2026-11-22).
pub(crate) fn query_form(stream: Stream, time: Timestamp) -> String {
    match stream {
        Stream::Audit => time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        Stream::Content => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// `time` without its part of a second. Every bound in the ledger is whole, so both streams can ask for it exactly.
pub(crate) fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_millisecond().div_euclid(1000)).unwrap_or(time)
}

/// Reads a time as Miro writes it: `2026-01-02T03:04:05.678+0000` (audit; strict RFC 3339 parsers refuse the offset
/// without a colon), `2026-01-02T03:04:05Z` (content), and what they may become: any number of decimals, a space for
/// the `T`, offsets with a colon or none at all, or a Unix time in seconds or milliseconds.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 {
        return unix(text);
    }
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', mi1, mi2, b':', s1, s2] =
        *bytes.first_chunk::<19>()?
    else {
        return None;
    };
    let year = number(&[y1, y2, y3, y4])?;
    let two = |tens, ones| number(&[tens, ones]).and_then(|value| i8::try_from(value).ok());
    // A leap second is the last second of its minute: the calendar below has no 60.
    let second = two(s1, s2)?.min(59);
    let (nanosecond, zone) = fraction(&bytes[19..])?;
    let local = DateTime::new(
        i16::try_from(year).ok()?,
        two(mo1, mo2)?,
        two(d1, d2)?,
        two(h1, h2)?,
        two(mi1, mi2)?,
        second,
        nanosecond,
    )
    .ok()?;
    offset(zone)?.to_timestamp(local).ok()
}

/// Splits `.678+0000` into nanoseconds and the zone.
fn fraction(rest: &[u8]) -> Option<(i32, &[u8])> {
    let Some((b'.' | b',', rest)) = rest.split_first() else {
        return Some((0, rest));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at(length);
    let nanos = (0..9).fold(0, |sum, place| sum * 10 + digits.get(place).map_or(0, |digit| i32::from(digit - b'0')));
    (length > 0).then_some((nanos, zone))
}

fn offset(zone: &[u8]) -> Option<Offset> {
    let (sign, h1, h2, m1, m2) = match *zone {
        [] | [b'Z' | b'z'] => return Some(Offset::UTC),
        [sign, h1, h2] => (sign, h1, h2, b'0', b'0'),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, h1, h2, m1, m2),
        _ => return None,
    };
    let seconds = number(&[h1, h2])? * 3600 + number(&[m1, m2])? * 60;
    match sign {
        b'+' => Offset::from_seconds(seconds).ok(),
        b'-' => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

fn unix(text: &str) -> Option<Timestamp> {
    let value: i64 = text.parse().ok()?;
    // Seconds stay below this until the year 5138; milliseconds have been above it since 1973.
    if value.unsigned_abs() < 100_000_000_000 {
        Timestamp::from_second(value).ok()
    } else {
        Timestamp::from_millisecond(value).ok()
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = parse(text).map(|time| time.to_string());
        assert_eq!(read.as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn reads_what_miro_writes() {
        check("2026-01-02T03:04:05.678+0000", "2026-01-02T03:04:05.678Z");
        check("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
        check("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678901Z");
    }

    #[test]
    fn reads_what_miro_may_come_to_write() {
        check("2026-01-02T03:04:05", "2026-01-02T03:04:05Z");
        check("2026-01-02 03:04:05.5+02:00", "2026-01-02T01:04:05.5Z");
        check("2026-01-02T03:04:05-0130", "2026-01-02T04:34:05Z");
        check("2026-01-02T03:04:05+01", "2026-01-02T02:04:05Z");
        check("2026-01-02T03:04:05.1234567891Z", "2026-01-02T03:04:05.123456789Z");
        check("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z");
        check("1767323045678", "2026-01-02T03:04:05.678Z");
        check("1767323045", "2026-01-02T03:04:05Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "yesterday", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+1", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("2026-01-02T03:04:05🦀"), None);
    }

    #[test]
    fn asks_in_the_form_of_each_stream() {
        let time = parse("2026-01-02T03:04:05.6789Z").unwrap();
        assert_eq!(query_form(Stream::Audit, time), "2026-01-02T03:04:05.678Z");
        assert_eq!(query_form(Stream::Content, time), "2026-01-02T03:04:05Z");
        assert_eq!(whole_second(time).to_string(), "2026-01-02T03:04:05Z");
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(millis in 0_i64..4_000_000_000_000) {
            let time = Timestamp::from_millisecond(millis).unwrap();
            prop_assert_eq!(parse(&query_form(Stream::Audit, time)), Some(time));
            prop_assert_eq!(parse(&query_form(Stream::Content, time)), Some(whole_second(time)));
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            parse(&text);
        }
    }
}
