//! Days and the proleptic Gregorian calendar.

use super::{DateTime, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};

/// The fields of an instant in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Civil {
    /// 1 to 9999
    pub year: i32,
    /// 1 to 12
    pub month: u32,
    /// 1 to 31
    pub day: u32,
    /// 0 to 23
    pub hour: u32,
    /// 0 to 59
    pub minute: u32,
    /// 0 to 59
    pub second: u32,
    /// Ticks within the second, 0 to 9,999,999
    pub ticks: u32,
}

impl Civil {
    /// Midnight at the start of a day.
    pub fn date(year: i32, month: u32, day: u32) -> Self {
        Self { year, month, day, hour: 0, minute: 0, second: 0, ticks: 0 }
    }

    pub(super) fn of(instant: DateTime) -> Self {
        let days = instant.ticks() / TICKS_PER_DAY;
        let within = instant.ticks() % TICKS_PER_DAY;
        let (year, month, day) = date_of(days);
        Self {
            year,
            month,
            day,
            hour: (within / TICKS_PER_HOUR) as u32,
            minute: (within % TICKS_PER_HOUR / TICKS_PER_MINUTE) as u32,
            second: (within % TICKS_PER_MINUTE / TICKS_PER_SECOND) as u32,
            ticks: (within % TICKS_PER_SECOND) as u32,
        }
    }

    /// The instant of these fields; `None` when one is out of its range.
    pub fn instant(self) -> Option<DateTime> {
        if !(1..=9999).contains(&self.year)
            || !(1..=12).contains(&self.month)
            || self.day == 0
            || self.day > days_in_month(self.year, self.month)
            || self.hour > 23
            || self.minute > 59
            || self.second > 59
        {
            return None;
        }
        let ticks = days_of(self.year, self.month, self.day) * TICKS_PER_DAY
            + i64::from(self.hour) * TICKS_PER_HOUR
            + i64::from(self.minute) * TICKS_PER_MINUTE
            + i64::from(self.second) * TICKS_PER_SECOND
            + i64::from(self.ticks);
        DateTime::from_ticks(ticks)
    }

    /// The same time of day `months` later, on the last day of the month when the day does not exist there.
    pub fn plus_months(self, months: i64) -> Option<Self> {
        let total = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(months)?;
        let year = i32::try_from(total.div_euclid(12)).ok()?;
        let month = total.rem_euclid(12) as u32 + 1;
        if !(1..=9999).contains(&year) {
            return None;
        }
        Some(Self { year, month, day: self.day.min(days_in_month(year, month)), ..self })
    }

    /// 1 for the first of January.
    pub fn day_of_year(self) -> u32 {
        (days_of(self.year, self.month, self.day) - days_of(self.year, 1, 1)) as u32 + 1
    }
}

pub(crate) fn is_leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

pub(crate) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 0001-01-01. Years start in March here, so that the leap day comes last.
pub(crate) fn days_of(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let month_from_march = i64::from((month + 9) % 12);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 306
}

fn date_of(days: i64) -> (i32, u32, u32) {
    let shifted = days + 306;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_boundary_day_survives_the_round_trip() {
        for days in [0, 1, 58, 59, 365, 719_161, 719_162, 730_178, 738_000, 3_652_058] {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(date_of(0), (1, 1, 1));
        assert_eq!(date_of(3_652_058), (9999, 12, 31));
    }

    #[test]
    fn months_are_clamped_to_their_last_day() {
        let moved = Civil::date(2024, 3, 31).plus_months(-1).unwrap();
        assert_eq!((moved.month, moved.day), (2, 29));
    }
}
