use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn cadence() -> Cadence {
    Cadence::new(Duration::from_secs(15), &[120, 600, 1800].map(Duration::from_secs))
}

fn bounds(ledger: &Ledger, id: WindowId) -> (i64, i64) {
    let interval = ledger.window(id).unwrap().interval;
    (interval.from().as_second(), interval.to().as_second())
}

fn end(ledger: &mut Ledger, id: WindowId) {
    ledger.mark(id, &Mark::End { events: Some(100), as_of: Timestamp::MAX }, &cadence());
}

#[test]
fn a_poll_starts_a_little_before_the_newest_covered_instant() {
    let mut ledger = Ledger::new(at(1000));
    let first = ledger.open_tail(at(1060)).unwrap();
    assert_eq!(bounds(&ledger, first), (1000, 1060));
    assert_eq!(ledger.tail_due(&cadence()), None, "one poll at a time");
    end(&mut ledger, first);
    assert_eq!(ledger.tail_due(&cadence()), Some(at(1075)));
    let second = ledger.open_tail(at(1075)).unwrap();
    assert_eq!(bounds(&ledger, second), (1055, 1075));
}

#[test]
fn a_wide_gap_is_read_from_its_newest_part() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(20_000)).unwrap();
    assert_eq!(bounds(&ledger, tail), (19_400, 20_000));
    let newest = ledger.open_history(at(20_000)).unwrap();
    assert_eq!(bounds(&ledger, newest), (15_800, 19_400));
    let next = ledger.open_history(at(20_000)).unwrap();
    assert_eq!(bounds(&ledger, next), (12_200, 15_800));
    assert_eq!(ledger.covered_to(), at(0));
    assert_eq!(ledger.unread(), SignedDuration::from_secs(19_400));
}

#[test]
fn spans_of_history_grow_and_shrink_with_what_they_hold() {
    let mut ledger = Ledger::new(at(0));
    ledger.open_tail(at(10_000_000)).unwrap();
    let mut widths = Vec::new();
    for events in [0, 0, 0, 100_000_000, 40_000, 1] {
        let id = ledger.open_history(at(10_000_000)).unwrap();
        let (from, to) = bounds(&ledger, id);
        widths.push(to - from);
        ledger.mark(id, &Mark::End { events: Some(events), as_of: Timestamp::MAX }, &cadence());
    }
    assert_eq!(widths, [3_600, 14_400, 57_600, 230_400, 60, 60]);
    assert_eq!(ledger.width, 240);
}

#[test]
fn what_was_read_young_is_swept_and_what_was_read_old_is_not() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(10_000)).unwrap();
    end(&mut ledger, tail);
    while let Some(id) = ledger.open_history(at(10_000)) {
        end(&mut ledger, id);
    }
    assert!(ledger.open_sweep(at(10_000), &cadence(), true).is_none());
    assert!(ledger.open_sweep(at(10_029), &cadence(), false).is_none(), "too little to be worth a call");
    assert_eq!(ledger.sweep_due(&cadence()), Some(at(10_030)));
    let sweep = ledger.open_sweep(at(10_030), &cadence(), false).unwrap();
    assert_eq!(bounds(&ledger, sweep), (9_880, 9_910));
    assert_eq!(ledger.settled_to(), at(8_200));
}

fn end_as_of(ledger: &mut Ledger, id: WindowId, as_of: i64) {
    ledger.mark(id, &Mark::End { events: Some(100), as_of: at(as_of) }, &cadence());
}

#[test]
fn a_beginning_told_as_an_age_is_counted_by_miros_clock() {
    let day = Start::Ago(Duration::from_hours(24));
    let (now, ahead) = (1_000_000, 3 * 86_400);
    let mut ledger = Ledger::starting(day, at(now + ahead));
    let tail = ledger.open_tail(at(now + ahead)).unwrap();
    end_as_of(&mut ledger, tail, now);
    assert_eq!(ledger.covered_to(), at(now - 86_400), "nothing was read yet");
    let history = ledger.open_history(at(now)).unwrap();
    assert_eq!(ledger.window(history).unwrap().interval.to(), at(now));
    assert_eq!(ledger.unread(), SignedDuration::from_secs(86_400));
    let again = Ledger::read(&ledger.write(), &cadence()).unwrap();
    assert_eq!(again.started, at(now - 86_400));

    let mut ledger = Ledger::starting(day, at(now - ahead));
    let tail = ledger.open_tail(at(now - ahead)).unwrap();
    end_as_of(&mut ledger, tail, now - ahead);
    assert_eq!(ledger.started, at(now - ahead - 86_400), "an earlier beginning only reads more");
}

#[test]
fn a_time_given_as_the_beginning_is_kept() {
    let mut ledger = Ledger::starting(Start::At(at(5_000)), at(9_000));
    let tail = ledger.open_tail(at(9_000)).unwrap();
    end_as_of(&mut ledger, tail, 1_000);
    assert_eq!(ledger.started, at(5_000));
}

#[test]
fn a_sweep_read_before_its_age_by_miros_clock_is_read_again() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(300)).unwrap();
    end_as_of(&mut ledger, tail, 300);
    let early = ledger.open_sweep(at(2_000), &cadence(), false).unwrap();
    assert_eq!(bounds(&ledger, early), (180, 300));
    end_as_of(&mut ledger, early, 320);
    let again = ledger.open_sweep(at(2_000), &cadence(), true).unwrap();
    assert_eq!(bounds(&ledger, again), (202, 300), "only what was younger than 120 s");
    end_as_of(&mut ledger, again, 420);
    assert!(ledger.due.get(&120).is_none_or(|due| due.first().is_none()));
}

#[test]
fn a_span_that_is_given_back_is_to_do_again() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(300)).unwrap();
    end_as_of(&mut ledger, tail, 300);
    let next = ledger.open_tail(at(330)).unwrap();
    ledger.give_back(next);
    assert_eq!((ledger.covered_to(), ledger.to_do.first()), (at(300), Interval::new(at(300), at(330))));
    assert!(ledger.open_tail(at(345)).is_some(), "the newest time is read without it");
    let sweep = ledger.open_sweep(at(500), &cadence(), true).unwrap();
    let due = ledger.window(sweep).unwrap().interval;
    ledger.give_back(sweep);
    assert_eq!(ledger.open_sweep(at(500), &cadence(), true).map(|id| ledger.window(id).unwrap().interval), Some(due));
}

#[test]
fn the_newest_late_events_are_found_beside_an_older_sweep() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(600)).unwrap();
    end_as_of(&mut ledger, tail, 600);
    let older = ledger.open_sweep(at(680), &cadence(), true).unwrap();
    assert_eq!(bounds(&ledger, older), (480, 560));
    assert_eq!(ledger.open_newest_sweep(at(680), &cadence()), None, "nothing newer is ripe");
    let newest = ledger.open_newest_sweep(at(720), &cadence()).unwrap();
    assert_eq!(bounds(&ledger, newest), (570, 600));
    ledger.give_back(newest);
    assert_eq!(ledger.open_newest_sweep(at(715), &cadence()).map(|id| bounds(&ledger, id)), Some((565, 595)));
}

#[test]
fn history_that_has_not_come_yet_by_miros_clock_waits() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(20_000)).unwrap();
    let history = ledger.open_history(at(20_000)).unwrap();
    end_as_of(&mut ledger, history, 17_000);
    let next = ledger.open_history(at(17_001)).unwrap();
    assert_eq!(ledger.window(next).unwrap().interval.to(), at(17_001));
    while ledger.open_history(at(17_001)).is_some() {}
    assert_eq!(ledger.to_do.first(), Interval::new(at(17_001), at(19_400)));
    end_as_of(&mut ledger, tail, 17_002);
    assert_eq!(ledger.head, at(17_002), "what is to come is the tail's");
}

#[test]
fn the_last_stretch_before_an_outage_is_swept_although_it_is_short() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(300)).unwrap();
    end(&mut ledger, tail);
    let sweep = ledger.open_sweep(at(299 + 120), &cadence(), false).unwrap();
    assert_eq!(bounds(&ledger, sweep), (180, 299));
    end(&mut ledger, sweep);
    assert!(ledger.open_sweep(at(300 + 120), &cadence(), false).is_some());
}

#[test]
fn a_clock_that_went_back_uncovers_the_future() {
    let mut ledger = Ledger::new(at(0));
    let wrong = ledger.open_tail(at(100_000)).unwrap();
    end(&mut ledger, wrong);
    assert!(ledger.is_ahead_of(at(50_000)));
    ledger.follow_back(at(50_000), &cadence());
    assert!(ledger.open_tail(at(50_000)).is_none(), "nothing new up to now");
    assert!(ledger.covered_to() <= at(50_000));
    let tail = ledger.open_tail(at(50_015)).unwrap();
    assert_eq!(bounds(&ledger, tail), (49_995, 50_015));
    assert!(ledger.open_sweep(at(50_015), &cadence(), true).is_some(), "the last minutes are looked at again");
}

#[test]
fn a_clock_that_went_back_leaves_nothing_to_read_in_the_time_to_come() {
    let mut ledger = Ledger::new(at(0));
    let wrong = ledger.open_tail(at(100_000)).unwrap();
    end(&mut ledger, wrong);
    ledger.follow_back(at(50_000), &cadence());
    assert!(ledger.due.values().flat_map(IntervalSet::iter).all(|due| due.to() <= at(50_000)));
    let history = ledger.open_history(at(50_000)).unwrap();
    assert_eq!(bounds(&ledger, history), (46_400, 50_000));
}

#[test]
fn a_clock_that_went_back_moves_no_beginning() {
    let read = || {
        let mut ledger = Ledger::new(at(10_000));
        read_all(&mut ledger, 20_000);
        ledger
    };
    let mut ledger = read();
    ledger.follow_back(at(10_500), &cadence());
    assert!(ledger.due.values().flat_map(IntervalSet::iter).all(|due| due.from() >= at(10_000)));
    ledger.follow_back(at(5_000), &cadence());
    assert_eq!((ledger.head, ledger.covered_to()), (at(10_000), at(10_000)));
    let mut right = read();
    let sweep = right.open_sweep(at(20_200), &cadence(), true).unwrap();
    end(&mut right, sweep);
    let before = right.clone();
    for now in [19_998, 20_000, 20_500] {
        right.follow_back(at(now), &cadence());
        assert_eq!(right, before, "{now}: a clock that is right changes nothing");
    }
}

/// Reads everything that there is to read at `now`, and again after each step of the clock.
fn read_all(ledger: &mut Ledger, now: i64) {
    let tail = ledger.open_tail(at(now));
    let mut open: Vec<WindowId> = tail.into_iter().collect();
    while let Some(id) = open.pop().or_else(|| ledger.open_history(at(now))) {
        end(ledger, id);
    }
}

#[test]
fn what_was_read_by_a_clock_that_was_wrong_is_read_again() {
    // By the second jump the clock is ahead by the age of the oldest sweep, which is not enough.
    for jump in [100, 1_860, 3_600, 86_400 * 400] {
        let mut ledger = Ledger::new(at(0));
        for now in [0, 1_000, 2_000] {
            read_all(&mut ledger, now);
        }
        ledger.note_jump(at(2_000 + jump));
        // The clock is ahead for two hours, longer than any sweep.
        for passed in (0..7_200).step_by(60) {
            read_all(&mut ledger, 2_015 + jump + passed);
        }
        let right = 2_015 + 7_200;
        ledger.follow_back(at(right), &cadence());
        if jump == 100 {
            // Less ahead than the oldest sweep looks back: what was read too early is swept.
            assert_eq!((ledger.covered_to(), ledger.unread()), (at(right), SignedDuration::ZERO));
            continue;
        }
        assert_eq!(ledger.covered_to(), at(2_000), "{jump}");
        assert_eq!(ledger.unread().as_secs(), right - 2_000, "{jump}");
    }
}

#[test]
fn a_clock_that_was_wrong_has_nothing_read_again_that_miros_clock_had_reached() {
    let (mut ledger, ahead) = (Ledger::new(at(0)), 3_600);
    ledger.note_jump(at(ahead + 1_000));
    let mut waiting = Vec::new();
    for now in (1_000..9_000).step_by(60) {
        let tail = ledger.open_tail(at(now + ahead)).unwrap();
        while let Some(id) = waiting.pop().or_else(|| ledger.open_history(at(now))) {
            end_as_of(&mut ledger, id, now);
        }
        // Its page arrives when our clock is right again.
        waiting.push(tail);
    }
    assert!(ledger.is_ahead_of(at(9_000)));
    ledger.follow_back(at(9_000), &cadence());
    assert!(ledger.covered_to() >= at(8_900), "{}", ledger.covered_to());
    assert!(ledger.unread() <= SignedDuration::from_secs(100), "{}", ledger.unread());
}

#[test]
fn only_the_jumps_that_explain_how_far_the_clock_went_back_are_undone() {
    // Before the jump that was wrong, the clock moved on over a restart, until then or earlier.
    for moved_on_to in [1_015, 2_000] {
        let mut ledger = Ledger::new(at(0));
        read_all(&mut ledger, 1_000);
        ledger.note_jump(at(moved_on_to));
        read_all(&mut ledger, 2_000);
        ledger.note_jump(at(50_000));
        read_all(&mut ledger, 50_000);
        ledger.follow_back(at(2_000), &cadence());
        assert_eq!((ledger.covered_to(), ledger.unread()), (at(2_000), SignedDuration::ZERO), "{moved_on_to}");
    }
}

#[test]
fn a_clock_that_was_right_all_the_time_has_nothing_read_again() {
    let mut ledger = Ledger::new(at(0));
    for now in (1_000..9_000).step_by(1_000) {
        // Over restarts and outages the clock moves on like this.
        ledger.note_jump(at(now));
        read_all(&mut ledger, now);
    }
    ledger.follow_back(at(8_000), &cadence());
    assert_eq!((ledger.covered_to(), ledger.unread()), (at(8_000), SignedDuration::ZERO));
}

#[test]
fn jumps_are_bounded_and_none_is_forgotten() {
    let mut ledger = Ledger::new(at(0));
    for now in 1..200 {
        ledger.note_jump(at(now * 100));
        read_all(&mut ledger, now * 100);
    }
    assert_eq!(ledger.jumps.len(), JUMPS_MAX);
    assert_eq!(ledger.jumps[0].from, at(0));
    let written = Ledger::read(&ledger.write(), &cadence()).unwrap();
    assert_eq!(written.jumps, ledger.jumps);
}

#[test]
fn time_is_covered_only_as_far_as_miros_clock_had_come() {
    // Our clock, the `as_of` of what was read, and how far time is covered then.
    for (now, as_of, covered) in [(300, 300, 300), (300, 290, 290), (300, 0, 0), (300, 1_000, 300), (20_000, 900, 900)]
    {
        let mut ledger = Ledger::new(at(0));
        let mut open: Vec<WindowId> = ledger.open_tail(at(now)).into_iter().collect();
        while let Some(id) = ledger.open_history(at(now)) {
            open.push(id);
        }
        for id in open {
            ledger.mark(id, &Mark::End { events: Some(1), as_of: at(as_of) }, &cadence());
        }
        assert_eq!(ledger.covered_to(), at(covered), "{now} {as_of}");
        assert_eq!(ledger.head, at(covered), "{now} {as_of}: what is to come is not history");
        assert!(ledger.open_history(at(now)).is_none(), "{now} {as_of}");
    }
}

#[test]
fn one_wrong_date_uncovers_nothing_that_was_read_before() {
    let mut ledger = Ledger::new(at(0));
    for now in [300, 600, 900] {
        read_all(&mut ledger, now);
    }
    let tail = ledger.open_tail(at(915)).unwrap();
    ledger.mark(tail, &Mark::End { events: Some(1), as_of: at(-100_000) }, &cadence());
    assert_eq!(ledger.covered_to(), at(900));
}

#[test]
fn an_interrupted_tail_is_history_to_the_next_run() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(300)).unwrap();
    ledger.mark(tail, &Mark::At(Cursor("c".into())), &cadence());
    let mut next = Ledger::read(&ledger.write(), &cadence()).unwrap();
    assert_eq!(next.window(tail).unwrap().kind, WindowKind::History);
    assert_eq!(next.window(tail).unwrap().cursor, Some(Cursor("c".into())));
    assert!(next.open_tail(at(400)).is_some());
    assert_eq!(next.waiting(&BTreeSet::new(), Waiting::Any), Some(WindowId(1)), "the tail first");
}

#[test]
fn a_tail_that_has_to_wait_is_history_and_a_sweep_stays_a_sweep() {
    let mut ledger = Ledger::new(at(0));
    read_all(&mut ledger, 10_000);
    let sweep = ledger.open_sweep(at(10_200), &cadence(), true).unwrap();
    let tail = ledger.open_tail(at(10_200)).unwrap();
    assert!(!ledger.is_tail_due(at(20_000), &cadence()), "one poll at a time");
    for id in [sweep, tail] {
        ledger.set_back(id);
    }
    assert_eq!(ledger.window(tail).unwrap().kind, WindowKind::History);
    assert!(matches!(ledger.window(sweep).unwrap().kind, WindowKind::Sweep { .. }));
    assert!(ledger.is_tail_due(at(10_215), &cadence()), "the newest time is polled without it");
    let waiting = |wanted| ledger.waiting(&BTreeSet::new(), wanted);
    assert_eq!((waiting(Waiting::Any), waiting(Waiting::History)), (Some(sweep), Some(tail)));
    assert_eq!(ledger.waiting(&BTreeSet::from([tail]), Waiting::History), None);
}

#[test]
fn a_clock_that_goes_back_by_two_seconds_is_only_adjusted() {
    let mut ledger = Ledger::new(at(0));
    read_all(&mut ledger, 10_000);
    assert!(!ledger.is_ahead_of(at(9_998)));
    assert!(ledger.is_ahead_of(at(9_997)));
}

#[test]
fn a_cursor_is_not_shown() {
    assert_eq!(format!("{:?}", Cursor("2026-03-01|jane@example.com".into())), "Cursor(…)");
}

#[test]
fn sweeps_no_longer_configured_leave_their_work() {
    let mut ledger = Ledger::new(at(0));
    let tail = ledger.open_tail(at(300)).unwrap();
    end(&mut ledger, tail);
    let fewer = Cadence::new(Duration::from_secs(15), &[Duration::from_mins(1)]);
    let mut next = Ledger::read(&ledger.write(), &fewer).unwrap();
    let sweep = next.open_sweep(at(1000), &fewer, false).unwrap();
    assert_eq!(bounds(&next, sweep), (0, 300));
    let none = Cadence::new(Duration::from_secs(15), &[]);
    assert_eq!(Ledger::read(&ledger.write(), &none).unwrap().settled_to(), at(300));
}

#[test]
fn what_cannot_be_a_ledger_is_refused() {
    let ledger = Ledger::new(at(0));
    let later = String::from_utf8(ledger.write()).unwrap().replace(r#""form":1"#, r#""form":2"#);
    assert_eq!(
        Ledger::read(later.as_bytes(), &cadence()).unwrap_err().to_string(),
        "the ledger in the checkpoint is not one of this version: form 2 instead of 1"
    );
    assert!(Ledger::read(b"{}", &cadence()).is_err());
}

/// What a run does next.
#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Open,
    End(usize),
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_i64..40).prop_map(Step::Wait),
        1 => (40_i64..20_000).prop_map(Step::Wait),
        6 => Just(Step::Open),
        6 => (0_usize..4).prop_map(Step::End),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..300)
}

/// A ledger at work, beside a count of how often each second was read.
struct Model {
    ledger: Ledger,
    written: Vec<u8>,
    now: i64,
    reads: Vec<u32>,
    forgotten: IntervalSet,
}

const BEGIN: i64 = 100_000;
const START: i64 = 50_000;

impl Model {
    fn new() -> Self {
        let ledger = Ledger::new(at(START));
        Self { written: ledger.write(), ledger, now: BEGIN, reads: Vec::new(), forgotten: IntervalSet::default() }
    }

    fn open(&mut self) -> Option<WindowId> {
        let now = at(self.now);
        let cadence = cadence();
        let due = self.ledger.is_tail_due(now, &cadence);
        let tail = if due { self.ledger.open_tail(now) } else { None };
        tail.or_else(|| self.ledger.open_sweep(now, &cadence, false)).or_else(|| self.ledger.open_history(now))
    }

    /// Reads window `id` to its end and commits.
    fn end(&mut self, id: WindowId) {
        assert!(bounds(&self.ledger, id).1 <= self.now, "nothing is read before it happened");
        self.end_as_of(id, self.now);
    }

    /// The same from a Miro whose clock shows `as_of`.
    fn end_as_of(&mut self, id: WindowId, as_of: i64) {
        let (from, to) = bounds(&self.ledger, id);
        let to = to.min(as_of).max(from);
        let index = |second: i64| usize::try_from(second - START).unwrap();
        self.reads.resize(self.reads.len().max(index(to)), 0);
        // The seconds that a poll reads along are not counted.
        let fresh_from = self.ledger.window(id).unwrap().fresh_from.as_second().max(from);
        (fresh_from..to).for_each(|second| self.reads[index(second)] += 1);
        let before = (self.ledger.covered_to(), self.ledger.settled_to());
        self.ledger.mark(id, &Mark::End { events: Some(50), as_of: at(as_of) }, &cadence());
        assert!(self.ledger.covered_to() >= before.0, "covered time only grows");
        assert!(self.ledger.settled_to() >= before.1, "settled time only grows");
        self.written = self.ledger.write();
        for gap in self.ledger.forgettable() {
            let second = |minute: Minute| at(minute.0.clamp(0, 1_000_000_000) * 60);
            if let Some(gap) = Interval::new(second(gap.start), second(gap.end)) {
                self.forgotten.add(gap);
            }
        }
    }

    /// One step of a run with these windows `open`; Miro's clock is so many seconds behind ours.
    fn step(&mut self, step: &Step, open: &mut Vec<WindowId>, behind: i64) {
        match step {
            Step::Wait(seconds) => self.now += seconds,
            Step::Open => open.extend(self.open()),
            Step::End(which) if !open.is_empty() => {
                let id = open.remove(which % open.len());
                self.end_as_of(id, self.now - behind);
            }
            Step::End(_) => {}
            Step::Crash => {
                self.crash();
                *open = self.ledger.open.keys().copied().collect();
            }
        }
        self.check();
    }

    fn crash(&mut self) {
        self.ledger = Ledger::read(&self.written, &cadence()).unwrap();
    }

    /// Every second below `covered_to` was read; what is open, to do and due never touches what is forgotten.
    fn check(&self) {
        let covered = usize::try_from(self.ledger.covered_to().as_second() - START).unwrap();
        assert!(self.reads[..covered].iter().all(|reads| *reads > 0), "covered means read");
        let settled = usize::try_from(self.ledger.settled_to().as_second() - START).unwrap();
        assert!(settled <= covered);
        let open = self.ledger.open.values().map(|window| window.interval);
        let due = self.ledger.due.values().flat_map(IntervalSet::iter);
        for interval in open.chain(self.ledger.to_do.iter()).chain(due) {
            let near = interval.widened(SPREAD);
            assert!(
                self.forgotten.iter().all(|gone| gone.to() <= near.from() || near.to() <= gone.from()),
                "may be read again, yet forgotten"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn time_is_tiled_without_gap_and_read_at_most_once_more_than_there_are_sweeps(steps in steps()) {
        let mut model = Model::new();
        let mut open: Vec<WindowId> = Vec::new();
        for step in steps {
            model.step(&step, &mut open, 0);
            prop_assert_eq!(&Ledger::read(&model.ledger.write(), &cadence()).unwrap().to_do, &model.ledger.to_do);
        }
        let gaps = model.ledger.forgettable();
        prop_assert!(gaps.iter().all(|gap| !gap.contains(&crate::event::STRAYS)), "strays are never forgotten");
        // Trouble ends: everything is read for the last time, and all of it was read.
        model.now += 4_000;
        loop {
            let next = if open.is_empty() { model.open() } else { open.pop() };
            let Some(id) = next else { break };
            model.end(id);
            model.check();
        }
        let covered = usize::try_from(model.ledger.covered_to().as_second() - START).unwrap();
        prop_assert_eq!(model.ledger.covered_to(), at(model.now));
        prop_assert!(model.reads[..covered].iter().all(|reads| (1..=4).contains(reads)), "1 + n reads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Miro's clock is apart from ours, by another time at each step: what counts as covered was read when it had happened.
    #[test]
    fn whatever_the_clocks_show_covered_means_read(steps in prop::collection::vec((steps(), -4_000_i64..4_000), 1..4)) {
        let mut model = Model::new();
        let mut open: Vec<WindowId> = Vec::new();
        for (steps, behind) in steps {
            for step in &steps {
                model.step(step, &mut open, behind);
            }
        }
        // The clocks agree again: everything is read.
        model.now += 10_000;
        for _ in 0..2 {
            loop {
                let next = if open.is_empty() { model.open() } else { open.pop() };
                let Some(id) = next else { break };
                model.end(id);
                model.check();
            }
            model.now += 4_000;
        }
        prop_assert!(model.ledger.covered_to() >= at(model.now - 4_000));
    }
}
