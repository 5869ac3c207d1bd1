//! What to say when our clock and Miro's differ.

use jiff::SignedDuration;

use crate::Problem;
use crate::problem::Code;

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
        cause: format!("it is {} {relation} Miro's: {effect}", minutes(skew)),
        next_step: "set the clock and keep it set, for example with chrony or systemd-timesyncd".to_owned(),
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
    fn the_direction_and_the_size_are_named() {
        let cause = |seconds| problem(SignedDuration::from_secs(seconds)).cause;
        assert!(cause(61).starts_with("it is a minute ahead of Miro's"));
        assert!(cause(2_700).starts_with("it is 45 minutes ahead of Miro's"));
        assert!(cause(-90_061).starts_with("it is 25 h 1 min behind Miro's"));
    }
}
