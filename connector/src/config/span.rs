//! Lengths of time and beginnings, as people write them.

use std::time::Duration;

use jiff::Timestamp;

use super::Start;

/// The farthest back a first run can be asked to begin: the longest that Miro keeps a log
/// (<https://help.miro.com/hc/en-us/articles/360017571434-Audit-logs>, read 2026-11-22).
const AGE_MAX: Duration = Duration::from_hours(365 * 24);

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads `15s`, `1h 30m`, `250ms`.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        millis = millis.checked_add(number.parse::<u64>().ok()?.checked_mul(*factor)?)?;
        rest = tail.trim_start();
    }
    Some(Duration::from_millis(millis))
}

/// Writes a length of time the way [`parse_span`] reads it, in the largest units that hold it exactly.
pub(crate) fn human(span: Duration) -> String {
    let mut millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".into();
    }
    let mut parts = Vec::new();
    for (unit, factor) in UNITS.iter().rev() {
        let count = millis / factor;
        // Days read worse than hours below two of them.
        if count > 0 && !(*unit == "d" && count < 2) {
            parts.push(format!("{count}{unit}"));
            millis %= factor;
        }
    }
    parts.join(" ")
}

/// Reads `24h ago`, or an RFC 3339 time.
pub(crate) fn parse_start(text: &str) -> Option<Start> {
    let text = text.trim();
    if let Some(age) = text.strip_suffix("ago") {
        return parse_span(age).filter(|age| *age <= AGE_MAX).map(Start::Ago);
    }
    text.parse::<Timestamp>().ok().map(Start::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written_alike() {
        for text in ["250ms", "15s", "1m 30s", "24h", "2d 3h", "10m"] {
            assert_eq!(parse_span(text).map(human).as_deref(), Some(text));
        }
        assert_eq!(parse_span("1h30m"), Some(Duration::from_mins(90)));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "s", "15", "15 parsecs", "-1s", "1.5s", "99999999999999999999s", "9999999999999999999h"] {
            assert_eq!(parse_span(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_beginning_is_an_age_or_a_time() {
        assert_eq!(parse_start("24h ago"), Some(Start::Ago(Duration::from_hours(24))));
        let time = "2026-11-01T00:00:00Z".parse().expect("a time");
        assert_eq!(parse_start("2026-11-01T01:00:00+01:00"), Some(Start::At(time)));
        for text in ["yesterday", "ago", "400d ago", "2026-11-01", "2026-11-01T00:00:00"] {
            assert_eq!(parse_start(text), None, "{text:?}");
        }
    }
}
