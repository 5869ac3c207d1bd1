//! Instants in text. Exact ISO 8601 takes a fast way; everything else is cut into tokens first.

use super::{Civil, DateTime, TICKS_PER_HOUR, TICKS_PER_MINUTE};

/// Longer text is not a date.
const LENGTH_MAX: usize = 64;

pub(super) fn parse(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if text.len() > LENGTH_MAX || text.is_empty() {
        return None;
    }
    iso(text.as_bytes()).or_else(|| Tokens::cut(text)?.read())
}

/// `yyyy-mm-ddThh:mm:ss[.f][Z|+hh:mm|+hhmm]`
fn iso(text: &[u8]) -> Option<DateTime> {
    if text.len() < 19 || text[4] != b'-' || text[7] != b'-' || !matches!(text[10], b'T' | b' ') || text[13] != b':' {
        return None;
    }
    let (fraction, rest) = fraction(&text[19..])?;
    let civil = Civil {
        year: digits(&text[0..4])? as i32,
        month: digits(&text[5..7])?,
        day: digits(&text[8..10])?,
        hour: digits(&text[11..13])?,
        minute: digits(&text[14..16])?,
        second: if text[16] == b':' { digits(&text[17..19])? } else { return None },
        ticks: fraction,
    };
    shifted(civil.instant()?, offset(rest)?)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// A leading `.fff`, in ticks, and what follows it. Digits after the seventh are dropped.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some((b'.', rest)) = text.split_first() else { return Some((0, text)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let kept = length.min(7);
    let ticks = digits(&rest[..kept])? * 10_u32.pow(7 - kept as u32);
    Some((ticks, &rest[length..]))
}

/// Ticks to take away for a zone; none at all is UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?),
        [h1, h2] => (digits(&[*h1, *h2])?, 0),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    Some(sign * (i64::from(hours) * TICKS_PER_HOUR + i64::from(minutes) * TICKS_PER_MINUTE))
}

fn shifted(instant: DateTime, offset: i64) -> Option<DateTime> {
    DateTime::from_ticks(instant.ticks() - offset)
}

/// A text cut into its date, its time of day and its zone.
#[derive(Default)]
struct Tokens<'a> {
    date: Vec<&'a str>,
    month_name: Option<(usize, u32)>,
    clock: Option<&'a str>,
    afternoon: Option<bool>,
    zone: Option<&'a str>,
}

impl<'a> Tokens<'a> {
    fn cut(text: &'a str) -> Option<Self> {
        let mut tokens = Self::default();
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            tokens.take(word, words.peek().is_none())?;
        }
        Some(tokens)
    }

    fn take(&mut self, word: &'a str, last: bool) -> Option<()> {
        if word.contains(':') && self.clock.is_none() && !matches!(word.as_bytes().first(), Some(b'+' | b'-')) {
            return self.take_clock(word);
        }
        if self.clock.is_some() {
            return self.take_after_clock(word);
        }
        if last && matches!(word, "Z" | "z" | "GMT" | "UTC") {
            self.zone = Some("Z");
            return Some(());
        }
        if matches!(word, "-" | "/") && !self.date.is_empty() {
            return Some(());
        }
        for part in word.split(['-', '/', '.']) {
            self.take_date_part(part)?;
        }
        Some(())
    }

    fn take_date_part(&mut self, part: &'a str) -> Option<()> {
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            self.date.push(part);
        } else if let Some(month) = month_number(part) {
            if self.month_name.replace((self.date.len(), month)).is_some() {
                return None;
            }
        } else if !is_weekday(part) || !self.date.is_empty() {
            return None;
        }
        Some(())
    }

    /// `2022-12-02T13:45`, `13:45:56.1Z` and `13:45+02:00` are one word each.
    fn take_clock(&mut self, word: &'a str) -> Option<()> {
        let clock = match word.split_once(['T', 't']) {
            Some((date, clock)) => {
                for part in date.split(['-', '/', '.']) {
                    self.take_date_part(part)?;
                }
                clock
            }
            None => word,
        };
        let end = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
        let (clock, zone) = clock.split_at(end);
        let upper = clock.len().saturating_sub(2);
        if clock.is_char_boundary(upper) && clock[upper..].eq_ignore_ascii_case("pm") {
            self.afternoon = Some(true);
            self.clock = Some(&clock[..upper]);
        } else if clock.is_char_boundary(upper) && clock[upper..].eq_ignore_ascii_case("am") {
            self.afternoon = Some(false);
            self.clock = Some(&clock[..upper]);
        } else {
            self.clock = Some(clock);
        }
        if !zone.is_empty() {
            self.zone = Some(zone);
        }
        Some(())
    }

    fn take_after_clock(&mut self, word: &'a str) -> Option<()> {
        match word {
            "AM" | "am" if self.afternoon.is_none() => self.afternoon = Some(false),
            "PM" | "pm" if self.afternoon.is_none() => self.afternoon = Some(true),
            "GMT" | "UTC" | "Z" | "z" if self.zone.is_none() => self.zone = Some("Z"),
            "EST" if self.zone.is_none() => self.zone = Some("-0500"),
            "EDT" if self.zone.is_none() => self.zone = Some("-0400"),
            "CST" if self.zone.is_none() => self.zone = Some("-0600"),
            "CDT" if self.zone.is_none() => self.zone = Some("-0500"),
            "MST" if self.zone.is_none() => self.zone = Some("-0700"),
            "MDT" if self.zone.is_none() => self.zone = Some("-0600"),
            "PST" if self.zone.is_none() => self.zone = Some("-0800"),
            "PDT" if self.zone.is_none() => self.zone = Some("-0700"),
            _ if self.zone.is_none() && word.starts_with(['+', '-']) => self.zone = Some(word),
            _ if self.date.len() + usize::from(self.month_name.is_some()) == 2 && word.len() == 4 => {
                self.take_date_part(word)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn read(&self) -> Option<DateTime> {
        let (year, month, day) = self.date()?;
        let (hour, minute, second, ticks) = self.time_of_day()?;
        let civil = Civil { year, month, day, hour, minute, second, ticks };
        shifted(civil.instant()?, self.zone.map_or(Some(0), |zone| offset(zone.as_bytes()))?)
    }

    fn date(&self) -> Option<(i32, u32, u32)> {
        if let Some((_, month)) = self.month_name {
            return match self.date[..] {
                [year, day] if year.len() == 4 => Some((full_year(year)?, month, day.parse().ok()?)),
                [day, year] => Some((full_year(year)?, month, day.parse().ok()?)),
                [year] if year.len() == 4 => Some((full_year(year)?, month, 1)),
                _ => None,
            };
        }
        match self.date[..] {
            [compact] if compact.len() == 8 => {
                Some((compact[..4].parse().ok()?, compact[4..6].parse().ok()?, compact[6..].parse().ok()?))
            }
            [year] if year.len() == 4 => Some((full_year(year)?, 1, 1)),
            [year, month] if year.len() == 4 => Some((full_year(year)?, month.parse().ok()?, 1)),
            [year, month, day] if year.len() == 4 => Some((full_year(year)?, month.parse().ok()?, day.parse().ok()?)),
            [month, day, year] => Some((full_year(year)?, month.parse().ok()?, day.parse().ok()?)),
            _ => None,
        }
    }

    fn time_of_day(&self) -> Option<(u32, u32, u32, u32)> {
        let Some(clock) = self.clock else { return Some((0, 0, 0, 0)) };
        let mut parts = clock.split(':');
        let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let (second, ticks) = match second {
            None => (0, 0),
            Some(text) => {
                let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
                let (ticks, rest) = fraction(rest.as_bytes())?;
                (if rest.is_empty() { small(whole)? } else { return None }, ticks)
            }
        };
        let hour = match (small(hour)?, self.afternoon) {
            (12, Some(false)) => 0,
            (hour @ 1..=11, Some(true)) => hour + 12,
            (hour, _) => hour,
        };
        Some((hour, small(minute)?, second, ticks))
    }
}

fn small(text: &str) -> Option<u32> {
    if matches!(text.len(), 1 | 2) { digits(text.as_bytes()) } else { None }
}

/// Two digits mean 1950 to 2049, as RFC 2822 has it.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 if year < 50 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month_number(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == word || (word.len() == 3 && month.starts_with(&word)))?;
    Some(at as u32 + 1)
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let word = word.to_ascii_lowercase();
    word.len() >= 3 && DAYS.iter().any(|day| *day == word || (word.len() == 3 && day.starts_with(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).map(|instant| instant.to_string()).unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn iso_with_and_without_a_zone() {
        check("2022-12-02 13:45:56", "2022-12-02T13:45:56Z");
        check("2022-12-02T13:45:56+02:00", "2022-12-02T11:45:56Z");
        check("2022-12-02T13:45:56.123+0000", "2022-12-02T13:45:56.123Z");
        check("2022-12-02T13:45", "2022-12-02T13:45:00Z");
        check("2022-12-02", "2022-12-02T00:00:00Z");
        check("2017-10-30 23:00:00.1009001", "2017-10-30T23:00:00.1009001Z");
    }

    #[test]
    fn months_come_first_in_american_dates() {
        for text in ["12-02-2022", "12/02/2022", "12.02.2022", "2 Dec 2022", "Dec 2, 2022", "20221202", "2022/12/02"] {
            check(text, "2022-12-02T00:00:00Z");
        }
        check("13-01-2022", "");
        check("02/17/2016 08:40:01", "2016-02-17T08:40:01Z");
        check("12/02/2022 1:05:00 PM", "2022-12-02T13:05:00Z");
        check("2025, 6, 14", "2025-06-14T00:00:00Z");
    }

    #[test]
    fn mail_dates() {
        check("Sat, 8 Nov 14 15:05:02 GMT", "2014-11-08T15:05:02Z");
        check("Saturday, 08-Nov-14 15:05:02 GMT", "2014-11-08T15:05:02Z");
        check("8 Nov 2014 15:05", "2014-11-08T15:05:00Z");
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in ["", "not a date", "2022-13-01", "2022-02-30", "12:00", "42", "é1-01-2020"] {
            check(text, "");
        }
    }
}
