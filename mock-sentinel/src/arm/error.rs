//! Validation errors as Azure Resource Manager reports them.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// Why a resource was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
}

/// One finding in a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Detail {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) target: String,
}

impl ArmError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// The same error, of the resource that stands at `place` in a document.
    pub(crate) fn within(mut self, place: &str) -> Self {
        if !place.is_empty() {
            self.message = format!("{place}: {}", self.message);
        }
        self
    }

    /// The error for a rule with these findings; nothing without any.
    pub(crate) fn invalid_rule(details: Vec<Detail>) -> Result<(), Self> {
        if details.is_empty() {
            return Ok(());
        }
        Err(Self { code: "InvalidPayload", message: "Data collection rule is invalid".to_owned(), details })
    }

    /// `{"error": {...}}`, with `details` when there are any.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if !self.details.is_empty() {
            error["details"] = json!(self.details);
        }
        json!({"error": error})
    }
}

impl Detail {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, target: impl Into<String>) -> Self {
        Self { code, message: message.into(), target: target.into() }
    }
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        for detail in &self.details {
            write!(f, "; {} at {}: {}", detail.code, detail.target, detail.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ArmError {}
