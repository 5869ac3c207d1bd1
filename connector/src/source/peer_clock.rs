//! Whose clock decides what is covered: the earlier of Miro's own, which its responses show, and ours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{Clock, skew};

/// What was seen of Miro's clock holds for so long: a wrong `Date`, as from a cache, must not keep the tail from being read.
const SEEN_FOR: Duration = Duration::from_mins(1);

/// Our clock, and what is known of Miro's.
#[derive(Debug)]
pub(crate) struct PeerClock {
    ours: Arc<dyn Clock>,
    heard: Mutex<Heard>,
}

/// What the pages that were read so far told of Miro's clock.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    pages: bool,
    seen: Option<Seen>,
}

/// What can be said of the time by Miro's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MiroTime {
    /// Nothing yet: no page was read.
    Unheard,
    /// Nothing: its pages have no date.
    Undated,
    /// It shows this by now, or a little more.
    Shown(Timestamp),
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// What Miro's clock showed.
    date: Timestamp,
    /// When that was received, or a little later than it was written.
    at: Instant,
}

impl Seen {
    /// What Miro's clock shows by now, or a little less: our own wall clock has no say in it.
    fn now(self) -> Timestamp {
        let passed = SignedDuration::try_from(self.at.elapsed()).unwrap_or(SignedDuration::MAX);
        self.date.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// A request on its way: when it was sent, by our clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked(Timestamp);

/// What a response shows of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Nothing later than this can be in the response.
    pub(super) as_of: Timestamp,
    /// How far our clock is from Miro's at least; positive when ours is ahead.
    pub(super) skew: SignedDuration,
    /// What Miro's clock showed. None where the response has no date.
    date: Option<Timestamp>,
}

impl PeerClock {
    pub(crate) fn new(ours: Arc<dyn Clock>) -> Self {
        Self { ours, heard: Mutex::default() }
    }

    /// The time by our clock.
    pub(crate) fn ours(&self) -> Timestamp {
        self.ours.now()
    }

    /// The time up to which windows are planned: ours, or Miro's where that is earlier and was seen lately.
    pub(crate) fn now(&self) -> Timestamp {
        let ours = self.ours.now();
        let lately = self.lock().seen.filter(|seen| seen.at.elapsed() <= SEEN_FOR);
        lately.map_or(ours, |seen| seen.now().min(ours))
    }

    /// The time by Miro's clock alone.
    pub(crate) fn miros(&self) -> MiroTime {
        match *self.lock() {
            Heard { seen: Some(seen), .. } => MiroTime::Shown(seen.now()),
            Heard { pages: true, seen: None } => MiroTime::Undated,
            Heard { pages: false, seen: None } => MiroTime::Unheard,
        }
    }

    pub(super) fn asks(&self) -> Asked {
        Asked(self.ours.now())
    }

    /// What the `date` of a response to what was `asked`, just received, shows. It is taken in by [`learn`](Self::learn), once
    /// the response has turned out to be Miro's.
    pub(super) fn read(&self, asked: Asked, date: Option<Timestamp>) -> Reading {
        let Asked(asked) = asked;
        let Some(date) = date else {
            return Reading { as_of: asked, skew: SignedDuration::ZERO, date: None };
        };
        let skew = skew::between(asked, date, self.ours.now());
        Reading { as_of: asked.min(date), skew, date: Some(date) }
    }

    /// Plans by what a page showed of Miro's clock, for a while.
    pub(super) fn learn(&self, reading: Reading) {
        let mut heard = self.lock();
        heard.pages = true;
        if let Some(date) = reading.date {
            heard.seen = Some(Seen { date, at: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Plain values: whole at any time.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Ours(Mutex<Timestamp>);

    impl Clock for Ours {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Asks at second 1,000 by our clock and is answered two seconds later.
    fn reading(date: Option<i64>) -> (PeerClock, Reading) {
        let ours = Arc::new(Ours(Mutex::new(at(1_000))));
        let clock = PeerClock::new(Arc::clone(&ours) as Arc<dyn Clock>);
        let asked = clock.asks();
        *ours.0.lock().unwrap() = at(1_002);
        let reading = clock.read(asked, date.map(at));
        assert_eq!(clock.now(), at(1_002), "a response that nobody vouched for moves nothing");
        clock.learn(reading);
        (clock, reading)
    }

    #[test]
    fn the_earlier_clock_decides_what_a_response_covers() {
        for (date, as_of, skew, now) in [
            (None, 1_000, 0, 1_002),
            (Some(1_001), 1_000, 0, 1_001),
            (Some(999), 999, 0, 999),
            (Some(900), 900, 99, 900),
            (Some(1_002), 1_000, 0, 1_002),
            (Some(1_100), 1_000, -98, 1_002),
            (Some(1_000_000), 1_000, -998_998, 1_002),
        ] {
            let (clock, reading) = reading(date);
            assert_eq!(reading.as_of, at(as_of), "{date:?}");
            assert_eq!(reading.skew.as_secs(), skew, "{date:?}");
            assert_eq!(clock.now().as_second(), now, "{date:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_long_ago_holds_no_longer_for_planning() {
        let (clock, _) = reading(Some(0));
        assert_eq!((clock.now(), clock.miros()), (at(0), MiroTime::Shown(at(0))));
        tokio::time::advance(SEEN_FOR + Duration::from_secs(1)).await;
        assert_eq!((clock.now(), clock.miros()), (at(1_002), MiroTime::Shown(at(61))));
    }

    #[tokio::test(start_paused = true)]
    async fn our_own_clock_set_far_ahead_moves_neither() {
        let ours = Arc::new(Ours(Mutex::new(at(1_000))));
        let clock = PeerClock::new(Arc::clone(&ours) as Arc<dyn Clock>);
        assert_eq!(clock.miros(), MiroTime::Unheard);
        clock.learn(clock.read(clock.asks(), None));
        assert_eq!(clock.miros(), MiroTime::Undated);
        clock.learn(clock.read(clock.asks(), Some(at(1_000))));
        *ours.0.lock().unwrap() = at(900_000);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!((clock.now(), clock.miros()), (at(1_005), MiroTime::Shown(at(1_005))));
    }
}
