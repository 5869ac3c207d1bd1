//! Watches clients for what a well-behaved one does not do.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::journal::Rule;

/// Requests that were under way when a 429 or 401 was answered come in within this time, and are forgiven.
const UNDER_WAY: SignedDuration = SignedDuration::from_millis(100);
/// How often a dead token may be tried in a minute: a client may look whether it was mended.
const DEAD_TRIES_A_MINUTE: usize = 5;
/// How many times in a row the same page may be served whole: a crash may ask again, a loop does not stop.
const SAME_PAGE_IN_A_ROW: u32 = 5;
/// How many different tokens and budgets are watched; the oldest in the order of names make room.
const WATCHED_MAX: usize = 1_000;

/// What is remembered of the clients.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pauses: BTreeMap<String, Pause>,
    dead: BTreeMap<String, VecDeque<Timestamp>>,
    pages: BTreeMap<(String, &'static str), (String, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    told_at: Timestamp,
    until: Timestamp,
    rule: Rule,
}

/// A rule broken by the request at hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

impl Watch {
    /// Notes that this budget was told to pause until then.
    pub(crate) fn told_to_pause(&mut self, budget: &str, now: Timestamp, until: Timestamp, rule: Rule) {
        make_room(&mut self.pauses);
        self.pauses.insert(budget.to_owned(), Pause { told_at: now, until, rule });
    }

    /// Judges a call on this budget.
    pub(crate) fn called(&mut self, budget: &str, now: Timestamp) -> Option<Breach> {
        let pause = *self.pauses.get(budget)?;
        if now >= pause.until {
            self.pauses.remove(budget);
            return None;
        }
        let early = now.duration_since(pause.told_at) > UNDER_WAY;
        early.then(|| Breach {
            rule: pause.rule,
            detail: format!("called at {now}, was told at {} to wait until {}", pause.told_at, pause.until),
        })
    }

    /// Judges a call that was refused because its token is dead.
    pub(crate) fn refused(&mut self, token: &str, now: Timestamp) -> Option<Breach> {
        make_room(&mut self.dead);
        let tries = self.dead.entry(token.to_owned()).or_default();
        tries.push_back(now);
        while tries.front().is_some_and(|first| now.duration_since(*first) > SignedDuration::from_mins(1)) {
            tries.pop_front();
        }
        if tries.len() <= DEAD_TRIES_A_MINUTE {
            return None;
        }
        tries.pop_front();
        Some(Breach {
            rule: Rule::DeadTokenReused,
            detail: format!("refused more than {DEAD_TRIES_A_MINUTE} times in a minute; pause, then try seldom"),
        })
    }

    /// Judges a page that was served whole.
    pub(crate) fn served(&mut self, token: &str, call: &'static str, query: &str) -> Option<Breach> {
        make_room(&mut self.pages);
        let (last, times) = self.pages.entry((token.to_owned(), call)).or_default();
        if last == query {
            *times += 1;
        } else {
            query.clone_into(last);
            *times = 1;
        }
        (*times == SAME_PAGE_IN_A_ROW).then(|| Breach {
            rule: Rule::CursorLoop,
            detail: format!("the same page was asked for {SAME_PAGE_IN_A_ROW} times in a row; is the cursor encoded?"),
        })
    }
}

fn make_room<K: Ord, V>(watched: &mut BTreeMap<K, V>) {
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
    fn a_call_within_the_pause_is_a_breach_unless_it_was_under_way() {
        let mut watch = Watch::default();
        watch.told_to_pause("b", at(0), at(30_000), Rule::CallBeforeRetryAfter);
        assert_eq!(watch.called("b", at(50)), None);
        assert_eq!(watch.called("b", at(5_000)).unwrap().rule, Rule::CallBeforeRetryAfter);
        assert_eq!(watch.called("other", at(5_000)), None);
        assert_eq!(watch.called("b", at(30_000)), None);
    }

    #[test]
    fn a_dead_token_may_be_tried_now_and_then() {
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
