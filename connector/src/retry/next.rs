//! What follows a failed attempt, by type: each peer names its own actions, and a place that cannot carry one out does not compile.

use std::fmt;
use std::time::Duration;

use crate::Problem;

/// What is to be done after a failure. `A` are the actions that only this peer's caller can take; [`Infallible`] where there is none.
///
/// [`Infallible`]: std::convert::Infallible
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next<A> {
    /// Make the same attempt again, not before `after` if the peer named a time.
    Retry {
        /// The wait that the peer named, as far as it is kept.
        after: Option<Duration>,
    },
    /// Do something else first.
    Act(A),
    /// Operator action is required first.
    Block(Problem),
}

/// A failed attempt.
pub(crate) trait Failure: fmt::Display {
    /// What this failure may ask of its caller besides another attempt.
    type Action;

    /// What is to be done next.
    fn next(&self) -> Next<Self::Action>;

    /// The problem to report when this persists.
    fn lasting(&self) -> Problem;

    /// The time until another attempt can be made, where that is known to be longer than the wait that was named.
    fn waits(&self) -> Option<Duration> {
        None
    }
}

/// Why the retry loop gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Abort {
    /// A run that ends met a problem.
    Blocked(Problem),
    /// The connector was asked to stop during the wait.
    Stopping,
}
