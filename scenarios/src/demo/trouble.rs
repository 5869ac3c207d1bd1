//! What went wrong on the way, by kind, as the mocks saw it.

use faults::Outcome;

use super::words::counted;
use crate::observation::ObservedCall;

/// How many calls met which trouble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Responses 429.
    pub rate_limited: u64,
    /// Responses 5xx.
    pub server_errors: u64,
    /// Responses cut in the middle, although the call was acted on.
    pub cut: u64,
    /// Responses of which nothing arrived, although the call was acted on.
    pub lost: u64,
    /// Connections that broke before the call was acted on.
    pub refused: u64,
}

impl Troubles {
    /// Those that `calls` met.
    pub(super) fn of<'a>(calls: impl IntoIterator<Item = &'a ObservedCall>) -> Self {
        let mut troubles = Self::default();
        for call in calls {
            match (call.outcome, call.status) {
                (Outcome::Cut, _) => troubles.cut += 1,
                (Outcome::ResponseLost, _) => troubles.lost += 1,
                (Outcome::Reset, _) => troubles.refused += 1,
                (Outcome::Delivered, 429) => troubles.rate_limited += 1,
                (Outcome::Delivered, 500..) => troubles.server_errors += 1,
                (Outcome::Delivered, _) => {}
            }
        }
        troubles
    }

    /// One part for each kind that happened.
    pub fn parts(self) -> Vec<String> {
        let kinds = [
            (self.rate_limited, "rate limit (429)", "rate limits (429)"),
            (self.server_errors, "server error (5xx)", "server errors (5xx)"),
            (self.cut, "response cut off", "responses cut off"),
            (self.lost, "response lost", "responses lost"),
            (self.refused, "connection refused", "connections refused"),
        ];
        kinds.into_iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(count, one, many)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_that_happened_is_named() {
        let troubles = Troubles { rate_limited: 3, cut: 1, refused: 1, ..Troubles::default() };
        assert_eq!(troubles.parts(), ["3 rate limits (429)", "1 response cut off", "1 connection refused"]);
        assert!(Troubles::default().parts().is_empty());
    }
}
