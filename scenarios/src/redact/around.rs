//! Times of the recording, as opposed to dates of somebody's life and numbers that look like times.

use jiff::{SignedDuration, Timestamp};

use crate::times;

/// Miro keeps its audit log for 90 days; what is further away than this is no time of an event.
const AROUND: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Around when a recording is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around(pub(super) Timestamp);

impl Around {
    /// Whether something may have happened then.
    pub(super) fn has(self, at: Timestamp) -> bool {
        at.duration_since(self.0).abs() <= AROUND
    }

    /// Whether all of a text is a time around the recording, as RFC 3339 writes it.
    pub(super) fn is_time(self, text: &str) -> bool {
        matches!(times::find(text).as_slice(), [one] if one.range == (0..text.len()) && self.has(one.at))
    }

    /// Whether a number is a time around the recording, in seconds or milliseconds since 1970.
    pub(super) fn is_epoch(self, number: &str) -> bool {
        times::epoch(number).is_some_and(|at| self.has(at))
    }

    /// The date of a header around the recording, written anew: comments may stand in it.
    pub(super) fn http_date(self, text: &str) -> Option<String> {
        times::http_date(text).filter(|at| self.has(*at)).map(faults::http_date)
    }
}
