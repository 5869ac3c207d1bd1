//! Why a fault is rejected.

/// Why a fault is rejected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No call has that name.
    #[error("{asked:?} is not a call; the nearest is {nearest:?}; there are: {known}")]
    UnknownCall {
        /// The name asked for.
        asked: String,
        /// The nearest there is.
        nearest: String,
        /// All there are, separated by commas.
        known: String,
    },
    /// The mock cannot evaluate this condition.
    #[error("`{key}` has no meaning here: no request to {peer} has one")]
    Selector {
        /// The key.
        key: &'static str,
        /// The peer that the mock plays.
        peer: &'static str,
    },
    /// A number outside its bounds.
    #[error("`{key}` is {value}: allowed is {allowed}")]
    OutOfBounds {
        /// Which one.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// Neither an answer nor a fault is given.
    #[error("the fault does nothing; give an `answer`, a `fault`, or both")]
    Nothing,
    /// More faults than a schedule holds.
    #[error("{in_place} faults are active and the limit is {max}; remove some with DELETE")]
    TooMany {
        /// How many there are already.
        in_place: usize,
        /// How many there may be.
        max: usize,
    },
    /// The active faults would take more memory than a schedule allows.
    #[error("the faults would take {bytes} bytes of JSON and the limit is {max}; remove some with DELETE")]
    TooLarge {
        /// How long they would be.
        bytes: usize,
        /// How long they may be.
        max: usize,
    },
}
