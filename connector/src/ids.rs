//! The memory of delivered ids: what was read again is known, and what is on its way is not sent twice.
//!
//! Ids are remembered under the minute of their event. The store holds all that may be read again; this holds the
//! minutes in use, loaded on first touch and let go when they were not touched for long.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::ledger::WindowId;
use crate::store::{ByMinute, IdHash, Minute};

/// Ids kept in memory before old minutes are let go: about 4 MB, and more than the windows being read hold together.
const HELD_MAX: usize = 100_000;
/// What a minute without ids costs, counted in ids.
const MINUTE_COST: usize = 8;
/// Minutes this close are loaded in one call.
const LOAD_NEAR: i64 = 5;

/// Whether an event is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Never seen: it now belongs to the claiming window until it is settled or released.
    New,
    /// Delivered or set aside before.
    Known,
    /// On its way, here or in another window.
    InFlight,
}

/// The ids of one stream.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    minutes: BTreeMap<Minute, Remembered>,
    claims: HashMap<u128, Claimed, Spread>,
    held: usize,
    tick: u64,
    /// Counts the times that minutes were let go: what was loaded before that may be out of date.
    evictions: u64,
}

#[derive(Debug, Default)]
struct Remembered {
    ids: HashSet<u128, Spread>,
    claimed: usize,
    touched: u64,
}

#[derive(Clone, Copy, Debug)]
struct Claimed {
    minute: Minute,
    by: WindowId,
}

/// Minutes to be loaded from the store, and the state of memory for which that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) range: Range<Minute>,
    evictions: u64,
}

impl Ids {
    /// The first run of `minutes` (ascending) that is not in memory.
    pub(crate) fn missing(&self, minutes: &[Minute]) -> Option<Missing> {
        let mut absent = minutes.iter().copied().filter(|minute| !self.minutes.contains_key(minute));
        let first = absent.next()?;
        let mut end = Minute(first.0 + 1);
        for minute in absent.take_while(|minute| minute.0 - first.0 < 60) {
            if minute.0 - end.0 > LOAD_NEAR {
                break;
            }
            end = Minute(minute.0 + 1);
        }
        Some(Missing { range: first..end, evictions: self.evictions })
    }

    /// Takes in what the store remembers of `missing`. Does nothing when minutes were let go since: ask again.
    pub(crate) fn admit(&mut self, missing: &Missing, found: ByMinute) {
        if missing.evictions != self.evictions {
            return;
        }
        self.tick += 1;
        let mut found: BTreeMap<Minute, Vec<IdHash>> = found.into_iter().collect();
        for minute in missing.range.start.0..missing.range.end.0 {
            let minute = Minute(minute);
            if self.minutes.contains_key(&minute) {
                // Another window loaded it meanwhile, and may have added to it.
                continue;
            }
            let ids: HashSet<u128, Spread> =
                found.remove(&minute).unwrap_or_default().into_iter().map(u128::from_le_bytes).collect();
            self.held += ids.len() + MINUTE_COST;
            self.minutes.insert(minute, Remembered { ids, claimed: 0, touched: self.tick });
        }
    }

    /// Claims the event `id` of `minute` for `window`. The minute must have been loaded.
    pub(crate) fn claim(&mut self, minute: Minute, id: u128, window: WindowId) -> Claim {
        let remembered = self.minutes.entry(minute).or_default();
        remembered.touched = self.tick;
        if remembered.ids.contains(&id) {
            return Claim::Known;
        }
        if self.claims.contains_key(&id) {
            return Claim::InFlight;
        }
        self.claims.insert(id, Claimed { minute, by: window });
        remembered.claimed += 1;
        Claim::New
    }

    /// The events with these ids are delivered or set aside, and durably so.
    pub(crate) fn settle(&mut self, ids: impl Iterator<Item = u128>) {
        for id in ids {
            let Some(claimed) = self.claims.remove(&id) else { continue };
            if let Some(remembered) = self.minutes.get_mut(&claimed.minute) {
                remembered.claimed -= 1;
                self.held += usize::from(remembered.ids.insert(id));
            }
        }
    }

    /// How many ids are in memory under `minute`.
    pub(crate) fn known(&self, minute: Minute) -> usize {
        self.minutes.get(&minute).map_or(0, |remembered| remembered.ids.len())
    }

    /// Gives up whatever `window` claimed and did not settle.
    pub(crate) fn release(&mut self, window: WindowId) -> usize {
        let before = self.claims.len();
        let minutes = &mut self.minutes;
        self.claims.retain(|_, claimed| {
            let kept = claimed.by != window;
            if !kept && let Some(remembered) = minutes.get_mut(&claimed.minute) {
                remembered.claimed -= 1;
            }
            kept
        });
        before - self.claims.len()
    }

    /// Drops minutes that the store forgets, and, when too much is held, those not touched for longest.
    pub(crate) fn trim(&mut self, forget: &[Range<Minute>]) {
        for range in forget {
            let gone: Vec<Minute> = self.minutes.range(range.clone()).map(|(minute, _)| *minute).collect();
            for minute in gone {
                self.evict(minute);
            }
        }
        if self.held > HELD_MAX {
            let mut oldest: Vec<(u64, Minute)> =
                self.minutes.iter().map(|(minute, at)| (at.touched, *minute)).collect();
            oldest.sort_unstable();
            for (_, minute) in oldest {
                if self.held <= HELD_MAX / 4 * 3 {
                    break;
                }
                self.evict(minute);
            }
        }
    }

    fn evict(&mut self, minute: Minute) {
        // What is claimed must be found again when it is settled.
        if self.minutes.get(&minute).is_some_and(|remembered| remembered.claimed == 0)
            && let Some(remembered) = self.minutes.remove(&minute)
        {
            self.held -= (remembered.ids.len() + MINUTE_COST).min(self.held);
            self.evictions += 1;
        }
    }
}

/// Ids are hashes already: a part of them is as good as another hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part(u64);

type Spread = BuildHasherDefault<Part>;

impl Hasher for Part {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = id as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::Entry;

    use proptest::prelude::*;

    use super::*;
    use crate::ledger::Ledger;

    const HERE: Minute = Minute(7);

    fn windows() -> (WindowId, WindowId) {
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let mut ledger = Ledger::new(at(0));
        (ledger.open_tail(at(10_000)).unwrap(), ledger.open_history(at(10_000)).unwrap())
    }

    fn load(ids: &mut Ids, minute: Minute, known: &[u128]) {
        let missing = ids.missing(&[minute]).unwrap();
        ids.admit(&missing, vec![(minute, known.iter().map(|id| id.to_le_bytes()).collect())]);
    }

    #[test]
    fn an_event_is_new_once_then_in_flight_then_known() {
        let (one, other) = windows();
        let mut ids = Ids::default();
        load(&mut ids, HERE, &[1]);
        assert_eq!(ids.claim(HERE, 1, one), Claim::Known);
        assert_eq!(ids.claim(HERE, 2, one), Claim::New);
        assert_eq!(ids.claim(HERE, 2, other), Claim::InFlight);
        ids.settle([2].into_iter());
        assert_eq!(ids.claim(HERE, 2, other), Claim::Known);
    }

    #[test]
    fn what_a_span_gives_up_is_new_to_the_next() {
        let (one, other) = windows();
        let mut ids = Ids::default();
        load(&mut ids, HERE, &[]);
        assert_eq!(ids.claim(HERE, 2, one), Claim::New);
        ids.release(one);
        assert_eq!(ids.claim(HERE, 2, other), Claim::New);
    }

    #[test]
    fn claimed_minutes_stay_when_everything_else_is_let_go() {
        let (one, _) = windows();
        let mut ids = Ids::default();
        load(&mut ids, HERE, &[1]);
        assert_eq!(ids.claim(HERE, 2, one), Claim::New);
        for minute in 100_u128..104 {
            // Spread like hashes, which ids are.
            let known: Vec<u128> =
                (0..100_000).map(|n: u128| (n * 4 + minute).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
            load(&mut ids, Minute(minute as i64), &known);
        }
        ids.trim(&[]);
        assert!(ids.held <= HELD_MAX);
        assert!(ids.missing(&[HERE]).is_none());
        assert!(ids.missing(&[Minute(100)]).is_some());
        ids.settle([2].into_iter());
        assert_eq!(ids.claim(HERE, 2, one), Claim::Known);
    }

    #[test]
    fn what_was_loaded_before_an_eviction_is_not_trusted() {
        let mut ids = Ids::default();
        load(&mut ids, Minute(1), &[]);
        let missing = ids.missing(&[HERE]).unwrap();
        ids.trim(&[Minute(0)..Minute(2)]);
        ids.admit(&missing, vec![]);
        assert!(ids.missing(&[HERE]).is_some(), "must be loaded again");
    }

    /// So many ids of `minute`, spread like hashes, which ids are.
    fn many(minute: i64, count: u128) -> Vec<u128> {
        (0..count).map(|number| (number * 100 + minute as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
    }

    fn is_held(ids: &Ids, minute: i64) -> bool {
        ids.missing(&[Minute(minute)]).is_none()
    }

    #[test]
    fn minutes_not_touched_for_longest_are_let_go_until_a_quarter_is_free() {
        let (one, _) = windows();
        let mut ids = Ids::default();
        for minute in 1..=4 {
            load(&mut ids, Minute(minute), &many(minute, 30_000));
        }
        assert_eq!(ids.held, 4 * (30_000 + MINUTE_COST));
        assert_eq!(ids.claim(Minute(1), many(1, 1)[0], one), Claim::Known);
        ids.trim(&[]);
        assert_eq!([1, 2, 3, 4].map(|minute| is_held(&ids, minute)), [true, false, false, true]);
        assert_eq!(ids.held, 2 * (30_000 + MINUTE_COST));
        ids.trim(&[Minute(0)..Minute(9)]);
        assert_eq!(ids.held, 0);
    }

    #[test]
    fn up_to_the_bound_nothing_is_let_go() {
        for (count, is_kept) in [(HELD_MAX - MINUTE_COST, true), (HELD_MAX - MINUTE_COST + 1, false)] {
            let mut ids = Ids::default();
            load(&mut ids, HERE, &many(7, count as u128));
            ids.trim(&[]);
            assert_eq!(is_held(&ids, HERE.0), is_kept, "{count}");
        }
        let mut ids = Ids::default();
        for (minute, count) in [(1, HELD_MAX / 4), (2, HELD_MAX / 4 * 3 - MINUTE_COST)] {
            load(&mut ids, Minute(minute), &many(minute, count as u128));
        }
        ids.trim(&[]);
        assert!(!is_held(&ids, 1) && is_held(&ids, 2), "three quarters are left");
    }

    #[test]
    fn a_minute_is_let_go_once_all_its_claims_are_settled_or_given_up() {
        let (one, other) = windows();
        for is_given_up in [false, true] {
            let mut ids = Ids::default();
            load(&mut ids, HERE, &[1]);
            assert_eq!(ids.claim(HERE, 2, one), Claim::New);
            assert_eq!(ids.claim(HERE, 3, other), Claim::New);
            ids.settle([2].into_iter());
            assert_eq!((ids.known(HERE), ids.held), (2, 2 + MINUTE_COST));
            ids.trim(&[HERE..Minute(8)]);
            assert!(is_held(&ids, HERE.0), "one is on its way");
            if is_given_up {
                ids.release(one);
                ids.trim(&[HERE..Minute(8)]);
                assert!(is_held(&ids, HERE.0), "another's claim is not given up");
                ids.release(other);
            } else {
                ids.settle([3].into_iter());
            }
            ids.trim(&[HERE..Minute(8)]);
            assert!(!is_held(&ids, HERE.0));
            assert_eq!(ids.held, 0);
        }
    }

    #[test]
    fn what_another_span_loaded_meanwhile_is_kept() {
        let (one, other) = windows();
        let mut ids = Ids::default();
        let missing = ids.missing(&[HERE]).unwrap();
        load(&mut ids, HERE, &[]);
        assert_eq!(ids.claim(HERE, 2, one), Claim::New);
        ids.settle([2].into_iter());
        ids.admit(&missing, vec![]);
        assert_eq!(ids.claim(HERE, 2, other), Claim::Known);
    }

    #[test]
    fn about_an_hour_is_loaded_at_a_time() {
        let minutes: Vec<Minute> = (100..300).step_by(5).map(Minute).collect();
        assert_eq!(Ids::default().missing(&minutes).unwrap().range, Minute(100)..Minute(156));
    }

    #[test]
    fn close_minutes_are_loaded_together_and_far_ones_apart() {
        let ids = Ids::default();
        let minutes = [Minute(1), Minute(3), Minute(9), Minute(500)];
        assert_eq!(ids.missing(&minutes).unwrap().range, Minute(1)..Minute(10));
        assert_eq!(ids.missing(&minutes[3..]).unwrap().range, Minute(500)..Minute(501));
    }

    /// What may be done to the memory.
    #[derive(Clone, Debug)]
    enum Do {
        Claim(i64, u128, bool),
        Settle(u128),
        Release(bool),
        /// What was settled is in the store; the minutes are let go.
        Forget(i64),
    }

    fn anything() -> impl Strategy<Value = Do> {
        prop_oneof![
            4 => (0..4_i64, 0..12_u128, any::<bool>()).prop_map(|(minute, id, first)| Do::Claim(minute, id, first)),
            3 => (0..12_u128).prop_map(Do::Settle),
            1 => any::<bool>().prop_map(Do::Release),
            1 => (0..4_i64).prop_map(Do::Forget),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The model: a set of what was delivered, and a map of what is on its way and whose it is. The store keeps what was
        /// delivered, whatever memory lets go.
        #[test]
        fn it_says_of_every_event_what_a_plain_set_says(steps in proptest::collection::vec(anything(), 1..200)) {
            let (one, other) = windows();
            let of = |first: bool| if first { one } else { other };
            // An id belongs to one minute.
            let at = |minute: i64, id: u128| (Minute(minute), id * 4 + minute as u128);
            let mut ids = Ids::default();
            let mut delivered: HashSet<(Minute, u128)> = HashSet::new();
            let mut on_the_way: HashMap<u128, (Minute, WindowId)> = HashMap::new();
            for step in steps {
                match step {
                    Do::Claim(minute, id, first) => {
                        let (minute, id) = at(minute, id);
                        if ids.missing(&[minute]).is_some() {
                            let known: Vec<u128> =
                                delivered.iter().filter(|(of, _)| *of == minute).map(|(_, id)| *id).collect();
                            load(&mut ids, minute, &known);
                        }
                        let expected = if delivered.contains(&(minute, id)) {
                            Claim::Known
                        } else {
                            match on_the_way.entry(id) {
                                Entry::Occupied(_) => Claim::InFlight,
                                Entry::Vacant(free) => {
                                    free.insert((minute, of(first)));
                                    Claim::New
                                }
                            }
                        };
                        prop_assert_eq!(ids.claim(minute, id, of(first)), expected);
                    }
                    Do::Settle(id) => {
                        let settled: Vec<u128> = on_the_way.keys().copied().filter(|other| other % 12 == id).collect();
                        for id in &settled {
                            delivered.extend(on_the_way.remove(id).map(|(minute, _)| (minute, *id)));
                        }
                        ids.settle(settled.into_iter());
                    }
                    Do::Release(first) => {
                        let before = on_the_way.len();
                        on_the_way.retain(|_, (_, by)| *by != of(first));
                        prop_assert_eq!(ids.release(of(first)), before - on_the_way.len());
                    }
                    Do::Forget(minute) => ids.trim(&[Minute(minute)..Minute(minute + 1)]),
                }
            }
        }
    }
}
