//! Instants and durations in Kusto's unit: ticks of 100 nanoseconds.

mod calendar;
mod parse_datetime;
mod parse_timespan;
mod range;

use std::fmt;

pub use calendar::Civil;
pub use range::TimeRange;

/// Ticks in a microsecond.
pub const TICKS_PER_MICROSECOND: i64 = 10;
/// Ticks in a millisecond.
pub const TICKS_PER_MILLISECOND: i64 = 10_000;
/// Ticks in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Ticks in an hour.
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// Ticks in a day.
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// 1970-01-01 in ticks.
const UNIX_EPOCH_TICKS: i64 = 719_162 * TICKS_PER_DAY;

/// An instant in UTC, from `0001-01-01` to `9999-12-31T23:59:59.9999999Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(i64);

impl DateTime {
    /// The first instant, `0001-01-01T00:00:00Z`.
    pub const MIN: Self = Self(0);
    /// The last instant, `9999-12-31T23:59:59.9999999Z`.
    pub const MAX: Self = Self(3_155_378_975_999_999_999);

    /// An instant from ticks since `0001-01-01`; `None` outside the years 1 to 9999.
    pub const fn from_ticks(ticks: i64) -> Option<Self> {
        if ticks < Self::MIN.0 || ticks > Self::MAX.0 { None } else { Some(Self(ticks)) }
    }

    /// An instant from ticks already known to be in range, as columns hold them; clamps otherwise.
    pub(crate) const fn from_ticks_clamped(ticks: i64) -> Self {
        match Self::from_ticks(ticks) {
            Some(instant) => instant,
            None if ticks < 0 => Self::MIN,
            None => Self::MAX,
        }
    }

    /// An instant from nanoseconds since 1970-01-01, rounded down to a tick.
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Option<Self> {
        let ticks = i64::try_from(nanoseconds.div_euclid(100)).ok()?;
        Self::from_ticks(ticks.checked_add(UNIX_EPOCH_TICKS)?)
    }

    /// An instant from ticks since 1970-01-01.
    pub(crate) fn from_unix_ticks(ticks: i64) -> Option<Self> {
        Self::from_ticks(ticks.checked_add(UNIX_EPOCH_TICKS)?)
    }

    /// Nanoseconds since 1970-01-01.
    pub fn unix_nanoseconds(self) -> i128 {
        i128::from(self.0 - UNIX_EPOCH_TICKS) * 100
    }

    /// Ticks since `0001-01-01`.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// Reads any of the date forms that Kusto takes (ISO 8601, RFC 822, RFC 850, month/day/year, compact);
    /// an offset is applied, and without one the text is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        parse_datetime::parse(text)
    }

    /// The instant plus a duration; `None` outside the range.
    pub fn checked_add(self, span: Timespan) -> Option<Self> {
        Self::from_ticks(self.0.checked_add(span.0)?)
    }

    /// The instant minus a duration; `None` outside the range.
    pub fn checked_sub(self, span: Timespan) -> Option<Self> {
        Self::from_ticks(self.0.checked_sub(span.0)?)
    }

    /// The time passed since `earlier`.
    pub fn since(self, earlier: Self) -> Timespan {
        Timespan(self.0 - earlier.0)
    }

    /// The calendar fields in UTC.
    pub fn civil(self) -> Civil {
        Civil::of(self)
    }

    /// The text that `tostring` and dynamic values show: seven digits of a second, `Z`.
    pub fn full(self) -> String {
        let civil = self.civil();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second, civil.ticks
        )
    }
}

/// The shortest exact ISO 8601 text, as the query API answers it: `2026-11-23T08:00:00.5Z`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        )?;
        if civil.ticks > 0 {
            write!(f, ".{}", format!("{:07}", civil.ticks).trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// A signed duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timespan(i64);

impl Timespan {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A duration of this number of ticks.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The duration in ticks.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// The duration in seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / TICKS_PER_SECOND as f64
    }

    /// Reads `[-][d.]hh:mm[:ss[.fffffff]]`, a number with a unit (`1.5h`, `10ms`) or a bare number of days.
    pub fn parse(text: &str) -> Option<Self> {
        parse_timespan::parse(text)
    }
}

/// `[-][d.]hh:mm:ss[.fffffff]`, as Kusto writes it.
impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let (second, minute, hour, day) = (
            TICKS_PER_SECOND.unsigned_abs(),
            TICKS_PER_MINUTE.unsigned_abs(),
            TICKS_PER_HOUR.unsigned_abs(),
            TICKS_PER_DAY.unsigned_abs(),
        );
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if ticks >= day {
            write!(f, "{}.", ticks / day)?;
        }
        write!(f, "{:02}:{:02}:{:02}", ticks % day / hour, ticks % hour / minute, ticks % minute / second)?;
        match ticks % second {
            0 => Ok(()),
            fraction => write!(f, ".{fraction:07}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_engine() {
        let instant = DateTime::parse("2020-01-02T03:04:05.6Z").unwrap();
        assert_eq!(instant.full(), "2020-01-02T03:04:05.6000000Z");
        assert_eq!(instant.to_string(), "2020-01-02T03:04:05.6Z");
        assert_eq!(Timespan::from_ticks(937_845_000_000).to_string(), "1.02:03:04.5000000");
        assert_eq!(Timespan::from_ticks(-TICKS_PER_MINUTE).to_string(), "-00:01:00");
    }

    #[test]
    fn unix_time_goes_both_ways() {
        let instant = DateTime::from_unix_nanoseconds(1_546_300_800_000_000_000).unwrap();
        assert_eq!(instant.to_string(), "2019-01-01T00:00:00Z");
        assert_eq!(instant.unix_nanoseconds(), 1_546_300_800_000_000_000);
    }
}
