//! `timespan`: an ISO 8601 duration back from now, or an interval.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timespan {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Timespan {
    /// Reads `PT1H`, `start/end`, `start/duration` or `duration/end`.
    pub(super) fn parse(text: &str, now: Timestamp) -> Result<Self, String> {
        let invalid =
            || format!("timespan {text:?} is not valid: give an ISO 8601 duration such as PT12H, or start/end");
        let text = text.trim();
        let timespan = match text.split_once('/') {
            None => Self { from: back(now, duration(text).ok_or_else(invalid)?), to: now },
            Some((start, end)) => match (instant(start), instant(end)) {
                (Some(from), Some(to)) => Self { from, to },
                (Some(from), None) => Self { from, to: forth(from, duration(end).ok_or_else(invalid)?) },
                (None, Some(to)) => Self { from: back(to, duration(start).ok_or_else(invalid)?), to },
                (None, None) => return Err(invalid()),
            },
        };
        if timespan.from > timespan.to { Err(invalid()) } else { Ok(timespan) }
    }

    /// The intersection; `None` when it is empty.
    pub(super) fn intersect(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from <= both.to).then_some(both)
    }
}

fn back(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

fn forth(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// An instant; without a zone, in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// A duration with days of 24 hours; months and years are not durations.
fn duration(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if !text.starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-02T12:00:00Z";

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let parsed = Timespan::parse(text, NOW.parse().unwrap()).ok();
        let expected = expected.map(|(from, to)| Timespan { from: from.parse().unwrap(), to: to.parse().unwrap() });
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn every_form_that_clients_send_is_read() {
        check("PT3600.0S", Some(("2026-11-02T11:00:00Z", NOW)));
        check("P1D", Some(("2026-11-01T12:00:00Z", NOW)));
        check("P1DT12H", Some(("2026-11-01T00:00:00Z", NOW)));
        let day = Some(("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"));
        check("2026-11-01T00:00:00.000Z/2026-11-02T00:00:00.000Z", day);
        check("2026-11-01/2026-11-02", day);
        check("2026-11-01T00:00:00.000Z/PT86400.0S", day);
        check("P1D/2026-11-02T00:00:00Z", day);
    }

    #[test]
    fn what_is_no_timespan_is_refused() {
        for text in ["", "1h", "PT", "2026-11-02/2026-11-01", "PT1H/PT2H", "yesterday/today"] {
            check(text, None);
        }
    }

    #[test]
    fn two_timespans_intersect() {
        let of = |text| Timespan::parse(text, NOW.parse().unwrap()).unwrap();
        assert_eq!(
            of("2026-11-01/2026-11-03").intersect(of("2026-11-02/2026-11-05")),
            Some(of("2026-11-02/2026-11-03"))
        );
        assert_eq!(of("2026-11-01/2026-11-02").intersect(of("2026-11-03/2026-11-05")), None);
    }
}
