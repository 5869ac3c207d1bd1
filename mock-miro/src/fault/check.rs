//! What can be known of a fault before it strikes.

use super::{Answer, Fault, Trouble};
use crate::operation;

/// Why a fault could never do what it says.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FaultError {
    /// No operation is called that.
    #[error("{asked:?} is no operation; the nearest is {nearest:?}")]
    UnknownCall {
        /// The name asked for.
        asked: String,
        /// The nearest there is.
        nearest: &'static str,
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
}

impl Fault {
    /// Finds what can never work in this fault.
    pub fn check(&self) -> Result<(), FaultError> {
        if self.answer.is_none() && self.fault.as_ref().is_none_or(|trouble| *trouble == Trouble::default()) {
            return Err(FaultError::Nothing);
        }
        if let Some(asked) = &self.when.call {
            operation::check_name(asked)?;
        }
        let out_of_bounds = |key, value: String, allowed| Err(FaultError::OutOfBounds { key, value, allowed });
        if let Some(share) = self.when.share.filter(|share| !(0.0..=1.0).contains(share)) {
            return out_of_bounds("when.share", share.to_string(), "0 to 1");
        }
        if self.when.nth == Some(0) {
            return out_of_bounds("when.nth", "0".to_owned(), "1 and up");
        }
        if let Some(latency) = self.fault.as_ref().and_then(|trouble| trouble.latency).filter(|l| !l.is_possible()) {
            return out_of_bounds("fault.latency", format!("{latency:?}"), "a p99 not below a positive median");
        }
        match &self.answer {
            Some(Answer { status, .. }) if !(200..=599).contains(status) => {
                out_of_bounds("answer.status", status.to_string(), "200 to 599")
            }
            Some(_) | None => Ok(()),
        }
    }
}
