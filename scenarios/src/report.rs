//! What a run came to, as data: every form of report is made from this one model.

pub mod annotations;
pub mod cases;
pub mod compare;
pub mod html;
pub mod junit;
pub mod markdown;
mod model;
#[cfg(test)]
pub(crate) mod sample;
pub mod terminal;

pub use model::{CaseReport, Exchange, Report, SCHEMA, SubjectReport, Summary};
