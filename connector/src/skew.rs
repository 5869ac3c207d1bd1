//! What to say when our clock and Miro's differ.

use jiff::{SignedDuration, Timestamp};

use crate::Problem;
use crate::problem::Code;

/// A smaller difference between two clocks is not worth a word.
const SKEW_MAX: SignedDuration = SignedDuration::from_secs(60);
/// `Date` tells whole seconds.
const DATE_STEP: SignedDuration = SignedDuration::from_secs(1);

/// How far our clock is at least from that of a peer, whose response to what was `asked` then has this `date` and was `received`
/// then; positive when ours is ahead.
pub(crate) fn between(asked: Timestamp, date: Timestamp, received: Timestamp) -> SignedDuration {
    // The response was written at some time between the request and its receipt.
    let latest = date.checked_add(DATE_STEP).unwrap_or(date);
    if latest < asked { asked.duration_since(latest) } else { received.duration_since(date).min(SignedDuration::ZERO) }
}

/// Whether clocks that are so far apart are worth a word.
pub(crate) fn is_too_far(skew: SignedDuration) -> bool {
    skew.abs() > SKEW_MAX
}

/// The problem of a clock that is `skew` ahead of Miro's, or behind it where that is negative.
pub(crate) fn problem(skew: SignedDuration) -> Problem {
    let (relation, effect) = if skew.is_negative() {
        ("behind", "events are delivered that much later")
    } else {
        ("ahead of", "time is covered by Miro's clock, so that nothing is passed over")
    };
    Problem {
        code: Code::ClockSkewed,
        subject: "the clock of this machine".to_owned(),
        cause: format!("the clock of this machine is {} {relation} Miro's: {effect}", minutes(skew)),
        next_step: NEXT_STEP.to_owned(),
    }
}

const NEXT_STEP: &str = "set the clock and keep it set, for example with chrony or systemd-timesyncd";

/// The problem of these peers, whose clocks differ from ours while those of others `agree` with it: it is theirs that are wrong, or
/// what they were told by.
pub(crate) fn differ_from_us(apart: &[(&str, SignedDuration)], agreeing: &str) -> Problem {
    let apart: Vec<_> = apart
        .iter()
        .map(|(peer, skew)| {
            // Ours is behind theirs where it is negative.
            let relation = if skew.is_negative() { "ahead of" } else { "behind" };
            format!("{peer}'s clock is {} {relation} that of this machine", minutes(*skew))
        })
        .collect();
    Problem {
        code: Code::ClockSkewed,
        subject: "clocks".to_owned(),
        cause: format!("{}, which agrees with {agreeing}", apart.join(", and ")),
        next_step: "compare this machine's clock with a third one before setting it; a proxy or a cache in between may have written \
                    the date"
            .to_owned(),
    }
}

/// The problem of a clock that differs from those of these peers.
pub(crate) fn differs(apart: &[(&str, SignedDuration)]) -> Problem {
    let mut relations: Vec<(String, Vec<String>)> = Vec::new();
    for (peer, skew) in apart {
        let relation = format!("{} {}", minutes(*skew), if skew.is_negative() { "behind" } else { "ahead of" });
        let peer = format!("{peer}'s");
        match relations.iter_mut().find(|(known, _)| *known == relation) {
            Some((_, peers)) => peers.push(peer),
            None => relations.push((relation, vec![peer])),
        }
    }
    let apart = relations.into_iter().map(|(relation, peers)| format!("{relation} {}", peers.join(" and ")));
    Problem {
        code: Code::ClockSkewed,
        subject: "the clock of this machine".to_owned(),
        cause: format!("it is {}", apart.collect::<Vec<_>>().join(", and ")),
        next_step: NEXT_STEP.to_owned(),
    }
}

/// In whole minutes: a reading of the same clocks must not be news each time.
fn minutes(skew: SignedDuration) -> String {
    let minutes = skew.abs().as_mins().max(1);
    match (minutes / 60, minutes % 60) {
        (0, 1) => "a minute".to_owned(),
        (0, minutes) => format!("{minutes} minutes"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_response_took_on_its_way_is_not_a_difference() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let between = |asked, date, received| super::between(at(asked), at(date), at(received)).as_secs();
        assert_eq!(between(100, 100, 160), 0);
        assert_eq!(between(100, 130, 160), 0);
        assert_eq!(between(100, 99, 101), 0, "a `Date` is cut off to the second");
        assert_eq!(between(1_000, 99, 1_001), 900);
        assert_eq!(between(100, 1_000, 101), -899);
        assert!(is_too_far(SignedDuration::from_secs(-61)) && !is_too_far(SignedDuration::from_secs(60)));
    }

    #[test]
    fn the_direction_and_the_size_are_named() {
        let cause = |seconds| problem(SignedDuration::from_secs(seconds)).cause;
        assert!(cause(61).starts_with("the clock of this machine is a minute ahead of Miro's"));
        assert!(cause(2_700).starts_with("the clock of this machine is 45 minutes ahead of Miro's"));
        assert!(cause(-90_061).starts_with("the clock of this machine is 25 h 1 min behind Miro's"));
    }
}
