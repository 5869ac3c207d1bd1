//! The rows that a query sees, by the timespans of its request.

use kql::{DateTime, Settings, TimeRange};

use super::timespan::Timespan;
use crate::workspace::instant;

/// Which rows a query sees, by their `TimeGenerated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Everything,
    Timespan(Timespan),
    Nothing,
}

impl Within {
    /// Settings under which a query sees these rows and no others.
    pub(super) fn bound(self, settings: Settings) -> Settings {
        let (from, to) = match self {
            Self::Everything => return settings,
            Self::Timespan(Timespan { from, to }) => (instant(from), instant(to)),
            Self::Nothing => (DateTime::MAX, DateTime::MIN),
        };
        settings.with_time_range(TimeRange::new("TimeGenerated", from, to))
    }
}
