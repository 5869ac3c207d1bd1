//! Instants, durations and the calendar.

use super::{Context, Function, Param, Returns, conversion::convert};
use crate::{
    dynamic::Dynamic,
    time::{
        Civil, DateTime, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
        TICKS_PER_SECOND, Timespan,
    },
    types::ColumnType,
    value::Value,
};

mod format;
mod zone;

const DATETIME: Returns = Returns::Is(ColumnType::DateTime);
const LONG: Returns = Returns::Is(ColumnType::Long);
const INT: Returns = Returns::Is(ColumnType::Int);
const TEXT: Returns = Returns::Is(ColumnType::String);
const AT: Param = Param::Is(ColumnType::DateTime);
const WHOLE: Param = Param::Is(ColumnType::Long);
const UNIT: Param = Param::Is(ColumnType::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["startofday"], &[AT, WHOLE], DATETIME, |_, args| start(args, Period::Day)).required(1),
    Function::new(&["startofweek"], &[AT, WHOLE], DATETIME, |_, args| start(args, Period::Week)).required(1),
    Function::new(&["startofmonth"], &[AT, WHOLE], DATETIME, |_, args| start(args, Period::Month)).required(1),
    Function::new(&["startofyear"], &[AT, WHOLE], DATETIME, |_, args| start(args, Period::Year)).required(1),
    Function::new(&["endofday"], &[AT, WHOLE], DATETIME, |_, args| end(args, Period::Day)).required(1),
    Function::new(&["endofweek"], &[AT, WHOLE], DATETIME, |_, args| end(args, Period::Week)).required(1),
    Function::new(&["endofmonth"], &[AT, WHOLE], DATETIME, |_, args| end(args, Period::Month)).required(1),
    Function::new(&["endofyear"], &[AT, WHOLE], DATETIME, |_, args| end(args, Period::Year)).required(1),
    Function::new(&["dayofweek"], &[AT], Returns::Is(ColumnType::Timespan), |_, args| {
        at(args).map(|at| Timespan::from_ticks(weekday(at) * TICKS_PER_DAY)).into()
    }),
    Function::new(&["dayofmonth"], &[AT], INT, |_, args| field(args, |civil| civil.day)),
    Function::new(&["dayofyear"], &[AT], INT, |_, args| field(args, Civil::day_of_year)),
    Function::new(&["weekofyear", "week_of_year"], &[AT], LONG, |_, args| at(args).map(iso_week).into()),
    Function::new(&["monthofyear", "getmonth"], &[AT], INT, |_, args| field(args, |civil| civil.month)),
    Function::new(&["getyear"], &[AT], INT, |_, args| field(args, |civil| civil.year as u32)),
    Function::new(&["hourofday"], &[AT], INT, |_, args| field(args, |civil| civil.hour)),
    Function::new(&["datetime_part", "datepart"], &[UNIT, AT], LONG, part),
    Function::new(&["datetime_add"], &[UNIT, WHOLE, AT], DATETIME, add),
    Function::new(&["datetime_diff"], &[UNIT, AT, AT], LONG, difference),
    Function::new(&["make_datetime"], &[Param::Any], DATETIME, |_, args| convert(&args[0], ColumnType::DateTime)),
    Function::new(
        &["make_datetime"],
        &[WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, Param::Is(ColumnType::Real)],
        DATETIME,
        make_datetime,
    )
    .required(3),
    Function::new(&["make_timespan"], &[Param::Any], Returns::Is(ColumnType::Timespan), |_, args| {
        convert(&args[0], ColumnType::Timespan)
    }),
    Function::new(
        &["make_timespan"],
        &[WHOLE, WHOLE, Param::Is(ColumnType::Real), Param::Is(ColumnType::Real)],
        Returns::Is(ColumnType::Timespan),
        make_timespan,
    )
    .required(2),
    Function::new(&["format_datetime"], &[AT, UNIT], TEXT, |_, args| format::datetime(args)),
    Function::new(&["format_timespan"], &[Param::Is(ColumnType::Timespan), UNIT], TEXT, |_, args| {
        format::timespan(args)
    }),
    Function::new(&["unixtime_seconds_todatetime"], &[Param::Is(ColumnType::Real)], DATETIME, |_, args| {
        unix(args, TICKS_PER_SECOND)
    }),
    Function::new(&["unixtime_milliseconds_todatetime"], &[Param::Is(ColumnType::Real)], DATETIME, |_, args| {
        unix(args, TICKS_PER_MILLISECOND)
    }),
    Function::new(&["unixtime_microseconds_todatetime"], &[WHOLE], DATETIME, |_, args| {
        args[0].as_long().and_then(|n| DateTime::from_unix_ticks(n.checked_mul(TICKS_PER_MICROSECOND)?)).into()
    }),
    Function::new(&["unixtime_nanoseconds_todatetime"], &[WHOLE], DATETIME, |_, args| {
        args[0].as_long().and_then(|n| DateTime::from_unix_nanoseconds(i128::from(n))).into()
    }),
    Function::new(&["unixtime_microseconds_todatetime"], &[Param::Is(ColumnType::Real)], DATETIME, |_, args| {
        unix(args, TICKS_PER_MICROSECOND)
    }),
    Function::new(&["unixtime_nanoseconds_todatetime"], &[Param::Is(ColumnType::Real)], DATETIME, |_, args| {
        args[0].as_real().and_then(|n| DateTime::from_unix_nanoseconds(n as i128)).into()
    }),
    Function::new(&["datetime_utc_to_local"], &[AT, UNIT], DATETIME, |_, args| zone::to_local(args)),
    Function::new(&["datetime_local_to_utc"], &[AT, UNIT], DATETIME, |_, args| zone::to_utc(args)),
    Function::new(&["datetime_list_timezones"], &[], Returns::Is(ColumnType::Dynamic), |_, _| {
        Dynamic::array(zone::names().map(Dynamic::string)).into()
    }),
];

fn at(args: &[Value]) -> Option<DateTime> {
    args.first().and_then(Value::as_datetime)
}

fn field(args: &[Value], of: impl Fn(Civil) -> u32) -> Value {
    at(args).map(|at| of(at.civil()) as i32).into()
}

/// A stretch of the calendar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Period {
    Day,
    Week,
    Month,
    Year,
}

/// The start of the period that holds `at`, `offset` periods later.
fn start_of(at: DateTime, period: Period, offset: i64) -> Option<DateTime> {
    let civil = at.civil();
    let midnight = at.ticks() - at.ticks() % TICKS_PER_DAY;
    match period {
        Period::Day => DateTime::from_ticks(midnight.checked_add(offset.checked_mul(TICKS_PER_DAY)?)?),
        Period::Week => {
            let sunday = midnight - weekday(at) * TICKS_PER_DAY;
            DateTime::from_ticks(sunday.checked_add(offset.checked_mul(7 * TICKS_PER_DAY)?)?)
        }
        Period::Month => Civil::date(civil.year, civil.month, 1).plus_months(offset)?.instant(),
        Period::Year => Civil::date(civil.year, 1, 1).plus_months(offset.checked_mul(12)?)?.instant(),
    }
}

fn start(args: &[Value], period: Period) -> Value {
    let offset = args.get(1).map_or(Some(0), Value::as_long);
    at(args).zip(offset).and_then(|(at, offset)| start_of(at, period, offset)).into()
}

/// The last tick before the next period.
fn end(args: &[Value], period: Period) -> Value {
    let offset = args.get(1).map_or(Some(0), Value::as_long);
    let next = at(args).zip(offset).and_then(|(at, offset)| start_of(at, period, offset.checked_add(1)?));
    next.and_then(|next| DateTime::from_ticks(next.ticks() - 1)).into()
}

/// Days since Sunday.
fn weekday(at: DateTime) -> i64 {
    // 0001-01-01 was a Monday.
    (at.ticks() / TICKS_PER_DAY + 1) % 7
}

/// The week by ISO 8601: the first one holds the first Thursday.
fn iso_week(at: DateTime) -> i64 {
    let day = at.ticks() / TICKS_PER_DAY;
    let thursday = day - day % 7 + 3;
    let civil = DateTime::from_ticks_clamped(thursday * TICKS_PER_DAY).civil();
    (i64::from(civil.day_of_year()) - 1) / 7 + 1
}

/// A unit of time as its name says: of the calendar, or a number of ticks.
enum Unit {
    Months(i64),
    Ticks(i64),
    Nanoseconds,
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name.to_ascii_lowercase().as_str() {
        "year" => Unit::Months(12),
        "quarter" => Unit::Months(3),
        "month" => Unit::Months(1),
        "week" => Unit::Ticks(7 * TICKS_PER_DAY),
        "day" => Unit::Ticks(TICKS_PER_DAY),
        "hour" => Unit::Ticks(TICKS_PER_HOUR),
        "minute" => Unit::Ticks(TICKS_PER_MINUTE),
        "second" => Unit::Ticks(TICKS_PER_SECOND),
        "millisecond" => Unit::Ticks(TICKS_PER_MILLISECOND),
        "microsecond" => Unit::Ticks(TICKS_PER_MICROSECOND),
        "nanosecond" => Unit::Nanoseconds,
        _ => return None,
    })
}

fn add(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(unit), Some(amount), Some(at)) =
        (args[0].as_str().and_then(unit), args[1].as_long(), args[2].as_datetime())
    else {
        return Value::Null;
    };
    let moved = match unit {
        Unit::Months(months) => amount.checked_mul(months).and_then(|months| at.civil().plus_months(months)?.instant()),
        Unit::Ticks(ticks) => amount.checked_mul(ticks).and_then(|ticks| at.checked_add(Timespan::from_ticks(ticks))),
        Unit::Nanoseconds => at.checked_add(Timespan::from_ticks(amount / 100)),
    };
    moved.into()
}

/// How many boundaries of a unit lie between two instants.
fn difference(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(unit), Some(to), Some(from)) =
        (args[0].as_str().and_then(unit), args[1].as_datetime(), args[2].as_datetime())
    else {
        return Value::Null;
    };
    let count = match unit {
        Unit::Months(months) => {
            let index =
                |at: DateTime| (i64::from(at.civil().year) * 12 + i64::from(at.civil().month) - 1).div_euclid(months);
            index(to) - index(from)
        }
        // Weeks begin on Sunday, one day before the first day of all.
        Unit::Ticks(ticks) if ticks == 7 * TICKS_PER_DAY => {
            let index = |at: DateTime| (at.ticks() / TICKS_PER_DAY + 1).div_euclid(7);
            index(to) - index(from)
        }
        Unit::Ticks(ticks) => to.ticks().div_euclid(ticks) - from.ticks().div_euclid(ticks),
        Unit::Nanoseconds => (to.ticks() - from.ticks()).saturating_mul(100),
    };
    Value::Long(count)
}

fn part(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(name), Some(at)) = (args[0].as_str(), args[1].as_datetime()) else { return Value::Null };
    let civil = at.civil();
    let number = match name.to_ascii_lowercase().as_str() {
        "year" => i64::from(civil.year),
        "quarter" => i64::from((civil.month - 1) / 3 + 1),
        "month" => i64::from(civil.month),
        "week_of_year" | "weekofyear" | "week" => iso_week(at),
        "day" | "dayofmonth" => i64::from(civil.day),
        "dayofyear" => i64::from(civil.day_of_year()),
        "hour" => i64::from(civil.hour),
        "minute" => i64::from(civil.minute),
        "second" => i64::from(civil.second),
        "millisecond" => i64::from(civil.ticks) / TICKS_PER_MILLISECOND,
        "microsecond" => i64::from(civil.ticks) / TICKS_PER_MICROSECOND,
        "nanosecond" => i64::from(civil.ticks) * 100,
        _ => return Value::Null,
    };
    Value::Long(number)
}

fn make_datetime(_: &mut Context<'_>, args: &[Value]) -> Value {
    let whole =
        |index: usize| args.get(index).map_or(Some(0), Value::as_long).and_then(|number| u32::try_from(number).ok());
    let seconds = args.get(5).map_or(Some(0.0), Value::as_real).filter(|seconds| (0.0..60.0).contains(seconds));
    let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(seconds)) =
        (whole(0), whole(1), whole(2), whole(3), whole(4), seconds)
    else {
        return Value::Null;
    };
    let civil = Civil { hour, minute, ..Civil::date(i32::try_from(year).unwrap_or(0), month, day) };
    let ticks = Timespan::from_ticks((seconds * TICKS_PER_SECOND as f64).round() as i64);
    civil.instant().and_then(|at| at.checked_add(ticks)).into()
}

/// `(hours, minutes)`, `(hours, minutes, seconds)` or `(days, hours, minutes, seconds)`.
fn make_timespan(_: &mut Context<'_>, args: &[Value]) -> Value {
    let numbers: Option<Vec<f64>> = args.iter().map(Value::as_real).collect();
    let (days, hours, minutes, seconds) = match numbers.as_deref() {
        Some([hours, minutes]) => (0.0, *hours, *minutes, 0.0),
        Some([hours, minutes, seconds]) => (0.0, *hours, *minutes, *seconds),
        Some([days, hours, minutes, seconds]) => (*days, *hours, *minutes, *seconds),
        _ => return Value::Null,
    };
    if !(0.0..24.0).contains(&hours)
        || !(0.0..60.0).contains(&minutes)
        || !(0.0..60.0).contains(&seconds)
        || days.abs() > 1e7
    {
        return Value::Null;
    }
    let whole = days as i64 * TICKS_PER_DAY + hours as i64 * TICKS_PER_HOUR + minutes as i64 * TICKS_PER_MINUTE;
    Timespan::from_ticks(whole + (seconds * TICKS_PER_SECOND as f64).round() as i64).into()
}

/// Units since 1970, fractions included.
fn unix(args: &[Value], unit: i64) -> Value {
    let Some(number) = args[0].as_real() else { return Value::Null };
    super::conversion::truncated((number * unit as f64).round()).and_then(DateTime::from_unix_ticks).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime {
        DateTime::parse(text).unwrap()
    }

    #[test]
    fn weeks_start_on_sunday() {
        let sunday = start_of(instant("2017-01-04"), Period::Week, 0).unwrap();
        assert_eq!(sunday.to_string(), "2017-01-01T00:00:00Z");
        assert_eq!(weekday(instant("1970-05-12")), 2);
    }

    #[test]
    fn weeks_of_the_year_follow_iso_8601() {
        for (date, week) in [("2021-01-03", 53), ("2021-01-04", 1), ("2020-12-31", 53), ("2026-11-23", 48)] {
            assert_eq!(iso_week(instant(date)), week, "{date}");
        }
    }
}
