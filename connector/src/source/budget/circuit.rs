//! A token that Miro refuses: tried by one caller at a time, ever more seldom, until somebody mends it.

use jiff::{SignedDuration, Timestamp};

use crate::interval::after;

/// The wait before the first try doubles with each refusal, up to the longest.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// How soon to look again while another caller tries.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Closed while the token is good; open, and passed by one call at a time, while it is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Circuit {
    refusals: u32,
    until: Option<Timestamp>,
    tried: bool,
}

impl Circuit {
    /// Whether a call may be made now; else when to ask again.
    pub(super) fn pass(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let Some(until) = self.until else { return Ok(()) };
        if now < until {
            return Err(until);
        }
        if self.tried {
            return Err(after(now, LOOK_AGAIN));
        }
        self.tried = true;
        Ok(())
    }

    /// A call ended without telling whether the token is good.
    pub(super) fn undecided(&mut self) {
        self.tried = false;
    }

    /// Miro refused the token. Calls that were under way together count as one try.
    pub(super) fn refused(&mut self, now: Timestamp) {
        if self.until.is_some_and(|until| now < until) {
            return;
        }
        let wait = FIRST.saturating_mul(1 << self.refusals.min(8)).min(LONGEST);
        *self = Self { refusals: self.refusals + 1, until: Some(after(now, wait)), tried: false };
    }

    /// Miro took the token.
    pub(super) fn accepted(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_good_token_holds_nobody_up() {
        let mut circuit = Circuit::default();
        assert_eq!((circuit.pass(at(0)), circuit.pass(at(0))), (Ok(()), Ok(())));
    }

    #[test]
    fn a_refused_token_is_tried_by_one_and_ever_more_seldom() {
        let mut circuit = Circuit::default();
        let mut tries = Vec::new();
        circuit.refused(at(0));
        circuit.refused(at(0));
        for second in 0..240 {
            let passed = [circuit.pass(at(second)), circuit.pass(at(second))];
            assert!(passed[1].is_err(), "two at once");
            if passed[0].is_ok() {
                tries.push(second);
                circuit.refused(at(second));
            }
        }
        assert_eq!(tries, [5, 15, 35, 75, 135, 195]);
    }

    #[test]
    fn a_taken_token_lets_everybody_go_on() {
        let mut circuit = Circuit::default();
        circuit.refused(at(0));
        assert_eq!(circuit.pass(at(5)), Ok(()));
        circuit.accepted();
        assert_eq!((circuit.pass(at(5)), circuit.pass(at(5))), (Ok(()), Ok(())));
    }

    #[test]
    fn a_try_that_tells_nothing_is_made_again() {
        let mut circuit = Circuit::default();
        circuit.refused(at(0));
        assert_eq!(circuit.pass(at(5)), Ok(()));
        circuit.undecided();
        assert_eq!(circuit.pass(at(6)), Ok(()));
    }
}
