//! `format_datetime` and `format_timespan`.

use crate::{
    time::{Civil, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND},
    value::Value,
};

/// The fields that a pattern can show.
struct Fields {
    year: i32,
    month: u32,
    day: u64,
    hour: u32,
    minute: u32,
    second: u32,
    ticks: u32,
}

pub(super) fn datetime(args: &[Value]) -> Value {
    let (Some(at), Some(pattern)) = (args[0].as_datetime(), args[1].as_str()) else { return Value::from("") };
    let Civil { year, month, day, hour, minute, second, ticks } = at.civil();
    Fields { year, month, day: u64::from(day), hour, minute, second, ticks }.show(pattern, "yMdHhmsfFt").into()
}

pub(super) fn timespan(args: &[Value]) -> Value {
    let (Some(span), Some(pattern)) = (args[0].as_timespan(), args[1].as_str()) else { return Value::from("") };
    let ticks = span.ticks().unsigned_abs();
    let part = |unit: i64, within: i64| (ticks % within.unsigned_abs() / unit.unsigned_abs()) as u32;
    let fields = Fields {
        year: 0,
        month: 0,
        day: ticks / TICKS_PER_DAY.unsigned_abs(),
        hour: part(TICKS_PER_HOUR, TICKS_PER_DAY),
        minute: part(TICKS_PER_MINUTE, TICKS_PER_HOUR),
        second: part(TICKS_PER_SECOND, TICKS_PER_MINUTE),
        ticks: part(1, TICKS_PER_SECOND),
    };
    let text = fields.show(pattern, "dHhmsfF");
    if span.ticks() < 0 { format!("-{text}").into() } else { text.into() }
}

impl Fields {
    /// Puts the fields in place of the runs of these letters; everything else stays.
    fn show(&self, pattern: &str, letters: &str) -> String {
        let mut out = String::new();
        let mut rest = pattern.chars().peekable();
        while let Some(letter) = rest.next() {
            if !letters.contains(letter) {
                out.push(letter);
                continue;
            }
            let mut length = 1;
            while rest.next_if_eq(&letter).is_some() {
                length += 1;
            }
            self.field(letter, length, letters.contains('y'), &mut out);
        }
        out
    }

    fn field(&self, letter: char, length: usize, is_date: bool, out: &mut String) {
        let number = |value: u64, width: usize| format!("{value:0width$}");
        let text = match letter {
            'y' if length <= 2 => number(self.year as u64 % 100, length),
            'y' => number(self.year as u64, length),
            'M' => number(u64::from(self.month), length.min(2)),
            'd' => number(self.day, if is_date { length.min(2) } else { length }),
            'H' => number(u64::from(self.hour), length.min(2)),
            'h' if is_date => number(u64::from((self.hour + 11) % 12 + 1), length.min(2)),
            'h' => number(u64::from(self.hour), length.min(2)),
            'm' => number(u64::from(self.minute), length.min(2)),
            's' => number(u64::from(self.second), length.min(2)),
            'f' => format!("{:07}", self.ticks)[..length.min(7)].to_owned(),
            'F' => format!("{:07}", self.ticks)[..length.min(7)].trim_end_matches('0').to_owned(),
            _ => {
                let half = if self.hour < 12 { "AM" } else { "PM" };
                half[..length.min(2)].to_owned()
            }
        };
        out.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateTime, Timespan};

    #[test]
    fn patterns_of_the_documentation() {
        let at = Value::from(DateTime::parse("2017-01-29 09:00:05.1234567"));
        let show = |pattern: &str| datetime(&[at.clone(), pattern.into()]).to_text().into_owned();
        assert_eq!(show("yyyy-M-dd [H:mm:ss]"), "2017-1-29 [9:00:05]");
        assert_eq!(show("yy-MM-dd [hh:mm:ss tt]"), "17-01-29 [09:00:05 AM]");
        assert_eq!(show("s.fff FFFFFFF"), "5.123 1234567");
        let span = Value::from(Timespan::parse("1.02:03:04.5"));
        assert_eq!(timespan(&[span, "d.hh:mm:ss.f".into()]), Value::from("1.02:03:04.5"));
    }
}
