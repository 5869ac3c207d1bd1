//! The forms in which Miro and its clients write instants.

use std::fmt::{self, Display};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reads `2026-01-02T03:04:05`, with 0 to 6 decimals, and `Z`, `+0000` or `+00:00` behind it.
///
/// Public clients send 0, 2, 3 and 6 decimals, and one writes the offset without a colon, so all of them count as UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (civil, fraction_and_zone) = text.as_bytes().split_at_checked(19)?;
    let digits = |from: usize, to: usize| number(&civil[from..to]);
    let separators_hold = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators_hold.iter().any(|&(at, separator)| civil[at] != separator) {
        return None;
    }
    let nanosecond = nanoseconds(fraction_and_zone)?;
    let year = i16::try_from(digits(0, 4)?).ok()?;
    let two = |from: usize| digits(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let moment = DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, two(17)?, nanosecond).ok()?;
    Offset::UTC.to_timestamp(moment).ok()
}

/// The decimals before a UTC zone, as nanoseconds.
fn nanoseconds(fraction_and_zone: &[u8]) -> Option<i32> {
    let zone_at = fraction_and_zone.iter().position(|b| matches!(b, b'Z' | b'+'))?;
    let (fraction, zone) = fraction_and_zone.split_at(zone_at);
    if !matches!(zone, b"Z" | b"+0000" | b"+00:00") {
        return None;
    }
    let Some((point, decimals)) = fraction.split_first() else { return Some(0) };
    if *point != b'.' || decimals.is_empty() || decimals.len() > 6 {
        return None;
    }
    let scale = 10_i32.pow(9 - decimals.len() as u32);
    Some(i32::try_from(number(decimals)?).ok()? * scale)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

/// An audit event's `createdAt`: milliseconds, and an offset without a colon.
pub(crate) struct CreatedAt(pub(crate) i64);

/// The time in an audit event's `id`, in microseconds.
pub(crate) struct Micros(pub(crate) i64);

/// A content event's `actionTime`: whole seconds.
pub(crate) struct WholeSeconds(pub(crate) i64);

impl Display for CreatedAt {
    /// Writes the milliseconds since 1970 that this holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}+0000", Seconds(self.0.div_euclid(1_000)), self.0.rem_euclid(1_000))
    }
}

impl Display for Micros {
    /// Writes the microseconds since 1970 that this holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}Z", Seconds(self.0.div_euclid(1_000_000)), self.0.rem_euclid(1_000_000))
    }
}

impl Display for WholeSeconds {
    /// Writes the milliseconds since 1970 that this holds, cut to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", Seconds(self.0.div_euclid(1_000)))
    }
}

struct Seconds(i64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = Timestamp::from_second(self.0).unwrap_or(Timestamp::MIN);
        let at = Offset::UTC.to_datetime(instant);
        write!(f, "{:04}-{:02}-{:02}T", at.year(), at.month(), at.day())?;
        write!(f, "{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_that_public_clients_send() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.00Z",
            "2026-01-02T03:04:05.000Z",
            "2026-01-02T03:04:05.000000Z",
            "2026-01-02T03:04:05.000000+0000",
            "2026-01-02T03:04:05.000+0000",
            "2026-01-02T03:04:05+00:00",
        ] {
            assert_eq!(parse(text).unwrap().as_second(), 1_767_323_045, "{text}");
        }
    }

    #[test]
    fn keeps_the_decimals() {
        assert_eq!(parse("2026-01-02T03:04:05.67Z").unwrap().subsec_millisecond(), 670);
        assert_eq!(parse("2026-01-02T03:04:05.678901Z").unwrap().subsec_microsecond(), 678_901);
    }

    #[test]
    fn refuses_what_is_not_an_instant_in_utc() {
        for text in [
            "",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.1234567Z",
            "2026-01-02T03:04:05+0200",
            "2026-13-02T03:04:05Z",
            "2026-01-02T25:04:05Z",
            "1767322845000",
            "2026-01-02T03:04:05é",
            "ééééééééé2026-01-02",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn writes_the_forms_of_the_two_logs() {
        assert_eq!(CreatedAt(1_767_323_045_678).to_string(), "2026-01-02T03:04:05.678+0000");
        assert_eq!(Micros(1_767_323_045_678_901).to_string(), "2026-01-02T03:04:05.678901Z");
        assert_eq!(WholeSeconds(1_767_323_045_678).to_string(), "2026-01-02T03:04:05Z");
    }
}
