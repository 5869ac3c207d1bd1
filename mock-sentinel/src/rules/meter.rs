//! What a rule has counted, and how much it may take in a minute.
//!
//! Metric names: the page on monitoring data collection; limits: the limits page of custom logs, read 2026-11-22.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// How much a rule may take in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) calls_max: u64,
    pub(crate) bytes_max: u64,
}

/// A rule has taken all it may in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    /// Seconds until the next minute, at least 1.
    pub(crate) retry_after: i64,
}

/// A rule's metrics since the beginning, and its use of the current minute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Meter {
    /// Requests by response status.
    pub(crate) requests: BTreeMap<u16, u64>,
    pub(crate) bytes_on_the_wire: u64,
    pub(crate) bytes_uncompressed: u64,
    pub(crate) rows_received: u64,
    pub(crate) rows_stored: u64,
    /// Rows that a `where` left out, or that a failing transform lost.
    pub(crate) rows_dropped: u64,
    /// Cells of columns that the stream does not declare.
    pub(crate) columns_dropped: u64,
    pub(crate) transformation_errors: u64,
    #[serde(skip)]
    minute: i64,
    #[serde(skip)]
    calls: u64,
    #[serde(skip)]
    wire: u64,
    #[serde(skip)]
    inflated: u64,
}

/// What one upload adds to the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) stored: u64,
    pub(crate) dropped: u64,
    pub(crate) columns_dropped: u64,
    pub(crate) transformation_errors: u64,
}

impl Meter {
    pub(crate) fn add(&mut self, counts: &Counts) {
        self.rows_received += counts.received;
        self.rows_stored += counts.stored;
        self.rows_dropped += counts.dropped;
        self.columns_dropped += counts.columns_dropped;
        self.transformation_errors += counts.transformation_errors;
    }

    /// Takes one call into the current minute, if it still fits.
    pub(crate) fn take_call(&mut self, quota: Quota, now: Timestamp) -> Result<(), Throttled> {
        self.turn(now);
        if self.calls >= quota.calls_max {
            return Err(Throttled::until_next_minute(now));
        }
        self.calls += 1;
        Ok(())
    }

    /// Takes a body into the current minute, if it still fits.
    pub(crate) fn take_bytes(
        &mut self,
        quota: Quota,
        wire: u64,
        inflated: u64,
        now: Timestamp,
    ) -> Result<(), Throttled> {
        self.turn(now);
        if self.wire.saturating_add(wire) > quota.bytes_max || self.inflated.saturating_add(inflated) > quota.bytes_max
        {
            return Err(Throttled::until_next_minute(now));
        }
        self.wire += wire;
        self.inflated += inflated;
        self.bytes_on_the_wire += wire;
        self.bytes_uncompressed += inflated;
        Ok(())
    }

    fn turn(&mut self, now: Timestamp) {
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            (self.minute, self.calls, self.wire, self.inflated) = (minute, 0, 0, 0);
        }
    }
}

impl Throttled {
    fn until_next_minute(now: Timestamp) -> Self {
        Self { retry_after: 60 - now.as_second().rem_euclid(60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_takes_so_many_calls_and_the_next_one_again() {
        let quota = Quota { calls_max: 2, bytes_max: 100 };
        let mut meter = Meter::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(meter.take_call(quota, at(61)), Ok(()));
        assert_eq!(meter.take_call(quota, at(62)), Ok(()));
        assert_eq!(meter.take_call(quota, at(75)), Err(Throttled { retry_after: 45 }));
        assert_eq!(meter.take_call(quota, at(120)), Ok(()));
        assert_eq!(meter.take_bytes(quota, 10, 90, at(120)), Ok(()));
        assert_eq!(meter.take_bytes(quota, 10, 20, at(121)), Err(Throttled { retry_after: 59 }));
    }
}
