//! How often a recorded program asked for the newest events, where no variable tells.

use jiff::{SignedDuration, Timestamp};

use super::question::asked_until;
use crate::har::{Entry, Har};
use crate::scenario::Call;

/// A window that ends so close to the time at which it is asked for is one of the newest events.
const NEWEST: SignedDuration = SignedDuration::from_secs(5);
/// Fewer polls tell nothing.
const POLLS_MIN: usize = 3;
/// The bounds of what the usual programs take.
const EVERY: [u64; 2] = [1, 3_600];

/// The usual time between two polls of the log that is asked for more often, in whole seconds: `15s`.
pub(super) fn every(har: &Har) -> String {
    let of = |call| usual(&polls(har, call));
    let seconds = of(Call::AuditLogs).into_iter().chain(of(Call::ContentLogs)).min().unwrap_or(EVERY[0]);
    format!("{}s", seconds.clamp(EVERY[0], EVERY[1]))
}

/// When the newest events were asked for.
fn polls(har: &Har, call: Call) -> Vec<Timestamp> {
    let is_poll = |entry: &&Entry| {
        let asked = entry.started_date_time;
        entry.call() == Some(call) && asked_until(entry).is_some_and(|to| to.duration_since(asked).abs() <= NEWEST)
    };
    let mut polls: Vec<Timestamp> =
        har.log.entries.iter().filter(is_poll).map(|entry| entry.started_date_time).collect();
    polls.sort_unstable();
    polls
}

/// The middle of the times between them: pages that follow each other at once and outages are on its two sides.
fn usual(polls: &[Timestamp]) -> Option<u64> {
    let apart = polls.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis());
    let mut apart: Vec<i128> = apart.filter(|apart| *apart >= 500).collect();
    apart.sort_unstable();
    let middle = apart.get(apart.len() / 2).filter(|_| apart.len() + 1 >= POLLS_MIN)?;
    u64::try_from((middle + 500) / 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn har(polls: &[(i64, i64)]) -> Har {
        let entry = |(asked, to): &(i64, i64)| {
            let at = |second| Timestamp::from_second(1_795_000_000 + second).expect("a time");
            format!(
                r#"{{"startedDateTime":"{}","request":{{"method":"GET","url":"https://api.miro.com/v2/audit/logs?createdAfter=2026-11-01T00:00:00Z&createdBefore={}"}},"response":{{"status":200}}}}"#,
                at(*asked),
                at(*to)
            )
        };
        let entries = polls.iter().map(entry).collect::<Vec<_>>().join(",");
        serde_json::from_str(&format!(r#"{{"log":{{"entries":[{entries}]}}}}"#)).expect("a HAR")
    }

    #[test]
    fn the_usual_pause_is_told_whatever_happens_in_between() {
        let polled = har(&[(0, 0), (1, -9_000), (15, 15), (30, 30), (300, 300), (315, 315), (316, -80)]);
        assert_eq!(every(&polled), "15s");
        assert_eq!(every(&har(&[(0, 0), (1, -500)])), "1s", "one catch-up polls nothing");
    }
}
