//! Which recorded response a request gets.

use jiff::{SignedDuration, Timestamp};

use super::Missed;
use super::question::Question;

/// How requests find their responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The best match: the same call for the same log, the same page, the same window give or take a minute, the earliest of these. For
    /// other windows, pages are put together of the recorded events. What was a success once is given again when it is asked for again.
    #[default]
    Best,
    /// The order of the recording, for each call by itself; anything else is missed.
    Strict,
    /// Pages by their cursors alone, whatever window is asked for; the rest as the best match.
    ByCursor,
}

/// Windows that are not further apart are the same: a subject polls a moment earlier or later than it did.
const SAME_WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// The entries, and which have been given.
#[derive(Debug)]
pub(super) struct Matcher {
    mode: Mode,
    entries: Vec<Recorded>,
}

/// An entry as far as it is compared.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    pub(super) question: Question,
    /// Whether all of a success was delivered.
    pub(super) is_success: bool,
    pub(super) is_used: bool,
}

/// An entry that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its place among the entries.
    pub(super) at: usize,
    /// Whether it was given before.
    pub(super) is_repeated: bool,
}

impl Matcher {
    pub(super) const fn new(mode: Mode, entries: Vec<Recorded>) -> Self {
        Self { mode, entries }
    }

    pub(super) fn entries(&self) -> &[Recorded] {
        &self.entries
    }

    /// The entry for a request; it is used from then on.
    pub(super) fn find(&mut self, asked: &Question) -> Option<Found> {
        let found = match self.mode {
            Mode::Strict => self.next(asked),
            Mode::Best | Mode::ByCursor => self.best(asked).or_else(|| self.again(asked)),
        }?;
        self.entries[found.at].is_used = true;
        Some(found)
    }

    /// Whether pages are put together where no entry is for a window.
    pub(super) fn composes(&self) -> bool {
        self.mode == Mode::Best
    }

    /// The pages of windows within that of a request count as used: their events are given with it.
    pub(super) fn use_within(&mut self, asked: &Question) {
        let (from, to) = asked.window();
        for entry in self.entries.iter_mut().filter(|entry| entry.is_success && entry.question.is_alike(asked)) {
            let (first, last) = entry.question.window();
            entry.is_used |= from <= first && last <= to;
        }
    }

    fn next(&self, asked: &Question) -> Option<Found> {
        let at = self.entries.iter().position(|entry| !entry.is_used && entry.question.is_alike(asked))?;
        asked.differs(&self.entries[at].question).is_empty().then_some(Found { at, is_repeated: false })
    }

    /// Whether an entry's window is the one that is asked for; a cursor says enough by itself.
    fn is_near(&self, asked: &Question, recorded: &Question) -> bool {
        self.mode == Mode::ByCursor || asked.cursor().is_some() || asked.distance(recorded) <= SAME_WINDOW
    }

    fn is_match(&self, asked: &Question, recorded: &Question) -> bool {
        is_same_page(asked, recorded) && self.is_near(asked, recorded)
    }

    fn best(&self, asked: &Question) -> Option<Found> {
        let at = self.entries.iter().position(|entry| !entry.is_used && self.is_match(asked, &entry.question))?;
        Some(Found { at, is_repeated: false })
    }

    /// The last success of its kind, once all have been given.
    fn again(&self, asked: &Question) -> Option<Found> {
        let at = self.entries.iter().rposition(|entry| entry.is_success && self.is_match(asked, &entry.question))?;
        Some(Found { at, is_repeated: true })
    }

    /// That a request was not recorded.
    pub(super) fn missed(&self, asked: &Question, now: Timestamp) -> Missed {
        let alike = self.entries.iter().filter(|entry| entry.question.is_alike(asked));
        let closest = alike
            .min_by_key(|entry| (entry.is_used, asked.differs(&entry.question).len(), asked.distance(&entry.question)));
        let mut differs = closest.map(|entry| asked.differs(&entry.question)).unwrap_or_default();
        if closest.is_some_and(|entry| entry.is_used) {
            differs.push("times asked");
        }
        let is_elsewhere = |entry: &&Recorded| asked.is_page() && !self.is_near(asked, &entry.question);
        if closest.is_some_and(|entry| is_elsewhere(&entry)) && !differs.contains(&"window") {
            differs.push("window");
        }
        // In the order of the recording another one is next.
        if closest.is_some() && differs.is_empty() {
            differs.push("order");
        }
        Missed {
            at: now,
            request: asked.shown(),
            closest: closest.map(|entry| format!("entry {}: {}", entry.number, entry.question.shown())),
            differs,
        }
    }
}

/// Whether they ask for the same page of the same log, or are the same other call.
fn is_same_page(asked: &Question, recorded: &Question) -> bool {
    let is_same_page = !asked.is_page() || asked.cursor() == recorded.cursor();
    asked.is_alike(recorded) && asked.method == recorded.method && is_same_page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Peer;

    fn page(from: &str, cursor: &str) -> Question {
        Question::new(
            Peer::Miro,
            "GET",
            &format!("/v2/audit/logs?createdAfter=2026-11-29T{from}Z&limit=100&cursor={cursor}"),
        )
    }

    fn matcher(mode: Mode, questions: &[Question]) -> Matcher {
        let entries = questions.iter().enumerate().map(|(at, question)| Recorded {
            number: at + 1,
            question: question.clone(),
            is_success: true,
            is_used: false,
        });
        Matcher::new(mode, entries.collect())
    }

    fn order(mode: Mode, recorded: &[Question], asked: &[Question]) -> Vec<Option<usize>> {
        let mut matcher = matcher(mode, recorded);
        asked.iter().map(|asked| matcher.find(asked).map(|found| found.at)).collect()
    }

    #[test]
    fn the_best_match_follows_cursors_and_windows_whatever_the_order() {
        let recorded = [page("10:00:00", ""), page("10:00:00", ""), page("10:00:00", "a"), page("12:00:00", "")];
        let asked = [
            page("12:00:03", ""),
            page("10:00:01", ""),
            page("10:00:01", "a"),
            page("10:00:09", ""),
            page("10:00:01", "b"),
        ];
        assert_eq!(order(Mode::Best, &recorded, &asked), [Some(3), Some(0), Some(2), Some(1), None]);
        // Asked once more than recorded: the last of its kind again.
        let asked = [page("10:00:00", ""), page("10:00:00", ""), page("10:00:00", ""), page("15:00:00", "")];
        assert_eq!(order(Mode::Best, &recorded, &asked), [Some(0), Some(1), Some(1), None]);
    }

    #[test]
    fn strict_keeps_the_order_of_each_call() {
        let token = || Question::new(Peer::Entra, "POST", "/t/oauth2/v2.0/token");
        let recorded = [page("10:00:00", ""), token(), page("10:00:00", "a")];
        assert_eq!(
            order(Mode::Strict, &recorded, &[token(), page("10:00:07", ""), page("10:00:07", "a")]),
            [Some(1), Some(0), Some(2)]
        );
        assert_eq!(
            order(Mode::Strict, &recorded, &[page("10:00:00", "a"), page("10:00:00", ""), page("10:00:00", "")]),
            [None, Some(0), None]
        );
    }

    #[test]
    fn by_cursor_does_not_look_at_windows() {
        let recorded = [page("10:00:00", ""), page("23:00:00", ""), page("10:00:00", "a")];
        assert_eq!(
            order(Mode::ByCursor, &recorded, &[page("22:59:00", ""), page("01:00:00", "a")]),
            [Some(0), Some(2)]
        );
        assert_eq!(order(Mode::Best, &recorded, &[page("22:59:30", "")]), [Some(1)]);
    }

    #[test]
    fn a_miss_names_the_closest_entry_and_what_differs() {
        let matcher = matcher(Mode::Best, &[page("10:00:00", ""), page("10:00:00", "a")]);
        let missed = matcher.missed(&page("10:00:00", "b"), Timestamp::UNIX_EPOCH);
        assert_eq!(missed.differs, ["cursor"]);
        assert!(missed.closest.unwrap().starts_with("entry 1: GET /v2/audit/logs?"));
        let missed = matcher.missed(&Question::new(Peer::Miro, "GET", "/v1/oauth-token"), Timestamp::UNIX_EPOCH);
        assert_eq!((missed.request.as_str(), missed.closest), ("GET /v1/oauth-token", None));
        let missed = matcher.missed(&page("15:00:00", ""), Timestamp::UNIX_EPOCH);
        assert_eq!(missed.differs, ["window"], "hours away from what was recorded");
    }
}
