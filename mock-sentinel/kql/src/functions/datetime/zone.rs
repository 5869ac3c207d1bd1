//! Time zones by their IANA names.

use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

use crate::{
    time::{Civil, DateTime, TICKS_PER_SECOND, Timespan},
    value::Value,
};

fn zone(args: &[Value]) -> Option<TimeZone> {
    let name = args[1].as_str()?;
    if name.eq_ignore_ascii_case("utc") {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

fn moved(at: DateTime, seconds: i64) -> Option<DateTime> {
    at.checked_add(Timespan::from_ticks(seconds * TICKS_PER_SECOND))
}

/// The wall clock at an instant.
pub(super) fn to_local(args: &[Value]) -> Value {
    let local = || {
        let at = args[0].as_datetime()?;
        let timestamp = Timestamp::from_nanosecond(at.unix_nanoseconds()).ok()?;
        moved(at, i64::from(zone(args)?.to_offset(timestamp).seconds()))
    };
    local().into()
}

/// The instant of a wall clock. A time that happens twice is the earlier one; one that is skipped counts as if the clocks
/// had been moved already, <https://learn.microsoft.com/kusto/query/datetime-local-to-utc-function> (read 2026-11-26).
pub(super) fn to_utc(args: &[Value]) -> Value {
    let utc = || {
        let at = args[0].as_datetime()?;
        let Civil { year, month, day, hour, minute, second, .. } = at.civil();
        let small = |number: u32| i8::try_from(number).ok();
        let local = civil::DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            0,
        );
        let offset = match zone(args)?.to_ambiguous_timestamp(local.ok()?).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { after, .. } => after,
            AmbiguousOffset::Fold { before, .. } => before,
        };
        moved(at, -i64::from(offset.seconds()))
    };
    utc().into()
}

/// The names there are.
pub(super) fn names() -> impl Iterator<Item = String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect::<Vec<_>>().into_iter()
}
