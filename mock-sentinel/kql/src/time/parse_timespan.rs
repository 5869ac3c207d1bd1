//! Durations in text.

use super::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    Timespan,
};

pub(super) fn parse(text: &str) -> Option<Timespan> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ticks = if text.contains(':') { clock(text)? } else { with_unit(text)? };
    Some(Timespan::from_ticks(if negative { -ticks } else { ticks }))
}

/// `[d.]hh:mm[:ss[.fffffff]]`
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = match first.split_once('.') {
        Some((days, hours)) => (number(days)?, number(hours)?),
        None => (0, number(first)?),
    };
    let minutes = number(minutes)?;
    let seconds = seconds.map_or(Some(0), seconds_in_ticks)?;
    if hours > 23 || minutes > 59 || seconds >= TICKS_PER_MINUTE {
        return None;
    }
    days.checked_mul(TICKS_PER_DAY)?.checked_add(hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE + seconds)
}

fn seconds_in_ticks(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 7 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ticks = if fraction.is_empty() { 0 } else { format!("{fraction:0<7}").parse().ok()? };
    number(whole)?.checked_mul(TICKS_PER_SECOND)?.checked_add(ticks)
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// `1.5h`, `10ms`, `2 days`, or a bare number of days.
fn with_unit(text: &str) -> Option<i64> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = unit_ticks(text[split..].trim())?;
    let amount = &text[..split];
    if let Ok(whole) = amount.parse::<i64>() {
        return whole.checked_mul(unit);
    }
    let ticks = amount.parse::<f64>().ok()? * unit as f64;
    (ticks.abs() < i64::MAX as f64).then_some(ticks.round() as i64)
}

/// The length of a unit by any of its names.
fn unit_ticks(unit: &str) -> Option<i64> {
    Some(match unit {
        "" | "d" | "day" | "days" => TICKS_PER_DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => TICKS_PER_HOUR,
        "m" | "min" | "minute" | "minutes" => TICKS_PER_MINUTE,
        "s" | "sec" | "second" | "seconds" => TICKS_PER_SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => TICKS_PER_MILLISECOND,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => TICKS_PER_MICROSECOND,
        "tick" | "ticks" => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_documentation_is_read() {
        for (text, seconds) in [
            ("1d", 86_400.0),
            ("1.5h", 5_400.0),
            ("30m", 1_800.0),
            ("0.12:00:00", 43_200.0),
            ("00:00:01.5", 1.5),
            ("-1.00:00:00", -86_400.0),
            ("2", 172_800.0),
            ("100ms", 0.1),
            ("1tick", 0.000_000_1),
        ] {
            let span = parse(text).unwrap_or_else(|| panic!("{text} was refused"));
            assert!((span.seconds() - seconds).abs() < 1e-9, "{text} gave {span}");
        }
        assert_eq!(parse("1:2:3:4"), None);
        assert_eq!(parse("soon"), None);
    }
}
