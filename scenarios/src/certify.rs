//! Certification: scenarios held against a program that is known by its command alone.
//!
//! Each case is a world of its own: both mocks on sockets of their own, and a process of the subject between them. Cases mostly
//! wait, so many are played at once; a case that fails is played once more alone, when all others are over.

mod again;
mod case;
mod expectation;
mod expected;
mod hint;
mod lives;
mod plan;
mod run;
mod subject;

pub use case::TARGET;
pub use expectation::Expectation;
pub use expected::{Expected, ExpectedError, UpdateError, updated};
pub(crate) use plan::named;
pub use plan::{Origin, Plan, PlanError, Selection, Shard};
pub use run::{Options, Progress, certify};
pub use subject::{Subject, SubjectMissing, example_variables};
