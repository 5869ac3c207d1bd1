//! A program under test: how it is started and told its settings ([`Target`]), and one run of it ([`Process`]).

mod output;
mod process;
mod target;
mod variables;

pub use output::Output;
pub use process::{Process, Stopped, SubjectError};
pub(crate) use process::{code_of, write_secret};
pub use target::{Ready, Reload, StopBy, StopSignal, Target, TargetError, schema};
pub use variables::{UnknownVariable, Variables};
