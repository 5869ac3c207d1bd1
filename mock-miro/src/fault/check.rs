//! What can be known of a fault before it strikes.

use http::header::{HeaderName, HeaderValue};
use jiff::SignedDuration;

use super::{Answer, Dribble, Fault, Trouble, When};
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
        if self.times == Some(0) {
            return out_of_bounds("times", &0, "1 and up");
        }
        self.when.check()?;
        if let Some(trouble) = &self.fault {
            trouble.check()?;
        }
        self.answer.as_ref().map_or(Ok(()), Answer::check)
    }
}

impl When {
    fn check(&self) -> Result<(), FaultError> {
        if let Some(asked) = &self.call {
            operation::check_name(asked)?;
        }
        if let Some(share) = self.share.filter(|share| !(0.0..=1.0).contains(share)) {
            return out_of_bounds("when.share", &share, "0 to 1");
        }
        if self.nth == Some(0) {
            return out_of_bounds("when.nth", &0, "1 and up");
        }
        match (self.from, self.until) {
            (Some(from), Some(until)) if until <= from => {
                out_of_bounds("when.until", &until, "an instant after `when.from`")
            }
            (_, _) => Ok(()),
        }
    }
}

impl Trouble {
    fn check(&self) -> Result<(), FaultError> {
        if let Some(latency) = self.latency.filter(|latency| !latency.is_possible()) {
            return out_of_bounds("fault.latency", &format!("{latency:?}"), "a p99 not below a positive median");
        }
        if let Some(delay) = self.delay.filter(SignedDuration::is_negative) {
            return out_of_bounds("fault.delay", &delay, "not negative");
        }
        match self.dribble {
            Some(Dribble { bytes: 0, .. }) => out_of_bounds("fault.dribble.bytes", &0, "1 and up"),
            Some(Dribble { every, .. }) if every.is_negative() => {
                out_of_bounds("fault.dribble.every", &every, "not negative")
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Answer {
    fn check(&self) -> Result<(), FaultError> {
        if !(200..=599).contains(&self.status) {
            return out_of_bounds("answer.status", &self.status, "200 to 599");
        }
        for (name, value) in &self.headers {
            if name.parse::<HeaderName>().is_err() || HeaderValue::from_str(value).is_err() {
                return out_of_bounds(
                    "answer.headers",
                    &format!("{name:?}: {value:?}"),
                    "what HTTP allows in a header",
                );
            }
        }
        Ok(())
    }
}

fn out_of_bounds(key: &'static str, value: &impl ToString, allowed: &'static str) -> Result<(), FaultError> {
    Err(FaultError::OutOfBounds { key, value: value.to_string(), allowed })
}
