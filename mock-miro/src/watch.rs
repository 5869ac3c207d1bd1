//! Detects clients that break the rules of the API.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::journal::Rule;

/// Requests that arrive this soon after a 429 or 401 were already in flight and break no rule.
const IN_FLIGHT: SignedDuration = SignedDuration::from_millis(100);
/// How often a rejected token may be used per minute: a client may check whether it works again.
const REJECTED_TRIES_PER_MINUTE: usize = 5;
/// How many times in a row the same page may be served: a restarted client may request a page again, a loop does not stop.
const SAME_PAGE_IN_A_ROW: u32 = 5;
/// The most tokens and budgets tracked; beyond that the first in name order are dropped.
const WATCHED_MAX: usize = 1_000;

/// What is tracked of each client.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pauses: BTreeMap<String, Pause>,
    rejected: BTreeMap<String, VecDeque<Timestamp>>,
    pages: BTreeMap<(String, &'static str), (String, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    requested_at: Timestamp,
    until: Timestamp,
    rule: Rule,
}

/// A rule that the current request breaks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RuleBreach {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

impl Watch {
    /// Records that clients of this budget were asked to pause until then.
    pub(crate) fn pause_requested(&mut self, budget: &str, now: Timestamp, until: Timestamp, rule: Rule) {
        evict(&mut self.pauses);
        self.pauses.insert(budget.to_owned(), Pause { requested_at: now, until, rule });
    }

    /// Checks a call against the pause of its budget.
    pub(crate) fn called(&mut self, budget: &str, now: Timestamp) -> Option<RuleBreach> {
        let pause = *self.pauses.get(budget)?;
        if now >= pause.until {
            self.pauses.remove(budget);
            return None;
        }
        let early = now.duration_since(pause.requested_at) > IN_FLIGHT;
        early.then(|| RuleBreach {
            rule: pause.rule,
            detail: format!("called at {now}; asked at {} to wait until {}", pause.requested_at, pause.until),
        })
    }

    /// Checks a call whose token was rejected.
    pub(crate) fn refused(&mut self, token: &str, now: Timestamp) -> Option<RuleBreach> {
        evict(&mut self.rejected);
        let tries = self.rejected.entry(token.to_owned()).or_default();
        tries.push_back(now);
        while tries.front().is_some_and(|first| now.duration_since(*first) > SignedDuration::from_mins(1)) {
            tries.pop_front();
        }
        if tries.len() <= REJECTED_TRIES_PER_MINUTE {
            return None;
        }
        tries.pop_front();
        Some(RuleBreach {
            rule: Rule::DeadTokenReused,
            detail: format!(
                "rejected more than {REJECTED_TRIES_PER_MINUTE} times in a minute; back off before retrying"
            ),
        })
    }

    /// Checks a page that was served in full.
    pub(crate) fn served(&mut self, token: &str, call: &'static str, query: &str) -> Option<RuleBreach> {
        evict(&mut self.pages);
        let (last, times) = self.pages.entry((token.to_owned(), call)).or_default();
        if last == query {
            *times += 1;
        } else {
            query.clone_into(last);
            *times = 1;
        }
        (*times == SAME_PAGE_IN_A_ROW).then(|| RuleBreach {
            rule: Rule::CursorLoop,
            detail: format!(
                "the same page was requested {SAME_PAGE_IN_A_ROW} times in a row; is the cursor percent-encoded?"
            ),
        })
    }
}

fn evict<K: Ord, V>(watched: &mut BTreeMap<K, V>) {
    if watched.len() >= WATCHED_MAX {
        watched.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn a_call_within_the_pause_is_a_breach_unless_it_was_in_flight() {
        let mut watch = Watch::default();
        watch.pause_requested("b", at(0), at(30_000), Rule::CallBeforeRetryAfter);
        assert_eq!(watch.called("b", at(50)), None);
        assert_eq!(watch.called("b", at(5_000)).unwrap().rule, Rule::CallBeforeRetryAfter);
        assert_eq!(watch.called("other", at(5_000)), None);
        assert_eq!(watch.called("b", at(30_000)), None);
    }

    #[test]
    fn a_rejected_token_may_be_retried_occasionally() {
        let mut watch = Watch::default();
        assert!((0..60).all(|n| watch.refused("patient", at(n * 15_000)).is_none()));
        assert!((0..6).any(|n| watch.refused("hasty", at(n * 1_000)).is_some()));
    }

    #[test]
    fn the_same_page_again_and_again_is_a_loop() {
        let mut watch = Watch::default();
        assert!((0..4).all(|_| watch.served("t", "audit_logs", "cursor=a").is_none()));
        assert_eq!(watch.served("t", "audit_logs", "cursor=a").unwrap().rule, Rule::CursorLoop);
        assert!((0..9).all(|n| watch.served("t", "audit_logs", &format!("cursor={n}")).is_none()));
    }
}
