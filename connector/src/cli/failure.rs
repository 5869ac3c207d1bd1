//! Why a command failed: the one place that renders errors and chooses exit codes.

use crate::config::Findings;
use crate::problem::Code;
use crate::service::PartsError;
use crate::store::StoreError;
use crate::telemetry::BindError;
use crate::transport::production::ProductionError;
use crate::{Exit, Problem};

/// A command's end that is not a success.
#[derive(Debug)]
pub(super) enum Failure {
    /// The configuration is wrong.
    Findings(Findings),
    /// Somebody has to mend something.
    Problem(Problem),
    /// Anything else, with the one thing to do.
    Unexpected { cause: String, next_step: String },
}

impl Failure {
    pub(super) fn unexpected(cause: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self::Unexpected { cause: cause.into(), next_step: next_step.into() }
    }

    /// What failed, and the one thing to do.
    pub(super) fn told(self) -> (String, String) {
        match self {
            Self::Findings(findings) => (findings.to_string(), "correct the configuration".to_owned()),
            Self::Problem(problem) => (problem.cause, problem.next_step),
            Self::Unexpected { cause, next_step } => (cause, next_step),
        }
    }

    /// Writes the failure to standard error: a block for each finding, or one line for the cause and one for the next step.
    pub(super) fn report(self) -> Exit {
        match self {
            Self::Findings(findings) => {
                super::say(&findings.to_string());
                Exit::Configuration
            }
            Self::Problem(problem) => {
                super::say(&format!("error: {problem}"));
                problem.code.exit()
            }
            Self::Unexpected { cause, next_step } => {
                super::say(&format!("error: {cause}\n  next: {next_step}"));
                Exit::Unexpected
            }
        }
    }
}

impl From<Findings> for Failure {
    fn from(findings: Findings) -> Self {
        Self::Findings(findings)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        Self::Problem(Problem {
            code: Code::ConfigurationInvalid,
            subject: "telemetry.listen".into(),
            cause: format!("\"{}\" cannot be listened on: {}", error.listen, error.reason),
            next_step: "name a free address, port 0 for any free port, or \"off\"".into(),
        })
    }
}

impl From<ProductionError> for Failure {
    fn from(error: ProductionError) -> Self {
        let (subject, cause, next_step) = match error {
            ProductionError::CaFile { path, reason } => (
                "http.ca_file",
                format!("{path:?} cannot be used: {reason}"),
                "name a file of root certificates in PEM form",
            ),
            ProductionError::Client(reason) => (
                "http",
                format!("the network client cannot be set up: {reason}"),
                "install the system's root certificates (package ca-certificates), and check `http.proxy`",
            ),
        };
        let subject = subject.to_owned();
        Self::Problem(Problem { code: Code::ConfigurationInvalid, subject, cause, next_step: next_step.to_owned() })
    }
}

impl From<PartsError> for Failure {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Network(error) => error.into(),
            PartsError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Problem((&error).into())
    }
}
